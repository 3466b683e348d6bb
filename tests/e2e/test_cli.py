"""The command line as a person or a script uses it: without a daemon, against a daemon that misbehaves, and with the
real one and its simulated machines."""
import csv
import hashlib
import http.server
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from lotgate_e2e import DEADLINE, LOTGATE, TOP, Daemon, Process, cut, wait_for

MMYY = time.strftime("%m%y", time.gmtime())


def run(data, *words, env=None):
    return subprocess.run([LOTGATE, "--data", data, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=60, text=True, check=False, env=env)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lotgate-cli-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = os.path.join(self.folder, "data")

    def run_cli(self, *words):
        return run(self.data, *words)

    def ok(self, *words):
        done = self.run_cli(*words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def refused(self, status, sentence, *words):
        """The exit status, and an error of two lines on stderr, none on stdout."""
        done = self.run_cli(*words)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        self.assertRegex(done.stderr, r"(?m)^lotgate: .*" + sentence)
        return done.stderr

    def stock(self):
        self.ok("supplier", "add", "ACME", "Acme Plastics", "--email", "qa@acme.example", "--phone", "+49 30 1234")
        self.ok("material", "add", "ACR", "Acrylic, cast, 3 mm", "--form", "sheet", "--thickness", "3mm", "--density", "1.19")
        self.ok("operator", "add", "OP1", "Kim Lee", "--badge", "4711")

    def receive(self, *more):
        return self.ok("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "88-1204", "--quantity", "5sheet",
                       *more).strip()


class WithoutDaemon(Case):
    def test_a_lot_from_receipt_to_release(self):
        self.stock()
        done = self.run_cli("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "88-1204", "--heat", "H1",
                            "--cert-heat", "H1", "--quantity", "5sheet")
        self.assertEqual(done.stdout, f"ACR-{MMYY}-001\n")  # nothing else: a script takes it
        self.assertIn("received", done.stderr)
        self.ok("lot", "release", f"ACR-{MMYY}-001", "--by", "OP1")
        lot = json.loads(self.ok("lot", "show", f"ACR-{MMYY}-001", "--json"))
        self.assertEqual((lot["state"], lot["state_by"], lot["supplier"]), ("released", "OP1", "ACME"))
        shown = self.ok("lot", "show", f"ACR-{MMYY}-001")
        for text in ("released", "Acme Plastics", "88-1204", "lot.received"):
            self.assertIn(text, shown)
        self.assertRegex(shown, r"lot\.released +OP1\n")
        self.assertRegex(shown, r"lot\.received +cli:")

    def test_a_wrong_heat_number_is_refused_with_what_to_do(self):
        self.stock()
        lot = self.receive("--heat", "H1", "--cert-heat", "H2")
        said = self.refused(1, "can't be released", "lot", "release", lot)
        self.assertRegex(said, r"(?m)^  \S")
        self.ok("lot", "reject", lot, "--reason", "heat numbers differ")
        self.assertIn("rejected", self.ok("lot", "list", "--state", "rejected"))

    def test_exit_statuses(self):
        self.stock()
        lot = self.receive()
        self.refused(1, "no lot NOPE", "lot", "show", "NOPE")
        self.refused(2, "no command", "lto", "list")
        self.assertIn("Did you mean --by", self.refused(2, "no option", "lot", "release", lot, "--bye", "OP1"))
        self.assertIn("usage: lotgate lot", self.refused(2, "LOT is missing", "lot", "release"))
        self.refused(2, "no number", "declare", "laser1", lot, "--count", "many")
        said = self.refused(3, "none runs", "declare", "laser1", lot)
        self.assertIn(f"lotgate serve --data {self.data}", said)
        gcode = os.path.join(self.folder, "a.nc")
        open(gcode, "w").write("G0 X1\n")
        self.refused(3, "none runs", "send", "laser1", gcode)
        self.refused(3, "none runs", "watch")
        self.refused(3, "none runs", "cancel", "laser1")

    def test_reading_makes_nothing(self):
        self.refused(1, "no ledger", "lot", "list")
        self.refused(1, "no ledger", "ledger", "verify")
        self.assertFalse(os.path.exists(self.data))

    def test_help_is_no_error(self):
        for words in ((), ("lot",), ("lot", "receive"), ("declare",)):
            for done in (run(self.data, *words, "--help"), run(self.data, "help", *words)):
                self.assertEqual((done.returncode, done.stderr), (0, ""), words)
                self.assertIn("usage: lotgate", done.stdout)
        self.assertEqual(run(self.data).returncode, 2)
        self.assertRegex(run(self.data, "version").stdout, r"^lotgate \d+\.\d+\.\d+\n$")
        self.assertEqual(run(self.data, "--version").stdout, run(self.data, "version").stdout)

    def test_each_command_that_a_text_names_is_there(self):
        """What a refusal or a hint tells a person to type: words and options stand in the table of commands."""
        named = set()
        for folder, _, names in os.walk(os.path.join(TOP, "hostd")):
            for name in names:
                if name.endswith((".c", ".h", ".js", ".html")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        text = re.sub(r'"\s*\n\s*"', "", file.read())  # a literal over several lines
                    named.update(re.findall(r"`lotgate ([^`\n]+)`", text))
        self.assertGreater(len(named), 15)
        for line in sorted(named):
            words = re.match(r"[a-z]+(?: [a-z]+)?", line)
            done = self.run_cli("help", *([] if line.startswith("help") else words.group().split()))
            self.assertEqual(done.returncode, 0, f"`lotgate {line}`: {done.stderr}")
            for option in re.findall(r"--[a-z-]+", line):
                self.assertIn(option, done.stdout, line)

    def test_many_at_once_wait_for_each_other(self):
        self.stock()
        commands = [subprocess.Popen([LOTGATE, "--data", self.data, "operator", "add", f"P{i}", f"Person {i}"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for i in range(8)]
        for command in commands:
            _, said = command.communicate(timeout=60)
            self.assertEqual(command.returncode, 0, said)
        self.assertEqual(len(json.loads(self.ok("operator", "list", "--json"))), 9)
        self.ok("ledger", "verify")

    def test_a_csv_is_no_formula(self):
        self.ok("supplier", "add", "S1", "=cmd|' /C calc'!A0", "--phone", "+49 30 1234", "--address", 'a "b", c')
        rows = list(csv.DictReader(io.StringIO(self.ok("supplier", "list", "--csv"))))
        self.assertEqual(rows[0]["name"], "'=cmd|' /C calc'!A0")
        self.assertEqual(rows[0]["phone"], "'+49 30 1234")
        self.assertEqual(rows[0]["address"], 'a "b", c')

    def test_documents_are_kept_by_their_hash(self):
        self.stock()
        paper = os.path.join(self.folder, "mtr.pdf")
        content = b"%PDF-1.4" + os.urandom(99992)
        open(paper, "wb").write(content)
        lot = self.receive("--document", paper, "--kind", "mtr", "--issuer", "Mill", "--document", paper, "--kind", "coc")
        documents = json.loads(self.ok("lot", "show", lot, "--json"))["documents"]
        self.assertEqual([(d["kind"], d["issuer"], d["size"]) for d in documents],
                         [("mtr", "Mill", 100000), ("coc", None, 100000)])
        digest = hashlib.sha256(content).hexdigest()
        kept = os.path.join(self.data, "documents", digest)
        self.assertEqual(open(kept, "rb").read(), content)
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.join(self.data, "documents")), [digest])  # no draft is left
        self.ok("lot", "document", lot, paper, "--kind", "sds")
        self.refused(1, "no lot NOPE", "lot", "document", "NOPE", paper, "--kind", "sds")

    def test_the_letter_to_the_supplier(self):
        self.stock()
        self.ok("supplier", "contact", "ACME", "Pat \u202e Quinn", "--role", "quality", "--email", "pat@acme.example")
        self.ok("material", "add", "STL", "Steel", "--require", "mtr:3.1")
        self.ok("lot", "receive", "STL", "--supplier", "ACME", "--supplier-lot", "H-7", "--quantity", "2sheet",
                "--purchase-order", "PO-9", "--lot", "S1", "--cost", "149.90", "--currency", "EUR")
        config = os.path.join(self.folder, "lotgate.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"data": self.data, "address": "Kim's Workshop\n10115 \x1b[31mBerlin"}, file)
        letter = self.ok("lot", "request", "S1", "-c", config)
        for text in (r"To         Pat \u202e Quinn, Acme Plastics <pat@acme.example>", "PO-9", "EN 10204 type 3.1",
                     "Kim's Workshop\n10115 \\x1b[31mBerlin\n"):
            self.assertIn(text, letter)
        answer = json.loads(self.ok("lot", "request", "S1", "--json"))
        self.assertEqual((answer["to"]["email"], [one["asked"] for one in answer["missing"]]), ("pat@acme.example", ["mtr:3.1"]))
        self.assertNotIn("Berlin", answer["text"])
        lot = self.receive()
        self.refused(1, "has the documents", "lot", "request", lot)
        self.assertIn("149.90", self.ok("lot", "show", "S1"))
        rows = list(csv.DictReader(io.StringIO(self.ok("lot", "list", "--csv"))))
        self.assertEqual({row["lot"]: (row["cost"], row["currency"], row["purchase_order"]) for row in rows},
                         {"S1": ("149.90", "EUR", "PO-9"), lot: ("", "", "")})

    def test_how_much_of_a_supplier_was_rejected(self):
        self.stock()
        lots = [self.receive() for _ in range(8)]
        self.ok("lot", "reject", lots[0], "--reason", "warped")
        row = next(csv.DictReader(io.StringIO(self.ok("supplier", "list", "--csv"))))
        self.assertEqual((row["lots"], row["rejected"], row["rejected_percent"]), ("8", "1", "12.5"))
        self.assertIn("12.5", self.ok("supplier", "list"))
        self.assertEqual(json.loads(self.ok("supplier", "show", "ACME", "--json"))["rejected_percent"], 12.5)
        self.assertRegex(self.ok("supplier", "show", "ACME"), r"Rejected, % +12.5")
        self.assertIn("warped", self.ok("supplier", "show", "ACME"))

    def test_documents_of_lots_materials_and_suppliers(self):
        self.stock()
        paper = os.path.join(self.folder, "sds.pdf")
        for revision in ("1", "2"):
            with open(paper, "w", encoding="ascii") as file:
                file.write("%PDF-1.4 " + revision)
            self.ok("material", "document", "ACR", paper, "--kind", "sds", "--revision", revision)
        self.ok("supplier", "document", "ACME", paper, "--kind", "rohs", "--valid-until", "2020-01-01")
        lot = self.receive("--document", paper, "--kind", "mtr", "--en10204", "3.1")
        rows = list(csv.DictReader(io.StringIO(self.ok("document", "list", "--csv"))))
        self.assertEqual([(row["kind"], row["type"], row["revision"], row["state"], row["owner"]) for row in rows],
                         [("mtr", "3.1", "", "current", lot), ("rohs", "", "", "expired", "ACME"), ("sds", "", "2", "current", "ACR"),
                          ("sds", "", "1", "superseded", "ACR")])
        self.assertRegex(self.ok("document", "show", "DOC-000001"), r"NEWER +DOC-000002")
        self.assertIn("superseded", self.ok("material", "show", "ACR"))
        self.refused(2, "EN 10204 has no type", "lot", "document", lot, paper, "--kind", "mtr", "--en10204", "4")
        self.refused(1, "already", "material", "document", "ACR", paper, "--kind", "sds", "--supersedes", "DOC-000001")

    def test_a_document_that_can_not_be_taken_stops_the_receipt(self):
        self.stock()
        words = ["lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "1", "--quantity", "1sheet", "--document"]
        self.refused(1, "can't be taken", *words, os.path.join(self.folder, "absent"), "--kind", "mtr")
        self.refused(1, "no ordinary file", *words, self.folder, "--kind", "mtr")
        self.refused(2, "no kind", *words, __file__)
        self.refused(2, "no document", *words[:-1], "--kind", "mtr")
        self.assertEqual(json.loads(self.ok("lot", "list", "--json")), [])

    def test_the_ledger_is_checked_exported_and_copied(self):
        self.stock()
        events = [json.loads(line) for line in self.ok("ledger", "export").splitlines()]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        self.assertIn("supplier.added", [e["kind"] for e in events])
        later = self.ok("ledger", "export", "--after", "2").splitlines()
        self.assertEqual(json.loads(later[0])["seq"], 3)
        verdict = json.loads(self.ok("ledger", "verify", "--json"))
        self.assertEqual((verdict["ok"], verdict["events"], verdict["head"]), (True, len(events), events[-1]["hash"]))
        self.assertRegex(self.ok("ledger", "checkpoint"), r"^Event \d+ is signed: [0-9a-f]{64}")

        copy = os.path.join(self.folder, "copy")
        os.mkdir(copy)
        self.ok("ledger", "backup", os.path.join(copy, "ledger.db"))
        shutil.copy(os.path.join(self.data, "ledger.pub"), copy)
        done = run(copy, "ledger", "verify")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refused(1, "can't be made", "ledger", "backup", os.path.join(copy, "ledger.db"))
        self.assertIn("made anew", self.ok("ledger", "rebuild"))
        self.ok("ledger", "verify")

    def test_a_changed_event_is_found(self):
        self.stock()
        db = sqlite3.connect(os.path.join(self.data, "ledger.db"))
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE events SET body = replace(body, 'Kim Lee', 'Tim Lee')")
        db.commit()
        db.close()
        self.refused(1, "not right", "ledger", "verify")
        verdict = json.loads(run(self.data, "ledger", "verify", "--json").stdout)
        self.assertFalse(verdict["ok"])
        self.assertGreater(verdict["first_bad"], 0)

    def test_a_full_disk_is_no_success(self):
        self.stock()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([LOTGATE, "--data", self.data, "supplier", "list"], stdout=full, stderr=subprocess.PIPE,
                                  timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"could not be written", done.stderr)

    def test_the_data_directory(self):
        home = os.path.join(self.folder, "home")
        os.mkdir(home)
        config = os.path.join(self.folder, "lotgate.json")
        where = os.path.join(self.folder, "from config")
        open(config, "w").write('{ // comment\n "site": "B", "data": %s }' % json.dumps(where))
        done = subprocess.run([LOTGATE, "operator", "add", "OP1", "Kim", "-c", config], stdout=subprocess.DEVNULL, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(os.path.exists(os.path.join(where, "ledger.db")))
        if os.geteuid() != 0:
            env = {**os.environ, "HOME": home}
            env.pop("XDG_DATA_HOME", None)
            subprocess.run([LOTGATE, "operator", "add", "OP1", "Kim"], stdout=subprocess.DEVNULL, timeout=60, check=True,
                           env=env)
            self.assertTrue(os.path.exists(os.path.join(home, ".local/share/lotgate/ledger.db")))
        broken = os.path.join(self.folder, "broken.json")
        open(broken, "w").write('{ "data": }')
        done = subprocess.run([LOTGATE, "lot", "list", "-c", broken], stderr=subprocess.PIPE, timeout=60, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.json", done.stderr)
        # A folder that depends on where one stands would be another ledger for each terminal.
        open(broken, "w").write('{ "data": "ledger" }')
        done = subprocess.run([LOTGATE, "lot", "list", "-c", broken], stderr=subprocess.PIPE, timeout=60, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("must begin with /", done.stderr)

    def test_colour_only_on_a_terminal(self):
        self.stock()
        self.ok("lot", "release", self.receive())

        def on_terminal(env):
            master, slave = pty.openpty()
            with subprocess.Popen([LOTGATE, "--data", self.data, "lot", "list"], stdout=slave, stderr=slave, env=env):
                os.close(slave)
                seen = b""
                while select.select([master], [], [], DEADLINE)[0]:
                    try:
                        more = os.read(master, 65536)
                    except OSError:
                        break
                    if not more:
                        break
                    seen += more
            os.close(master)
            return seen

        base = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        self.assertIn(b"\x1b[32mreleased", on_terminal({**base, "TERM": "xterm"}))
        self.assertNotIn(b"\x1b", on_terminal({**base, "TERM": "xterm", "NO_COLOR": "1"}))
        self.assertNotIn(b"\x1b", on_terminal({**base, "TERM": "dumb"}))
        self.assertNotIn("\x1b", self.ok("lot", "list"))


class Completion(Case):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = ('source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lotgate; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, LOTGATE, LOTGATE, "--data", self.data, *words], timeout=60, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_words_verbs_options_and_the_ledger(self):
        self.stock()
        lot = self.receive()
        self.assertEqual(self.complete("dec"), ["declare"])
        self.assertEqual(self.complete("lot", "re"), ["receive", "release", "reject", "request"])
        self.assertEqual(self.complete("lot", "release", "AC"), [lot])
        self.assertEqual(self.complete("lot", "release", lot, "--b"), ["--by"])
        self.assertEqual(self.complete("lot", "release", lot, "--by", ""), ["OP1"])
        self.assertEqual(self.complete("lot", "receive", ""), ["ACR"])
        self.assertEqual(self.complete("lot", "receive", "ACR", "--supplier", ""), ["ACME"])
        self.assertEqual(self.complete("job", "list", "--m"), ["--machine"])
        self.assertNotIn("words", self.complete("completion", ""))

    def test_orders_as_shops_number_them(self):
        self.ok("customer", "add", "Ada", "--id", "C1")
        for order in ("#1001", "$(touch x)", "2001"):
            self.ok("order", "add", order, "C1")
        self.assertEqual(self.complete("order", "show", "20"), ["2001"])
        self.assertEqual(self.complete("order", "show", "#1"), ["\\#1001"])  # as the shell takes it
        self.assertEqual(self.complete("order", "show", "\\#1"), ["\\#1001"])
        self.assertEqual(self.complete("record", "list", "--order", "$"), ["\\$\\(touch\\", "x\\)"])  # one word, split here

    def test_it_is_silent_without_a_ledger(self):
        self.assertEqual(self.complete("lot", "release", ""), [])


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class FakeDaemon:
    """Listens where a daemon would and answers by `answer(handler, op, args)`, or with raw bytes."""

    def __init__(self, data, answer=None, raw=None):
        os.makedirs(data, exist_ok=True)
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                args = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append((self.path, args, dict(self.headers)))
                if raw is not None:
                    self.close_connection = True
                    try:
                        self.wfile.write(raw)
                    except BrokenPipeError:
                        pass  # refused before its end
                    return
                status, value = answer(self.path.rsplit("/", 1)[1], args)
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            def address_string(self):
                return "unix"

        here = os.open(".", os.O_RDONLY)
        os.chdir(data)  # the path may be longer than a socket's address
        try:
            self.server = UnixServer("lotgate.sock", Handler)
        finally:
            os.chdir(here)
            os.close(here)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class StrangeDaemon(Case):
    def fake(self, **how):
        daemon = FakeDaemon(self.data, **how)
        self.addCleanup(daemon.close)
        return daemon

    def test_answers_that_are_none(self):
        for raw, why in ((b"", "before it answered"), (b"garbage\r\n\r\n", "can't be understood"),
                         (b"HTTP/1.1 200 OK\r\n\r\n", "no framing"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[]", "before it answered"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[]]]", "no JSON"),
                         (b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}", "no reason"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no list"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n[" + b" " * 1999999, "too long")):
            daemon = FakeDaemon(self.data, raw=raw)
            self.refused(3, why, "lot", "list")
            daemon.close()
            os.unlink(os.path.join(self.data, "lotgate.sock"))

    def test_a_refusal_is_told_harmlessly(self):
        error = {"error": {"code": "lot_quarantined", "message": "No \x1b[31m red.", "what_to_do": "Look\nhere."}}
        self.fake(answer=lambda op, args: (409, error))
        said = self.refused(1, r"No \\x1b\[31m red\.", "lot", "release", "A")
        self.assertIn("\n  Look\\nhere.\n", said)

    def test_what_others_wrote_can_not_act_on_the_terminal(self):
        rows = [{"supplier": "EVIL", "name": "\x1b[2Jname\u009b31m\u202e"}]
        self.fake(answer=lambda op, args: (200, rows))
        for output in ("", "--csv", "--json"):
            said = self.ok("supplier", "list", *([output] if output else []))
            self.assertNotRegex(said, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(json.loads(said), rows)  # the same value all the same

    def test_who_asks_and_what(self):
        daemon = self.fake(answer=lambda op, args: (200, {"text": "A (1 sheet)"}))
        self.ok("declare", "laser1", "A=1sheet", "B", "--operator", "OP1", "--count", "3")
        path, args, headers = daemon.asked[0]
        self.assertEqual(path, "/api/v1/op/machine.declare")
        self.assertEqual(args, {"machine": "laser1", "operator": "OP1", "count": 3,
                                "lots": [{"lot": "A", "quantity": "1sheet"}, {"lot": "B"}]})
        self.assertRegex(headers["X-Lotgate-Actor"], r"^cli:.")

    def test_long_lists_come_in_pages(self):
        jobs = [{"job": f"JOB-{i:06}", "machine": "laser1", "state": "completed"} for i in range(450, 0, -1)]

        def answer(op, args):
            start = 0
            if "after" in args:
                start = 1 + next(i for i, job in enumerate(jobs) if job["job"] == args["after"])
            return 200, jobs[start:start + args["limit"]]

        daemon = self.fake(answer=answer)
        self.assertEqual(json.loads(self.ok("job", "list", "--json")), jobs)
        self.assertEqual(len(self.ok("job", "export").splitlines()), 451)
        self.assertEqual([json.loads(line) for line in self.ok("job", "export", "--json").splitlines()], jobs)
        self.assertEqual(len(self.ok("job", "list", "--csv", "--limit", "250").splitlines()), 251)
        self.assertLessEqual(max(args["limit"] for _, args, _ in daemon.asked), 200)
        table = self.run_cli("job", "list")
        self.assertEqual(len(table.stdout.splitlines()), 101)
        self.assertIn("There are more", table.stderr)
        exact = self.run_cli("job", "list", "--limit", "450")
        self.assertEqual((len(exact.stdout.splitlines()), exact.stderr), (451, ""))

    def test_a_stale_socket_is_no_daemon(self):
        self.stock()
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(os.path.join(self.data, "lotgate.sock"))
        stale.close()
        self.ok("lot", "list")
        self.refused(3, "none runs", "declare", "laser1", "A")

    def test_a_long_path(self):
        self.data = os.path.join(self.folder, *["a-long-name-for-a-folder"] * 6)
        self.assertGreater(len(self.data), 108)
        daemon = self.fake(answer=lambda op, args: (200, []))
        self.ok("lot", "list")
        self.assertEqual(len(daemon.asked), 1)

    def test_a_socket_that_nobody_may_use(self):
        self.stock()
        lock = os.path.join(self.data, "lotgate.lock")
        holder = subprocess.Popen(["flock", "-x", lock, "sh", "-c", "echo held; exec cat"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.stdout.close)
        self.assertEqual(holder.stdout.readline(), b"held\n")
        began = time.monotonic()
        self.refused(3, "holds the ledger", "operator", "add", "OP2", "Sam")
        self.assertGreater(time.monotonic() - began, 4)  # it was waited for
        self.ok("operator", "list")  # reading needs no lock
        holder.stdin.close()
        holder.wait(DEADLINE)
        self.ok("operator", "add", "OP2", "Sam")


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lotgate-cli-")
        machine = {"board": "sim-laser", "device": "sim:laser", "sender": {"tcp": "127.0.0.1:0"},
                   "gate": {"idle_seconds": 1}}
        cls.daemon = Daemon(cls.folder, [{"id": "laser1", "serial_number": "S-1", **machine}])
        cls.daemon.start()
        cls.daemon.wait_state("locked")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        shutil.rmtree(cls.folder, True)

    def setUp(self):
        self.daemon.wait_state("locked")

    def ok(self, *words):
        return self.daemon.command(*words)

    def lot(self):
        if not json.loads(self.ok("supplier", "list", "--json")):
            return self.daemon.stock(1000)
        return json.loads(self.ok("lot", "list", "--json"))[-1]["lot"]

    def gcode(self, text, name="job.nc"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def send(self, path, *more):
        process = Process([LOTGATE, "--data", self.daemon.data, "send", "laser1", path, *more], self.folder, "send")
        return process

    def end_of(self, process):
        try:
            return process.process.wait(60)
        except subprocess.TimeoutExpired:
            process.process.kill()
            raise AssertionError(f"send did not end:\n{process.output()}{process.errors()}") from None

    def test_the_session(self):
        """The example of the promise, word for word, on a data folder of its own."""
        folder = tempfile.mkdtemp(prefix="lotgate-session-")
        self.addCleanup(shutil.rmtree, folder, True)
        daemon = Daemon(folder, [{"id": "laser1", "board": "sim-laser", "device": "sim:laser", "serial_number": "S-9",
                                  "sender": {"tcp": "127.0.0.1:0"}}]).start()
        self.addCleanup(daemon.stop)
        daemon.wait_state("locked")
        session = """
            supplier add ACME "Acme Plastics" --email qa@acme.example --phone "+49 30 1234"
            material add ACR "Acrylic, cast, 3 mm" --form sheet --thickness 3mm --density 1.19
            operator add OP1 "Kim Lee" --badge 4711
            lot receive ACR --supplier ACME --supplier-lot 88-1204 --heat 88-1204 --cert-heat 88-1204 --quantity 5sheet
            lot release ACR-MMYY-001 --by OP1
            declare laser1 ACR-MMYY-001=1sheet --operator OP1""".replace("MMYY", MMYY)
        for line in session.strip().splitlines():
            done = subprocess.run(f'lotgate() {{ "$LOTGATE" --data "$DATA" "$@"; }}; lotgate {line.strip()}', shell=True,
                                  env={**os.environ, "LOTGATE": LOTGATE, "DATA": daemon.data}, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, f"{line}: {done.stderr}")
            if "lot receive" in line:
                self.assertEqual(done.stdout, f"ACR-{MMYY}-001\n")
        path = self.gcode(cut(), "session.nc")
        daemon.command("send", "laser1", path)
        jobs = json.loads(daemon.command("job", "list", "--machine", "laser1", "--json"))
        self.assertEqual(len(jobs), 1)
        self.assertEqual((jobs[0]["machine"], jobs[0]["serial_number"], jobs[0]["state"], jobs[0]["lots"][0]["lot"]),
                         ("laser1", "S-9", "completed", f"ACR-{MMYY}-001"))
        self.assertEqual(jobs[0]["sha256"], hashlib.sha256(open(path, "rb").read()).hexdigest())
        record = daemon.command("record", "show", "MFG-0001")
        for text in ("laser1", "S-9", jobs[0]["sha256"], "Kim Lee", f"ACR-{MMYY}-001", "Acme Plastics", "88-1204", "MFG-0001"):
            self.assertIn(text, record)
        daemon.command("ledger", "verify")

    def test_send_waits_for_the_lot(self):
        lot, path = self.lot(), self.gcode(cut())
        send = self.send(path)
        self.daemon.wait_state("held")
        wait_for(lambda: "[MSG:lotgate: scan the material lot" in send.errors(), send.errors)
        self.daemon.declare(lot)
        self.assertEqual(self.end_of(send), 0, send.errors())
        self.assertRegex(send.output(), r"^JOB-\d+: completed, record MFG-\d+\.\n$")
        self.assertNotIn("\r", send.errors())  # the bar is for terminals

    def test_send_names_the_line_that_the_machine_refused(self):
        path = self.gcode("G21\nG90\nM4\nG1 X1 F1000 S500\nG99 X2\nG1 X3\nM5\nM2\n")
        send = self.send(path, "--lot", f"{self.lot()}=1sheet")
        self.assertEqual(self.end_of(send), 1)
        self.assertRegex(send.errors(), r"(?m)^line 5: error:20\b")
        self.assertEqual(self.daemon.wait_job("aborted")["errors"], 1)
        self.daemon.wait_state("locked")
        kept_on = self.send(path, "--lot", self.lot(), "--keep-going")
        self.assertEqual(self.end_of(kept_on), 1)
        self.assertEqual(self.daemon.wait_job("completed")["errors"], 1)

    def test_send_of_a_lot_that_may_not_be_used(self):
        send = self.send(self.gcode(cut()), "--lot", "NOPE-1126-001")
        self.assertEqual(self.end_of(send), 1)
        self.assertIn("There is no lot NOPE-1126-001", send.errors())
        self.assertIn("did not take the lot", send.errors())

    def test_interrupting_send_stops_the_machine(self):
        send = self.send(self.gcode(cut(lines=3000, feed=300)), "--lot", self.lot())
        self.daemon.wait_state("running")
        send.process.send_signal(signal.SIGINT)
        self.assertEqual(self.end_of(send), 1)
        self.assertEqual(self.daemon.wait_job("aborted")["state"], "aborted")

    def test_send_line_by_line_and_without_an_end(self):
        path = self.gcode("G21\r\nG90\r\nM4\r\nG1 X5 F6000 S400 ; now!\r\nM5\r\n")
        send = self.send(path, "--lot", self.lot(), "--line-by-line")
        self.assertEqual(self.end_of(send), 0, send.errors())
        self.assertIn("1 comments", send.errors())
        job = self.daemon.wait_job("completed")
        self.assertEqual(job["sha256"], hashlib.sha256(b"G21\nG90\nM4\nG1 X5 F6000 S400 \nM5\n").hexdigest())

    def test_files_that_are_no_gcode_are_not_sent(self):
        before = len(self.daemon.jobs())
        for text, why in (("G1 X1\nG1 X2!\n", "Line 2 "), ("G1 X1\x00\n", "NUL"), ("G" * 2000, "too long"), ("", "empty")):
            done = self.daemon.run("send", "laser1", self.gcode(text, "bad.nc"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
        self.assertEqual(self.daemon.run("send", "laser1", os.path.join(self.folder, "absent")).returncode, 1)
        self.assertEqual(self.daemon.run("send", "nosuch", self.gcode(cut())).returncode, 1)
        self.assertEqual(self.daemon.run("send", "laser1", self.gcode(cut()), "--lot", "A\nG1").returncode, 2)
        self.assertEqual(len(self.daemon.jobs()), before)

    def test_a_busy_machine_says_so(self):
        first = self.send(self.gcode(cut()))
        self.daemon.wait_state("held")
        second = self.daemon.run("send", "laser1", self.gcode(cut(), "second.nc"))
        self.assertEqual(second.returncode, 1)
        self.assertIn("Another sender", second.stderr)
        first.end(signal.SIGINT)

    def test_a_bar_on_a_terminal(self):
        path, lot = self.gcode(cut(lines=20), "bar.nc"), self.lot()
        master, slave = pty.openpty()
        with subprocess.Popen([LOTGATE, "--data", self.daemon.data, "send", "laser1", path, "--lot", lot], stdout=slave,
                              stderr=slave, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""}) as send:
            os.close(slave)
            seen = b""
            while select.select([master], [], [], DEADLINE)[0]:
                try:
                    more = os.read(master, 65536)
                except OSError:
                    break
                if not more:
                    break
                seen += more
        os.close(master)
        self.assertEqual(send.returncode, 0, seen)
        self.assertRegex(seen, rb"\[#+ *\] +\d+ %  \d+/28  Run")

    def test_declared_twice_and_taken_back(self):
        lot = self.lot()
        self.assertIn(lot, self.daemon.declare(lot))
        again = self.daemon.run("declare", "laser1", lot)
        self.assertEqual(again.returncode, 1)
        self.assertRegex(again.stderr, r"^lotgate: .*\n  \S")
        self.assertIn(lot, self.ok("machine", "list"))
        self.ok("cancel", "laser1", "--reason", "wrong sheet")
        self.assertEqual(self.daemon.run("cancel", "laser1").returncode, 1)

    def test_machines(self):
        machines = json.loads(self.ok("machine", "list", "--json"))
        self.assertEqual([(m["machine"], m["state"], m["serial_number"]) for m in machines], [("laser1", "locked", "S-1")])
        self.assertRegex(self.ok("machine", "list", "--csv"), r"^machine,state,.*\nlaser1,locked,")
        self.assertIn("127.0.0.1:", self.ok("machine", "show", "laser1"))
        self.ok("machine", "confirm", "laser1")
        self.assertEqual(self.daemon.run("machine", "show", "nosuch").returncode, 1)

    def test_notes(self):
        self.ok("note", "laser1", "lens cleaned")
        self.assertIn("lens cleaned", self.ok("machine", "show", "laser1"))
        self.assertEqual(self.daemon.run("note", "nosuch", "text").returncode, 1)

    def test_watch(self):
        lines = Process([LOTGATE, "--data", self.daemon.data, "watch"], self.folder, "watch")
        events = Process([LOTGATE, "--data", self.daemon.data, "watch", "laser1", "--json"], self.folder, "watch-json")
        wait_for(lambda: re.search(r"laser1 +locked", lines.output()), lines.output)
        self.ok("send", "laser1", self.gcode(cut()), "--lot", self.lot())
        wait_for(lambda: re.search(r"laser1 +running", lines.output()), lines.output)
        wait_for(lambda: re.search(r"job laser1 JOB-\d+ completed", lines.output()), lines.output)
        wait_for(lambda: '"completed"' in events.output(), events.output)
        kinds = {json.loads(line)["event"] for line in events.output().splitlines()}
        self.assertLessEqual({"machine", "job"}, kinds)
        self.assertEqual(lines.end(signal.SIGINT), 0)
        self.assertEqual(events.end(signal.SIGTERM), 0)
        self.assertEqual(lines.errors() + events.errors(), "")
        self.assertEqual(self.daemon.run("watch", "nosuch").returncode, 1)

    def test_watch_waits_for_a_daemon_that_restarts(self):
        folder = tempfile.mkdtemp(prefix="lotgate-watch-")
        self.addCleanup(shutil.rmtree, folder, True)
        daemon = Daemon(folder, [{"id": "m1", "board": "sim-laser", "device": "sim:laser",
                                  "sender": {"tcp": "127.0.0.1:0"}}]).start()
        self.addCleanup(lambda: daemon.stop())
        daemon.wait_state("locked", machine="m1")
        watch = Process([LOTGATE, "--data", daemon.data, "watch"], folder, "watch")
        wait_for(lambda: "locked" in watch.output(), watch.output)
        daemon.kill()
        wait_for(lambda: "has gone" in watch.errors(), watch.errors)
        daemon.start()
        daemon.wait_state("locked", machine="m1")
        lot = daemon.stock()
        daemon.declare(lot, machine="m1")
        wait_for(lambda: re.search(r"m1 +armed +" + lot, watch.output()), watch.output)
        self.assertEqual(watch.end(signal.SIGINT), 0)

    def test_the_ledger_beside_a_running_daemon(self):
        self.lot()
        self.ok("ledger", "verify")
        events = [json.loads(line)["seq"] for line in self.ok("ledger", "export").splitlines()]
        self.assertEqual(events, list(range(1, len(events) + 1)))
        self.ok("ledger", "checkpoint")
        self.ok("ledger", "backup", os.path.join(self.folder, "copy.db"))
        rebuild = self.daemon.run("ledger", "rebuild")
        self.assertEqual(rebuild.returncode, 1)
        self.assertIn("Stop it first", rebuild.stderr)


if __name__ == "__main__":
    unittest.main()
