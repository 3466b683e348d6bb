#!/usr/bin/env python3
"""Checks a ledger without any of lotgate's own code.

    ledger_check.py DIRECTORY | ledger.db  [--key HEX]

Reads only the events and the stored bytes, with Python's sqlite3 and hashlib, and checks:
  - the chain: numbers without a gap, each hash that of its content, each naming the one before it;
  - that bodies are written in the one canonical way;
  - each checkpoint's statement about the head and, when a key is there, its Ed25519 signature (RFC 8032, written
    out below: slow, but nobody else's);
  - each job that started names at least one lot that was released at that moment, and has exactly one end or is
    the one still open on its machine; no job ends that has not started;
  - no lot gives more than was received; every path that an event names is stored with that hash;
  - each file that an event names (documents, photos) lies in DIRECTORY/documents with that hash.
Prints one line and exits with 0, or says what is wrong first and exits with 1.
"""
import hashlib
import json
import os
import sqlite3
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


class Bad(Exception):
    """What is wrong, as a sentence."""


# --- Ed25519, verification only, after RFC 8032 section 5.1 ------------------------------------------------

def point_add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        n >>= 1
    return result


def point_read(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_read((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_holds(public, message, signature):
    key, commitment = point_read(public), point_read(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = point_multiply(s, BASE), point_add(commitment, point_multiply(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- the chain ---------------------------------------------------------------------------------------------

def fields(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def event_hash(seq, site, time_us, kind, actor, body, previous):
    return hashlib.sha256(fields(
        b"lotgate-event-1", site.encode(), seq.to_bytes(8, "big"), time_us.to_bytes(8, "big", signed=True),
        kind.encode(), actor.encode(), body.encode(), previous)).digest()


class Shop:
    """What the events say, kept as simply as can be."""

    def __init__(self, stored):
        self.stored = stored
        self.lots, self.declared, self.jobs, self.running = {}, {}, {}, {}
        self.files = {}

    def apply(self, kind, body):
        act = getattr(self, kind.replace(".", "_"), None)
        if act:
            act(body)

    def document_attached(self, b):
        self.files[b["sha256"]] = b["document"]

    def note_added(self, b):
        if "photo" in b:
            self.files[b["photo"]] = b["note"]

    def nonconformance_opened(self, b):
        if "photo" in b:
            self.files[b["photo"]] = b["nonconformance"]

    def procedure_issued(self, b):
        if "document" in b:
            self.files[b["document"]] = b["procedure"]

    def lot_received(self, b):
        self.lots[b["lot"]] = {"state": b["state"], "left": b["amount"]}

    def lot_inspected(self, b):
        if b["match"] == "mismatch":
            self.lots[b["lot"]]["state"] = "quarantined"

    def lot_released(self, b):
        self.lots[b["lot"]]["state"] = "released"

    def lot_quarantined(self, b):
        self.lots[b["lot"]]["state"] = "quarantined"

    def lot_rejected(self, b):
        self.lots[b["lot"]]["state"] = "rejected"

    def lot_consumed(self, b):
        lot = self.lots[b["lot"]]
        lot["left"] -= b.get("amount", 0)
        if lot["left"] < 0:
            raise Bad(f"lot {b['lot']} gives more than was received")

    def declaration_made(self, b):
        self.declared[b["declaration"]] = [lot["lot"] for lot in b["lots"]]

    def job_started(self, b):
        job, lots = b["job"], self.declared.get(b["declaration"], [])
        if self.jobs.get(job):
            raise Bad(f"job {job} starts twice")
        if not lots:
            raise Bad(f"job {job} started without a lot")
        for lot in lots:
            if self.lots[lot]["state"] != "released":
                raise Bad(f"job {job} started with lot {lot}, which is {self.lots[lot]['state']}")
        if b["machine"] in self.running:
            raise Bad(f"job {job} started while {self.running[b['machine']]} ran on the same machine")
        self.jobs[job] = "running"
        self.running[b["machine"]] = job

    def job_ended(self, b):
        job = b["job"]
        if self.jobs.get(job) != "running":
            raise Bad(f"job {job} ends, but {'has ended already' if job in self.jobs else 'never started'}")
        self.jobs[job] = b["state"]
        self.running = {machine: open_job for machine, open_job in self.running.items() if open_job != job}
        self.path(b)

    def job_dry_run(self, b):
        self.path(b)

    def path(self, b):
        if "path" in b and b["path"] not in self.stored:
            raise Bad(f"the path of job {b['job']} is not stored")


def check_checkpoint(row, body, previous, key):
    if body["head"] != row["seq"] - 1 or body["hash"] != previous.hex():
        raise Bad("the checkpoint does not name the event before it")
    if key is None:
        return
    if body["public_key"] != key.hex():
        raise Bad("the checkpoint is signed with another key")
    message = fields(b"lotgate-checkpoint-1", row["site"].encode(), body["head"].to_bytes(8, "big"), previous)
    if not signature_holds(key, message, bytes.fromhex(body["signature"])):
        raise Bad("the checkpoint's signature is wrong")


def check_event(row, seq, previous, shop, key):
    if row["seq"] != seq:
        raise Bad(f"event {seq} is missing")
    if bytes(row["prev_hash"]) != previous:
        raise Bad("it does not name the event before it")
    found = event_hash(row["seq"], row["site"], row["time_us"], row["kind"], row["actor"], row["body"], previous)
    if bytes(row["hash"]) != found:
        raise Bad("its hash is not that of its content")
    body = json.loads(row["body"])
    if json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")) != row["body"]:
        raise Bad("its body is not written in the canonical way")
    if row["kind"] == "checkpoint":
        check_checkpoint(row, body, previous, key)
    shop.apply(row["kind"], body)
    return found


def check(db, key):
    stored = set()
    for name, data in db.execute("SELECT hash, data FROM blobs"):
        if hashlib.sha256(data).hexdigest() != name:
            raise Bad(f"the stored bytes {name} have another hash")
        stored.add(name)
    shop, previous, seq, checkpoints = Shop(stored), bytes(32), 0, 0
    for row in db.execute("SELECT * FROM events ORDER BY seq"):
        seq += 1
        try:
            previous = check_event(row, seq, previous, shop, key)
        except (Bad, KeyError, ValueError) as why:
            raise Bad(f"event {seq} ({row['kind']}): {why}") from None
        checkpoints += row["kind"] == "checkpoint"
    return seq, checkpoints, shop, previous


def check_files(folder, files):
    for sha256, named in files.items():
        try:
            with open(os.path.join(folder, sha256), "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
                    else hashlib.sha256(file.read()).hexdigest()
        except OSError as why:
            raise Bad(f"the file of {named}: {why}") from None
        if found != sha256:
            raise Bad(f"the file of {named} has another hash than the event says")


def main():
    arguments = sys.argv[1:]
    key = None
    if "--key" in arguments:
        at = arguments.index("--key")
        key = bytes.fromhex(arguments[at + 1])
        del arguments[at:at + 2]
    if len(arguments) != 1:
        print(__doc__)
        return 2
    path, folder = arguments[0], None
    if os.path.isdir(path):
        folder = os.path.join(path, "documents")
        public = os.path.join(path, "ledger.pub")
        if key is None and os.path.exists(public):
            with open(public, encoding="ascii") as file:
                key = bytes.fromhex(file.read().strip())
        path = os.path.join(path, "ledger.db")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    db.execute("BEGIN")  # one moment, while a daemon may go on writing
    try:
        events, checkpoints, shop, head = check(db, key)
        if folder:
            check_files(folder, shop.files)
    except Bad as why:
        print(f"BAD: {why}")
        return 1
    ends = sum(state != "running" for state in shop.jobs.values())
    print(f"ok: {events} events, {checkpoints} checkpoints{'' if key else ' (signatures not checked: no key)'}, "
          f"{len(shop.jobs)} jobs started, {ends} ended, {len(shop.running)} open, head {head.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
