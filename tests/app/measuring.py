#!/usr/bin/env python3
"""measuring.py: bots that judge what they receive: expectations, reports, exit statuses."""
import json
import os
import signal
import sys
import time
import xml.etree.ElementTree

import harness

SMALL = ("--source", "videotestsrc", "--size", "160x120", "--fps", "10", "--bitrate", "100")


def bots(case, url, *args, room="x", duration="6s"):
    return case.start("--server", url, "--room", room, "--duration", duration, *args)


def report(case, name="report.json"):
    with open(case.path(name), encoding="utf-8") as file:
        return json.load(file)


def test_what_holds_is_status_0_and_is_reported(case):
    host = case.host()
    run = bots(case, host.url, "--count", "3", *SMALL, "--expect", "peers >= 2", "--expect", "rx.video.fps >= 5",
               "--expect", "ttff < 5s", "--expect", "errors == 0", "--expect", "rx.audio.kbps > 5",
               "--report", case.path("report.json"), "--report", case.path("report.xml"))
    assert run.wait() == 0, (run.stdout, run.stderr)
    assert run.stderr == [], run.stderr
    assert run.stdout[0].startswith("pass: 5 of 5 expectations hold; 3 bots met 6 peers"), run.stdout
    assert 5 <= len(run.stdout) <= 12, run.stdout

    told = report(case)
    assert told["schema"] == 1 and told["verdict"] == "pass", told
    assert [each["ok"] for each in told["expectations"]] == [True] * 5
    assert sorted(bot["name"] for bot in told["bots"]) == ["meshbot-1", "meshbot-2", "meshbot-3"]
    ids = {bot["id"] for bot in told["bots"]}
    for bot in told["bots"]:
        assert bot["joinMs"] > 0 and bot["room"] == "x" and bot["errors"] == []
        assert {peer["id"] for peer in bot["peers"]} == ids - {bot["id"]}
        for peer in bot["peers"]:
            assert peer["state"] == "connected" and 0 < peer["ttffMs"] < 5000
            video = peer["rx"]["video"]
            assert video["codec"] == "VP8" and 5 <= video["fps"]["mean"] <= 11, video
            assert video["packets"] > 0 and peer["tx"]["video"]["packets"] > 0
            assert peer["rx"]["audio"]["kbps"]["mean"] > 5

    suites = xml.etree.ElementTree.parse(case.path("report.xml")).getroot()
    assert suites.tag == "testsuites" and suites.attrib["failures"] == "0"
    names = [each.attrib["name"] for each in suites.iter("testcase")]
    assert "rx.video.fps >= 5" in names and len(names) == 6, names


def test_what_does_not_hold_is_status_3(case):
    host = case.host()
    run = bots(case, host.url, "--count", "2", *SMALL, "--expect", "rx.video.fps >= 50", "--expect", "peers >= 1",
               "--report", case.path("report.json"), "--report", case.path("report.xml"))
    assert run.wait() == 3, (run.stdout, run.stderr)
    assert run.stdout[0].startswith("fail: 1 of 2 expectations hold"), run.stdout
    assert run.stdout[1].startswith("  FAIL  rx.video.fps >= 50: "), run.stdout
    told = report(case)
    assert told["verdict"] == "fail" and [each["ok"] for each in told["expectations"]] == [False, True]
    assert 5 < told["expectations"][0]["value"] < 12, told["expectations"]
    assert xml.etree.ElementTree.parse(case.path("report.xml")).getroot().attrib["failures"] == "1"


def test_alone_nothing_is_measured_and_nothing_holds(case):
    host = case.host()
    run = bots(case, host.url, *SMALL, "--expect", "rx.video.fps >= 0", "--report", "-", duration="1s")
    assert run.wait() == 3, (run.stdout, run.stderr)
    told = json.loads("\n".join(run.stdout))
    assert told["expectations"][0]["value"] is None and told["bots"][0]["peers"] == []
    assert "not measured" in run.stderr[1], run.stderr


def test_report_on_stdout_stands_there_alone_beside_a_host_too(case):
    run = case.run("--listen", "127.0.0.1:0", "--store", ":memory:", "--room", "x", "--duration", "1s", "--report", "-")
    assert run.returncode == 0, run
    assert json.loads(run.stdout)["verdict"] == "pass", run.stdout
    assert "meshbot: serving http://" in run.stderr


def test_expectation_of_a_bot_beside_a_host_is_the_host_s_status(case):
    host = case.host("--room", "x", "--duration", "1s", *SMALL, "--expect", "peers >= 1")
    assert host.wait() == 3, (host.stdout, host.stderr)


def test_stopped_sender_fails_the_expectation(case):
    host = case.host()
    run = bots(case, host.url, "--expect", "rx.video.fps.min >= 1", "--report", case.path("report.json"),
               "--log-level", "info", duration="12s")
    sender = bots(case, host.url, *SMALL, duration="60s")
    harness.wait_until(lambda: len(harness.members(host.url, "x")) == 2, "both in the room")
    harness.wait_until(lambda: any("first video" in line for line in run.stderr), "media")
    # Some frames have to come before one can tell that there are none; the server hears nothing of the stop.
    began = time.monotonic()
    harness.wait_until(lambda: time.monotonic() > began + 2, "two seconds of it")
    sender.process.send_signal(signal.SIGSTOP)
    assert run.wait() == 3, (run.stdout, run.stderr)
    sender.process.send_signal(signal.SIGCONT)
    peer = report(case)["bots"][0]["peers"][0]
    assert peer["rx"]["video"]["fps"]["min"] == 0, peer
    assert peer["rx"]["video"]["freezes"] >= 1 and peer["rx"]["video"]["freezeMs"] > 1000, peer


def test_join_that_fails_is_in_the_report(case):
    host = case.host()
    assert harness.request("POST", host.url + "/api/rooms", {"name": "Full", "id": "full", "maxMembers": 1})[0] == 201
    first = bots(case, host.url, room="full", duration="60s")
    harness.wait_until(lambda: len(harness.members(host.url, "full")) == 1, "the first")
    run = bots(case, host.url, "--expect", "errors == 0", "--report", case.path("report.xml"),
               "--report", case.path("report.json"), room="full")
    assert run.wait() == 4, (run.stdout, run.stderr)
    assert report(case)["verdict"] == "fail" and "full" in report(case)["failure"]
    cases = list(xml.etree.ElementTree.parse(case.path("report.xml")).getroot().iter("testcase"))
    assert cases[0].find("failure") is not None
    assert first.process.poll() is None


def test_report_that_cannot_be_written_is_said_at_once(case):
    run = case.run("--server", "http://127.0.0.1:9", "--room", "x", "--report", case.path("no/such/folder.json"))
    assert run.returncode == 2 and "cannot be written" in run.stderr, run
    assert run.stderr.count("\n") == 1, run.stderr


def test_crash_of_a_judged_bot_is_a_failure(case):
    host = case.host("--room", "x", "--expect", "errors == 0", "--report", case.path("report.json"))
    before = harness.wait_until(lambda: harness.members(host.url, "x"), "the bot")[0]["id"]
    os.kill(host.all_children()[0], signal.SIGSEGV)
    harness.wait_until(lambda: [each for each in harness.members(host.url, "x") if each["id"] != before], "another bot", 10)
    assert host.stop()[0] == 1, host.stderr
    assert report(case)["verdict"] == "fail" and "crashed" in report(case)["failure"]


def test_interrupted_bots_are_judged(case):
    host = case.host()
    run = bots(case, host.url, "--expect", "peers >= 1", "--report", case.path("report.json"), duration="60s")
    harness.wait_until(lambda: len(harness.members(host.url, "x")) == 1, "the bot")
    status, seconds = run.stop()
    assert status == 3 and seconds < 5, (status, seconds)
    assert report(case)["verdict"] == "fail"


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
