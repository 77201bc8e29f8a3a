#!/usr/bin/env python3
"""command-line.py: what the program says and ends with, as the contract has it."""
import sys
import time

import harness

WRONG = [
    (["--sorce", "x"], "did you mean --source?"),
    (["--frobnicate"], "unknown option --frobnicate"),
    (["x"], "unexpected argument 'x'"),
    (["--room", "a b"], "no room's id"),
    (["--room", "x" * 65], "no room's id"),
    (["--room", "x", "--source", "videotestsrk"], "videotestsrc"),
    (["--room", "x", "--codec", "vp7"], "unknown codec 'vp7'"),
    (["--room", "x", "--server", "localhost:3000"], "did you mean http://localhost:3000"),
    (["--room", "x", "--server", "http://"], "no server's URL"),
    (["--room", "x", "--duration", "soon"], "for example 30s"),
    (["--room", "x", "--relay"], "not available in this version"),
    (["--room", "x", "--ice-server", "stun"], "no ICE server"),
    (["--listen", "70000"], "--listen"),
    (["archive"], "'' is no verb"),
    (["archive", "shred", "."], "take one of verify, info, repair"),
    (["archive", "info"], "meshbot archive info DIR"),
    (["archive", "verify", "--deep", "."], "takes the name of one folder"),
    (["--config", "/nonexistent.conf"], "/nonexistent.conf"),
]


def assert_one_line(text):
    assert text.endswith("\n") and text.count("\n") == 1, repr(text)
    assert text.startswith("meshbot: "), repr(text)


def test_wrong_command_line_is_status_2_and_one_line(case):
    for args, says in WRONG:
        result = case.run(*args)
        assert result.returncode == 2, (args, result)
        assert_one_line(result.stderr)
        assert says in result.stderr, (args, result.stderr)
        assert result.stdout == "", (args, result.stdout)


def test_help_names_every_group_and_gives_examples(case):
    for option in ("--help", "-h"):
        result = case.run(option)
        assert result.returncode == 0 and result.stderr == "", result
        for word in ("meshbot --room x --source videotestsrc", "--server URL", "--record DIR",
                     "--duration TIME", "Exit status"):
            assert word in result.stdout, word
        assert max(map(len, result.stdout.splitlines())) <= 120


def test_version_is_one_line(case):
    result = case.run("--version")
    assert result.returncode == 0 and result.stderr == "", result
    assert result.stdout.startswith("meshbot 0.") and result.stdout.count("\n") == 1, result.stdout


def test_server_that_is_not_there_is_status_4_within_10_s(case):
    # GStreamer looks through all its plugins at its very first start; that is not what is measured here.
    assert case.host("--room", "x", "--duration", "1ms").wait() == 0
    began = time.monotonic()
    for scheme, path in (("http", ""), ("ws", "/ws")):
        url = f"{scheme}://127.0.0.1:{harness.free_port()}{path}"
        program = case.start("--server", url, "--room", "x")
        assert program.wait() == 4, program.stderr
        assert time.monotonic() - program.started < 10
        assert len(program.stderr) == 1 and program.stderr[0].startswith("meshbot: "), program.stderr
    assert time.monotonic() - began < 20


def test_errors_are_json_where_json_is_asked_for(case):
    url = f"http://127.0.0.1:{harness.free_port()}"
    result = case.run("--server", url, "--room", "x", "--log-format", "json")
    assert result.returncode == 4, result
    line = harness.json.loads(result.stderr)
    assert line["level"] == "error" and line["message"], line


def test_configuration_file_is_used_and_the_command_line_wins(case):
    path = case.path("meshbot.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[meshbot]\nlisten=127.0.0.1:1\nstore=:memory:\n")
    program = case.start("--config", path, "--listen", "127.0.0.1:0")
    program.wait_line(r"^meshbot: serving http://127\.0\.0\.1:\d+$")
    assert program.stop()[0] == 0


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
