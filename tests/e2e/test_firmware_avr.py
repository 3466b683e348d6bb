"""The AVR reference firmwares in simavr: Grbl's manners, the hook on every way in, power cuts, attacks, and how long answers take."""
import os
import re
import subprocess
import unittest

from firmware_e2e import FIRMWARE, JOB, POWER_CUT, RUNNER, Avr, Machine, PanelScenarios, Scenarios, missing
from link_client import Host, encode, frame
from lotgate_e2e import CharacterCounting, LotgateTest, wait_for

WHY_NOT = missing("avr328p", RUNNER, "avr-nm") or missing("avr2560", RUNNER)
MS = 1000.0


@unittest.skipIf(WHY_NOT, WHY_NOT)
class On2560(Scenarios, PanelScenarios, LotgateTest):
    def make(self):
        return Avr(self.folder, "atmega2560")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class On328P(Scenarios, LotgateTest):
    def make(self):
        return Avr(self.folder, "atmega328p")

    def test_the_button_lets_a_new_host_pair(self):
        self.pair()
        self.board.pairing(True)
        other = Host(self.line)
        other.hello()
        self.assertEqual(other.pair(), "ok")
        self.board.pairing(False)
        other.hello()
        self.assertEqual(other.open("JOB-1"), "ok")
        self.host.hello()
        self.assertEqual(self.host.open("JOB-1"), "mac")

    def test_the_second_lock_and_the_beam_follow_the_job(self):
        self.pair()
        self.ask("M4 S500")
        self.assertEqual(self.host.open("JOB-1"), "ok")
        self.assertEqual(self.run_job(), ["ok"] * len(JOB))
        self.assertEqual(self.host.state(), "locked")
        pins = [text for _, what, text in self.board.events() if what == "pin" and text[1] in "45"]
        # Unpaired, paired, open; the beam; closed when the job's last motion has ended.
        self.assertEqual(pins, ["B4 1", "B4 0", "B4 1", "B5 1", "B5 0", "B4 0"])

    def test_the_second_lock_waits_for_the_motions_of_a_job_that_ends(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-1"), "ok")
        self.assertEqual([self.ask("M3 S500"), self.ask("G1 X10 F1200")], ["ok"] * 2)
        self.line.send(b"M2\n")
        self.line.expect(rb"Pgm End")
        self.host.hello()
        times = {text: when for when, what, text in self.board.events()}  # of the last of each
        self.assertGreater(times["B4 0"] - times["M2"], 100 * MS)
        self.assertLess(abs(times["B4 0"] - times["B0 0"]), 2 * MS)

    def test_the_stack_keeps_clear_of_the_data(self):
        """Deepest while a file from the card runs, an OPEN is checked, and a report is asked for."""
        self.pair()
        self.assertEqual(self.host.open("JOB-1"), "ok")
        self.assertEqual(self.ask("$SD/Run=/part.nc"), "ok")
        for _ in range(5):
            self.line.send(b"?")
            self.host.ping()
        self.wait_idle()
        self.assertEqual(self.run_job(["G2 X2 Y0 I1 J0 F600", "$$"])[0], "ok")
        self.board.command("stack")
        deepest = wait_for(lambda: [int(text) for _, what, text in self.board.events() if what == "stack"], "the stack")[-1]
        names = subprocess.run(["avr-nm", os.path.join(FIRMWARE, "avr328p.elf")], stdout=subprocess.PIPE, text=True, check=True).stdout
        end = int(re.search(r"(\w+) B __bss_end", names).group(1), 16) & 0xFFFF
        self.assertGreaterEqual(deepest - end, 64, f"the stack comes down to {deepest:#x}, data ends at {end:#x}")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class PowerCuts(Machine, LotgateTest):
    """Power is cut at every byte that goes to the EEPROM: the board is left with the old key or the new one."""

    def make(self):
        return Avr(self.folder, "atmega328p", speed=0)

    def power_up(self, *options):
        self.line = self.board.start(*options)
        self.host = Host(self.line) if self.line else None

    def pair_until_cut(self, key):
        """Tries to pair with the button held. False when the power stayed."""
        if not self.line:
            return True
        try:
            self.board.pairing(True)
        except BrokenPipeError:
            pass
        host = Host(self.line, key)

        def paired():
            if self.board.process.poll() is not None:
                return "cut"
            try:
                self.line.send(b"\n" + frame("host", "PAIR", [("k", key.hex().upper())]).encode() + b"\n")
                return host.take("PAIR", 0.5)
            except (AssertionError, OSError):
                return None
        answer = wait_for(paired, "pairing or a power cut")
        if answer == "cut":
            self.assertEqual(self.board.process.returncode, POWER_CUT)
            return True
        self.assertEqual(answer["ok"], "0001")
        return False

    def whose(self, **keys):
        """Which of the keys the board holds: a name, or its state when it takes none."""
        self.power_up()
        self.greet()
        state = self.host.state()
        for name, key in keys.items():
            self.host.secret.key = key
            # A wrong MAC makes it deaf for a moment; a new start does not remember that.
            self.board.power_off()
            self.power_up()
            self.greet()
            self.host.secret.key = key
            self.host.hello()
            if self.host.open("JOB-1") == "ok":
                return name
        return state

    def sweep(self, before, torn):
        """Cuts after the first, second, ... byte, each time on a copy of the same EEPROM, until the power outlives it."""
        new, kept, outcomes = os.urandom(16), None, []
        if before:
            self.power_up()
            self.assertFalse(self.pair_until_cut(before))
            self.board.power_off()
            with open(self.board.eeprom, "rb") as file:
                kept = file.read()
        for cut in range(1, 60):
            if kept:
                with open(self.board.eeprom, "wb") as file:
                    file.write(kept)
            elif os.path.exists(self.board.eeprom):
                os.unlink(self.board.eeprom)
            self.power_up("--cut-after", str(cut), *(["--torn"] if torn else []))
            was_cut = self.pair_until_cut(new)
            self.board.power_off()
            outcomes.append(self.whose(**({"old": before} if before else {}), new=new))
            self.board.power_off()
            if not was_cut:
                return outcomes
        raise AssertionError("the EEPROM is written for ever")

    def check(self, outcomes, before):
        self.assertGreater(len(outcomes), 16, "the key alone has so many bytes")
        self.assertEqual(outcomes[-1], "new")
        self.assertEqual(set(outcomes), {before, "new"})
        first = outcomes.index("new")
        self.assertEqual(outcomes, [before] * first + ["new"] * (len(outcomes) - first))

    def test_while_a_second_key_is_stored(self):
        self.check(self.sweep(os.urandom(16), torn=False), "old")

    def test_while_a_second_key_is_stored_and_the_byte_is_torn(self):
        self.check(self.sweep(os.urandom(16), torn=True), "old")

    def test_while_the_first_key_is_stored(self):
        self.check(self.sweep(None, torn=False), "unpaired")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Times(Machine, LotgateTest):
    """In simulated time, from the runner's log."""

    def make(self):
        # Slower than real time, so that this end of the line does not keep the wire waiting.
        return Avr(self.folder, "atmega328p", speed=0.25)

    def test_open_is_answered_within_10_ms(self):
        self.pair()
        for job in ("J", "JOB-0123456789ABCDEF"):
            self.assertEqual(self.host.open(job, lot="ACR-1126-0123456789ABCDE" if job == "J" else "A"), "ok")
            self.assertEqual(self.host.close(job), "ok")
            self.host.hello()
        took = self.board.answers(("rx0", r"^\$LG OPEN"), r"^\[LG:OPEN")
        self.assertEqual(len(took), 2)
        self.assertLess(max(took), 10 * MS, took)

    def flood(self):
        """Frames of all kinds: HELLOs, wrong MACs, PAIRs, wrong crcs, frames too long and cut."""
        wrong = [("m", "0123456789ABCDEF" * 2)]
        frames = [frame("host", "OPEN", [("j", "JOB-1"), ("l", "ACR-1126-001"), ("t", "FFFF"), *wrong]),
                  frame("host", "HELLO", [("v", "0001"), ("n", "0123456789ABCDEF")]),
                  frame("host", "PAIR", [("k", "00112233445566778899AABBCCDDEEFF")]),
                  frame("host", "OPEN", [("j", encode("x" * 20)), ("l", "y" * 20), ("t", "FFFF"), *wrong])[:-1] + "0",
                  "$LG " + "SHOW d=" + "x" * 150 + "*0000",
                  frame("host", "CLOSE", [("j", "JOB-1"), *wrong])[:40],
                  frame("host", "PING", [("c", "FFFF"), *wrong])]
        return b"".join(line.encode() + b"\n" for line in frames)

    def test_in_a_flood_of_frames_nothing_opens_and_the_safety_bytes_are_answered_within_5_ms(self):
        """Some seconds without a gap, with `?` at places that have nothing to do with the frames, then `!`, then a reset.

        The hook's answer to a HELLO alone is 86 bytes, 7.5 ms on the wire: it is broken off for a report."""
        self.pair()
        self.assertEqual(self.ask("G1 X200 F600"), "ok")
        data = self.flood() * 50
        data = b"".join(data[i:i + 211] + b"?" for i in range(0, len(data), 211))  # a report fits between two
        self.line.send(data + b"!" + self.flood() + b"~" + self.flood() + b"\x18" + self.flood())
        self.line.expect(rb"^ALARM:3$")
        self.assertEqual(self.host.hello()["st"], "locked")
        self.assertEqual([text for _, what, text in self.board.events() if what == "ov0"], [])
        # Obeyed at once, whatever is being sent.
        stopped = self.board.answers(("rx0", "^!$"), "^B0 0$", "pin")
        self.assertLess(max(stopped), 5 * MS)
        reset = max(when for when, what, text in self.board.events() if (what, text) == ("rx0", "\\x18"))
        stopped, answered = (min(when for when, what, text in self.board.events() if when > reset and re.match(pattern, f"{what} {text}"))
                             for pattern in ("pin B0 0", "tx0 (ALARM|Grbl)"))
        self.assertLess(stopped - reset, 5 * MS)
        self.assertLess(answered - reset, 5 * MS)
        reports = self.board.answers(("rx0", r"^\?$"), "^<")
        self.assertGreater(len(reports), 100)
        self.assertLess(max(reports), 5 * MS)
        hellos = [text for _, what, text in self.board.events() if what == "tx0" and text.startswith("[LG:HELLO")]
        cut = [text for text in hellos if not text.endswith("]")]
        self.assertTrue(0 < len(cut) < len(hellos) / 2, f"{len(cut)} of {len(hellos)} broken off")

    def test_a_move_takes_the_time_that_its_feed_says(self):
        self.greet()
        self.assertEqual(self.ask("G1 X10 F600"), "ok")
        self.wait_idle()
        began, ended = (when for when, what, text in self.board.events() if what == "pin" and text.startswith("B0"))
        self.assertLess(abs(ended - began - 1000 * MS), 5 * MS)

    def test_a_reset_stops_beam_and_motion_while_the_main_loop_is_busy(self):
        """The help is 84 bytes: until it is sent the main loop knows nothing of the reset. The interrupt alone stops the machine."""
        self.greet()
        self.assertEqual([self.ask("M4 S500"), self.ask("G1 X100 F600")], ["ok"] * 2)
        self.line.send(b"$\n\x18")
        self.line.expect(rb"^ALARM:3$")
        events = self.board.events()
        reset = max(when for when, what, text in events if (what, text) == ("rx0", "\\x18"))
        took = {text: when - reset for when, what, text in reversed(events) if when > reset and what in ("pin", "tx0")}
        self.assertGreater(took["ALARM:3"], 4 * MS, "the main loop was not busy")
        self.assertLess(took["B5 0"], 2 * MS)
        self.assertLess(took["B0 0"], 2 * MS)

    def test_a_stream_of_500_lines_at_115200_baud_with_motion_running_loses_nothing(self):
        self.pair()
        self.assertEqual(self.host.open("JOB-1", life=600), "ok")
        # Short moves, so that the planner is busy and the wire is the bottleneck.
        lines = ["G91 G21", "M4 S500 F9000"] + [f"G1 X{0.137 if i % 2 else 0.211:.3f} Y-0.0{i % 10}1 S{300 + i % 7}" for i in range(500)]
        position = [sum(float(re.search(axis + r"(-?[0-9.]+)", line).group(1)) for line in lines[2:]) for axis in "XY"]
        self.line.close()
        sender = self.sender(CharacterCounting, self.board.links[0], "\n".join(lines).encode())
        sender.join(60)
        self.assertFalse(sender.is_alive() or sender.trouble, sender.trouble)
        self.assertEqual((sender.answers, sender.errors), (len(lines), 0))
        self.line = self.host.line = sender.line
        self.board.lines[0] = self.line
        wait_for(lambda: self.status().startswith("<Idle"), "the end of the motion")
        self.assertIn(f"MPos:{position[0]:.3f},{position[1]:.3f},0.000", self.status())
        events = self.board.events()
        self.assertEqual([text for _, what, text in events if what == "ov0"], [])
        times = [when for when, what, text in events if what == "rx0" and text.startswith("G1")]
        wire = sum(len(line) + 1 for line in lines[2:]) * 10 / 115200 * 1e6
        self.assertLess(times[-1] - times[0], wire * 1.5, "the wire was not kept busy")


if __name__ == "__main__":
    unittest.main()
