"""lotgate between a sender and a real firmware, in simavr and in qemu, that it knows nothing of but that it is a Grbl laser: held,
declared, streamed, recorded."""
import json
import unittest

from firmware_e2e import RUNNER, Avr, Stm32, missing
from lotgate_e2e import CharacterCounting, LineByLine, LotgateTest, cut, sha256


class Gated:
    """lotgate with the firmware's line as its machine."""

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
        self.gate = self.daemon(self.machine_config(device))
        self.lot = self.gate.stock()
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


WHY_NO_AVR = missing("avr328p", RUNNER)
WHY_NO_STM32 = missing("stm32", "qemu-system-arm")


@unittest.skipIf(WHY_NO_AVR, WHY_NO_AVR)
class OnAvr(Gated, LotgateTest):
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
class OnStm32(Gated, LotgateTest):
    def make(self):
        return Stm32(self.folder)

    def device(self):
        return self.board.qemu.terminals[0]


if __name__ == "__main__":
    unittest.main()
