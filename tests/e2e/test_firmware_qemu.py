"""The STM32 reference firmware in qemu: Grbl's manners, and the hook on the wire, the card, the panel and the scanner."""
import unittest

from firmware_e2e import PanelScenarios, Scenarios, Stm32, missing
from lotgate_e2e import LotgateTest

WHY_NOT = missing("stm32", "qemu-system-arm", "arm-none-eabi-nm")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class InQemu(Scenarios, PanelScenarios, LotgateTest):
    def make(self):
        return Stm32(self.folder)


if __name__ == "__main__":
    unittest.main()
