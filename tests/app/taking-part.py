#!/usr/bin/env python3
"""taking-part.py: the program as a bot: beside a host as a child process, and on another's server."""
import os
import signal
import sys
import time

import harness

TEST_SOURCE = ("--source", "videotestsrc", "--size", "160x120", "--fps", "5", "--bitrate", "100")


def bots(url, room="x", count=1):
    """Waits until so many are in the room; they."""
    return harness.wait_until(lambda: (lambda there: there if len(there) == count else None)(
        harness.members(url, room)), f"{count} members in room {room}")


def test_host_prints_the_address_to_open(case):
    host = case.host("--room", "x")
    assert host.wait_line(r"^meshbot: open (.*)$").group(1) == host.url + "/room.html?id=x"
    assert bots(host.url)[0]["displayName"] == "meshbot"


def test_bot_says_its_name_and_role(case):
    host = case.host("--room", "x", "--name", "Zoë {n} of {host}", *TEST_SOURCE)
    member = bots(host.url)[0]
    assert member["displayName"] == f"Zoë 1 of {os.uname().nodename}" and member["role"] == "bot", member


def test_duration_over_is_status_0(case):
    host = case.host("--room", "x", "--duration", "1s", *TEST_SOURCE)
    assert host.wait() == 0, host.stderr
    assert time.monotonic() - host.started >= 1
    assert host.stderr == [], host.stderr


def test_signal_with_a_bot_ends_both_within_5_s(case):
    host = case.host("--room", "x", *TEST_SOURCE)
    bots(host.url)
    child = host.all_children()[0]
    status, seconds = host.stop()
    assert status == 0 and seconds < 5, (status, seconds, host.stderr)
    assert harness.is_gone(child)


def test_crashed_bot_is_started_again_and_the_host_goes_on(case):
    host = case.host("--room", "x", *TEST_SOURCE)
    before = bots(host.url)[0]["id"]
    child = host.all_children()[0]
    os.kill(child, signal.SIGSEGV)
    assert harness.request("GET", host.url + "/healthz")[0] == 200
    harness.wait_until(lambda: [each for each in harness.members(host.url, "x") if each["id"] != before],
                       "another bot in the room", 8)
    assert host.process.poll() is None
    assert len(host.stderr) == 1 and "crashed" in host.stderr[0], host.stderr
    assert host.all_children() != [child]


def test_bot_ends_when_its_host_is_killed(case):
    host = case.host("--room", "x")
    bots(host.url)
    child = host.all_children()[0]
    host.stop(signal.SIGKILL)
    harness.wait_until(lambda: harness.is_gone(child), "the bot's end", 5)


def test_token_stands_in_no_process_list(case):
    host = case.host("--room", "x", "--token", "secret-token")
    child = harness.wait_until(host.all_children, "the bot")[0]
    bots(host.url)
    with open(f"/proc/{child}/cmdline", "rb") as file:
        assert b"secret-token" not in file.read()
    with open(f"/proc/{child}/environ", "rb") as file:
        assert b"MESHBOT_TOKEN=secret-token" in file.read()


def test_joins_another_host_in_both_dialects(case):
    host = case.host()
    socket_io = case.start("--server", host.url, "--room", "x", *TEST_SOURCE)
    plain = case.start("--server", host.url.replace("http", "ws") + "/ws", "--room", "x")
    bots(host.url, count=2)
    for bot in (socket_io, plain):
        status, seconds = bot.stop()
        assert status == 0 and seconds < 5, (status, seconds, bot.stderr)
        assert bot.stderr == [] and bot.stdout == [], (bot.stderr, bot.stdout)
    assert harness.members(host.url, "x") == []


def test_second_program_on_the_address_joins_the_first(case):
    host = case.host()
    second = case.start("--listen", host.url.removeprefix("http://"), "--room", "x", "--duration", "30s")
    second.wait_line("already serves " + host.url)
    bots(host.url)
    assert second.stop()[0] == 0
    assert host.process.poll() is None


def test_many_bots_in_many_rooms(case):
    host = case.host()
    load = case.start("--server", host.url, "--room", "load-{r}", "--rooms", "2", "--count", "2",
                      "--rate", "20", "--duration", "3s", *TEST_SOURCE)
    for room in ("load-1", "load-2"):
        names = sorted(each["displayName"] for each in bots(host.url, room, 2))
        assert names == ["meshbot-1", "meshbot-2"], names
    assert load.wait() == 0, load.stderr


def test_full_room_is_status_4_and_one_line(case):
    host = case.host()
    assert harness.request("POST", host.url + "/api/rooms", {"name": "Full", "id": "full", "maxMembers": 1})[0] == 201
    first = case.start("--server", host.url, "--room", "full")
    bots(host.url, "full")
    second = case.start("--server", host.url, "--room", "full")
    assert second.wait() == 4, second.stderr
    assert len(second.stderr) == 1 and "full" in second.stderr[0], second.stderr
    assert first.process.poll() is None


def test_closed_room_ends_the_bot(case):
    host = case.host()
    bot = case.start("--server", host.url, "--room", "x")
    bots(host.url)
    assert harness.request("DELETE", host.url + "/api/rooms/x")[0] in (204, 404)
    if harness.members(host.url, "x") == []:
        assert bot.wait() in (0, 4), bot.stderr


def test_folder_that_cannot_be_written_is_status_1(case):
    host = case.host()
    with open(case.path("file"), "w", encoding="ascii") as file:
        file.write("in the way")
    bot = case.start("--server", host.url, "--room", "x", "--record", case.path("file"))
    status = bot.wait()
    assert status in (1, 2), (status, bot.stderr)
    assert len(bot.stderr) == 1, bot.stderr


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
