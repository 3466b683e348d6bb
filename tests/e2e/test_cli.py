"""The command line as a person or a script uses it, without a daemon."""
import csv
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess

from cli_case import MMYY, Case, run
from lotgate_e2e import LOTGATE, TOP, on_terminal


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
        self.refused(2, "how many", "order", "add", "1", "C1", "--item", "BOX=99999999999999999999")
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

        def seen(**env):
            return on_terminal([LOTGATE, "--data", self.data, "lot", "list"], **env)[1]
        self.assertIn(b"\x1b[32mreleased", seen())
        self.assertNotIn(b"\x1b", seen(NO_COLOR="1"))
        self.assertNotIn(b"\x1b", seen(TERM="dumb"))
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


if __name__ == "__main__":
    unittest.main()
