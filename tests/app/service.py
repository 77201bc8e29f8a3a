#!/usr/bin/env python3
"""service.py: the program under a service manager: what it is told, a restart that refuses nobody, whose it is."""
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

import harness

WATCHDOG_S = 0.6
# A shell that becomes the program knows the number that the program will have.
AS_SERVICE = ["/bin/sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$; export LISTEN_PID WATCHDOG_PID; exec "$@"', "sh"]


class Manager:
    """What systemd is to a service: a datagram socket that it is heard on."""

    def __init__(self, case):
        self.path = case.path("notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(harness.PATIENCE)

    def wait(self, field, timeout=harness.PATIENCE):
        """The next message with that field; its value."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            for line in self.socket.recv(4096).decode().split("\n"):
                name, _, value = line.partition("=")
                if name == field:
                    return value

    def count(self, field, seconds):
        """How often it is heard in that time."""
        n, deadline = 0, time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < deadline:
                self.wait(field, deadline - time.monotonic())
                n += 1
        return n


def listener(port=0):
    """A socket as systemd has it, which outlives who serves it."""
    mine = socket.socket()
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    mine.bind(("127.0.0.1", port))
    mine.listen(4096)
    return mine


def start_on(case, fd, *args, **variables):
    """Starts a host on a socket that is passed as descriptor 3."""
    command = [*AS_SERVICE[:2], f'exec 3<&{fd}; {AS_SERVICE[2]}', "sh"]
    host = case.start("--store", case.path("rooms.db"), *args, prefix=command, pass_fds=[fd],
                      LISTEN_FDS="1", **variables)
    host.url = host.wait_line(r"meshbot: serving (http://127\.0\.0\.1:\d+)$").group(1)
    return host


def test_manager_hears_ready_status_and_stopping(case):
    manager = Manager(case)
    host = case.host(NOTIFY_SOCKET=manager.path)
    assert manager.wait("READY") == "1"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+ 0 connections, 0 rooms", manager.wait("STATUS"))
    host.process.send_signal(signal.SIGTERM)
    assert manager.wait("STOPPING") == "1"
    assert host.wait() == 0 and host.stderr == [], host.stderr


def test_manager_hears_of_a_reload(case):
    manager = Manager(case)
    host = case.host(NOTIFY_SOCKET=manager.path)
    manager.wait("READY")
    host.process.send_signal(signal.SIGHUP)
    assert manager.wait("RELOADING") == "1"
    assert manager.wait("READY") == "1"
    assert host.stop()[0] == 0


def test_bot_alone_is_a_service_too(case):
    manager = Manager(case)
    url = case.host().url
    bot = case.start("--server", url, "--room", "x", prefix=AS_SERVICE, NOTIFY_SOCKET=manager.path,
                     WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)))
    assert manager.wait("READY") == "1"
    assert manager.count("WATCHDOG", WATCHDOG_S) >= 2
    assert bot.stop()[0] == 0


def test_watchdog_is_fed_by_a_loop_that_turns(case):
    manager = Manager(case)
    host = case.start("--listen", "127.0.0.1:0", "--store", ":memory:", "--room", "x", prefix=AS_SERVICE,
                      NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)))
    manager.wait("READY")
    assert manager.count("WATCHDOG", 2 * WATCHDOG_S) >= 4, "as often as systemd asks, at least"
    # The bot beside it hears nothing of this, and would feed it for its host.
    assert host.all_children()
    os.kill(host.process.pid, signal.SIGSTOP)
    manager.count("WATCHDOG", 0.2)
    assert manager.count("WATCHDOG", 2 * WATCHDOG_S) == 0, "a host that hangs is found out"
    os.kill(host.process.pid, signal.SIGCONT)
    manager.wait("WATCHDOG")
    assert host.stop()[0] == 0


def test_watchdog_of_another_process_is_left_alone(case):
    manager = Manager(case)
    case.host(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    manager.wait("READY")
    assert manager.count("WATCHDOG", 0.5) == 0


def test_manager_that_is_deaf_or_gone_costs_nothing(case):
    manager = Manager(case)
    host = case.start("--listen", "127.0.0.1:0", "--store", ":memory:", prefix=AS_SERVICE,
                      NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="60000")
    url = host.wait_line(r"serving (http://\S+)$").group(1)
    # Its queue is full after 10 or so: a write that waited would stop everything.
    time.sleep(1.5)
    assert harness.request("GET", url + "/healthz")[0] == 200
    manager.socket.close()
    time.sleep(0.2)
    assert harness.request("GET", url + "/healthz")[0] == 200
    assert host.stop()[0] == 0 and host.stderr == [], host.stderr


def test_restart_refuses_no_connection(case):
    """Somebody connects and asks all along, while the host is restarted five times on the same socket."""
    sock = listener()
    url = "http://127.0.0.1:%d" % sock.getsockname()[1]
    failures, asked, done = [], [], threading.Event()

    def ask(path):
        while not done.is_set():
            began = time.monotonic()
            try:
                status, _ = harness.request("GET", url + path)
                if status != 200:
                    failures.append((path, status))
            except OSError as error:
                failures.append((path, repr(error)))
            asked.append(time.monotonic() - began)

    host = start_on(case, sock.fileno(), "--rate-limit", "off")
    callers = [threading.Thread(target=ask, args=(path,)) for path in ("/healthz", "/api/rooms", "/", "/room.html")]
    for caller in callers:
        caller.start()
    for _ in range(5):
        time.sleep(0.3)
        status, seconds = host.stop()
        assert status == 0 and seconds < 5, (status, seconds, host.stderr)
        host = start_on(case, sock.fileno(), "--rate-limit", "off")
    time.sleep(0.3)
    done.set()
    for caller in callers:
        caller.join()
    print(f"# {len(asked)} connections, the slowest {max(asked):.2f} s, {len(failures)} failed")
    assert len(asked) > 200 and not failures, (len(asked), failures[:5])
    # Other than --listen, a socket that was passed stays open when the host has gone.
    host.stop()
    with socket.create_connection(sock.getsockname(), timeout=5):
        pass
    sock.close()


def test_store_is_copied_between_two_runs_and_restored(case):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/operations.md"), encoding="utf-8") as file:
        copy = re.search(r"^ExecStartPre=/bin/sh -c '(.*)'$", file.read(), re.M).group(1)
    sock = listener()
    host = start_on(case, sock.fileno())
    make = lambda name: harness.request("POST", host.url + "/api/rooms", {"name": name, "id": name})[0]
    ids = lambda url: [room["id"] for room in harness.request("GET", url + "/api/rooms")[1]]
    assert make("one") == 201 and make("two") == 201
    assert host.stop()[0] == 0
    subprocess.run(["/bin/sh", "-c", copy], cwd=case.folder.name, check=True)
    host = start_on(case, sock.fileno())
    assert make("three") == 201
    # While it runs: as a snapshot of the file system has it, all files of one instant.
    os.kill(host.process.pid, signal.SIGSTOP)
    os.mkdir(case.path("snapshot"))
    for name in ("rooms.db", "rooms.db-wal"):
        if os.path.exists(case.path(name)):
            shutil.copy(case.path(name), case.path("snapshot"))
    os.kill(host.process.pid, signal.SIGCONT)
    assert host.stop()[0] == 0
    sock.close()
    for folder, expected in (("backup", ["one", "two"]), ("snapshot", ["one", "two", "three"])):
        other = case.host("--store", case.path(folder) + "/rooms.db")
        assert ids(other.url) == expected, (folder, ids(other.url))
        assert other.stop()[0] == 0 and other.stderr == [], other.stderr


def test_passed_socket_serves_https_as_well(case):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", case.path("key"),
                    "-out", case.path("certificate")], check=True, capture_output=True)
    sock = listener()
    command = [*AS_SERVICE[:2], f"exec 3<&{sock.fileno()}; {AS_SERVICE[2]}", "sh"]
    host = case.start("--store", ":memory:", "--tls-certificate", case.path("certificate"), "--tls-key", case.path("key"),
                      prefix=command, pass_fds=[sock.fileno()], LISTEN_FDS="1")
    host.wait_line(rf"serving https://127\.0\.0\.1:{sock.getsockname()[1]}$")
    trust = ssl.create_default_context(cafile=case.path("certificate"))
    with urllib.request.urlopen(f"https://localhost:{sock.getsockname()[1]}/healthz", context=trust, timeout=10) as answer:
        assert answer.status == 200
    assert host.stop()[0] == 0
    sock.close()


def test_systemd_itself_passes_the_socket(case):
    port = harness.free_port()
    host = case.start("--store", ":memory:", prefix=["systemd-socket-activate", "-l", f"127.0.0.1:{port}"])
    # It becomes the program when somebody calls.
    harness.wait_until(lambda: _answers(f"http://127.0.0.1:{port}"), "an answer")
    host.wait_line(rf"meshbot: serving http://127\.0\.0\.1:{port}$")
    assert host.stop()[0] == 0


def _answers(url):
    try:
        return harness.request("GET", url + "/healthz")[0] == 200
    except OSError:
        return False


def test_what_is_passed_wrongly_is_one_line(case):
    with socket.socket() as deaf, socket.socket(type=socket.SOCK_DGRAM) as other:
        deaf.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        for fd, number, says in ((deaf.fileno(), "1", "no listening TCP socket"), (other.fileno(), "1", "no listening"),
                                 (deaf.fileno(), "2", "takes one"), (deaf.fileno(), "many", "no number")):
            host = case.start(prefix=[*AS_SERVICE[:2], f"exec 3<&{fd}; {AS_SERVICE[2]}", "sh"], pass_fds=[fd],
                              LISTEN_FDS=number)
            assert host.wait() == 2, host.stderr
            assert len(host.stderr) == 1 and says in host.stderr[0], host.stderr
    host = case.host(LISTEN_FDS="1", LISTEN_PID="1")
    assert host.stop()[0] == 0, "sockets of another process"


def test_root_is_told_once(case):
    if os.geteuid() != 0:
        print("# not run as root: nothing to be told")
        return
    host = case.host("--room", "x")
    harness.wait_until(lambda: harness.members(host.url, "x"), "a bot in the room")
    host.stop()
    assert len(host.said_to_root) == 1 and "--user" in host.said_to_root[0], host.said_to_root


def test_root_becomes_whom_it_is_told(case):
    if os.geteuid() != 0:
        print("# not run as root: cannot become anybody")
        return
    user = pwd.getpwnam("nobody")
    os.chmod(case.folder.name, 0o755)
    os.mkdir(case.path("store"))
    os.chown(case.path("store"), user.pw_uid, user.pw_gid)
    with open(case.path("meshbot.conf"), "w", encoding="utf-8") as file:
        file.write(f"[daemon]\nuser=nobody\n[meshbot]\nlisten=127.0.0.1:80\nstore={case.path('store')}/rooms.db\nroom=x\n")
    # A port that is root's, and a store that is not.
    host = case.start("--config", case.path("meshbot.conf"), prefix=["unshare", "--net", "sh", "-c",
                      'ip link set lo up; exec "$@"', "sh"])
    host.wait_line(r"serving http://127\.0\.0\.1:80$")
    harness.wait_until(host.all_children, "its bot")
    for pid in [host.process.pid, *host.all_children()]:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        assert status["Uid"].split() == [str(user.pw_uid)] * 4, status["Uid"]
        assert status["Gid"].split() == [str(user.pw_gid)] * 4 and status["Groups"].split() in ([str(user.pw_gid)], [])
        assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
    assert os.stat(case.path("store") + "/rooms.db").st_uid == user.pw_uid
    assert host.stop()[0] == 0 and host.said_to_root == [], host.said_to_root


def test_user_that_cannot_be_had_is_one_line(case):
    run = case.run("--listen", "127.0.0.1:0", "--store", ":memory:", "--user", "no-such-user")
    assert run.returncode == 2 and "no user no-such-user" in run.stderr and run.stderr.count("\n") == 1, run
    if os.geteuid() == 0:
        os.chmod(harness.CACHE.name, 0o777)
        run = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", harness.PROGRAM, "--listen", "127.0.0.1:0",
                              "--store", ":memory:", "--user", "root"], capture_output=True, text=True, check=False,
                             timeout=harness.PATIENCE)
        assert run.returncode == 2 and "cannot become user root" in run.stderr, run


if __name__ == "__main__":
    sys.exit(harness.main(globals()))
