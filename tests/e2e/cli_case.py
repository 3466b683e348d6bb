"""What the tests of the command line share: a data directory without a daemon, and commands on it."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from lotgate_e2e import LOTGATE

MMYY = time.strftime("%m%y", time.gmtime())


def run(data, *words, env=None):
    return subprocess.run([LOTGATE, "--data", data, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=60, text=True, check=False, env=env)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lotgate-cli-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = os.path.join(self.folder, "data")

    def run_cli(self, *words):
        return run(self.data, *words)

    def ok(self, *words):
        done = self.run_cli(*words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def refused(self, status, sentence, *words):
        """The exit status, and an error of two lines on stderr, none on stdout."""
        done = self.run_cli(*words)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        self.assertRegex(done.stderr, r"(?m)^lotgate: .*" + sentence)
        return done.stderr

    def stock(self):
        self.ok("supplier", "add", "ACME", "Acme Plastics", "--email", "qa@acme.example", "--phone", "+49 30 1234")
        self.ok("material", "add", "ACR", "Acrylic, cast, 3 mm", "--form", "sheet", "--thickness", "3mm", "--density", "1.19")
        self.ok("operator", "add", "OP1", "Kim Lee", "--badge", "4711")

    def receive(self, *more):
        return self.ok("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "88-1204", "--quantity", "5sheet",
                       *more).strip()
