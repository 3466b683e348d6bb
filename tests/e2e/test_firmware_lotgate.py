"""lotgate between a sender and a real firmware, in simavr and in qemu: as a Grbl laser of which it knows nothing more, and with the
hook inside."""
import json
import unittest

from firmware_e2e import RUNNER, Avr, Stm32, missing
from lotgate_e2e import CharacterCounting, LineByLine, LotgateTest, cut, sha256, wait_for


class Gated:
    """lotgate with the firmware's line as its machine."""

    hook = False  # not asked for

    def make(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.board = self.make()
        self.addCleanup(self.board.power_off)
        self.board.start()
        device = self.device()
        # lotgate alone is to read that line.
        self.board.lines.pop(0).close()
        self.gate = self.daemon(self.machine_config(device, hook=self.hook, serial_number="REF-0001"))
        self.lot = self.gate.stock()
        self.ready()

    def ready(self):
        self.gate.wait_state("locked")

    def device(self):
        return self.board.links[0]

    def one_job(self, kind, job, count=1):
        sender = self.sender(kind, self.gate.tcp(), job)
        self.gate.wait_state("held")
        self.beam_is_off()
        self.gate.declare(self.lot)
        sender.finish()
        ended = self.gate.wait_job("completed", count=count)
        self.assertEqual((sender.errors, ended["errors"]), (0, 0))
        self.assertEqual((ended["sha256"], ended["lines"]), (sha256(job), job.count(b"\n")))
        self.assertIn(self.lot, json.dumps(self.gate.listing("record", "show", ended["record"])))
        self.gate.wait_state("locked")

    def beam_is_off(self):
        pass


class Plain(Gated):
    """Grbl, as far as lotgate knows."""

    def test_a_job_is_held_declared_streamed_and_recorded(self):
        self.one_job(CharacterCounting, cut(60))
        self.one_job(LineByLine, cut(20), count=2)

    def test_the_machine_is_watched_while_nothing_is_declared(self):
        line = self.line(self.gate.tcp())
        line.send(b"$$\n")
        line.expect(rb"^\$132=100\.000$")
        line.expect(rb"^ok$")
        line.send(b"?")
        line.expect(rb"^<Idle")
        line.send(b"\x18")
        line.expect(rb"^Grbl 1\.1h")
        line.send(b"M3 S1000\n")
        self.gate.wait_state("held")
        self.beam_is_off()


class Hooked(Gated):
    """Found, paired, and opened for one job at a time."""

    hook = True

    def ready(self):
        self.panel = self.board.lines[-1]
        self.gate.wait_state("fault")
        self.gate.command("machine", "pair", "laser1", "--by", "OP1")
        self.gate.wait_state("locked")

    def found(self):
        return self.gate.machine()["hook"]

    def blocked(self):
        return [event["body"].get("source") for event in self.gate.api("/ledger?kind=machine.blocked")[1]]

    def press(self, key):
        self.panel.send(key)

    def press_until_held(self, key):
        """The hook tells of one blocked start in a second, so a press may stay untold."""
        def held():
            self.press(key)
            return self.gate.machine()["state"] == "held"
        wait_for(held, self.gate.machine)

    def test_a_job_over_the_wire(self):
        self.one_job(CharacterCounting, cut(40))
        wait_for(lambda: self.found()["state"] == "locked", self.found)
        self.assertEqual((self.found()["blocked"], self.blocked()), (0, []))
        self.one_job(LineByLine, cut(10), count=2)

    def local_job(self, key, source):
        self.press(key)
        self.gate.wait_state("held")
        self.panel.expect(rb"scan the lot$")
        self.assertEqual(self.blocked(), [source])
        self.gate.declare(self.lot)
        self.panel.expect(rb"^start again$")
        self.press(key)
        job = self.gate.wait_job("completed")
        self.assertEqual(job["lots"][0]["lot"], self.lot)
        self.gate.wait_state("locked")
        self.press_until_held(key)  # the next one waits for its own lot

    def test_a_card_job(self):
        self.local_job(b"Kcard\n", "sd")

    def test_a_panel_job(self):
        self.local_job(b"Kstart\n", "panel")

    def test_a_lot_scanned_at_the_machine(self):
        self.panel.send(b"C" + self.lot.encode() + b",1sheet\r")
        self.assertEqual(self.gate.wait_state("armed")["declaration"]["lots"][0]["lot"], self.lot)
        self.panel.expect(rb"lot " + self.lot.encode())

    def test_killed_in_mid_job_the_file_ends_and_nothing_starts_after_it(self):
        self.press(b"Kcard\n")
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        self.panel.expect(rb"^start again$")
        self.press(b"Kcard\n")
        wait_for(lambda: self.found()["state"] == "running", self.found)
        self.gate.kill()
        line = self.line(self.device())
        line.expect(rb"Pgm End")
        line.expect(rb"File ended")
        self.press(b"Kstart\n")
        line.expect(rb"^\[LG:EVENT e=blocked src=panel\*")
        self.gate.start()
        self.gate.wait_state("locked")
        self.assertEqual(self.gate.jobs()[0]["state"], "host_lost")
        self.assertEqual(self.found()["state"], "locked")


    def test_killed_in_mid_job_over_the_wire_what_has_come_ends_and_nothing_starts_after_it(self):
        moves = b"".join(b"G1 X%d F600 S500\n" % (i % 2) for i in range(200))  # a tenth of a second each
        self.sender(CharacterCounting, self.gate.tcp(), b"G21\nG90\nM4 S500\n" + moves + b"M5\nM2\n")
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        wait_for(lambda: self.gate.machine()["job"].get("lines", 0) > 20, self.gate.machine)
        self.gate.kill()
        line = self.line(self.device())

        def rests():
            line.send(b"?")
            return b"<Idle" in line.expect(rb"^<")
        wait_for(rests, "what had come to end")
        for key, source in ((b"Kcard\n", b"sd"), (b"Kstart\n", b"panel")):
            self.press(key)
            line.expect(rb"^\[LG:EVENT e=blocked src=" + source)
        self.gate.start()
        self.gate.wait_state("locked")
        wait_for(lambda: self.found()["state"] == "locked", self.found)
        self.assertEqual(self.gate.jobs()[0]["state"], "host_lost")
        self.assertEqual((self.blocked(), self.found()["blocked"]), ([None], 2))  # its events had said to nobody from where


WHY_NO_AVR = missing("avr328p", RUNNER) or missing("avr2560", RUNNER)
WHY_NO_STM32 = missing("stm32", "qemu-system-arm")


@unittest.skipIf(WHY_NO_AVR, WHY_NO_AVR)
class OnAvr(Plain, LotgateTest):
    def make(self):
        return Avr(self.folder, "atmega328p")

    def beam_is_off(self):
        """The laser's pin has not been high, but for jobs that are over."""
        beam = [text for _, what, text in self.board.events() if what == "pin" and text.startswith("B5")]
        self.assertIn(beam[-1:], ([], ["B5 0"]))

    def test_the_beam_is_on_in_a_declared_job_alone(self):
        sender = self.sender(LineByLine, self.gate.tcp(), cut(20))
        self.gate.wait_state("held")
        self.assertEqual([text for _, what, text in self.board.events() if what == "pin" and text.startswith("B5")], [])
        self.gate.declare(self.lot)
        sender.finish()
        self.gate.wait_job("completed")
        beam = [text for _, what, text in self.board.events() if what == "pin" and text.startswith("B5")]
        self.assertEqual((beam[0], beam[-1]), ("B5 1", "B5 0"))


@unittest.skipIf(WHY_NO_STM32, WHY_NO_STM32)
class OnStm32(Plain, LotgateTest):
    def make(self):
        return Stm32(self.folder)

    def device(self):
        return self.board.qemu.terminals[0]


@unittest.skipIf(WHY_NO_AVR, WHY_NO_AVR)
class HookedAvr(Hooked, LotgateTest):
    def make(self):
        return Avr(self.folder, "atmega2560")

    def test_a_machine_that_was_switched_off_and_on_is_still_paired(self):
        self.gate.declare(self.lot)
        self.gate.wait_state("armed")
        self.board.power_off()
        wait_for(lambda: not self.gate.machine()["port_open"], self.gate.machine)
        self.board.start()
        self.board.lines.pop(0).close()
        self.panel = self.board.lines[-1]
        self.gate.wait_state("locked", "armed")
        wait_for(lambda: self.found().get("paired"), self.found)
        self.assertIn(self.found()["state"], ("locked", "open"))


@unittest.skipIf(WHY_NO_STM32, WHY_NO_STM32)
class HookedStm32(Hooked, LotgateTest):
    def make(self):
        return Stm32(self.folder)

    def device(self):
        return self.board.qemu.terminals[0]


if __name__ == "__main__":
    unittest.main()
