"""Recorded sessions, and a player that is their machine and their sender at once, with a whole lotgate in between.

A line of a recording is a time in milliseconds, a direction and the bytes with \\r \\n \\xNN escapes. `>` is sent to the
machine and `<` received from it. Where lotgate was between them when it was recorded, four directions tell its two
sides apart: `>` sender to lotgate, `<` lotgate to sender, `}` lotgate to machine, `{` machine to lotgate. `# declared` is
where a lot was declared; other `#` lines are notes. Times are not kept: each step waits for the one before it.
"""
import os
import re
import select
import time
import tty

from lotgate_e2e import DEADLINE, read_text

ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
UTF8 = re.compile(rb"[\xC2-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}")
# What lotgate asks a machine by itself, and what this one answers.
OWN = {b"?": b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n",
       b"$I\n": b"[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n",
       b"$G\n": b"[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n",
       b"$$\n": b"$30=1000\r\nok\r\n"}


def unescape(text):
    def one(match):
        number, letter = match.groups()
        return chr(int(number, 16)) if number else {"n": "\n", "r": "\r"}.get(letter, letter)
    return ESCAPE.sub(one, text).encode("latin-1")


def steps(path):
    """(direction, bytes) in order; ("#", b"declared") among them. Two directions become four."""
    rows = []
    for line in read_text(path).splitlines():
        match = re.match(r" *[\d.]+ ([><}{#]) (.*)$", line)
        if match and match.group(1) != "#":
            rows.append((match.group(1), unescape(match.group(2))))
        elif match and match.group(2) == "declared":
            rows.append(("#", b"declared"))
    if any(direction in "}{" for direction, _ in rows):
        return rows
    both = {">": (">", "}"), "<": ("{", "<")}
    # A whole UTF-8 sequence in a line is the one thing that lotgate changes.
    return [(direction, UTF8.sub(b"_", data) if direction == "}" else data)
            for first, data in rows for direction in both[first]]


class Player:
    """Both ends of the line. `declare` is called where the recording says so."""

    def __init__(self, folder, declare=None):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.link = os.path.join(folder, "recorded.tty")
        os.symlink(os.ttyname(self.slave), self.link)
        os.set_blocking(self.master, False)
        self.declare, self.sender = declare, None
        self.at_machine, self.at_sender = bytearray(), bytearray()  # came, and is not accounted for yet
        self.own = []  # what lotgate asked by itself

    def close(self):
        os.close(self.master)
        os.close(self.slave)

    def pump(self, wait=0.05):
        fds = [self.master] + ([self.sender.fd] if self.sender else [])
        for fd in select.select(fds, [], [], wait)[0]:
            (self.at_machine if fd == self.master else self.at_sender).extend(os.read(fd, 65536))

    def answer_own(self, wanted=b""):
        """Answers a question of lotgate's own at the head of what came; True when there was one."""
        for question, answer in OWN.items():
            if self.at_machine.startswith(question) and not (wanted and question.startswith(wanted[:len(question)])):
                del self.at_machine[:len(question)]
                self.own.append(question)
                self.to_machine_end(answer)
                return True
        return False

    def to_machine_end(self, data):
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                self.pump()

    def idle(self):
        """For the time before a sender is there: lotgate's questions are answered."""
        self.pump()
        while self.answer_own():
            pass

    def expect(self, where, wanted):
        """Takes `wanted` off the head of what came there; whatever else comes is a mistake."""
        came, end = getattr(self, where), time.monotonic() + DEADLINE
        while not came.startswith(wanted):
            if where == "at_machine" and self.answer_own(wanted):
                continue
            if not wanted.startswith(bytes(came)) or time.monotonic() > end:
                raise AssertionError(f"{where}: wanted {wanted!r}, got {bytes(came[:120])!r}; own: {self.own}")
            self.pump()
        del came[:len(wanted)]

    def play(self, rows, sender):
        self.sender = sender
        for i, (direction, data) in enumerate(rows):
            try:
                if direction == ">":
                    sender.send(data)
                elif direction == "}":
                    self.expect("at_machine", data)
                elif direction == "{":
                    self.to_machine_end(data)
                elif direction == "<":
                    self.expect("at_sender", data)
                else:
                    self.declare()
            except AssertionError as trouble:
                raise AssertionError(f"step {i}, {direction} {data!r}: {trouble}") from None
        self.pump(0.2)
        while self.answer_own():
            pass
        if self.at_machine or self.at_sender:
            raise AssertionError(f"more came: to the machine {bytes(self.at_machine)!r}, to the sender {bytes(self.at_sender)!r}")
