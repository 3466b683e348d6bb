"""Attacks on the hook over the wire, by someone who hears and says whatever he likes there but has no key: nothing opens, and
the owner's host can open it all the same. One table, for the hook as the host compiles it (lotgate-sim), as avr-gcc does
(simavr) and as arm-none-eabi-gcc does (qemu).

That safety bytes are answered within 5 ms in a flood is counted in simavr alone (test_firmware_avr.py): qemu has no baud rate."""
import os
import re
import time
import unittest

from firmware_e2e import RUNNER, Avr, Machine, Simulated, Stm32, missing
from link_client import FRAME_MAX, Host, Secret, crc16, encode, frame, read_frame
from lotgate_e2e import LotgateTest, wait_for

JOB, LOT = "JOB-17", "ACR-1126-001"
WORK = "M4 S500"
PIECE = 60  # of a line without an answer, so that two of them fit into the smallest ring
WAIT_FIRST = 256  # milliseconds for which the first wrong MAC makes the hook deaf
GUESSES = 3
NO_ANSWER = []


def mended(line):
    """The frame with a crc that is right for what stands in it."""
    body = line[len("$LG "):line.rindex("*")]
    return f"$LG {body}*{crc16(body.encode()):04X}"


def open_frame(secret, job=JOB, lot=LOT, life=30):
    return frame("host", "OPEN", [("j", encode(job)), ("l", encode(lot)), ("t", f"{life:04X}")], secret)


def replaced(old, new):
    """The attack: the owner's OPEN with something else in it."""
    def attack(self):
        line = open_frame(self.host.secret)
        altered = mended(line.replace(old, new))
        assert altered != line
        return [altered]
    return attack


# --- each gives the lines that are said, behind a HELLO of the owner's that has made a new nonce pair

def open_again_behind_its_job(self):
    line = self.opened_and_closed()
    return [line]


def open_held_back(self):
    """The owner has opened by another frame, and closed."""
    held = open_frame(self.host.secret, life=60)
    self.opened_and_closed()
    return [held]


def open_under_a_new_pair(self):
    line = self.opened_and_closed()
    self.host.hello()
    return [line]


def open_behind_its_own_hello(self):
    """The whole session said again: the hook's nonce is another one."""
    hello = next(line for line in reversed(self.host.sent) if line.startswith("$LG HELLO"))
    opened = self.opened_and_closed()
    return [hello, opened]


def open_with_another_machines_key(self):
    return [open_frame(Secret(os.urandom(16), self.host.secret.host_nonce, self.host.secret.hook_nonce))]


def open_for_a_machine_with_the_same_key(self):
    return [open_frame(Secret(self.host.secret.key, self.host.secret.host_nonce, os.urandom(8)))]


def open_with_the_mac_of_a_close(self):
    close = frame("host", "CLOSE", [("j", encode(JOB))], self.host.secret)
    return [mended(close.replace("CLOSE", "OPEN"))]


def open_with_the_hooks_own_mac(self):
    body = f"OPEN j={JOB} l={LOT} t=001E"
    return [mended(f"$LG {body} m={self.host.secret.mac('hook', body)}*0000")]


def open_without_a_mac(self):
    return [frame("host", "OPEN", [("j", JOB), ("l", LOT), ("t", "001E")])]


def open_with_half_a_mac(self):
    line = open_frame(self.host.secret)
    return [mended(line[:line.index(" m=") + 3 + 16] + "*0000")]


def open_with_a_wrong_crc(self):
    line = open_frame(self.host.secret)
    return [line[:-i] + ("1" if line[-i] == "0" else "0") + line[len(line) - i + 1:] for i in range(1, 5)]


def open_cut_at_every_byte(self):
    line = open_frame(self.host.secret)
    return [line[:length] for length in range(len("$LG "), len(line))]


def frames_that_are_too_long(self):
    good = open_frame(self.host.secret)
    lines = [good[:-5] + " x=" + "y" * (length - len(good) - 3) + good[-5:] for length in (FRAME_MAX + 1, 130, 300, 700)]
    return [mended(line) for line in lines] + ["$LG SHOW d=" + ("x" * 90 + " M4 S500 G1 X10 ") * 4]


def pair_while_paired(self):
    return [frame("host", "PAIR", [("k", os.urandom(16).hex().upper())])]


def pair_with_no_key(self):
    return [frame("host", "PAIR", [("k", "0" * 32)]), frame("host", "PAIR", [])]


# What it is; what is said; how the hook answers the frames that are no HELLO, or the last of them when it is one word.
ATTACKS = [
    ("an OPEN again when its job is over", open_again_behind_its_job, "nonce"),
    ("an OPEN held back until another one's job is over", open_held_back, "nonce"),
    ("an OPEN of an earlier nonce pair", open_under_a_new_pair, "mac"),
    ("an OPEN behind the HELLO that it was said behind", open_behind_its_own_hello, "mac"),
    ("an OPEN for a machine with another key", open_with_another_machines_key, "mac"),
    ("an OPEN for a machine with the same key", open_for_a_machine_with_the_same_key, "mac"),
    ("another job number", replaced(f"j={JOB}", "j=JOB-18"), "mac"),
    ("another lot", replaced(f"l={LOT}", "l=ACR-1126-002"), "mac"),
    ("a longer life", replaced("t=001E", "t=FFFF"), "mac"),
    ("a field more", replaced(" m=", " x=1 m="), "mac"),
    ("a field less", replaced(" t=001E", ""), "mac"),
    ("the MAC of a CLOSE", open_with_the_mac_of_a_close, "mac"),
    ("the hook's own MAC", open_with_the_hooks_own_mac, "mac"),
    ("no MAC", open_without_a_mac, "mac"),
    ("half a MAC", open_with_half_a_mac, "mac"),
    ("a wrong crc", open_with_a_wrong_crc, NO_ANSWER),
    ("a frame cut at every byte", open_cut_at_every_byte, NO_ANSWER),
    ("frames that are too long", frames_that_are_too_long, NO_ANSWER),
    ("PAIR while paired", pair_while_paired, "paired"),
    ("PAIR without a key", pair_with_no_key, "paired"),
]


class Attacks(Machine):
    def setUp(self):
        super().setUp()
        self.pair()

    def opened_and_closed(self):
        """The owner's job, begun and over; its OPEN."""
        self.assertEqual(self.host.open(JOB, LOT), "ok")
        line = self.host.sent[-1]
        self.assertEqual(self.host.close(JOB), "ok")
        return line

    def say(self, line):
        """What a line is answered with, up to the answer of the plain line behind it: frames as (verb, verdict)."""
        data = line.encode() + b"\n"
        for at in range(0, len(data) - PIECE, PIECE):
            self.line.send(data[at:at + PIECE] + b"?")
            self.line.expect(rb"^<")
        before = len(self.line.seen)
        self.line.send(data[(len(data) - 1) // PIECE * PIECE if len(data) > PIECE else 0:])
        self.assertEqual(self.ask("G21"), "ok")
        frames = [read_frame("hook", seen.decode("latin-1")) for seen in self.line.seen[before:] if seen.startswith(b"[LG:")]
        return [(got.verb, "ok" if got["ok"] else got["err"]) for got in frames if got.verb != "EVENT"]

    def shut(self):
        self.assertEqual(self.ask(WORK), "error:9")
        self.assertEqual(self.host.hello()["st"], "locked")

    def still_serves(self):
        """No attack locks the owner out for long."""
        def hears():
            self.host.hello()
            return self.host.close("JOB-0") == "ok"
        wait_for(hears, "the hook to listen again")
        self.host.hello()
        self.opened_and_closed()
        self.host.hello()

    def test_none_of_them_opens_anything(self):
        for name, attack, expected in ATTACKS:
            with self.subTest(name):
                self.host.hello()
                try:
                    for line in attack(self):
                        got = self.say(line)
                        if line.startswith("$LG HELLO"):
                            self.assertEqual([verb for verb, _ in got], ["HELLO"])
                        else:
                            self.assertEqual([verdict for _, verdict in got], [expected] if expected else [], line)
                        self.assertEqual(self.ask(WORK), "error:9", line)
                    self.shut()
                finally:
                    self.still_serves()

    def test_a_recorded_session_opens_nothing_after_power_cycles(self):
        self.host.hello()
        hello = self.host.sent[-1]
        opened = self.opened_and_closed()
        nonces = {self.host.secret.hook_nonce}
        for _ in range(3):
            self.power_cycle()
            self.assertEqual(self.say(opened), [("OPEN", "nonce")])  # none before a HELLO
            self.assertEqual([verb for verb, _ in self.say(hello)], ["HELLO"])
            self.assertEqual(self.say(opened), [("OPEN", "mac")])
            self.shut()
            nonces.add(self.host.secret.hook_nonce)
        self.assertEqual(len(nonces), 4)
        self.still_serves()

    def test_guessing_macs_costs_twice_the_time_with_each_guess(self):
        self.host.hello()
        thief = Secret(os.urandom(16), self.host.secret.host_nonce, self.host.secret.hook_nonce)
        heard = [self.guess(thief) for _ in range(GUESSES)]
        # The right one is not heard any sooner.
        heard.append(self.guess(self.host.secret, "ok"))
        self.assertEqual(self.host.close(JOB), "ok")
        for turn, (before, after) in enumerate(zip(heard, heard[1:])):
            self.assertGreater(after[1] - before[0], (WAIT_FIRST << turn) - 5, heard)
        self.shut()
        self.still_serves()

    def guess(self, secret, verdict="mac"):
        """Says it until it is heard: milliseconds of the board's time, before and behind that. HELLO does not make it listen."""
        def is_heard():
            self.assertEqual(self.host.hello()["st"], "locked")
            secret.host_nonce, secret.hook_nonce = self.host.secret.host_nonce, self.host.secret.hook_nonce
            said = self.board.clock()
            ((_, got),) = self.say(open_frame(secret))
            self.assertIn(got, (verdict, "wait"))
            heard = self.board.clock()
            return got == verdict and (heard if self.board.exact else said, heard)
        return wait_for(is_heard, "the hook to listen")

    def flood(self):
        wrong = [("m", "0123456789ABCDEF" * 2)]
        return [frame("host", "OPEN", [("j", JOB), ("l", LOT), ("t", "FFFF"), *wrong]),
                frame("host", "HELLO", [("v", "0001"), ("n", "0123456789ABCDEF")]),
                pair_while_paired(self)[0],
                open_frame(self.host.secret)[:-1] + "g",
                "$LG SHOW d=" + "x" * 150 + "*0000",
                open_frame(self.host.secret)[:70],
                frame("host", "PING", [("c", "FFFF"), *wrong]),
                WORK]

    def test_a_flood_of_frames_opens_nothing_and_keeps_no_safety_byte(self):
        """As fast as the line takes them, over what the board can hold: bytes get lost, and some run into the next frame."""
        stops, lines, before = 0, 0, len(self.line.seen)
        for turn in range(24):
            data = "\n".join(self.flood()[turn % 3:]).encode() + b"\n"
            self.line.send(data + b"?")
            self.line.expect(rb"^<")
            if turn % 8 == 5:
                self.ask_until_ok("G1 X5 F60")
                self.line.send(data + b"!" + data + b"?")
                wait_for(lambda: self.status().startswith("<Hold"), "the hold")
                self.line.send(data + b"\x18" + data)
                self.line.expect(rb"^Grbl 1\.1")
                self.unlocked()
                stops += 1
            lines += data.count(b"\n")
        self.assertEqual((stops, lines > 100), (3, True))
        self.ask_until_ok("M5")
        self.assertFalse([line for line in self.line.seen[before:] if re.match(rb"\[LG:(OPEN|PAIR).* ok=", line)])
        self.assertFalse([line for line in self.line.seen[before:] if re.match(rb"\[LG:EVENT e=(started|ended)", line)])
        self.shut()
        self.still_serves()

    def unlocked(self):
        self.ask_until_ok("$X")
        self.wait_idle()

    def ask_until_ok(self, line):
        """The flood's own lines have answers, and may have lost their end."""
        def answered():
            self.line.send(b"\n" + line.encode() + b"\n$G\n")
            try:
                self.line.expect(rb"^\[GC:", 0.5)
                return self.line.expect(rb"^ok$", 0.5)
            except AssertionError:
                return None
        wait_for(answered, line)

    def status(self):
        self.line.send(b"?")
        return self.line.expect(rb"^<").decode()


WHY_NO_AVR = missing("avr328p", RUNNER) or missing("avr2560", RUNNER)
WHY_NO_STM32 = missing("stm32", "qemu-system-arm")


class OnTheHost(Attacks, LotgateTest):
    def make(self):
        return Simulated(self.folder)


@unittest.skipIf(WHY_NO_AVR, WHY_NO_AVR)
class On328P(Attacks, LotgateTest):
    def make(self):
        return Avr(self.folder, "atmega328p")


@unittest.skipIf(WHY_NO_STM32, WHY_NO_STM32)
class OnStm32(Attacks, LotgateTest):
    def make(self):
        return Stm32(self.folder)


if __name__ == "__main__":
    unittest.main()
