#!/usr/bin/env python3
"""What a G-code file does, computed in another way than proto/meter does it.

Words are cut out by a regular expression, numbers are exact decimals until the geometry begins, an arc is a point that
is turned about its centre in many small steps, and what an arc's R means is decided by trying both centres.
Usage: meter_oracle.py laser|cnc|printer FOCUS_LIMIT FILE, prints JSON.
"""
import cmath
import json
import math
import re
import sys
from decimal import Decimal

WORD = re.compile(r"([A-Z])([-+]?(?:\d+\.?\d*|\.\d+))")
STEPS = 2000  # of a full turn: chords are short of it by less than a millionth
ARC_PLANES = {17: (0, 1, 2), 18: (2, 0, 1), 19: (1, 2, 0)}


def words_of(line):
    """The words of a line, or None for what is not G-code words."""
    text, inside = "", False
    for c in line:
        if inside:
            inside = c != ")"
        elif c == ";":
            break
        elif c == "(":
            inside = True
        elif c > " ":
            text += c
    text = text.upper().lstrip("/")
    text, _, checksum = text.partition("*")
    if checksum and not checksum.isdigit():
        return None
    words = WORD.findall(text)
    if "".join(a + b for a, b in words) != text:
        return None
    names = [a for a, _ in words if a not in "GM"]
    return None if len(names) != len(set(names)) else [(a, Decimal(b)) for a, b in words]


class Box:
    def __init__(self):
        self.low, self.high = None, None

    def add(self, p):
        self.low = [min(a, b) for a, b in zip(self.low or p, p)]
        self.high = [max(a, b) for a, b in zip(self.high or p, p)]

    def um(self):
        return None if self.low is None else [round(v * 1000) for v in self.low + self.high]


class Oracle:
    def __init__(self, machine, limit):
        self.machine, self.limit = machine, limit
        self.at, self.motion, self.plane = [0.0, 0.0, 0.0], 0, 17
        self.inches = self.relative = self.inverse = self.centre_absolute = False
        self.spindle, self.s, self.speed, self.f = False, Decimal(0), 0.0, 0.0
        self.sum = {"rapid": 0.0, "feed": 0.0, "work": 0.0}
        self.seconds = {"feed": 0.0, "work": 0.0}
        self.box, self.work_box, self.s_seen, self.arcs = Box(), Box(), [], 0
        self.lines = self.bytes = 0

    def line(self, raw):
        self.lines += 1
        self.bytes += len(raw)
        words = words_of(raw.decode("latin-1").rstrip("\r\n"))
        if not words:
            return
        codes = {a + format(v, "f").rstrip("0").rstrip(".") if "." in format(v, "f") else a + format(v, "f")
                 for a, v in words if a in "GM"}
        codes = {c[0] + (c[1:].lstrip("0") or "0") for c in codes}
        value = {a: v for a, v in words if a not in "GM"}
        self.modes(codes, value)
        if any(a in value for a in "XYZ") or codes & {"G28", "G30"}:
            self.move(codes, value)
        if codes & {"M2", "M30"}:
            self.motion, self.plane, self.relative, self.inverse, self.spindle = 1, 17, False, False, False

    def modes(self, codes, value):
        for code in codes:
            if code in ("G0", "G1", "G2", "G3"):
                self.motion = int(code[1:])
            elif code.startswith("G38."):
                self.motion = 38
            elif code == "G80":
                self.motion = 80
            elif code in ("G17", "G18", "G19"):
                self.plane = int(code[1:])
        for on, off, name in (("G20", "G21", "inches"), ("G91", "G90", "relative"), ("G93", "G94", "inverse"),
                              ("G90.1", "G91.1", "centre_absolute")):
            if on in codes or off in codes:
                setattr(self, name, on in codes)
        if codes & {"M3", "M4", "M5"}:
            self.spindle = bool(codes & {"M3", "M4"})
        self.s = value["S"] if value.get("S", -1) >= 0 else self.s
        if "F" in value:
            self.f = float(value["F"])
            self.speed = self.f * (25.4 if self.inches else 1)

    def works(self, value):
        if self.machine == "printer":
            return value.get("E", 0) > 0 and ("X" in value or "Y" in value)
        return self.spindle and (self.machine == "cnc" or self.s > self.limit)

    def move(self, codes, value):
        unit = 25.4 if self.inches else 1.0
        given = {i: float(value[a]) * unit for i, a in enumerate("XYZ") if a in value}
        if "G92" in codes:
            for i, v in given.items():
                self.at[i] = v
            return
        if "G53" in codes or codes & {"G10", "G28.1", "G30.1", "G43.1"}:
            return
        to = [(self.at[i] if self.relative else 0.0) + given[i] if i in given else self.at[i] for i in range(3)]
        if codes & {"G28", "G30"}:
            if given:
                self.go([to], "rapid")
            return
        if self.motion == 80:
            return
        kind = "rapid" if self.motion == 0 else "work" if self.motion != 38 and self.works(value) else "feed"
        points = [to]
        if self.motion in (2, 3):
            points = self.arc(to, given, {a: float(value[a]) * unit for a in "IJKR" if a in value})
            if points is None:
                return
            self.arcs += 1
        self.go(points, kind)

    def go(self, points, kind):
        length, before = 0.0, self.at
        for box in [self.box] + ([self.work_box] if kind == "work" else []):
            for p in [before] + points:
                box.add(p)
        for p in points:
            length += math.dist(before, p)
            before = p
        self.at = points[-1]
        self.sum[kind] += length
        if kind == "rapid":
            return
        seconds = (60 / self.f if self.f else 0) if self.inverse else (length / self.speed * 60 if self.speed else 0)
        self.seconds["feed"] += seconds
        if kind == "work":
            self.seconds["work"] += seconds
            if self.machine != "printer":
                self.s_seen.append(self.s)

    def arc(self, to, given, words):
        """The points of the arc, in the complex plane of its two axes; None for one that is refused."""
        a, b, c = ARC_PLANES[self.plane]
        if a not in given and b not in given:
            return None
        start, end = complex(self.at[a], self.at[b]), complex(to[a], to[b])
        clockwise = self.motion == 2
        if "R" in words:
            centre = self.centre_by_radius(start, end, words["R"], clockwise)
            if centre is None:
                return None
        else:
            first, second = "IJK"[a], "IJK"[b]
            if first not in words and second not in words:
                return None
            centre = complex(words.get(first, 0), words.get(second, 0)) + (0 if self.centre_absolute else start)
            error = abs(abs(end - centre) - abs(start - centre))
            if error > 0.005 and (error > 0.5 or error > 0.001 * abs(start - centre)):
                return None
        turn = self.turn(start, end, centre, clockwise)
        # Written numbers are rounded, so that the ends are not equally far from the centre: go along a spiral.
        growth = math.log(abs(end - centre) / abs(start - centre)) if start != centre != end else 0
        steps = 50 + int(STEPS * abs(turn) / math.tau)
        points = []
        for k in range(1, steps + 1):
            p = list(to)
            around = centre + (start - centre) * cmath.exp(complex(growth, turn) * k / steps)
            p[a], p[b] = around.real, around.imag
            p[c] = self.at[c] + (to[c] - self.at[c]) * k / steps
            points.append(p)
        points[-1] = to
        return points

    @staticmethod
    def turn(start, end, centre, clockwise):
        if start == centre:
            return -math.tau if clockwise else math.tau
        turn = cmath.phase((end - centre) / (start - centre)) if end != centre else 0
        if clockwise and turn >= -5e-7:
            turn -= math.tau
        elif not clockwise and turn <= 5e-7:
            turn += math.tau
        return turn

    def centre_by_radius(self, start, end, radius, clockwise):
        if start == end or abs(end - start) > 2 * abs(radius):
            return None
        middle = (start + end) / 2
        aside = 1j * (end - start) / abs(end - start) * math.sqrt(radius * radius - abs(end - start) ** 2 / 4)
        by_turn = sorted((abs(self.turn(start, end, middle + side, clockwise)), k, middle + side)
                         for k, side in enumerate((aside, -aside)))
        return by_turn[1 if radius < 0 else 0][2]

    def result(self):
        milli = [int(s * 1000) for s in self.s_seen]
        return {"lines": self.lines, "bytes": self.bytes, **{k + "_um": round(v * 1000) for k, v in self.sum.items()},
                "work_us": round(self.seconds["work"] * 1e6), "feed_us": round(self.seconds["feed"] * 1e6), "arcs": self.arcs,
                "box_um": self.box.um(), "work_box_um": self.work_box.um(),
                "s_milli": [min(milli), max(milli)] if milli else None}


def measure(machine, limit, path):
    oracle = Oracle(machine, limit)
    with open(path, "rb") as file:
        for raw in file:
            oracle.line(raw)
    return oracle.result()


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
