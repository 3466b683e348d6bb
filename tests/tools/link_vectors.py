#!/usr/bin/env python3
"""Writes tests/data/link-vectors.txt: frames of the host-hook link, good and bad, from a construction of its own.

It shares no code with proto/: crc and SipHash are written here again from their descriptions, on Python's integers. Run
`python3 tests/tools/link_vectors.py > tests/data/link-vectors.txt`; with --check it compares instead.
"""
import os
import sys

PLAIN = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:+/_-")
MASK = (1 << 64) - 1


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def rotl(x, n):
    return (x << n | x >> (64 - n)) & MASK


def siphash128(key, data):
    k0, k1 = (int.from_bytes(key[i:i + 8], "little") for i in (0, 8))
    v0, v1, v2, v3 = (k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE,
                      k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573)

    def rounds(v, n):
        v0, v1, v2, v3 = v
        for _ in range(n):
            v0 = (v0 + v1) & MASK
            v1 = rotl(v1, 13) ^ v0
            v0 = rotl(v0, 32)
            v2 = (v2 + v3) & MASK
            v3 = rotl(v3, 16) ^ v2
            v0 = (v0 + v3) & MASK
            v3 = rotl(v3, 21) ^ v0
            v2 = (v2 + v1) & MASK
            v1 = rotl(v1, 17) ^ v2
            v2 = rotl(v2, 32)
        return v0, v1, v2, v3

    padded = data + b"\0" * (7 - len(data) % 8) + bytes([len(data) & 0xFF])
    v = (v0, v1, v2, v3)
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i:i + 8], "little")
        v = (v[0], v[1], v[2], v[3] ^ word)
        v = rounds(v, 2)
        v = (v[0] ^ word, v[1], v[2], v[3])
    v = rounds((v[0], v[1], v[2] ^ 0xEE, v[3]), 4)
    out = (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")
    v = rounds((v[0], v[1] ^ 0xDD, v[2], v[3]), 4)
    return out + (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


def encode(text):
    return "".join(c if c in PLAIN else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


KEY = bytes(range(16))
HOST, HOOK = bytes.fromhex("0123456789ABCDEF"), bytes.fromhex("FEDCBA9876543210")


def mac(side, body, key=KEY, host=HOST, hook=HOOK):
    return siphash128(key, (b"H" if side == "host" else b"M") + host + hook + body.encode()).hex().upper()


def frame(side, body, crc=None):
    crc = f"{crc16(body.encode()) if crc is None else crc:04X}"
    return f"$LG {body}*{crc}" if side == "host" else f"[LG:{body}*{crc}]"


def signed(side, body, **keys):
    return f"{body} m={mac(side, body, **keys)}"


OPEN = f"OPEN j=JOB-000017 l={encode('ACR-1126-001')} t=001E"


def vectors():
    """verdict, side, key, host nonce, hook nonce, frame, why"""
    def row(verdict, side, text, why):
        return verdict, side, KEY.hex().upper(), HOST.hex().upper(), HOOK.hex().upper(), text, why

    for side, body, why in [
            ("host", f"HELLO v=0001 n={HOST.hex().upper()}", "HELLO from the host"),
            ("hook", f"HELLO v=0001 st=locked n={HOOK.hex().upper()} b=0003 sn=TTS55-0042 fw=grbl-1.1h", "its answer"),
            ("hook", f"HELLO v=0001 st=running n={HOOK.hex().upper()} b=FFFF sn=TTS55-0042 j=JOB-000017", "no room for fw"),
            ("host", "PAIR k=000102030405060708090A0B0C0D0E0F", "PAIR"),
            ("hook", "PAIR ok=0001", "taken"),
            ("hook", "PAIR err=paired", "refused"),
            ("hook", "OPEN j=JOB-000017 ok=0001", "OPEN taken"),
            ("hook", "OPEN j=JOB-000017 err=mac", "OPEN refused"),
            ("hook", f"SCAN d={encode('(01)0401 2345;€')}", "bytes that do not stand for themselves"),
            ("hook", "SCAN d= cut=0001", "a code too long for a frame"),
            ("hook", "EVENT e=blocked src=panel", "a blocked start"),
            ("hook", "EVENT e=started src=sd j=JOB-000017", "a start"),
            ("host", f"SHOW d={encode('Scan the lot|Laser 2!')}", "a text of two lines"),
            ("host", "SHOW d=", "the hook's own text"),
            ("host", f"SHOW later=0001 d={encode('x')} n2=a", "keys that the receiver does not know")]:
        if why.startswith("keys"):
            body = body.replace("later=", "zz=").replace("n2=", "y=")
        yield row("good", side, frame(side, body), why)
    for side, body, why in [
            ("host", OPEN, "OPEN"),
            ("host", "CLOSE j=JOB-000017", "CLOSE"),
            ("host", "PING c=0001", "PING"),
            ("hook", "PONG c=0001 st=open", "PONG"),
            ("host", "OPEN j=J t=FFFF", "without a lot")]:
        yield row("good-mac", side, frame(side, signed(side, body)), why)
    for text, why in [
            (frame("host", signed("hook", OPEN)), "said with the machine's mark"),
            (frame("host", signed("host", OPEN, key=bytes(16))), "another key"),
            (frame("host", signed("host", OPEN, host=HOOK, hook=HOST)), "nonces the wrong way round"),
            (frame("host", signed("host", OPEN, hook=bytes(8))), "another hook nonce"),
            (frame("host", signed("host", OPEN).replace("000017", "000018")), "another job, crc made anew"),
            (frame("host", signed("host", OPEN).replace("1126-001", "1126-002")), "another lot, crc made anew"),
            (frame("host", signed("host", OPEN).replace("t=001E", "t=FFFF")), "a longer life, crc made anew"),
            (frame("host", f"OPEN m={mac('host', OPEN)}" + OPEN[4:]), "m is not the last field"),
            (frame("host", signed("host", OPEN)[:-1] + "x"), "a digit in small letters"),
            (frame("host", signed("host", OPEN)[:-1]), "a digit is missing"),
            (frame("host", OPEN), "no m")]:
        yield row("bad-mac", "host", text, why)
    good = frame("host", signed("host", OPEN))
    for side, text, why in [
            ("host", good[:-1], "cut by one"),
            ("host", good[:40], "cut in the middle"),
            ("host", "$LG ", "an opening alone"),
            ("host", frame("host", OPEN, crc=0), "a wrong crc"),
            ("host", good[:-4] + good[-4:].lower(), "a crc in small letters"),
            ("host", good + " ", "a byte behind the crc"),
            ("host", "$lg" + good[3:], "an opening in small letters"),
            ("host", frame("host", "OPENED j=J"), "an unknown verb"),
            ("host", frame("host", "hello v=0001"), "a verb in small letters"),
            ("host", frame("host", ""), "no verb"),
            ("host", frame("host", "SHOW d=" + "x" * 105), "121 characters"),
            ("hook", frame("hook", "PAIR ok=0001")[:-1], "no closing"),
            ("hook", frame("host", "PAIR ok=0001"), "the other side's opening")]:
        yield row("bad", side, text, why)
    yield row("good", "host", frame("host", "SHOW d=" + "x" * 104), "120 characters")


HEAD = """\
# Vectors of the link between host and hook (proto/link.h), for whoever writes an implementation of his own.
# Made by tests/tools/link_vectors.py, which shares no code with proto/. Each line, parted by `|`:
#   verdict | who says it | key | host nonce | hook nonce | the line without its line end | why
# verdict: good      it reads as a frame (no MAC is asked for)
#          good-mac  it reads, and its MAC is right under that key and those nonces
#          bad-mac   it reads, and its MAC is not right
#          bad       it does not read
# MAC: SipHash-2-4-128 over `H` (host) or `M` (hook), both nonces, and the body up to ` m=`. For the line named OPEN these are
# the bytes (hex) and the MAC:
"""


def main():
    covered = b"H" + HOST + HOOK + OPEN.encode()
    text = HEAD + f"#   {covered.hex().upper()}\n#   {mac('host', OPEN)}\n"
    text += "".join("|".join(row) + "\n" for row in vectors())
    if sys.argv[1:] == ["--check"]:
        here = os.path.join(os.path.dirname(__file__), "..", "data", "link-vectors.txt")
        with open(here, encoding="ascii") as file:
            sys.exit(0 if file.read() == text else "tests/data/link-vectors.txt is not what the tool writes")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
