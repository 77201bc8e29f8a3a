#!/usr/bin/env python3
"""run.py: measures the host beside a Node app in one run, and writes docs/benchmarks.md's part on it.

  bench/signaling/run.py --build DIR [--seconds S] [--rounds N] [--only NAME] [--no-write]

Processor time of the server for each operation is what compares: it holds on a busy machine, where
rates and latencies do not. Everything stays on 127.0.0.1 and ends by itself.
"""
import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- signaling: begin -->", "<!-- signaling: end -->"


class Server:
    """A server in its own process, stopped at the end of a with block."""

    def __init__(self, build, kind, *options):
        self.kind = kind
        self.folder = tempfile.TemporaryDirectory(prefix="meshbot-bench-")
        if kind == "node":
            self.port = free_port()
            command = ["node", str(HERE / "node-app.mjs"), str(self.port)]
        else:
            store = Path(self.folder.name) / "rooms.db"
            command = [str(build / "src/app/meshbot"), "--listen", "127.0.0.1:0", "--store", str(store),
                       "--rate-limit", "off", "--max-rooms", "10000000", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if kind == "meshbot":
            self.port = int(line.rsplit(":", 1)[1])
        elif line.strip() != "listening":
            sys.exit("run.py: the Node app did not start; its packages: npm ci --prefix tests/e2e")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.folder.cleanup()

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def free_port():
    import socket
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Bench:
    def __init__(self, build, seconds):
        self.build = build
        self.seconds = seconds

    def load(self, server, mode, **options):
        """One run of signaling-load; a run that lost or altered anything is no measurement."""
        command = [str(self.build / "bench/signaling/signaling-load"), "--mode", mode, "--port", str(server.port),
                   "--pid", str(server.process.pid), "--seconds", str(self.seconds)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=200)
        if done.returncode != 0:
            sys.exit(f"run.py: {server.kind}: {' '.join(command)}: {done.stdout}")
        return json.loads(done.stdout)

    def flood(self, server, dialect):
        command = [str(self.build / "bench/signaling/signaling-load"), "--mode", "flood", "--port", str(server.port),
                   "--members", "4", "--dialect", dialect, "--seconds", str(self.seconds * 2 + 20)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        return process

    def wrk(self, server, path, *options):
        """Requests with 32 kept connections. Gives microseconds of the server's processor for each."""
        before = server.cpu_s()
        done = subprocess.run(["wrk", "-t1", "-c32", f"-d{self.seconds}s", *options, server.url(path)],
                              stdout=subprocess.PIPE, text=True, check=True)
        used = server.cpu_s() - before
        if re.search(r"Socket errors|Non-2xx", done.stdout):
            sys.exit(f"run.py: {server.kind}: {path}: {done.stdout}")
        n = int(re.search(r"(\d+) requests in", done.stdout).group(1))
        return used * 1e6 / n

    # Each of these gives the figures of one server by name.

    def signals(self, kind):
        found = {}
        for dialect in ("sio", "plain"):
            for members in (40, 400):
                with Server(self.build, kind) as server:
                    result = self.load(server, "signal", members=members, dialect=dialect)
                    found[f"{dialect}-{members}"] = result["cpuSeconds"] * 1e6 / result["signals"]
                    if dialect == "sio" and members == 40:
                        found["rate-40"] = result["signals"] / result["seconds"]
        return found

    def idle(self, kind):
        with Server(self.build, kind) as server:
            command = [str(self.build / "bench/signaling/signaling-load"), "--mode", "hold", "--port",
                       str(server.port), "--members", "5000", "--seconds", str(self.seconds + 15)]
            holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            wait_for_sockets(server, 5000)
            result = self.load(server, "signal", members=40)
            holder.terminate()
            holder.wait()
            return {"beside-idle": result["cpuSeconds"] * 1e6 / result["signals"]}

    def hold(self, kind):
        with Server(self.build, kind) as server:
            result = self.load(server, "hold", members=10000, ramp=200)
            return {"open-rate": result["ready"] / result["openSeconds"],
                    "idle-kib": result["rssKiB"] / result["ready"]}

    def storm(self, kind):
        with Server(self.build, kind) as server:
            result = self.load(server, "storm", members=2000, ramp=200)
            return {"join-ms": result["openCpuSeconds"] * 1e3 / result["ready"]}

    def beside_flood(self, kind):
        with Server(self.build, kind) as server:
            flooder = self.flood(server, "sio")
            result = self.load(server, "signal", members=40, rate=400)
            flooder.terminate()
            flooder.wait()
            return {"flood-p99": result["p99Ms"]}

    def rest(self, kind):
        with Server(self.build, kind) as server:
            self.wrk(server, "/api/rooms")
            found = {"get-none": self.wrk(server, "/api/rooms")}
            for n in range(100):
                request = urllib.request.Request(server.url("/api/rooms"), json.dumps({"name": f"room {n}"}).encode(),
                                                 {"Content-Type": "application/json"})
                with urllib.request.urlopen(request) as answer:
                    room = json.load(answer)
            found["get-100"] = self.wrk(server, "/api/rooms")
            found["get-one"] = self.wrk(server, f"/api/rooms/{room['id']}")
            found["post"] = self.wrk(server, "/api/rooms", "-s", str(HERE / "post.lua"))
            return found


def wait_for_sockets(server, n):
    folder = f"/proc/{server.process.pid}/fd"
    for _ in range(600):
        if len(os.listdir(folder)) > n:
            return
        time.sleep(0.1)
    sys.exit(f"run.py: {server.kind} does not take {n} connections")


# name of the figure, its key, how it is printed, what is wanted of it
ROWS = [
    ("CPU for a million relayed 1 KB signals, Socket.IO, 40 members", "sio-40", "{:.1f} s"),
    ("the same, 400 members", "sio-400", "{:.1f} s"),
    ("the same, plain WebSocket, 40 members", "plain-40", "{:.1f} s"),
    ("the same, plain WebSocket, 400 members", "plain-400", "{:.1f} s"),
    ("Socket.IO, 40 members, beside 5000 idle connections", "beside-idle", "{:.1f} s"),
    ("signals a second, Socket.IO, 40 members", "rate-40", "{:,.0f}"),
    ("10,000 idle Socket.IO connections: opened a second", "open-rate", "{:,.0f}"),
    ("… memory of each", "idle-kib", "{:.1f} KiB"),
    ("join storm of 2000: CPU of each", "join-ms", "{:.3f} ms"),
    ("p99 of 400 signals a second beside four flooding members", "flood-p99", "{:.1f} ms"),
    ("GET /api/rooms, none there: CPU", "get-none", "{:.0f} µs"),
    ("GET /api/rooms, 100 there: CPU", "get-100", "{:.0f} µs"),
    ("GET one room: CPU", "get-one", "{:.0f} µs"),
    ("POST a room: CPU (meshbot: committed to SQLite on disk; Node: in memory)", "post", "{:.0f} µs"),
]


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    release = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text(encoding="utf-8"))
    node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, "
            f"{release.group(1) if release else 'Linux'}, Linux {platform.release()}, Node {node}")


def table(results, rounds, seconds):
    lines = [f"{time.strftime('%Y-%m-%d')}, {machine()}. Median of {rounds} round{'s' if rounds > 1 else ''} of "
             f"{seconds} s each, load generator and server on the same machine.", "",
             "| figure | Node app | meshbot | Node / meshbot |", "| --- | ---: | ---: | ---: |"]
    for title, key, form in ROWS:
        values = {}
        for kind in ("node", "meshbot"):
            found = [each[key] for each in results[kind] if key in each]
            values[kind] = statistics.median(found) if found else None
        if None in values.values():
            continue
        ratio = values["node"] / values["meshbot"] if values["meshbot"] else float("inf")
        lines.append(f"| {title} | {form.format(values['node'])} | {form.format(values['meshbot'])} | {ratio:.2f} |")
    return "\n".join(lines)


def write(text):
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, required=True, help="a build folder (buildtype=release)")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", help="signals, idle, hold, storm, beside_flood, rest")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bench = Bench(options.build.resolve(), options.seconds)
    results = {"node": [], "meshbot": []}
    for number in range(options.rounds):
        for part in options.only or ["signals", "idle", "hold", "storm", "beside_flood", "rest"]:
            for kind in results:
                print(f"round {number + 1} of {options.rounds}: {part}, {kind}", file=sys.stderr)
                results[kind].append(getattr(bench, part)(kind))
    text = table(results, options.rounds, options.seconds)
    print(text)
    if not options.no_write:
        write(text)


if __name__ == "__main__":
    main()
