"""Terminal programs as senders: a person types lines, is held, and declares, at the command line or in the same window.

Senders with a window of their own are represented by recorded sessions (test_captures.py).
"""
import os
import select
import shutil
import subprocess
import tty
import unittest

from lotgate_e2e import DEADLINE, LotgateTest, wait_for

PYTHON = "/usr/bin/python3"  # the one that Debian's python3-serial is for


def has_pyserial():
    return os.path.exists(PYTHON) and subprocess.run([PYTHON, "-c", "import serial"], stderr=subprocess.DEVNULL,
                                                     check=False).returncode == 0


class Window:
    """A program on a terminal of its own."""

    def __init__(self, command):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "TERM": "dumb"})
        os.close(slave)
        self.seen = b""

    def shows(self, text, count=1):
        def there():
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 4096)
                except OSError:
                    pass  # it has ended; what it said counts
            return self.seen.count(text) >= count
        wait_for(there, lambda: f"{text!r} to be shown: {self.seen[-600:]!r}")

    def type(self, text):
        os.write(self.master, text)

    def close(self):
        if self.master < 0:
            return
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        self.master = -1


class Terminals(LotgateTest):
    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.gate = self.daemon(self.machine_config(self.sim.link))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")

    def window(self, ready, *command):
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        window = Window(command)
        self.addCleanup(window.close)
        if ready:
            window.shows(ready)
        wait_for(lambda: self.gate.machine()["sender"], lambda: f"{command[0]} to connect: {window.seen}")
        return window

    def until_held(self, window, enter):
        window.type(b"?")
        window.shows(b"<Idle|")
        window.type(enter.join([b"M4 S0", b"G1 X5 S300 F3000", b"G1 X0", b""]))
        window.shows(b"[MSG:lotgate: scan the material lot for laser1]")
        self.gate.wait_state("held")
        window.type(b"?")
        window.shows(b"<Hold:0|")
        self.assertEqual(self.sim.work_lines(), [])

    def job(self, window, enter):
        self.until_held(window, enter)
        self.gate.declare(self.lot)
        window.type(b"M5" + enter + b"M2" + enter)
        window.shows(b"[MSG:Pgm End]")
        window.shows(b"ok\r", 5)
        self.assertEqual(self.gate.wait_job("completed")["lines"], 5)
        window.close()
        wait_for(lambda: not self.gate.machine()["sender"], "the sender to be gone")

    def test_picocom(self):
        pty = self.gate.machine()["pty"]
        self.job(self.window(b"Terminal ready", "picocom", "-b", "115200", "--omap", "crlf", pty), b"\r")

    def test_miniterm(self):
        if not has_pyserial():
            self.skipTest("python3-serial is not installed")
        pty = self.gate.machine()["pty"]
        self.job(self.window(b"--- Quit", PYTHON, "-m", "serial.tools.miniterm", "--raw", "--eol", "LF", pty, "115200"), b"\n")

    def test_socat_on_a_pty(self):
        self.job(self.window(b"", "socat", "-", f"file:{self.gate.machine()['pty']},raw,echo=0"), b"\n")

    def test_socat_on_tcp(self):
        self.job(self.window(b"", "socat", "-", f"tcp:127.0.0.1:{self.gate.tcp()}"), b"\n")

    def test_declared_in_the_same_window(self):
        """$OP= and $LOT= are taken while the lines before them are held; their answers come in their turn."""
        window = self.window(b"", "socat", "-", f"file:{self.gate.machine()['pty']},raw,echo=0")
        self.until_held(window, b"\n")
        window.type(f"$OP=4711\n$LOT={self.lot}\nM5\nM2\n".encode())
        window.shows(b"[MSG:lotgate: operator OP1 signed on]")
        window.shows(b"[MSG:lotgate: declared ")
        window.shows(b"[MSG:Pgm End]")
        ended = self.gate.wait_job("completed")
        self.assertEqual((ended["operator"], [lot["lot"] for lot in ended["lots"]]), ("OP1", [self.lot]))


if __name__ == "__main__":
    unittest.main()
