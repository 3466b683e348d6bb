"""The classifier, link, MAC and hook stay as small as the design says, on each target that there is a compiler for."""
import unittest

import sizes
from toolchain import TARGETS


class Sizes(unittest.TestCase):
    measured = {}

    def figures_of(self, target):
        if target.missing():
            self.skipTest(target.missing())
        if target.name not in self.measured:
            self.measured[target.name] = sizes.measure(target)
        return self.measured[target.name]

    def check(self, target):
        figures, forbidden = self.figures_of(target)
        self.assertEqual(forbidden, [], "no floating point, no division in software, no allocation")
        self.assertEqual(sizes.grown(target, figures), [], "record it with `make sizes UPDATE=1`")
        for row in sizes.PARTS:
            self.assertGreater(figures[row]["flash"], 200, row)
            self.assertGreater(figures[row]["stack"], 0, row)

    def check_budget(self, target):
        figures, _ = self.figures_of(target)
        over = sizes.over_budget(target, figures)
        if over and target.aim:
            self.skipTest(f"the budget is not reached yet: {', '.join(over)}; what is recorded must not grow")
        self.assertEqual(over, [])


def add(target):
    name = target.name.lower().replace("-", "_").replace("+", "plus")
    setattr(Sizes, f"test_{name}", lambda self: self.check(target))
    if target.budget:
        setattr(Sizes, f"test_{name}_budget", lambda self: self.check_budget(target))


for each in TARGETS:
    add(each)


class Reading(unittest.TestCase):
    """The checks see what they look for."""

    def test_forbidden_symbols(self):
        found = {"__addsf3", "__mulsf3", "__fixsfsi", "__floatsisf", "__aeabi_fmul", "__aeabi_i2f", "__divmodsi4", "__udivmodhi4",
                 "__udivmodqi4", "__udivsi3", "__umodsi3", "__aeabi_uidiv", "__aeabi_idivmod", "malloc", "_malloc_r", "_sbrk"}
        allowed = {"__muluhisi3", "__mulsi3", "__prologue_saves__", "__aeabi_lmul", "free_settings", "__ashldi3", "divide", "memcpy",
                   "__gnu_thumb1_case_uqi"}
        import re
        for symbol in found | allowed:
            hit = any(re.match(form, symbol) for form in sizes.FORBIDDEN.values())
            self.assertEqual(hit, symbol in found, symbol)

    def test_deepest_stack(self):
        listing = "\n".join(["00000000 <a>:", "   0:\t0e 94 10 00 \tcall\t0x20\t; 0x20 <b>", "   4:\t08 95 \tret",
                             "00000020 <b>:", "  20:\tcf 93 \tpush\tr28", "  22:\tdf 93 \tpush\tr29", "  24:\t0c 94 20 00 \tjmp\t0x40\t; 0x40 <c>",
                             "00000040 <c>:", "  40:\t08 95 \tret"])
        calls, pushed = sizes.read_calls(listing)
        self.assertEqual(calls, {"a": {"b"}, "b": {"c"}, "c": set()})
        self.assertEqual(pushed["b"], 2)
        self.assertEqual(sizes.deepest("a", calls, {"a": 3, "b": 4, "c": 5}, {}), 12)
        with self.assertRaises(RuntimeError):
            sizes.deepest("a", {"a": {"b"}, "b": {"a"}}, {}, {})
