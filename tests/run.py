#!/usr/bin/env python3
"""Runs the tests and counts them.

Every kind of test speaks TAP here: cmocka programs by CMOCKA_MESSAGE_OUTPUT, fuzz corpora by a replay program,
Python modules by tap.py, shell checks by themselves. What crashes, hangs or stops half-way is a failure of its own.
The last line is `N passed, N failed[, N skipped]`; the exit status is 0 only when nothing failed and something passed.
"""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

TAP_LINE = re.compile(r"^(not ok|ok)\s+\d+\s*-?\s*(.*)$")
PLAN_LINE = re.compile(r"^(?:\d+\.\.(\d+))")


class Result:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped, self.seconds = name, 0, [], [], 0.0
        self.output = ""

    def read_tap(self, text, status):
        planned = None
        for line in text.splitlines():
            plan = PLAN_LINE.match(line)
            if plan:
                planned = int(plan.group(1))
            match = TAP_LINE.match(line)
            if not match:
                continue
            verdict, what = match.groups()
            if "# skip" in what.lower():
                self.skipped.append(what)
            elif verdict == "ok":
                self.passed += 1
            else:
                self.failed.append(what)
        seen = self.passed + len(self.failed) + len(self.skipped)
        if planned is not None and seen < planned:
            self.failed.append(f"stopped after {seen} of {planned} tests (exit status {status})")
        elif seen == 0:
            self.failed.append(f"ran no test (exit status {status})")
        elif status != 0 and not self.failed:
            self.failed.append(f"exit status {status} although every test passed")


def alive(group):
    """Names of the group's processes, those that only wait to be collected left out."""
    names = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                head, rest = file.read().rsplit(")", 1)
        except OSError:
            continue
        state, _, pgrp = rest.split()[:3]
        if int(pgrp) == group and state != "Z":
            names.append(head.split("(", 1)[1])
    return names


def end_group(process, grace=5):
    """Ends what a test has left running; the names of what had not ended by itself after a moment."""
    end = time.monotonic() + grace
    while alive(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    left = alive(process.pid)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return left


def run_one(name, command, limit, environment):
    """In a session and with a file of its own: what a test leaves behind can neither keep the run waiting nor stay."""
    result, began = Result(name), time.monotonic()
    with tempfile.TemporaryFile() as out:
        try:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env={**os.environ, **environment}, start_new_session=True)
        except OSError as error:
            result.failed.append(f"cannot be started: {error}")
            return result
        try:
            status, late = process.wait(limit), False
        except subprocess.TimeoutExpired:
            status, late = 0, True
        left = end_group(process, 0 if late else 5)
        process.wait()
        out.seek(0)
        result.output = out.read().decode("utf-8", "replace")
    result.read_tap(result.output, status)
    if late:
        result.failed.append(f"not finished after {limit} s")
    elif left:
        result.failed.append("left processes running: " + ", ".join(left))
    result.seconds = time.monotonic() - began
    return result


def command_for(path):
    if path.endswith(".py"):
        return [sys.executable, os.path.join(os.path.dirname(__file__), "tap.py"), path]
    if path.endswith(".sh"):
        return ["bash", path]
    return [path]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds for one program")
    parser.add_argument("tests", nargs="+", help="programs, .py modules or .sh scripts; A=B sets the environment behind it")
    options = parser.parse_args()
    environment = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "ASAN_OPTIONS": "allow_user_segv_handler=0:detect_leaks=1",
                   "PYTHONDONTWRITEBYTECODE": "1"}
    tests = []
    for word in options.tests:
        key, equals, value = word.partition("=")
        if equals and key.isidentifier():
            environment[key] = value
        else:
            tests.append((word, dict(environment)))
    passed, failed, skipped = 0, [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(run_one, path, command_for(path), options.limit, env) for path, env in tests]
        for run in concurrent.futures.as_completed(runs):
            result = run.result()
            passed += result.passed
            skipped += [(result.name, what) for what in result.skipped]
            failed += [(result.name, what) for what in result.failed]
            print(f"{'FAIL' if result.failed else 'ok  '} {result.name}: {result.passed} passed"
                  f"{f', {len(result.failed)} failed' if result.failed else ''}"
                  f"{f', {len(result.skipped)} skipped' if result.skipped else ''} ({result.seconds:.1f} s)", flush=True)
            if result.failed:
                print("    " + "\n    ".join(result.output.splitlines()[-120:]), flush=True)
    for name, what in skipped:
        print(f"skipped: {name}: {what}")
    for name, what in failed:
        print(f"failed: {name}: {what}")
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
