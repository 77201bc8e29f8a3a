"""harness.py: drives the real program: starts it, waits for its lines, looks at what it leaves behind."""
import http.client
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

PROGRAM = os.environ["MESHBOT"]
CACHE = tempfile.TemporaryDirectory(prefix="meshbot-app-cache-")  # GStreamer's registry, made once
AS_ROOT = "this runs as root"
PATIENCE = 20  # seconds; what is promised sooner is asserted by the case itself


def environment(folder):
    """The environment a case runs in: a home of its own, nothing of the caller's desktop."""
    env = dict(os.environ)
    env.update(HOME=folder, XDG_STATE_HOME=os.path.join(folder, "state"),
               XDG_CACHE_HOME=CACHE.name)
    for name in ("MESHBOT_TOKEN", "STATE_DIRECTORY", "G_MESSAGES_DEBUG", "GST_PLUGIN_SYSTEM_PATH_1_0"):
        env.pop(name, None)
    return env


class Case:
    """What a case gets: a folder and programs that are gone when it is over."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="meshbot-app-")
        self.programs = []

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *args, timeout=PATIENCE):
        """Runs the program to its end."""
        return subprocess.run([PROGRAM, *args], env=environment(self.folder.name), timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def start(self, *args, prefix=(), pass_fds=(), **variables):
        """prefix: a command that runs what stands behind it; pass_fds: descriptors it inherits."""
        program = Program([*prefix, PROGRAM, *args], {**environment(self.folder.name), **variables}, pass_fds)
        self.programs.append(program)
        return program

    def host(self, *args, **variables):
        """A host on a free port that keeps nothing; ready when this returns."""
        store = [] if "--store" in args else ["--store", ":memory:"]
        program = self.start("--listen", "127.0.0.1:0", *store, *args, **variables)
        program.url = program.wait_line(r"meshbot: serving (http://127\.0\.0\.1:\d+)$").group(1)
        return program

    def close(self):
        for program in self.programs:
            program.close()
        self.folder.cleanup()


class Program:
    """One running meshbot."""

    def __init__(self, command, env, pass_fds=()):
        self.url = None
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, pass_fds=pass_fds,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.stdout = []
        self.stderr = []
        self.said_to_root = []
        self.readers = [threading.Thread(target=self._read_stdout, daemon=True),
                        threading.Thread(target=self._read_stderr, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read_stdout(self):
        for line in self.process.stdout:
            self.stdout.append(line.rstrip("\n"))
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_stderr(self):
        for line in self.process.stderr:
            # Tests run as whoever they run as; what root is told has a case of its own.
            (self.said_to_root if AS_ROOT in line else self.stderr).append(line.rstrip("\n"))

    def wait_line(self, pattern, timeout=PATIENCE):
        """The next line of stdout that matches."""
        deadline = time.monotonic() + timeout
        while True:
            line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            assert line is not None, f"ended before {pattern}: {self.stderr}"
            match = re.search(pattern, line)
            if match:
                return match

    def wait(self, timeout=PATIENCE):
        """Waits for the end; the exit status."""
        status = self.process.wait(timeout)
        for reader in self.readers:
            reader.join(PATIENCE)
        return status

    def stop(self, number=signal.SIGTERM):
        """Sends a signal; the exit status and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        seconds = time.monotonic() - began
        return self.wait(), seconds

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    def all_children(self):
        """GLib may start a child from any thread."""
        pids = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            path = f"/proc/{self.process.pid}/task/{task}/children"
            with open(path, encoding="ascii") as file:
                pids += [int(pid) for pid in file.read().split()]
        return pids

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()


def request(method, url, body=None):
    """One HTTP request; (status, JSON or None)."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, parts.path or "/", data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text and "json" in answer.getheader("Content-Type", "") else None
    finally:
        connection.close()


def members(url, room):
    status, answer = request("GET", f"{url}/api/rooms/{room}")
    return answer["members"] if status == 200 else []


def wait_until(condition, what, timeout=PATIENCE):
    """Asks again until it holds; its value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.05)


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main(cases):
    """Runs every function of the module whose name begins with test_, as TAP."""
    chosen = sys.argv[1:]
    tests = [(name, func) for name, func in cases.items()
             if name.startswith("test_") and callable(func) and (not chosen or name in chosen)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, func) in enumerate(tests, 1):
        case = Case()
        began = time.monotonic()
        try:
            func(case)
            print(f"ok {number} {name[5:]} # {time.monotonic() - began:.1f} s", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            for program in case.programs:
                print(f"# {program.process.args[1:]}: stdout {program.stdout} stderr {program.stderr}")
            print("\n".join("# " + line for line in traceback.format_exc(limit=-3).splitlines()))
            print(f"not ok {number} {name[5:]}", flush=True)
        finally:
            case.close()
    return 1 if failed else 0
