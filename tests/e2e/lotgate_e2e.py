"""What the end-to-end tests share: the real daemon, simulated machines on pseudo-terminals, and senders of all kinds.

Nothing here sleeps for a fixed time: `wait_for` looks for a condition until a deadline.
"""
import hashlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import tty
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
LOTGATE = os.path.join(BUILD, "lotgate")
LOTGATE_SIM = os.path.join(BUILD, "lotgate-sim")
SAMPLES = os.path.join(os.path.dirname(TOP), "shared", "samples")
DEADLINE = 20.0  # seconds; a slow machine must not fail a test


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the daemon's socket in its data directory, as the command line has it."""

    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


def wait_for(condition, what, deadline=DEADLINE):
    """Returns the first true value of condition(); raises AssertionError, naming `what`, at the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def on_terminal(command, columns=80, **environment):
    """Runs a command whose output is a terminal. Returns its exit status, and what it printed."""
    master, slave = os.openpty()
    subprocess.run(["stty", "cols", str(columns)], stdin=slave, check=True)
    env = {name: value for name, value in {**os.environ, "NO_COLOR": None, "TERM": "xterm", **environment}.items() if value is not None}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=env) as process:
        os.close(slave)
        said = b""
        while select.select([master], [], [], DEADLINE)[0]:
            try:
                more = os.read(master, 65536)
            except OSError:  # nobody has it open any more
                break
            if not more:
                break
            said += more
        os.close(master)
        return process.wait(DEADLINE), said


class Process:
    """A program of ours with its output in files."""

    def __init__(self, command, folder, name):
        self.out_path, self.error_path = (os.path.join(folder, f"{name}.{end}") for end in ("out", "err"))
        with open(self.out_path, "wb") as out, open(self.error_path, "ab") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL)

    def output(self):
        return read_text(self.out_path)

    def errors(self):
        return read_text(self.error_path)

    def running(self):
        return self.process.poll() is None

    def end(self, number=signal.SIGTERM):
        """Sends the signal and returns the exit status."""
        if self.running():
            self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.process.args[0]} did not end:\n{self.errors()}") from None


class Simulator(Process):
    """lotgate-sim: one machine on a pseudo-terminal, whose name stays the same over restarts. Its time passes fast."""

    def __init__(self, folder, name="machine", *options):
        self.link, self.log = os.path.join(folder, f"{name}.tty"), os.path.join(folder, f"{name}.log")
        super().__init__([LOTGATE_SIM, "--link", self.link, "--log", self.log, "--baud", "0", "--speed", "20", *options],
                         folder, name)
        wait_for(lambda: os.path.exists(self.link), lambda: f"lotgate-sim to start: {self.errors()}")

    def taken(self):
        """Lines that the machine took: (source, answer, works, text). A line half written is left out."""
        rows = []
        if os.path.exists(self.log):
            for row in read_text(self.log).split("\n")[:-1]:
                _, source, answer, work, text = row.split("\t", 4)
                rows.append((source, answer, work == "work", text))
        return rows

    def job_lines(self):
        """What came over the wire without lotgate's own questions ($I, $G)."""
        return [text for source, _, _, text in self.taken() if source == "host" and not text.startswith("$")]

    def work_lines(self):
        return [text for _, _, work, text in self.taken() if work]


class RawMachine(threading.Thread):
    """A machine that keeps every byte it gets: answers `ok` to each line end, a report to `?`."""

    def __init__(self, folder, name="raw"):
        super().__init__(daemon=True)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.link = os.path.join(folder, f"{name}.tty")
        os.symlink(os.ttyname(self.slave), self.link)
        self.got, self.line, self.stopping = bytearray(), bytearray(), False
        os.set_blocking(self.master, False)  # a host that does not read must not keep the machine from ending
        self.start()

    def run(self):
        answer = bytearray()
        while not self.stopping:
            readable, writable, _ = select.select([self.master], [self.master] if answer else [], [], 0.1)
            if readable:
                for byte in os.read(self.master, 4096):
                    answer += self.take(byte)
            if writable:
                del answer[:os.write(self.master, answer)]

    def take(self, byte):
        if byte == ord("?"):
            return b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"
        self.got.append(byte)
        if byte != ord("\n"):
            self.line.append(byte)
            return b""
        line, self.line = bytes(self.line), bytearray()
        if line == b"$I":
            return b"[VER:1.1h.20190830:RAW-1]\r\n[OPT:V,15,128]\r\nok\r\n"
        if line == b"$G":
            return b"[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n"
        return b"ok\r\n"

    def bytes(self):
        """What came, without lotgate's own questions."""
        return re.sub(rb"\$([IG$]|LG [^\n]*)\n", b"", bytes(self.got))

    def close(self):
        self.stopping = True
        self.join()
        os.close(self.master)
        os.close(self.slave)


class Daemon:
    """`lotgate serve` with a configuration of its own in a folder of its own."""

    def __init__(self, folder, machines, **more):
        self.folder, self.data = folder, os.path.join(folder, "data")
        self.config = os.path.join(folder, "lotgate.json")
        self.write_config({"data": self.data, "http": {"listen": "127.0.0.1:0"}, "machines": machines, **more})
        self.server = None

    def write_config(self, config):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config if isinstance(config, str) else json.dumps(config, indent=1))

    def start(self, *options):
        self.server = Process([LOTGATE, "serve", "-c", self.config, *options], self.folder, "lotgate")
        wait_for(lambda: "panel " in self.server.output() or not self.server.running(), "lotgate to start")
        if not self.server.running():
            raise AssertionError(f"lotgate ended at once:\n{self.server.errors()}")
        self.address = re.search(r"panel\s+http://([^/]+)/", self.server.output()).group(1)
        return self

    def refuses_to_start(self, *options):
        """(exit status, what it said) of a daemon that ends by itself."""
        server = Process([LOTGATE, "serve", "-c", self.config, *options], self.folder, "refused")
        status = server.process.wait(DEADLINE)
        said, _ = server.errors(), os.unlink(server.error_path)
        return status, said

    def stop(self):
        return self.server.end(signal.SIGTERM) if self.server else 0

    def kill(self):
        self.server.end(signal.SIGKILL)

    # --- asking

    def api(self, path, method="GET", body=None):
        """(status, JSON) of one request to /api/v1."""
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE)
        try:
            connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def run(self, *words):
        """The command line, on this data folder."""
        return subprocess.run([LOTGATE, "--data", self.data, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=60, text=True, check=False)

    def command(self, *words):
        """The same, and it must succeed."""
        done = self.run(*words)
        if done.returncode != 0:
            raise AssertionError(f"lotgate {' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def listing(self, *words):
        return json.loads(self.command(*words, "--json"))

    def machine(self, name="laser1"):
        return self.api(f"/machines/{name}")[1]

    def wait_state(self, *states, machine="laser1", deadline=DEADLINE):
        return wait_for(lambda: self.machine(machine).get("state") in states and self.machine(machine),
                        lambda: f"{machine} to be {' or '.join(states)}: {self.machine(machine)}\n{self.server.errors()}",
                        deadline)

    def tcp(self, machine="laser1", door=0):
        return int(self.machine(machine)["tcp"][door].rsplit(":", 1)[1])

    def jobs(self, machine="laser1"):
        return self.listing("job", "list", "--machine", machine)

    def wait_job(self, *states, machine="laser1", count=1):
        """The newest job, once there are `count` and the newest has ended in one of the states."""
        def ended():
            jobs = self.jobs(machine)
            return jobs[0] if len(jobs) >= count and jobs[0]["state"] in states else None
        return wait_for(ended, lambda: f"a job that is {' or '.join(states)}: {self.jobs(machine)}\n{self.server.errors()}")

    # --- acting

    def stock(self, sheets=100):
        """A released lot of acrylic; returns its number."""
        self.command("supplier", "add", "ACME", "Acme Plastics")
        self.command("material", "add", "ACR", "Acrylic, cast, 3 mm", "--form", "sheet", "--thickness", "3mm",
                     "--density", "1.19")
        self.command("operator", "add", "OP1", "Kim Lee", "--badge", "4711")
        lot = self.command("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "88-1204", "--heat", "88-1204",
                           "--cert-heat", "88-1204", "--quantity", f"{sheets}sheet").split()[0]
        self.command("lot", "release", lot, "--by", "OP1")
        return lot

    def declare(self, lot, machine="laser1", quantity="1sheet"):
        return self.command("declare", machine, f"{lot}={quantity}", "--operator", "OP1")


class Line:
    """A sender's end of the line: TCP port or pseudo-terminal, read line by line with a deadline."""

    def __init__(self, where):
        self.socket, self.seen, self.buffer = None, [], b""
        if isinstance(where, int):
            self.socket = socket.create_connection(("127.0.0.1", where), DEADLINE)
            self.fd = self.socket.fileno()
        else:
            self.fd = os.open(where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.set_blocking(self.fd, False)

    def send(self, data):
        end = time.monotonic() + DEADLINE
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                select.select([], [self.fd], [], 1)
            if time.monotonic() > end:
                raise AssertionError("the line takes no more bytes")

    def read(self, wait=DEADLINE):
        """The next line, or None when none came in `wait` seconds; b"" when the other end is gone."""
        end = time.monotonic() + wait
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left < 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return b""
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.seen.append(line.strip())
        return line.strip() or self.read(max(0.0, end - time.monotonic()))

    def expect(self, pattern, wait=DEADLINE):
        """Reads on until a line matches."""
        end = time.monotonic() + wait
        while True:
            line = self.read(max(0.0, end - time.monotonic()))
            if not line:
                raise AssertionError(f"{pattern!r} did not come; seen: {self.seen[-10:]}")
            if re.search(pattern, line):
                return line

    def close(self):
        if self.socket:
            self.socket.close()
        else:
            os.close(self.fd)


def is_answer(line):
    return line == b"ok" or line.startswith(b"error:")


class Sender(threading.Thread):
    """Streams lines as one kind of sender does. `errors` counts error replies, `trouble` is why it gave up."""

    def __init__(self, where, text, patience=DEADLINE):
        super().__init__(daemon=True)
        self.line, self.patience = Line(where), patience
        self.lines = [line + b"\n" for line in text.splitlines()]
        self.errors, self.answers, self.trouble = 0, 0, None

    def run(self):
        try:
            self.greet()
            self.stream()
        except (AssertionError, OSError) as trouble:
            self.trouble = trouble

    def greet(self):
        pass

    def answer(self):
        """One ok or error; what comes between is read over."""
        while True:
            line = self.line.read(self.patience)
            if not line:
                raise AssertionError(f"no answer; seen: {self.line.seen[-10:]}")
            if is_answer(line):
                self.answers += 1
                self.errors += line != b"ok"
                return

    def finish(self):
        """Waits for the end of the stream and closes the line."""
        self.join(DEADLINE * 3)
        stuck = self.is_alive()
        self.line.close()
        if stuck:
            raise AssertionError(f"the sender did not get through; seen: {self.line.seen[-10:]}")
        if self.trouble:
            raise AssertionError(f"the sender gave up: {self.trouble}")


class LineByLine(Sender):
    def stream(self):
        for line in self.lines:
            self.line.send(line)
            self.answer()


class CharacterCounting(Sender):
    """Keeps up to 127 bytes in flight, as most Grbl senders do."""

    def stream(self):
        in_flight = []
        for line in self.lines:
            while sum(in_flight) + len(line) > 127:
                self.answer()
                in_flight.pop(0)
            self.line.send(line)
            in_flight.append(len(line))
        while in_flight:
            self.answer()
            in_flight.pop(0)


class PollsWithNewline(Sender):
    """Asks by `?` with a line end behind it, and needs the ok of the empty line (LightBurn)."""

    def stream(self):
        for line in self.lines:
            self.line.send(b"?\n")
            self.line.send(line)
            self.answer()
            self.answer()


class ResetsOnConnect(LineByLine):
    """Sends a soft reset and waits for the banner (LaserGRBL)."""

    def greet(self):
        self.line.send(b"\x18")
        self.line.expect(rb"^Grbl ")


class IgnoresFlowControl(Sender):
    """Sends everything at once, as `cat file > port` does, and reads what comes."""

    def stream(self):
        self.line.send(b"".join(self.lines))
        for _ in self.lines:
            self.answer()


SENDERS = (LineByLine, CharacterCounting, PollsWithNewline, ResetsOnConnect, IgnoresFlowControl)


def cut(lines=40, feed=6000):
    """A small laser job: a zigzag with the beam on, and M2."""
    text = ["G21", "G90", "M4", f"G0 X0 Y0 F{feed}"]
    text += [f"G1 X{10 if i % 2 else 0} Y{i * 0.1:.1f} S{300 + i % 5}" for i in range(lines)]
    return "\n".join(text + ["G1 S0", "M5", "G0 X0 Y0", "M2", ""]).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class LotgateTest(unittest.TestCase):
    """A folder for each test; what it started is ended afterwards, and shown when the test failed."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lotgate-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def simulator(self, name="machine", *options):
        simulator = Simulator(self.folder, name, *options)
        self.addCleanup(simulator.end)
        return simulator

    def daemon(self, *machines, start=True, **more):
        daemon = Daemon(self.folder, list(machines), **more)
        self.addCleanup(daemon.stop)
        return daemon.start() if start else daemon

    def machine_config(self, device, name="laser1", board="generic-grbl-laser", **more):
        return {"id": name, "board": board, "device": device, "serial_number": f"SN-{name}",
                "sender": {"tcp": "127.0.0.1:0", "pty": os.path.join(self.folder, f"{name}.pty")}, **more}

    def sender(self, kind, where, text):
        sender = kind(where, text)
        sender.start()
        return sender

    def line(self, where):
        line = Line(where)
        self.addCleanup(line.close)
        return line
