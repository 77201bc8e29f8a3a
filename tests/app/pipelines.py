#!/usr/bin/env python3
"""pipelines.py: sources as they are listed, checked, set and refused."""
import json
import os
import subprocess
import sys

import harness

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pipelines/sources")
SHIPPED = sorted(name.removesuffix(".pipeline") for name in os.listdir(FOLDER) if name.endswith(".pipeline"))


def test_every_shipped_source_is_listed(case):
    run = case.run("--list-pipelines")
    assert run.returncode == 0 and run.stderr == "", run
    listed = [line.split()[1] for line in run.stdout.splitlines() if line.startswith("source ")]
    assert [name for name in listed if name in SHIPPED] == SHIPPED, listed
    assert "FILE" in listed


def test_every_shipped_source_can_be_built(case):
    for name in SHIPPED:
        run = case.run("--check-pipeline", os.path.join(FOLDER, name + ".pipeline"))
        if run.returncode == 1 and "install the package" in run.stderr:
            print(f"# {name}: {run.stderr.strip()}")
            continue
        assert run.returncode == 0 and run.stderr == "", (name, run)
        assert run.stdout.startswith(f"source {name}: "), run.stdout
        assert "\noutput " in run.stdout, run.stdout


def check(case, launch, more=""):
    with open(case.path("mine.pipeline"), "w", encoding="utf-8") as file:
        file.write(f"[Pipeline]\nKind=source\nDescription=Mine\nLaunch={launch}\n{more}")
    return case.run("--check-pipeline", case.path("mine.pipeline"))


def test_a_checked_file_tells_its_outputs_and_parameters(case):
    run = check(case, "videotestsrc name=a is-live=true ! vp8enc ! rtpvp8pay name=video",
                "[Parameter picture]\nTarget=a.pattern\nDescription=What it shows\n")
    assert run.returncode == 0, run
    assert [line.split() for line in run.stdout.splitlines()] == [
        ["source", "mine:", "Mine"], ["output", "video", "VP8"],
        ["parameter", "picture", "a.pattern:", "What", "it", "shows"]], run.stdout


def test_what_is_wrong_with_a_file_is_one_line(case):
    for launch, more, status, says in (
            ("nosuchelement ! rtpvp8pay name=video", "", 1, "nosuchelement"),
            ("videotestsrc ! vp8enc ! rtpvp8pay", "", 2, "no element named video or audio"),
            ("videotestsrc ! vp8enc name=video", "", 2, "does not end in RTP"),
            ("videotestsrc name=a ! vp8enc ! rtpvp8pay name=video", "[Parameter x]\nTarget=a.wings\n", 2, "wings"),
            ("videotestsrc ! vp8enc ! rtpvp8pay name=video", "[Parameters]\n", 2, "unknown group"),
    ):
        run = check(case, launch, more)
        assert run.returncode == status and says in run.stderr, (launch, run)
        assert run.stderr.count("\n") == 1 and run.stdout == "", run
    assert case.run("--check-pipeline", case.path("none.pipeline")).returncode == 2


def test_a_missing_plugin_is_named_with_its_package(case):
    """With nothing but GStreamer's core to be found, as where only some packages are installed."""
    env = {**harness.environment(case.folder.name), "GST_PLUGIN_SYSTEM_PATH_1_0": case.folder.name,
           "XDG_CACHE_HOME": case.path("cache")}
    run = subprocess.run([harness.PROGRAM, "--check-pipeline", os.path.join(FOLDER, "v4l2.pipeline")], env=env, timeout=20,
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "install the package gstreamer1.0-" in run.stderr, run
    assert run.stderr.count("\n") == 1, run.stderr


def test_set_reaches_the_source_and_is_checked(case):
    host = case.host()
    good = case.start("--server", host.url, "--room", "x", "--source", "videotestsrc", "--set", "pattern=smpte",
                      "--size", "160x120", "--duration", "500ms")
    assert good.wait() == 0, good.stderr
    for setting, says in (("pattern=sunset", "pattern"), ("colour=red", "has no parameter colour")):
        bad = case.run("--server", host.url, "--room", "x", "--source", "videotestsrc", "--set", setting)
        assert bad.returncode == 2 and says in bad.stderr and bad.stderr.count("\n") == 1, bad


def test_two_sources_are_a_picture_and_a_sound(case):
    host = case.host()
    common = ("--server", host.url, "--room", "x", "--source", "audiotestsrc")
    for more, says in ((("--source", "audiotestsrc"), "one has to have a picture"),
                       (("--source", "videotestsrc", "--source", "testcard"), "twice"),
                       (("--source", "videotestsrc", "--set", "wings=2"), "neither source has a parameter wings")):
        bad = case.run(*common, *more)
        assert bad.returncode == 2 and says in bad.stderr and bad.stderr.count("\n") == 1, bad
    run = case.start(*common, "--source", "videotestsrc", "--size", "160x120", "--set", "pattern=smpte", "--set", "volume=0",
                     "--count", "2", "--duration", "4s", "--report", case.path("report.json"))
    assert run.wait() == 0, run.stderr
    with open(case.path("report.json"), encoding="utf-8") as file:
        peers = [peer for bot in json.load(file)["bots"] for peer in bot["peers"]]
    assert len(peers) == 2 and all(peer["rx"]["video"]["frames"] > 0 and peer["rx"]["audio"]["packets"] > 0 for peer in peers), peers


def test_files_that_cannot_be_sent_are_one_line(case):
    host = case.host()
    with open(case.path("text.webm"), "w", encoding="ascii") as file:
        file.write("this is no video " * 100)
    for source, status in ((case.path("none.webm"), 2), (case.path("text.webm"), 1), ("file:///nonexistent.webm", 1)):
        run = case.run("--server", host.url, "--room", "x", "--source", source)
        assert run.returncode == status and run.stderr.count("\n") == 1, (source, run)


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
