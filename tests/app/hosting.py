#!/usr/bin/env python3
"""hosting.py: the program as a host: ready line, end, what outlives a restart, who has the port."""
import os
import pty
import re
import signal
import socket
import sys
import threading

import harness


def test_ready_line_is_exact_and_all_there_is(case):
    host = case.start("--listen", "127.0.0.1:0", "--store", ":memory:")
    match = host.wait_line(r"^meshbot: serving (http://127\.0\.0\.1:([1-9]\d*))$")
    status, health = harness.request("GET", match.group(1) + "/healthz")
    assert status == 200 and health["server"] == "meshbot", health
    assert host.stop()[0] == 0
    assert len(host.stdout) == 1 and host.stderr == [], (host.stdout, host.stderr)


def test_secret_that_everybody_can_read_is_told(case):
    for mode, n_lines in ((0o644, 1), (0o640, 0)):
        with open(case.path("secret"), "w", encoding="utf-8") as file:
            file.write("x" * 40)
        os.chmod(case.path("secret"), mode)
        host = case.host("--auth-mode", "jwt", "--auth-secret-file", case.path("secret"))
        host.stop()
        assert len(host.stderr) == n_lines and "x" * 40 not in str(host.stderr), host.stderr
        assert n_lines == 0 or "everybody on this machine can read" in host.stderr[0], host.stderr


def test_port_alone_is_on_loopback(case):
    host = case.start("--listen", "0", "--store", ":memory:")
    host.wait_line(r"^meshbot: serving http://127\.0\.0\.1:\d+$")


def test_signals_end_it_within_5_s_with_0(case):
    for number in [signal.SIGTERM, signal.SIGINT]:
        host = case.host()
        status, seconds = host.stop(number)
        assert status == 0 and seconds < 5, (status, seconds)


def test_hang_up_ends_it_where_its_terminal_is_gone_and_reloads_it_elsewhere(case):
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        return
    host = case.host("--log-level", "notice")
    host.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: "read the files again" in "\n".join(host.stderr), "a word about the reload")
    assert host.process.poll() is None

    child, terminal = pty.fork()
    if child == 0:
        program = os.environ["MESHBOT"]
        os.execv(program, [program, "--listen", "127.0.0.1:0", "--store", ":memory:", "--log-level", "notice"])
    seen = b""
    while b"serving http" not in seen:
        seen += os.read(terminal, 1000)
    os.kill(child, signal.SIGHUP)
    while b"read the files again" not in seen:
        seen += os.read(terminal, 1000)
    os.close(terminal)
    ended = []

    def has_ended():
        ended.append(os.waitpid(child, os.WNOHANG))
        return ended[-1][0] == child

    harness.wait_until(has_ended, "an end with the terminal")
    assert os.waitstatus_to_exitcode(ended[-1][1]) == 0, ended[-1]


def test_second_signal_ends_it_at_once(case):
    host = case.host("--room", "x", "--source", "videotestsrc")
    harness.wait_until(lambda: harness.members(host.url, "x"), "a bot in the room")
    child = host.all_children()[0]
    os.kill(child, signal.SIGSTOP)
    host.process.send_signal(signal.SIGTERM)
    harness.wait_until(lambda: harness.request("GET", host.url + "/healthz"), "an answer")

    def ended_by_another():
        host.process.send_signal(signal.SIGTERM)
        return host.process.poll() is not None

    harness.wait_until(ended_by_another, "an end at once")
    os.kill(child, signal.SIGKILL)
    assert host.process.poll() == 128 + signal.SIGTERM, host.process.poll()


def test_signals_that_come_together_are_one_wish(case):
    # timeout(1) tells the process and then its group.
    host = case.host("--room", "x", "--source", "videotestsrc")
    harness.wait_until(lambda: harness.members(host.url, "x"), "a bot in the room")
    host.process.send_signal(signal.SIGINT)
    host.process.send_signal(signal.SIGINT)
    assert host.wait() == 0


def test_signal_ends_it_while_somebody_is_connected(case):
    host = case.host()
    port = int(host.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.sendall(b"GET /api/rooms HTTP/1.1\r\n")
        status, seconds = host.stop()
        assert status == 0 and seconds < 5, (status, seconds)


def test_room_page_is_in_the_program(case):
    host = case.host()
    connection = harness.http.client.HTTPConnection(host.url.removeprefix("http://"), timeout=harness.PATIENCE)
    for page in ("/", "/room.html?id=x", "/room.js"):
        connection.request("GET", page)
        answer = connection.getresponse()
        assert answer.status == 200 and len(answer.read()) > 200, (page, answer.status)
    connection.close()


def test_rooms_outlive_a_restart(case):
    store = case.path("new/folder/rooms.db")
    first = case.host("--store", store)
    status, room = harness.request("POST", first.url + "/api/rooms", {"name": "Stand-up", "id": "standup"})
    assert status == 201 and room["id"] == "standup", (status, room)
    assert first.stop()[0] == 0

    second = case.host("--store", store)
    status, rooms = harness.request("GET", second.url + "/api/rooms")
    assert status == 200 and [each["name"] for each in rooms] == ["Stand-up"], rooms


def test_rooms_outlive_a_kill(case):
    store = case.path("rooms.db")
    first = case.host("--store", store)
    assert harness.request("POST", first.url + "/api/rooms", {"name": "Kept"})[0] == 201
    first.stop(signal.SIGKILL)

    second = case.host("--store", store)
    assert [each["name"] for each in harness.request("GET", second.url + "/api/rooms")[1]] == ["Kept"]


def test_store_is_in_the_state_folder(case):
    host = case.start("--listen", "127.0.0.1:0")
    host.wait_line(r"^meshbot: serving ")
    assert os.path.exists(case.path("state/meshbot/rooms.db"))


def test_memory_store_keeps_nothing(case):
    for _ in range(2):
        host = case.host("--store", ":memory:")
        assert harness.request("GET", host.url + "/api/rooms")[1] == []
        assert harness.request("POST", host.url + "/api/rooms", {"name": "Gone"})[0] == 201
        assert host.stop()[0] == 0


def test_store_that_cannot_be_had_is_status_1_and_one_line(case):
    with open(case.path("rooms.db"), "w", encoding="utf-8") as file:
        file.write("this is no database, and long enough to be seen as none " * 40)
    result = case.run("--listen", "127.0.0.1:0", "--store", case.path("rooms.db"))
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1 and "rooms.db" in result.stderr, result.stderr
    assert result.stdout == ""


def test_second_host_on_the_port_says_who_is_there(case):
    host = case.host()
    address = host.url.removeprefix("http://")
    result = case.run("--listen", address, "--store", ":memory:")
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1 and "already serves" in result.stderr, result.stderr
    assert harness.request("GET", host.url + "/healthz")[0] == 200


def test_other_program_on_the_port_is_a_clear_error(case):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n{\"server\": \"another\"}")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        result = case.run("--listen", f"127.0.0.1:{listener.getsockname()[1]}", "--store", ":memory:")
        thread.join(harness.PATIENCE)
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1 and re.search("another program.*--listen", result.stderr), result.stderr


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
