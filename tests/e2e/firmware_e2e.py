"""What the firmware tests share: the reference firmwares in simavr and qemu, and what must hold on each of them.

Times of the AVR boards are simulated microseconds from the runner's log, so they do not depend on how fast this machine is.
"""
import os
import re
import shutil
import subprocess
import sys
import time

from link_client import Host, frame
from lotgate_e2e import TOP, Line, read_text, wait_for

sys.path.insert(0, os.path.join(TOP, "boards", "reference", "run"))
from qemu_run import Qemu  # noqa: E402  (its folder was just added)

FIRMWARE = os.path.join(TOP, "build", "firmware")
RUNNER = os.path.join(FIRMWARE, "simavr_run")
SIM_SPEED = 5  # lotgate-sim's time, where it stands for a board
POWER_CUT = 10  # exit status of simavr_run when it has cut the power

# A job with the beam on, some 20 mm long.
JOB = ["G21 G90", "M4 S500", "G1 X10 F6000", "G1 Y10", "M5 S0", "M2"]


def missing(name, *programs):
    """Why a firmware can't be tried, or None."""
    for path in (os.path.join(FIRMWARE, f"{name}.elf"), *[p for p in programs if p.startswith("/")]):
        if not os.path.exists(path):
            return f"{os.path.relpath(path, TOP)} was not built: see what `make firmware` says"
    for program in programs:
        if not program.startswith("/") and not shutil.which(program):
            return f"{program} is not installed"
    return None


class Avr:
    """A reference firmware in simavr. Power can be cut and given again: the EEPROM's file stays."""

    greeting = b"\x18?"
    exact = True  # its clock

    def __init__(self, folder, chip, speed=1):
        self.folder, self.chip, self.speed = folder, chip, speed
        self.name = "avr" + chip.removeprefix("atmega").lower()
        self.eeprom, self.log = os.path.join(folder, "eeprom.bin"), os.path.join(folder, "run.log")
        self.links = [os.path.join(folder, f"uart{i}") for i in range(2 if chip == "atmega2560" else 1)]
        self.process = None
        self.lines = []

    def start(self, *options):
        self.power_off()  # one at a time: the EEPROM is one
        command = [RUNNER, "--mcu", self.chip, "--eeprom", self.eeprom, "--log", self.log, "--speed", str(self.speed), *options]
        for i, link in enumerate(self.links):
            command += [f"--uart{i}", link]
            if os.path.islink(link):
                os.unlink(link)
        with open(os.path.join(self.folder, "simavr.err"), "ab") as errors:
            self.process = subprocess.Popen(command + [os.path.join(FIRMWARE, f"{self.name}.elf")], stdin=subprocess.PIPE,
                                            stdout=errors, stderr=errors)
        wait_for(lambda: all(map(os.path.exists, self.links)) or self.process.poll() is not None, "simavr_run to start")
        try:
            self.lines = [Line(link) for link in self.links]
        except OSError:
            if self.process.wait(20) != POWER_CUT:
                raise
            return None  # the power went before anything could be said
        return self.lines[0]

    def panel(self):
        return self.lines[1] if len(self.lines) > 1 else None

    def command(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def stall(self):
        self.command("stall")

    def clock(self):
        """Milliseconds of the board's own time: when it last answered an OPEN."""
        return max((when for when, what, text in self.events() if what == "tx0" and text.startswith("[LG:OPEN")), default=0.0) / 1e3

    def power_off(self):
        for line in self.lines:
            line.close()
        self.lines = []
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # a command that it did not read
            self.process = None

    def hold(self, pin, down):
        """A key, once the board has it."""
        level, before = f"{pin} {0 if down else 1}", len(self.events())
        self.command(f"pin {level}")
        wait_for(lambda: self.process.poll() is not None or any(what == "key" and text == level for _, what, text in self.events()[before:]),
                 f"the pin {level}")

    def press(self, key):
        if len(self.lines) > 1:
            self.panel().send({"start": b"Kstart\n", "card": b"Kcard\n"}[key])
        else:
            self.hold({"start": "C2", "card": "C5"}[key], True)

    def pairing(self, down):
        self.hold("K4" if len(self.links) > 1 else "C4", down)

    def events(self):
        """(microseconds, what, text) of the log. A line half written is left out."""
        return [(float(when), what, text) for when, what, text in
                (row.split(" ", 2) for row in read_text(self.log).split("\n")[:-1])]

    def answers(self, asked, answer, what="tx0"):
        """Microseconds from each event that matches `asked` (what, pattern) to the next that matches (what, answer)."""
        times, since = [], []
        for when, kind, text in self.events():
            if kind == what and re.search(answer, text):
                times += [when - t for t in since]
                since = []
            if kind == asked[0] and re.search(asked[1], text):
                since.append(when)
        assert not since, f"{len(since)} of {asked} were never answered"
        return times


class Stm32:
    """The STM32 firmware in qemu, with the same face."""

    name = "stm32"
    exact = False
    greeting = b"\x18?"

    def __init__(self, folder):
        self.store = os.path.join(folder, "store.bin")
        self.errors = open(os.path.join(folder, "qemu.err"), "ab")
        self.qemu, self.lines = None, []

    def start(self):
        self.qemu = Qemu(os.path.join(FIRMWARE, "stm32.elf"), self.store, self.errors)
        self.lines = [Line(name) for name in self.qemu.terminals]
        return self.lines[0]

    def panel(self):
        return self.lines[1]

    def clock(self):
        """Its time is real time, or slower."""
        return time.monotonic() * 1e3

    def stall(self):
        self.qemu.stall()

    def power_off(self):
        for line in self.lines:
            line.close()
        self.lines = []
        if self.qemu:
            self.qemu.power_off()
            self.qemu = None

    def press(self, key):
        self.panel().send({"start": b"Kstart\n", "card": b"Kcard\n"}[key])


class Simulated:
    """The simulator with the hook in it, as the host compiles it."""

    name = "host"
    exact = False
    greeting = b"?"  # its reset forgets a report that is asked for behind it

    def __init__(self, folder):
        self.link, self.memory = os.path.join(folder, "sim"), os.path.join(folder, "hook.memory")
        self.errors = os.path.join(folder, "sim.err")
        self.process, self.lines = None, []

    def start(self):
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen([os.path.join(TOP, "build", "lotgate-sim"), "--link", self.link, "--hook", "--serial", "REF-0001",
                                             "--hook-memory", self.memory, "--speed", str(SIM_SPEED)], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        wait_for(lambda: os.path.exists(self.link), "lotgate-sim to start")
        self.lines = [Line(self.link)]
        return self.lines[0]

    def clock(self):
        return time.monotonic() * 1e3 * SIM_SPEED

    def power_off(self):
        for line in self.lines:
            line.close()
        self.lines = []
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Machine:
    """Mixed into a test: a board that has power, its line, and a host that may be paired."""

    def make(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.board = self.make()
        self.addCleanup(self.board.power_off)
        self.power_up()

    def power_up(self, *options):
        self.line = self.board.start(*options)
        self.greet()
        self.host = Host(self.line)

    def greet(self):
        """A soft reset until it is obeyed: the first bytes may come before the chip or the pseudo-terminal is ready. The report
        comes behind the banner of the reset, which may be the second one."""
        def report():
            self.line.send(self.board.greeting)
            try:
                return self.line.expect(rb"^<Idle", 1)
            except AssertionError:
                return None
        wait_for(report, "an answer")
        assert b"Grbl 1.1h ['$' for help]" in self.line.seen, self.line.seen

    def power_cycle(self, *options):
        """Power off and on; the host still has its key."""
        secret = self.host.secret
        self.board.power_off()
        self.power_up(*options)
        self.host.secret = secret

    def ask(self, line):
        """What a line is answered with."""
        self.line.send(line.encode() + b"\n")
        return self.line.expect(rb"^(ok|error:\d+)$").decode()

    def status(self):
        self.line.send(b"?")
        return self.line.expect(rb"^<").decode()

    def wait_idle(self):
        wait_for(lambda: self.status().startswith("<Idle"), "the machine to be idle")

    def pair(self):
        self.host.hello()
        self.assertEqual(self.host.pair(), "ok")
        self.assertEqual(self.host.hello()["st"], "locked")

    def run_job(self, job=None):
        return [self.ask(line) for line in job or JOB]


class Scenarios(Machine):
    """What must hold on every board."""

    def test_greets_and_answers_like_grbl(self):
        self.line.seen.clear()
        self.line.send(b"$$\n")
        self.line.expect(rb"^ok$")
        settings = [line for line in self.line.seen if line.startswith(b"$")]
        self.assertEqual((settings[0], settings[-1], len(settings)), (b"$0=10", b"$132=100.000", 34))
        self.assertRegex(self.status(), r"^<Idle\|MPos:0\.000,0\.000,0\.000\|FS:0,0(\|.*)?>$")
        self.assertEqual([self.ask(line) for line in ("", "$X", "$H", "G1 X1", "G21 G20", "X", "G99", "$nonsense", "(a comment)")],
                         ["ok", "ok", "error:5", "error:22", "error:21", "error:2", "error:20", "error:3", "ok"])
        self.line.send(b"$G\n")
        self.line.expect(rb"^\[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0\]$")
        self.line.expect(rb"^ok$")

    def test_a_line_may_have_79_characters_without_blanks_and_comments(self):
        self.assertEqual(self.ask("G0 X" + "0" * 76), "ok")
        self.assertEqual(self.ask("G0 X" + "0" * 77), "error:11")
        self.assertEqual(self.ask("G0 X1 (" + "x" * 120 + ")"), "ok")

    def test_ok_is_withheld_while_the_planner_is_full_and_until_it_is_empty_for_m5(self):
        def answers():
            return [line for line in self.line.seen if line == b"ok"]
        self.assertEqual(self.ask("G91 G21"), "ok")
        self.line.seen.clear()
        moves = [f"G1 X{1 if i % 2 else -1} F600\n".encode() for i in range(18)]  # a tenth of a second each
        self.line.send(b"".join(moves[:9]))
        wait_for(lambda: self.line.read(0.01) is None and len(answers()) == 9, "nine answers")
        self.line.send(b"".join(moves[9:]) + b"!")
        self.line.expect(rb"^ok$")
        wait_for(lambda: self.status().startswith("<Hold:0"), "the hold")
        held = len(answers())
        self.assertLess(held, 18)
        self.assertEqual(self.status().split("|")[1], self.status().split("|")[1])
        self.assertEqual(len(answers()), held)
        self.line.send(b"~M5\n")
        wait_for(lambda: self.line.read(0.01) is None and len(answers()) == 19, answers)
        wait_for(lambda: self.status().startswith("<Idle"), "the end")

    def test_dwell_and_program_end_answer_when_the_motion_has_ended(self):
        for last in ("M5 M9", "G4 P0.05", "M2"):
            self.assertEqual([self.ask("M3 S0"), self.ask("G1 X2 F600"), self.ask(last)], ["ok"] * 3)
            self.assertRegex(self.status(), "^<Idle")
            self.assertEqual(self.ask("G0 X0"), "ok")
            self.wait_idle()

    def test_offsets_jogs_and_check_mode(self):
        self.assertEqual([self.ask(line) for line in ("G0 X5 Y5", "G92 X0 Y0", "G0 X1", "G92.1", "G10 L2 P1 X10", "G0 X0")], ["ok"] * 6)
        self.wait_idle()
        self.assertIn("MPos:10.000,5.000,0.000", self.status())
        self.line.send(b"$#\n")
        self.line.expect(rb"^\[G54:10\.000,0\.000,0\.000\]$")
        self.line.expect(rb"^ok$")
        self.assertEqual(self.ask("$J=G91 X-10 F600"), "ok")
        self.assertEqual([self.ask("G0 X0"), self.ask("$$"), self.ask("$J=X1")], ["error:9", "error:8", "error:22"])
        self.line.send(b"\x85")
        self.wait_idle()
        self.assertNotIn("MPos:0.000", self.status())
        self.assertEqual([self.ask("$C"), self.ask("M4 S500"), self.ask("G1 X100 F100"), self.ask("M2")], ["ok"] * 4)
        self.line.send(b"$C\n")
        self.line.expect(rb"^Grbl 1\.1h")
        self.assertRegex(self.status(), r"^<Idle\|.*\|FS:0,0")

    def test_hold_resume_reset_and_unlock(self):
        self.assertEqual(self.ask("G1 X50 F600"), "ok")
        wait_for(lambda: self.status().startswith("<Run"), "motion")
        self.line.send(b"!")
        wait_for(lambda: self.status().startswith("<Hold:0"), "the hold")
        held = self.status().split("|")[1]
        self.assertEqual(self.status().split("|")[1], held)
        self.line.send(b"~")
        wait_for(lambda: self.status().startswith("<Run"), "motion again")
        self.line.send(b"\x18")
        self.line.expect(rb"^ALARM:3$")
        self.line.expect(rb"to unlock\]$")
        self.assertEqual(self.ask("G0 X0"), "error:9")
        self.assertEqual(self.ask("$X"), "ok")
        self.assertEqual(self.ask("$J=G91 X-1 F6000"), "ok")

    def test_unpaired_everything_passes(self):
        self.assertEqual(self.host.state(), "unpaired")
        self.assertEqual(self.run_job(), ["ok"] * len(JOB))
        self.assertEqual(self.ask("$SD/Run=/part.nc"), "ok")
        self.line.expect(rb"File ended")
        self.host.hello()
        self.assertEqual(self.host.open("JOB-1"), "unpaired")
        self.assertEqual(self.host.told(), [])

    def test_a_wire_job_is_blocked_opened_run_and_closed(self):
        self.pair()
        # The moves behind the refused M4 pass: they are dark.
        self.assertEqual(self.run_job(), ["ok", "error:9", "ok", "ok", "ok", "ok"])
        self.assertEqual(self.ask("G1 X0 Y0 S500 M3"), "error:9")
        self.assertEqual(self.host.told(), [("blocked", "usb", None)])  # of more in a second it tells one
        self.assertEqual(int(self.host.hello()["b"], 16), 2)
        self.assertEqual(self.host.open("JOB-1"), "ok")
        self.assertEqual(self.host.ping(), "open")
        self.host.told()
        self.assertEqual(self.run_job(), ["ok"] * len(JOB))
        self.assertEqual(self.host.told(), [("started", "usb", "JOB-1"), ("ended", "usb", "JOB-1")])
        self.assertEqual(self.host.close("JOB-1"), "ok")
        self.assertEqual(self.ask("M4 S500"), "error:9")
        self.assertEqual(self.host.state(), "locked")
        self.assertIn("MPos:10.000,10.000,0.000", self.status())

    def test_a_card_job_is_blocked_and_runs_once_it_is_opened(self):
        self.pair()
        self.assertEqual(self.ask("$SD/Run=/part.nc"), "error:9")
        self.assertEqual(self.host.told(), [("blocked", "usb", None)])
        self.board.press("card")
        self.assertEqual(self.host.event(), ("blocked", "sd", None))
        self.assertEqual(self.ask("G4 P0.05"), "ok")  # error:8 while a file runs
        self.assertFalse([line for line in self.line.seen if b"File" in line], "the file had been started")
        self.host.hello()
        self.assertEqual(self.host.open("JOB-2"), "ok")
        self.assertEqual(self.ask("$SD/Run=/part.nc"), "ok")
        self.line.expect(rb"File ended")
        self.assertEqual(self.host.told(), [("started", "usb", "JOB-2"), ("started", "sd", "JOB-2"), ("ended", "sd", "JOB-2")])
        self.assertEqual(self.ask("$SD/Run=/part.nc"), "error:9")

    def test_a_file_without_beam_and_program_end_is_a_job_too(self):
        self.pair()
        self.assertEqual(self.ask("$SD/Run=/frame.nc"), "error:9")
        self.host.told()
        self.assertEqual(self.host.open("JOB-2"), "ok")
        self.assertEqual(self.ask("$SD/Run=/frame.nc"), "ok")
        self.line.expect(rb"File ended")
        self.assertEqual(self.host.told(), [("started", "usb", "JOB-2"), ("started", "sd", "JOB-2"), ("ended", "sd", "JOB-2")])
        self.assertEqual(self.host.state(), "locked")

    def test_a_reset_ends_the_job(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-2"), "ok")
        self.assertEqual([self.ask("M4 S500"), self.ask("G1 X100 F600")], ["ok"] * 2)
        wait_for(lambda: self.status().startswith("<Run"), "motion")
        self.line.send(b"\x18")
        self.line.expect(rb"^ALARM:3$")
        self.line.expect(rb"to unlock\]$")
        self.assertEqual(self.host.told(), [("started", "usb", "JOB-2"), ("ended", "usb", "JOB-2")])
        self.assertEqual([self.ask("$X"), self.ask("M4 S500")], ["ok", "error:9"])

    def test_a_panel_job_is_blocked_and_runs_once_it_is_opened(self):
        self.pair()
        self.board.press("start")
        self.assertEqual(self.host.event(), ("blocked", "panel", None))
        self.release("start")
        self.host.hello()
        self.assertEqual(self.host.open("JOB-3"), "ok")
        self.board.press("start")
        self.assertEqual(self.host.event(), ("started", "panel", "JOB-3"))
        self.assertEqual(self.ask("G4 P0.1"), "error:8")  # dark, and still not for the wire while a file runs
        self.assertEqual(self.host.event(), ("ended", "panel", "JOB-3"))
        self.assertEqual(self.host.state(), "locked")

    def release(self, key):
        """A panel's controller tells presses alone; a pin goes up again, and that must have been seen."""
        if self.board.panel() is None:
            self.board.hold({"start": "C2", "card": "C5"}[key], False)
            wait_for(lambda: self.status() and self.status(), "some time to pass")

    def test_a_host_that_goes_silent_in_mid_job_lets_it_finish_and_nothing_start(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-4", life=1), "ok")
        self.assertEqual(self.ask("M4 S500"), "ok")
        # Slow enough to outlive the opening: `ok` to M5 comes when the axes have arrived.
        self.assertEqual([self.ask(line) for line in ("G1 X5 F200", "M5", "M4 S500", "G1 X0 F6000", "M2")], ["ok"] * 5)
        self.assertEqual(self.host.told(), [("started", "usb", "JOB-4"), ("ended", "usb", "JOB-4")])
        self.assertEqual(self.ask("M4 S500"), "error:9")

    def test_a_host_that_goes_silent_before_the_job_lets_nothing_start(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-5", life=1), "ok")
        wait_for(lambda: self.host.hello()["st"] == "expired", "the opening to expire")
        self.assertEqual(self.ask("M4 S500"), "error:9")
        self.host.hello()
        self.assertEqual(self.host.open("JOB-5", life=30), "ok")
        self.assertEqual(self.ask("M4 S500"), "ok")

    def test_a_watchdog_reset_in_mid_job_comes_back_locked(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-6"), "ok")
        self.assertEqual([self.ask("M4 S500"), self.ask("G1 X100 F600")], ["ok", "ok"])
        self.assertEqual(self.host.ping(), "running")
        self.board.stall()
        self.line.expect(rb"^Grbl 1\.1h")
        self.assertEqual(self.ask("M4 S500"), "error:9")
        self.assertEqual(self.host.state(), "locked")
        self.assertEqual(self.host.open("JOB-6"), "ok")

    def test_no_nonce_comes_twice_over_power_cuts(self):
        self.pair()
        seen = set()
        for _ in range(4):
            for _ in range(3):
                seen.add(self.host.hello()["n"][:10])  # without the noise, which would hide it
            self.power_cycle()
        self.assertEqual(len(seen), 12)


class PanelScenarios:
    """Boards with a screen and a scanner."""

    def test_the_screen_shows_what_the_host_says_and_the_state(self):
        self.pair()
        panel = self.board.panel()
        panel.expect(rb"locked$")
        self.host.show("Scan the lot|Laser 2!")
        panel.expect(rb"^\x0c?Scan the lot$")
        panel.expect(rb"^Laser 2!$")
        self.host.hello()
        self.host.open("JOB-1", lot="ACR-1126-001")
        panel.expect(rb"ACR-1126-001$")

    def test_scanned_codes_come_to_the_host(self):
        panel = self.board.panel()
        panel.send(b"CACR-1126-001\r\n")
        self.assertEqual(self.host.take("SCAN").text("d"), "ACR-1126-001")
        panel.send(b"C(01)0401 2345;!?~\r")
        self.assertEqual(self.host.take("SCAN").text("d"), "(01)0401 2345;!?~")
        panel.send(b"C" + b"x" * 80 + b"\r")
        got = self.host.take("SCAN")
        self.assertEqual((got.text("d"), got["cut"]), ("", "0001"))
