#!/usr/bin/env python3
"""qa-page.py: every command of docs/qa.md runs as it stands there, against a host on its port."""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

import harness

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/qa.md")


def commands(kind):
    """The meshbot commands in blocks of that kind, each one line."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    found = []
    for block in re.findall(r"^```" + kind + r"\n(.*?)^```", text, re.M | re.S):
        joined = re.sub(r"\\\n\s*", "", block)
        found += [line.strip() for line in joined.splitlines() if line.strip().startswith("meshbot ")]
    return found


def run(case, url, command):
    """As a shell would, but with our program and the port of our host."""
    folder = os.path.join(case.folder.name, str(len(os.listdir(case.folder.name))))
    os.mkdir(folder)
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(harness.PROGRAM, os.path.join(folder, "bin", "meshbot"))
    env = harness.environment(folder)
    env["PATH"] = os.path.join(folder, "bin") + ":" + env["PATH"]
    command = command.replace("localhost:3000", url.removeprefix("http://"))
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, timeout=90, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    return done, folder


def test_pipelines_run_as_they_stand(case):
    host = case.host()
    found = commands("yaml")
    assert len(found) == 2, found
    for command in found:
        done, folder = run(case, host.url, command)
        assert done.returncode == 0, (command, done)
        for name in re.findall(r"--report (\S+)", command):
            path = os.path.join(folder, name)
            if name.endswith(".xml"):
                assert xml.etree.ElementTree.parse(path).getroot().attrib["failures"] == "0"
            else:
                with open(path, encoding="utf-8") as file:
                    assert json.load(file)["verdict"] == "pass"


def test_a_pipeline_fails_where_nobody_comes(case):
    host = case.host()
    command = commands("yaml")[0].replace("--count 3", "--count 1").replace("--duration 10s", "--duration 1s")
    done, folder = run(case, host.url, command)
    assert done.returncode == 3, done
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
        assert json.load(file)["verdict"] == "fail"


def test_the_host_s_line_serves(case):
    line = commands("sh")[0].removesuffix(" &").split()
    assert line[:2] == ["meshbot", "--listen"], line
    program = case.start(*["127.0.0.1:0" if word == "127.0.0.1:3000" else word for word in line[1:]])
    program.wait_line(r"serving http://127")
    assert program.stop()[0] == 0


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
