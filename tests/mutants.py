#!/usr/bin/env python3
"""Takes out, one at a time, the lines that keep the invariants, and expects the tests to notice.

Each mutant names a file, the text that keeps an invariant, what stands there instead, and the test program that must
fail. A copy of the project is changed, never the project itself. `make mutants` runs them all; a mutant that survives is
a test that cannot fail.
"""
import os
import shutil
import subprocess
import sys
import tempfile

SIMULATION = "tests/sim/test_simulation"

# invariant, file, what keeps it, what the mutant has instead, the tests of which one must fail
MUTANTS = [
    ("1: work waits while locked", "hostd/gate/gate_line.c",
     "[LOCKED] = {PASS, WAIT, FOCUS, HOLD,", "[LOCKED] = {PASS, WAIT, FOCUS, PASS,", [SIMULATION]),
    ("1: work waits for the durable start", "hostd/gate/gate_line.c",
     "[ARMED] = {PASS, WAIT, FOCUS, START,", "[ARMED] = {PASS, WAIT, FOCUS, PASS,", [SIMULATION]),
    ("1: the next job's work waits behind M2", "hostd/gate/gate_line.c",
     "[ENDING] = {PASS, WAIT, WAIT, WAIT,", "[ENDING] = {PASS, WAIT, PASS, PASS,", ["tests/unit/test_gate_states", "tests/unit/test_gate_invariants", "tests/unit/test_gate_corners", SIMULATION]),
    ("1: the commit is synchronous", "hostd/ledger/store.c",
     "PRAGMA synchronous=FULL", "PRAGMA synchronous=OFF", ["tests/fault/test_ledger_faults"]),
    ("2: a reset is realtime", "proto/grbl.c",
     "{0x18, 0x18, ALL, GRBL_RESET}", "{0x18, 0x18, ALL, GRBL_DATA}", [SIMULATION]),
    ("3: a fault shuts the gate", "hostd/gate/gate_line.c",
     "!g->identity_ok || g->faults || ", "!g->identity_ok || ", [SIMULATION, "tests/unit/test_gate_invariants"]),
    ("3: what is not understood is held", "proto/gcode_classify.c",
     "return GCODE_UNKNOWN;", "return GCODE_SETUP;", ["tests/unit/test_gcode_classify"]),
    ("4: lotgate's own poll is taken out", "hostd/gate/gate_machine.c",
     "        g->own.poll = false;\n        return TAKE_OUT;", "        g->own.poll = false;", ["tests/unit/test_gate_machine"]),
    ("5: an end is written", "hostd/facts.c",
     "station_post(s, &post_end, args);", "cJSON_Delete(args);", [SIMULATION]),
    ("5: a crash's open jobs are ended", "hostd/trace/ops_host.c",
     "host_lost", "completed", ["tests/unit/test_trace_jobs", "tests/unit/test_trace_session"]),
]


def run(command, where, limit=600):
    return subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)


def failing(tree, tests):
    """The first of the tests that fails in the tree, or None."""
    for test in tests:
        if not os.path.exists(os.path.join(tree, test + ".c")):
            continue
        built = run(["make", "--no-print-directory", f"build/{test}"], tree)
        if built.returncode != 0:
            sys.exit(f"mutant does not build:\n{built.stdout.decode()[-2000:]}")
        try:
            if run([f"build/{test}"], tree, 300).returncode != 0:
                return test
        except subprocess.TimeoutExpired:
            return test + " (hangs)"
    return None


def main():
    survivors = 0
    tree = os.path.join(tempfile.mkdtemp(), "lotgate")
    shutil.copytree(".", tree, ignore=shutil.ignore_patterns(".git", "fuzz", "fresh-root", "thread", "address*"))
    for invariant, path, keeps, instead, tests in MUTANTS:
        name = os.path.join(tree, path)
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if keeps not in text:
            print(f"STALE    {invariant}: {path} has no \"{keeps}\"")
            survivors += 1
            continue
        with open(name, "w", encoding="utf-8") as file:
            file.write(text.replace(keeps, instead, 1))
        found = failing(tree, tests)
        print(f"{'caught  ' if found else 'SURVIVED'} {invariant}{f' by {found}' if found else ''}", flush=True)
        survivors += found is None
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    shutil.rmtree(os.path.dirname(tree))
    print(f"{len(MUTANTS) - survivors} passed, {survivors} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
