"""Large documents through the command line and HTTP, and what may go wrong with them: memory, a kill, a full disk, a file that
was changed afterwards."""
import fcntl
import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import unittest

from lotgate_e2e import DEADLINE, LOTGATE, TOP, LotgateTest, wait_for

SIZE = 200 * 1000 * 1000
MEMORY_KIB = 32 * 1024


def vm_hwm(pid):
    """The largest resident memory that a process has had, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def last_memory(pid):
    """The same of a process that may have ended: 0."""
    try:
        return vm_hwm(pid)
    except (OSError, StopIteration):
        return 0


def make_large(path, word):
    """A PDF of 200 MB, to look at; its SHA-256."""
    with open(path, "wb") as file:
        file.write(b"%PDF-1.4 " + word)
        file.truncate(SIZE)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


class Blocked:
    """A command whose standard output is full, so that it waits at its last word and can be looked at."""

    def __init__(self, *words):
        self.read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"\n" * 4096)
        except BlockingIOError:
            os.set_blocking(write, True)
        self.process = subprocess.Popen([LOTGATE, *words], stdout=write, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        os.close(write)

    def finish(self):
        with open(self.read, "rb") as file:
            said = file.read().strip()
        errors = self.process.stderr.read()
        self.process.stderr.close()
        return self.process.wait(DEADLINE), said, errors


class Documents(LotgateTest):
    def setUp(self):
        super().setUp()
        self.gate = self.daemon(self.machine_config("sim:laser"), start=False)
        self.lot = self.gate.stock()
        self.kept = os.path.join(self.gate.data, "documents")
        self.paper = os.path.join(self.folder, "mtr.pdf")

    def files(self):
        return sorted(os.listdir(self.kept)) if os.path.isdir(self.kept) else []

    def documents(self):
        return self.gate.listing("lot", "show", self.lot)["documents"]

    def post(self, path, body, kind="application/pdf", more=None):
        connection = http.client.HTTPConnection(self.gate.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", "/api/v1" + path, body, {"Content-Type": kind, **(more or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def oracle(self):
        """What the second program, which shares no code with lotgate, says of the ledger."""
        return subprocess.run([sys.executable, os.path.join(TOP, "tests/tools/ledger_check.py"), self.gate.data],
                              stdout=subprocess.PIPE, text=True, check=False, timeout=60).stdout

    def attached(self, sha256):
        """Without an error while the disk, busy with 200 MB, lets the ledger's last close wait."""
        done = self.gate.run("lot", "show", self.lot, "--json")
        return done.returncode == 0 and sha256 in done.stdout

    def by_command(self, sha256):
        command = Blocked("--data", self.gate.data, "lot", "document", self.lot, self.paper, "--kind", "mtr")
        try:
            wait_for(lambda: self.attached(sha256) or command.process.poll() is not None, "the document to be attached", 120)
            self.assertIsNone(command.process.poll(), "it waits for its output")
            memory = vm_hwm(command.process.pid)
        finally:
            status, said, errors = command.finish()
        self.assertEqual((status, said), (0, b"Document DOC-000001 is attached."), errors)
        self.assertLess(memory, MEMORY_KIB)
        print(f"# command line {memory} KiB")

    def test_200_mb_by_the_command_line_in_32_mib(self):
        sha256 = make_large(self.paper, b"alone")
        self.by_command(sha256)
        self.assertEqual(self.files(), [sha256])
        self.gate.command("ledger", "verify")

    def test_200_mb_beside_the_daemon_and_by_http_in_32_mib(self):
        self.gate.start()
        sha256 = make_large(self.paper, b"command")
        self.by_command(sha256)
        second = make_large(self.paper, b"http")
        with open(self.paper, "rb") as file:
            status, answer = self.post(f"/lots/{self.lot}/documents?name=big.pdf&kind=coc", file, more={"Content-Length": str(SIZE)})
        self.assertEqual(status, 201, answer)
        self.assertEqual(self.files(), sorted([sha256, second]))
        connection = http.client.HTTPConnection(self.gate.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", f"/api/v1/documents/{second}")
        answer, digest = connection.getresponse(), hashlib.sha256()
        while piece := answer.read(1 << 20):
            digest.update(piece)
        self.assertEqual(digest.hexdigest(), second)
        self.assertLess(vm_hwm(self.gate.server.process.pid), MEMORY_KIB)
        print(f"# daemon {vm_hwm(self.gate.server.process.pid)} KiB")
        # nor does the check of it all take more
        memory, checked = 0, subprocess.Popen([LOTGATE, "--data", self.gate.data, "ledger", "verify"], stdout=subprocess.DEVNULL)
        while checked.poll() is None:
            memory = max(memory, last_memory(checked.pid))
        self.assertEqual(checked.returncode, 0)
        self.assertTrue(0 < memory < MEMORY_KIB, memory)
        print(f"# verify {memory} KiB")

    def test_what_a_kill_left_is_swept_at_the_start(self):
        self.gate.start()
        connection = http.client.HTTPConnection(self.gate.address, timeout=DEADLINE)
        self.addCleanup(connection.close)
        connection.putrequest("POST", f"/api/v1/lots/{self.lot}/documents?name=a.pdf&kind=mtr")
        connection.putheader("Content-Type", "application/pdf")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders(b"%PDF-1.4" + b"x" * 50000)
        wait_for(lambda: self.files() and self.files()[0].startswith(".draft-"), "the draft")
        self.gate.server.end(signal.SIGKILL)
        self.assertEqual(len(self.files()), 1)
        self.gate.start()
        self.assertEqual(self.files(), [])
        self.gate.command("ledger", "verify")

    def test_a_draft_that_is_being_written_is_left_alone(self):
        fifo = os.path.join(self.kept, ".draft-held")
        os.makedirs(self.kept, exist_ok=True)
        with open(fifo, "wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.gate.start()
            self.assertEqual(self.files(), [".draft-held"])
            self.gate.stop()
        self.gate.start()
        self.assertEqual(self.files(), [])

    def test_a_changed_file_is_found(self):
        with open(self.paper, "wb") as file:
            file.write(b"%PDF-1.4 heat 88-1204")
        self.gate.command("lot", "document", self.lot, self.paper, "--kind", "mtr")
        self.assertIn("documents", self.gate.command("ledger", "verify"))
        self.assertEqual(self.oracle()[:3], "ok:")
        with open(os.path.join(self.kept, self.files()[0]), "r+b") as file:
            file.seek(14)
            file.write(b"89")
        done = self.gate.run("ledger", "verify")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"DOC-000001 \([0-9a-f]{64}\) was changed after it was stored")
        self.assertRegex(self.oracle(), "BAD: the file of DOC-000001 has another hash")

    def test_a_full_disk_leaves_nothing_half(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small file system")
        os.makedirs(self.kept, exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.kept], stderr=subprocess.PIPE, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a small file system: {mounted.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.kept], check=False)
        with open(self.paper, "wb") as file:
            file.write(b"%PDF-1.4" + bytes(3_000_000))
        done = self.gate.run("lot", "document", self.lot, self.paper, "--kind", "mtr")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)
        self.gate.start()
        with open(self.paper, "rb") as file:
            status, answer = self.post(f"/lots/{self.lot}/documents?name=a.pdf&kind=mtr", file.read())
        self.assertEqual((status, answer["error"]["code"]), (503, "storage_failed"))
        self.assertEqual((self.files(), self.documents()), ([], []))
        self.gate.command("ledger", "verify")

    def test_a_wrong_file_is_refused(self):
        with open(self.paper, "wb") as file:
            file.write(b"PK\3\4 a spreadsheet")
        done = self.gate.run("lot", "document", self.lot, self.paper, "--kind", "mtr")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no PDF, PNG, JPEG, WebP or XML", done.stderr)
        done = self.gate.run("note", self.lot, "look", "--photo", self.paper)
        self.assertEqual((done.returncode, self.files()), (1, []))

    def test_a_note_with_a_photo(self):
        photo = os.path.join(self.folder, "lens.jpg")
        with open(photo, "wb") as file:
            file.write(b"\xff\xd8\xff\xe0 a picture")
        for subject in (self.lot, "OP1"):  # the same picture is stored once
            self.gate.command("note", subject, "the lens is cracked", "--photo", photo)
        self.gate.command("nonconformance", "open", self.lot, "scratched", "--photo", photo)
        notes = self.gate.listing("lot", "show", self.lot)["notes"]
        self.assertEqual(self.files(), [notes[0]["photo"]])
        self.assertIn(notes[0]["photo"][:12], self.gate.command("lot", "show", self.lot))
        done = self.gate.run("note", self.lot, "x", "--photo", os.path.join(self.folder, "none.jpg"))
        self.assertEqual(done.returncode, 1)
        self.gate.command("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
