"""The STM32 reference firmware in qemu: Grbl's manners, and the hook on the wire, the card, the panel and the scanner."""
import os
import unittest
from random import Random

from firmware_e2e import Machine, PanelScenarios, Scenarios, Stm32, missing
from link_client import frame
from lotgate_e2e import LotgateTest, wait_for

OPERATIONS = 42  # of the flash in a pairing: three records of fourteen words
SOME_CUTS = (0, 13, 14, 23, 40, OPERATIONS)  # the last: none

WHY_NOT = missing("stm32", "qemu-system-arm", "arm-none-eabi-nm")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InQemu(Scenarios, PanelScenarios, LotgateTest):
    def make(self):
        return Stm32(self.folder)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class PowerCuts(Machine, LotgateTest):
    """Power is cut in the middle of an operation of the flash, on the way to a new key. All of them are cut, and in more ways, in
    tests/unit/test_board_store.c; here some, for it is this program that goes to the chip (`make soak`: all)."""

    def make(self):
        return Stm32(self.folder)

    def whose(self, **keys):
        self.power_up()
        for name, key in keys.items():
            self.host.secret.key = key

            def verdict():
                self.host.hello()
                got = self.host.open("JOB-1")
                return got if got != "wait" else None
            if wait_for(verdict, "an answer") == "ok":
                return name
        return self.host.state()

    def test_the_board_is_left_with_the_old_key_or_the_new_one(self):
        self.pair()
        old, new, outcomes = self.host.secret.key, os.urandom(16), []
        self.board.power_off()
        with open(self.board.store, "rb") as file:
            kept = file.read()
        random = Random(1)
        for after in range(OPERATIONS + 1) if os.environ.get("LOTGATE_ALL_CUTS") else SOME_CUTS:
            with open(self.board.store, "wb") as file:
                file.write(kept)
            self.power_up()
            pair = b"\n" + frame("host", "PAIR", [("k", new.hex().upper())]).encode() + b"\n"
            cut = self.board.qemu.cut_in_pairing(after, lambda: self.line.send(pair), random)
            self.assertEqual(cut, after < OPERATIONS)
            if not cut:
                self.assertEqual(self.host.verdict("PAIR"), "ok")
            self.board.power_off()
            outcomes.append(self.whose(old=old, new=new))
            self.board.power_off()
        self.assertEqual(outcomes[:-1], ["old"] * (len(outcomes) - 1))
        self.assertEqual(outcomes[-1], "new")


if __name__ == "__main__":
    unittest.main()
