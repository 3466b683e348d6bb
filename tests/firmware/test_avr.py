"""The classifier and the hook on a simulated AVR: they judge as the host does, and a line takes no longer than it may.

LOTGATE_AVR_LINES: how many lines of each kind (4000).
"""
import os
import subprocess
import tempfile
import unittest

from toolchain import AVR_TARGET, AVR_WHOLE, PARTS, TOP, build_avr

RUNNER = os.path.join(TOP, os.environ.get("BUILD", "build"), "tests/firmware/simavr_run")
LINES = os.environ.get("LOTGATE_AVR_LINES", "4000")
HOOK = sum(PARTS.values(), [])


class Avr(unittest.TestCase):
    def setUp(self):
        if AVR_TARGET.missing():
            self.skipTest(AVR_TARGET.missing())
        if not os.path.exists(RUNNER):
            self.skipTest("simavr's library is not installed (Debian: libsimavr-dev)")

    def run_in_simavr(self, what, main, sources, *flags):
        with tempfile.TemporaryDirectory() as folder:
            elf = os.path.join(folder, "a.elf")
            build_avr(main, sources, elf, *flags)
            done = subprocess.run([RUNNER, what, elf, LINES], cwd=TOP, capture_output=True, text=True, timeout=3000, check=False)
        for line in done.stdout.splitlines():
            if line.startswith(("ok", "not ok", "Bail")):
                print("# " + line.replace("ok ", "", 1))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("\nok 2 ", done.stdout)

    def test_agrees_with_the_host(self):
        self.run_in_simavr("agree", "tests/firmware/avr_judge.c", ["tests/unit/judge.c", *PARTS["classifier"]])

    def test_agrees_with_the_host_when_compiled_across_files(self):
        self.run_in_simavr("agree", "tests/firmware/avr_judge.c", ["tests/unit/judge.c", *PARTS["classifier"]], *AVR_WHOLE)

    def test_cycles(self):
        self.run_in_simavr("cycles", "tests/firmware/avr_lines.c", HOOK, *AVR_WHOLE)
