"""The vectors of the link, read by the tests' own implementation, which was written from proto/link.h and not from its code."""
import os
import unittest

from link_client import Secret, read_frame
from lotgate_e2e import TOP, read_text

VECTORS = os.path.join(TOP, "tests", "data", "link-vectors.txt")


class Vectors(unittest.TestCase):
    def rows(self):
        for row in read_text(VECTORS).splitlines():
            if row and not row.startswith("#"):
                verdict, side, key, host, hook, line, why = row.split("|")
                yield verdict, side, Secret(*map(bytes.fromhex, (key, host, hook))), line, why

    def test_each_vector_is_judged_as_it_says(self):
        count = 0
        for verdict, side, secret, line, why in self.rows():
            with self.subTest(why):
                got = read_frame(side, line)
                self.assertEqual(got is not None, verdict != "bad")
                if verdict.endswith("-mac"):
                    self.assertEqual(got.right(secret), verdict == "good-mac")
            count += 1
        self.assertGreater(count, 40)


if __name__ == "__main__":
    unittest.main()
