"""The link between host and hook (proto/link.h), written from its text alone: frames, CRC, SipHash, and a host that talks to a hook.

It shares no code with proto/, so each checks the other: test_link_client.py reads the vectors of tests/data with it.
"""
import os
import re
import time

FRAME_MAX = 120
OPENING = {"host": "$LG ", "hook": "[LG:"}
VERBS = ("HELLO", "PAIR", "OPEN", "CLOSE", "PING", "PONG", "SCAN", "EVENT", "SHOW")
PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:+/_-")
MASK = (1 << 64) - 1


def crc16(data):
    """CRC-16/CCITT-FALSE."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _rotate(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK


def _round(v):
    v[0] = (v[0] + v[1]) & MASK
    v[1] = _rotate(v[1], 13) ^ v[0]
    v[0] = _rotate(v[0], 32)
    v[2] = (v[2] + v[3]) & MASK
    v[3] = _rotate(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & MASK
    v[3] = _rotate(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & MASK
    v[1] = _rotate(v[1], 17) ^ v[2]
    v[2] = _rotate(v[2], 32)


def siphash128(key, data):
    """SipHash-2-4 with 128 bits of output."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at:at + 8], "little")
        v[3] ^= word
        _round(v), _round(v)
        v[0] ^= word
    out = b""
    for mark, place in ((0xEE, 2), (0xDD, 1)):
        v[place] ^= mark
        for _ in range(4):
            _round(v)
        out += (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")
    return out


def encode(text):
    """A value's text as it stands in a frame."""
    return "".join(chr(b) if b in PLAIN else f"%{b:02X}" for b in (text.encode() if isinstance(text, str) else text))


def decode(value):
    return re.sub(rb"%([0-9A-F]{2})", lambda m: bytes([int(m.group(1), 16)]), value.encode()).decode("utf-8", "replace")


class Secret:
    """A pairing key and the nonces of the last HELLO pair."""

    def __init__(self, key, host_nonce=b"", hook_nonce=b""):
        self.key, self.host_nonce, self.hook_nonce = key, host_nonce, hook_nonce

    def mac(self, side, text):
        mark = b"H" if side == "host" else b"M"
        return siphash128(self.key, mark + self.host_nonce + self.hook_nonce + text.encode()).hex().upper()


def frame(side, verb, fields, secret=None):
    """A whole line without its end. `fields` are pairs of key and encoded value; with a secret, the MAC comes last."""
    body = " ".join([verb] + [f"{key}={value}" for key, value in fields])
    if secret:
        body += " m=" + secret.mac(side, body)
    line = f"{OPENING[side]}{body}*{crc16(body.encode()):04X}" + ("]" if side == "hook" else "")
    assert len(line) <= FRAME_MAX, line
    return line


class Frame:
    """What a line says: verb and fields (encoded). `right(secret)` judges its MAC."""

    def __init__(self, side, line):
        """Raises ValueError when the line is not a frame of that side."""
        end = "]" if side == "hook" else ""
        match = re.fullmatch(re.escape(OPENING[side]) + r"([^*]*)\*([0-9A-F]{4})" + re.escape(end), line)
        if not match or len(line) > FRAME_MAX:
            raise ValueError("not a frame")
        self.side, self.body = side, match.group(1)
        if int(match.group(2), 16) != crc16(self.body.encode()):
            raise ValueError("wrong crc")
        words = self.body.split(" ")
        self.verb = words[0]
        if self.verb not in VERBS:
            raise ValueError("unknown verb")
        self.fields = {}
        for word in words[1:]:
            key, _, value = word.partition("=")
            self.fields.setdefault(key, value)

    def __getitem__(self, key):
        return self.fields.get(key)

    def text(self, key):
        return decode(self.fields[key]) if key in self.fields else None

    def right(self, secret):
        said, _, mac = self.body.rpartition(" m=")
        return bool(said) and secret.mac(self.side, said) == mac

    def __repr__(self):
        return f"<{self.body}>"


def read_frame(side, line):
    """The frame, or None."""
    try:
        return Frame(side, line)
    except ValueError:
        return None


class Host:
    """A host on a machine's line. `line` sends bytes, reads lines, and keeps them in `seen` (lotgate_e2e.Line)."""

    def __init__(self, line, key=None):
        self.line, self.secret, self.counter = line, Secret(key or os.urandom(16)), 0
        self.sent = []
        self.looked = dict.fromkeys(("EVENT", "SCAN", "answers"), len(line.seen))  # so far into what was seen

    def send(self, verb, *fields, mac=False):
        line = frame("host", verb, fields, self.secret if mac else None)
        self.sent.append(line)
        self.looked["answers"] = len(self.line.seen)
        self.line.send(line.encode() + b"\n")

    def _look(self, place, verb):
        """The next frame with that verb among the lines that were read, or None."""
        while self.looked[place] < len(self.line.seen):
            line = self.line.seen[self.looked[place]]
            self.looked[place] += 1
            if line.startswith(b"[LG:"):
                got = read_frame("hook", line.decode("ascii", "replace"))
                if got is None:
                    raise AssertionError(f"the hook said what is no frame: {line}")
                if got.verb == verb:
                    return got
        return None

    def take(self, verb, wait=20.0):
        place = verb if verb in ("EVENT", "SCAN") else "answers"
        end = time.monotonic() + wait
        while True:
            got = self._look(place, verb)
            if got:
                return got
            if not self.line.read(max(0.0, end - time.monotonic())):
                raise AssertionError(f"no {verb} came; seen: {self.line.seen[-10:]}")

    def event(self, wait=20.0):
        """The next event: what, source, job."""
        got = self.take("EVENT", wait)
        return got["e"], got["src"], got["j"]

    def told(self):
        """The events among the lines that were read, since the last time."""
        events = []
        while (got := self._look("EVENT", "EVENT")):
            events.append((got["e"], got["src"], got["j"]))
        return events

    def hello(self):
        self.secret.host_nonce, self.counter = os.urandom(8), 0
        self.send("HELLO", ("v", "0001"), ("n", self.secret.host_nonce.hex().upper()))
        answer = self.take("HELLO")
        self.secret.hook_nonce = bytes.fromhex(answer["n"])
        return answer

    def pair(self):
        self.send("PAIR", ("k", self.secret.key.hex().upper()))
        return self.verdict("PAIR")

    def open(self, job, lot="ACR-1", life=30):
        """"ok", or why not."""
        self.send("OPEN", ("j", encode(job)), ("l", encode(lot)), ("t", f"{life:04X}"), mac=True)
        return self.verdict("OPEN")

    def close(self, job):
        self.send("CLOSE", ("j", encode(job)), mac=True)
        return self.verdict("CLOSE")

    def verdict(self, verb):
        answer = self.take(verb)
        return "ok" if answer["ok"] == "0001" else answer["err"]

    def ping(self):
        """The hook's state, from a PONG whose MAC is right."""
        self.counter += 1
        self.send("PING", ("c", f"{self.counter:04X}"), mac=True)
        answer = self.take("PONG")
        assert answer.right(self.secret) and int(answer["c"], 16) == self.counter, answer
        return answer["st"]

    def show(self, text):
        self.send("SHOW", ("d", encode(text)))

    def state(self):
        return self.hello()["st"]
