#!/usr/bin/env python3
"""count-results.py: counts the cases of every test in meson's JSON logs.

  count-results.py FOLDER LABEL [LABEL...]

Of a test that is in several logs the last one counts: what was run again replaces what it was before.
Prints `PASSED FAILED`, then the names of the tests that failed, one a line. What was skipped, or
passed only when it was run again, is told on stderr.
"""
import json
import pathlib
import re
import sys


def read(folder, label):
    """Gives the tests of one log by name; a test setup has its own name behind the label."""
    found = {}
    for path in folder.glob(f"{label}*.json"):
        if path.stem == label or path.stem.startswith(label + "-valgrind"):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                test = json.loads(line)
                found[test["name"]] = test
    return found


def main():
    folder, labels = pathlib.Path(sys.argv[1]), sys.argv[2:]
    tests = {}
    for label in labels:
        for name, test in read(folder, label).items():
            if name in tests and test["result"] == "OK":
                print(f"passed when run again: {name}", file=sys.stderr)
            tests[name] = test
    passed = failed = 0
    bad_names = []
    for name, test in tests.items():
        if test["result"] == "SKIP":
            print(f"skipped: {name}", file=sys.stderr)
            continue
        out = test.get("stdout") or ""
        n_ok = len(re.findall(r"^ok \d+(?!.*# SKIP)", out, re.M))
        n_bad = len(re.findall(r"^not ok \d+(?!.*# TODO)", out, re.M))
        if test["result"] in ("OK", "EXPECTEDFAIL"):
            passed += max(n_ok, 1)
        else:
            passed += n_ok
            failed += max(n_bad, 1)
            bad_names.append(name)
            print(f"failed: {name} ({test['result']})", file=sys.stderr)
    print(passed, failed)
    for name in bad_names:
        print(name.rsplit(" / ", 1)[-1])


main()
