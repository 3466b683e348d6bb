"""Recorded sessions, and a player that is their machine and their sender at once, with a whole lotgate in between.

A line of a recording is a time in milliseconds, a direction and the bytes with \\r \\n \\xNN escapes. `>` is sent to the
machine and `<` received from it. Where lotgate was between them when it was recorded, four directions tell its two
sides apart: `>` sender to lotgate, `<` lotgate to sender, `}` lotgate to machine, `{` machine to lotgate. `# declared` is
where a lot was declared; other `#` lines are notes. Times are not kept: each step waits for the one before it. One thing
may come earlier than it was recorded: a reply to a line that the machine has got, while lotgate keeps the next line back
until it knows what became of that one. Both streams still have to be the recorded ones, byte for byte.
"""
import os
import re
import select
import time
import tty

from lotgate_e2e import DEADLINE, read_text

ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
LATE = 0.05  # seconds without a line from lotgate, in which a reply that may go is not yet given
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
        self.rows, self.said = [], set()  # said: indexes of replies that went out before their turn
        self.got = {"lines": 0, "polls": 0}  # of the sender's, by the machine
        self.gave = {"lines": 0, "polls": 0}  # answered by it
        self.asked_behind_banner = True

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
                self.asked_behind_banner |= question == b"$G\n"
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

    def expect(self, where, wanted, at):
        """Takes `wanted` off the head of what came there; whatever else comes is a mistake."""
        came, end = getattr(self, where), time.monotonic() + DEADLINE
        while not came.startswith(wanted):
            if where == "at_machine" and (self.answer_own(wanted) or (self.kept_back(end) and self.reply_early(at))):
                continue
            # One `?` more than the sender's: it or the one before was lotgate's own, whose answer the sender does not see.
            if where == "at_sender" and wanted.startswith(b"<") and self.at_machine.startswith(b"?"):
                del self.at_machine[:1]
                self.own.append(b"?")
                self.to_machine_end(wanted)
                continue
            if not wanted.startswith(bytes(came)) or time.monotonic() > end:
                raise AssertionError(f"{where}: wanted {wanted!r}, got {bytes(came[:120])!r}; own: {self.own}")
            self.pump()
        del came[:len(wanted)]
        if where == "at_machine":
            self.got["lines"] += wanted.count(b"\n")
            self.got["polls"] += wanted.count(b"?")
            # G-code settles it in its own ways: by an M5, or in a job.
            self.asked_behind_banner |= re.search(rb"(?m)^[A-Za-z]", wanted) is not None

    def kept_back(self, end):
        """Nothing has come for a while: a line that is only late is not taken for one that lotgate keeps."""
        return not self.at_machine and end - time.monotonic() < DEADLINE - LATE

    @staticmethod
    def replies_in(data):
        """What the machine says, as answers to the sender: None for what it says by itself."""
        if data.startswith(b"<"):
            return {"lines": 0, "polls": data.count(b"<")}
        lines = len(re.findall(rb"(?m)^(?:ok|error:\d+)\r?$", data))
        return {"lines": lines, "polls": 0} if lines or data.startswith((b"[GC:", b"$")) else None

    def say(self, data):
        replies = self.replies_in(data) or {}
        for kind in replies:
            self.gave[kind] += replies[kind]
        if b"Grbl " in data:
            self.got, self.gave = {"lines": 0, "polls": 0}, {"lines": 0, "polls": 0}
            self.asked_behind_banner = False
        self.to_machine_end(data)

    def reply_early(self, at):
        """Says the next reply behind row `at`, if it answers what the machine has got; True when there was one."""
        for i in range(at + 1, len(self.rows)):
            direction, data = self.rows[i]
            if direction != "{" or i in self.said:
                continue
            replies = self.replies_in(data)
            if not replies or any(self.gave[kind] + replies[kind] > self.got[kind] for kind in replies):
                return False
            self.said.add(i)
            self.say(data)
            return True
        return False

    def one_poll_at_a_time(self, at):
        """Of two `?` without a report between them lotgate keeps one, as the firmware does: the report goes first."""
        end = time.monotonic() + DEADLINE
        while self.got["polls"] > self.gave["polls"] and self.reply_early(at):
            while b">" not in self.at_sender and time.monotonic() < end:
                self.pump()

    def settle(self):
        """Behind a banner lotgate asks `$G` itself: that one is over before the sender's may come."""
        end = time.monotonic() + DEADLINE
        while not self.asked_behind_banner:
            if time.monotonic() > end:
                raise AssertionError(f"lotgate did not ask for the modes behind a banner; own: {self.own}")
            self.idle()

    def play(self, rows, sender):
        self.sender, self.rows = sender, rows
        for i, (direction, data) in enumerate(rows):
            try:
                if direction == ">":
                    if b"$G" in data:
                        self.settle()
                    if b"?" in data:
                        self.one_poll_at_a_time(i)
                    sender.send(data)
                elif direction == "}":
                    self.expect("at_machine", data, i)
                elif direction == "{":
                    if i not in self.said:
                        self.say(data)
                elif direction == "<":
                    self.expect("at_sender", data, i)
                else:
                    self.declare()
            except AssertionError as trouble:
                raise AssertionError(f"step {i}, {direction} {data!r}: {trouble}") from None
        self.pump(0.2)
        while self.answer_own():
            pass
        if self.at_machine or self.at_sender:
            raise AssertionError(f"more came: to the machine {bytes(self.at_machine)!r}, to the sender {bytes(self.at_sender)!r}")
