"""The meter against an oracle that shares neither code nor method with it, over whole files."""
import glob
import json
import os
import subprocess
import sys
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "tools"))
import meter_oracle  # noqa: E402  (from tests/tools)

DUMP = os.path.join(TOP, os.environ.get("BUILD", "build"), "tests", "tools", "meter_dump")
OWN = os.path.join(TOP, "tests", "data")
SHARED = os.path.join(os.path.dirname(TOP), "shared", "samples")
FOCUS = 20


def machine_of(path):
    name = os.path.basename(path)
    return "printer" if name.startswith("fdm") else "cnc" if name.startswith(("cnc", "grbl")) else "laser"


def dump(path, machine):
    return json.loads(subprocess.run([DUMP, machine, str(FOCUS), path], check=True, stdout=subprocess.PIPE).stdout)


class MeterAgainstOracle(unittest.TestCase):
    def compare(self, path, machine=None):
        machine = machine or machine_of(path)
        got, want = dump(path, machine), meter_oracle.measure(machine, FOCUS, path)
        for key in ("lines", "bytes", "arcs", "s_milli"):
            self.assertEqual(got[key], want[key], key)
        for key in ("rapid_um", "feed_um", "work_um", "feed_us", "work_us"):
            self.assertAlmostEqual(got[key], want[key], delta=3 + want[key] * 1e-6, msg=key)
        for key in ("box_um", "work_box_um"):
            self.assertEqual(got[key] is None, want[key] is None, key)
            for a, b in zip(got[key] or [], want[key] or []):
                self.assertAlmostEqual(a, b, delta=2, msg=f"{key}: {got[key]} {want[key]}")
        self.check_picture(got)
        return got

    def check_picture(self, got):
        """The picture's work lies in the job's work box, reaches its edges, and is small."""
        path, slack = got["path"], got["tolerance_um"] * 2 + 2
        self.assertLessEqual(len(path), 4000)
        ends = [p for i in range(1, len(path)) if path[i][2] for p in path[i - 1:i + 1]]
        box = got["work_box_um"]
        if box is None:
            self.assertEqual(ends, [])
            return
        for axis in (0, 1):
            self.assertAlmostEqual(min(p[axis] for p in ends), box[axis], delta=slack)
            self.assertAlmostEqual(max(p[axis] for p in ends), box[axis + 3], delta=slack)

    def test_own_files(self):
        files = sorted(glob.glob(os.path.join(OWN, "*.nc")))
        self.assertGreaterEqual(len(files), 3)
        for path in files:
            with self.subTest(os.path.basename(path)):
                self.assertGreater(self.compare(path)["work_um"], 0)

    def test_own_files_as_every_machine(self):
        for path in sorted(glob.glob(os.path.join(OWN, "*.nc"))):
            for machine in ("laser", "cnc", "printer"):
                with self.subTest(os.path.basename(path), machine=machine):
                    self.compare(path, machine)

    @unittest.skipUnless(os.path.isdir(SHARED), "../shared/samples is not there")
    def test_real_files(self):
        for path in sorted(glob.glob(os.path.join(SHARED, "*"))):
            with self.subTest(os.path.basename(path)):
                self.compare(path)


if __name__ == "__main__":
    unittest.main()
