#!/usr/bin/env python3
"""Runs one unittest module and reports in TAP: tap.py tests/e2e/test_http.py [Class.test ...]"""
import importlib.util
import os
import sys
import time
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count, self.bad = 0, 0

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def line(self, verdict, test, note=""):
        self.count += 1
        print(f"{verdict} {self.count} - {test.id()} ({time.monotonic() - getattr(self, 'began', time.monotonic()):.1f} s){note}",
              flush=True)

    def addSuccess(self, test):
        self.line("ok", test)

    def addSkip(self, test, reason):
        self.line("ok", test, f" # SKIP {reason}")

    def fail(self, test, error):
        self.bad += 1
        print("\n".join("# " + text for text in self._exc_info_to_string(error, test).splitlines()))
        self.line("not ok", test)

    def addFailure(self, test, error):
        self.fail(test, error)

    def addError(self, test, error):
        self.fail(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.fail(subtest, error)


def main():
    path = os.path.abspath(sys.argv[1])
    sys.path.insert(0, os.path.dirname(path))
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(sys.argv[2:], module) if sys.argv[2:] else loader.loadTestsFromModule(module)
    print(f"1..{suite.countTestCases()}" if suite.countTestCases() else "# no tests in this module", flush=True)
    result = TapResult()
    suite.run(result)
    return 1 if result.bad else 0


if __name__ == "__main__":
    sys.exit(main())
