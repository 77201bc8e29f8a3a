#!/usr/bin/env python3
"""monitoring.py: alerts and dashboard of docs/examples are right, and ask for metrics that there are."""
import json
import os
import re
import subprocess
import sys
import urllib.request

import harness

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
ALERTS = TOP + "/docs/examples/alerts.yml"
DASHBOARD = TOP + "/docs/examples/grafana-dashboard.json"


def promtool(*args):
    done = subprocess.run(["promtool", *args], capture_output=True, text=True, check=False, timeout=harness.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions():
    """Of the dashboard, as Prometheus gets them from Grafana."""
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [each["expr"] for each in dashboard["annotations"]["list"]]
    assert len(found) > 20, found
    return [each.replace("$__rate_interval", "5m").replace("$instance", ".*") for each in found]


def test_alerts_are_well_formed(case):
    promtool("check", "rules", ALERTS)


def test_each_alert_fires_when_it_is_to(case):
    promtool("test", "rules", TOP + "/tests/data/alerts-test.yml")
    with open(ALERTS, encoding="utf-8") as file:
        alerts = re.findall(r"alert: (\w+)", file.read())
    with open(TOP + "/tests/data/alerts-test.yml", encoding="utf-8") as file:
        tested = file.read()
    for alert in alerts:
        assert tested.count(alert) == 2, f"{alert} is to fire and not to fire"


def test_dashboard_asks_what_prometheus_understands(case):
    with open(case.path("dashboard.yml"), "w", encoding="utf-8") as file:
        # A rule file is what promtool parses expressions of.
        json.dump({"groups": [{"name": "x", "rules": [{"record": f"r{n}", "expr": each} for n, each in enumerate(expressions())]}]}, file)
    promtool("check", "rules", case.path("dashboard.yml"))


def test_all_metrics_that_are_asked_for_exist(case):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", case.path("key"), "-out", case.path("certificate")],
                   check=True, capture_output=True)
    port = harness.free_port()
    host = case.start("--listen", "127.0.0.1:0", "--store", ":memory:", "--tls-certificate", case.path("certificate"),
                      "--tls-key", case.path("key"), "--room", "x", "--metrics-listen", str(port))
    host.wait_line("serving https://")
    text = ""

    def has_its_bot():
        nonlocal text
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=harness.PATIENCE) as answer:
            text = answer.read().decode()
        return "meshbot_bot_joined_bots 1" in text

    harness.wait_until(has_its_bot, "the bot's figures")
    there = set(re.findall(r"^(\w+?)(?:\{[^}]*\})? ", text, re.M))
    labels = {(name, label) for name, inside in re.findall(r"^(\w+)\{([^}]*)\}", text, re.M) for label in re.findall(r"(\w+)=", inside)}
    with open(ALERTS, encoding="utf-8") as file:
        asked = "\n".join([file.read(), *expressions()])
    for name in set(re.findall(r"\b(?:meshbot_\w+|process_\w+)", asked)):
        assert name in there, f"nobody has {name}"
    for name, inside in re.findall(r"\b((?:meshbot|process)_\w+)\{([^}]*)\}", asked):
        for label in set(re.findall(r"(\w+)=", inside)) - {"job", "instance"}:
            assert (name, label) in labels, f"{name} has no {label}"


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
