"""Every list by command line, CSV and REST, filtered, sorted and page by page; and every place where something that was
corrected is shown."""
import csv
import hashlib
import http.client
import io
import json
import os
import re
import socket
import unittest
import urllib.parse
import xml.etree.ElementTree

import webdriver
from lotgate_e2e import DEADLINE, LotgateTest, UnixConnection, wait_for

MISSING = webdriver.missing()

# command line, address, member that `after` takes, one filter (option, argument, value), the fields to sort by
LISTS = [
    ("supplier list", "/suppliers", "supplier", None, "supplier, name, added"),
    ("material list", "/materials", "material", ("form", "form", "sheet"), "material, name, form, grade, added"),
    ("operator list", "/operators", "operator", ("role", "role", "operator"), "operator, name, role, added"),
    ("lot list", "/lots", "lot", ("material", "material", "ACR"), "received, lot, material, state, supplier, supplier_lot, heat, expires"),
    ("document list", "/documents", "document", ("lot", "lot", "LOT"), "attached, expires, sha256"),
    ("machine declarations", "/declarations", "declaration", ("machine", "machine", "laser1"), "made, machine, state"),
    ("job list", "/jobs", "job", ("state", "state", "completed"), "started, machine, state, operator, lines, ended, job"),
    ("record list", "/records", "record", ("state", "state", "open"), "opened, state, record"),
    ("product list", "/products", "product", None, "product, name, added"),
    ("unit list", "/units", "unit", ("record", "record", "MFG-0001"), "made, record, unit"),
    ("customer list", "/customers", "customer", ("email", "email", "same@x.example"), "customer, name, added"),
    ("order list", "/orders", "order", ("state", "state", "open"), "added, ordered, order, customer, state"),
    ("order shipments", "/shipments", "shipment", ("order", "order", "1"), "shipped, order, shipment"),
    ("notes", "/notes", "note", None, "at, subject, note"),
    ("nonconformance list", "/nonconformances", "nonconformance", ("state", "state", "open"), "at, subject, nonconformance"),
    ("recall-case list", "/recalls", "recall", ("state", "state", "open"), "opened, lot, state"),
    ("procedure list", "/procedures", "seq", ("procedure", "procedure", "R1"), "procedure, title, issued"),
    ("training list", "/trainings", "seq", ("operator", "operator", "OP1"), "at, operator, procedure"),
    ("correction list", "/corrections", "correction", ("subject", "subject", "LOT"), "at, subject"),
    ("ledger events", "/ledger", "seq", ("kind", "kind", "note.added"), "seq"),
]
SVG = "{http://www.w3.org/2000/svg}"


class Shop(LotgateTest):
    """A daemon with one machine, and jobs that came by the operations which its gate would have called."""

    def setUp(self):
        super().setUp()
        self.gate = self.daemon(self.machine_config("sim:laser"))
        self.lot = self.gate.stock()

    def ask_op(self, name, args):
        """(status, answer) of any operation, by the daemon's Unix socket."""
        path = wait_for(lambda: [os.path.join(folder, name) for folder, _, names in os.walk(self.gate.data)
                                 for name in names if name.endswith(".sock")], "the daemon's Unix socket")[0]
        connection = UnixConnection(path)
        try:
            connection.request("POST", "/api/v1/op/" + name, json.dumps(args), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def op(self, name, /, **args):
        status, told = self.ask_op(name, args)
        self.assertEqual(status, 200, (name, args, told))
        return told

    def job(self, quantity="1sheet", **declared):
        made = self.op("declaration.make", machine="laser1", operator="OP1", lots=[{"lot": self.lot, "quantity": quantity}], **declared)
        job = self.op("job.start", machine="laser1", declaration=made["declaration"])
        self.op("job.end", job=job["job"], state="completed", lines=7)
        return job

    def stored(self, text):
        """The hash of a file that was sent, for a lot of its own."""
        if not hasattr(self, "papers"):
            self.papers = self.op("lot.receive", material="ACR", supplier="ACME", supplier_lot="papers", quantity="1sheet")["lot"]
        connection = http.client.HTTPConnection(self.gate.address, timeout=DEADLINE)
        try:
            connection.request("POST", f"/api/v1/lots/{self.papers}/documents?name=a.pdf&kind=other", text.encode(),
                               {"Content-Type": "application/pdf"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 201, answer.read())
        finally:
            connection.close()
        return hashlib.sha256(text.encode()).hexdigest()

    def rest(self, path, **query):
        status, answer = self.gate.api(path + ("?" + urllib.parse.urlencode(query) if query else ""))
        self.assertEqual(status, 200, (path, query, answer))
        return answer

    def event(self, kind, subject):
        """The number of the event of that kind about that thing."""
        return [event["seq"] for event in self.rest("/ledger", kind=kind, limit=1000) if subject in event["body"].values()][0]

    def furnish(self):
        """At least two rows in every list, and some alike."""
        op = self.op
        op("product.add", product="BOX", name="Box")
        op("product.add", product="LID", name="Box")
        op("operator.add", operator="OP2", name="Kim Lee")
        op("supplier.add", supplier="B2", name="Acme Plastics")
        op("material.add", material="PLY", name="Plywood", form="sheet")
        op("material.add", material="ROD", name="Rod", form="rod")
        for number in range(3):
            op("lot.receive", material="PLY", supplier="B2", supplier_lot=str(number), quantity="2sheet")
            op("document.attach", lot=self.lot, sha256=self.stored(f"%PDF-1.4 {number}"), name="a.pdf", kind="mtr", expires="2030-01-01")
            record = self.job(product="BOX")["record"]
            op("unit.make", record=record, count=2)
            op("customer.add", customer=f"C{number}", name="Ada", email="same@x.example" if number else "other@x.example")
            op("order.add", order=str(number), customer=f"C{number}", ordered=f"2026-01-0{3 - number}")
            op("note.add", subject=self.lot, text=f"note {number}")
            op("nonconformance.open", subject="laser1", text="bent")
            op("recall.open", lot=self.lot, reason="exercise", mock=True)
            op("procedure.issue", procedure=f"R{number % 2}", title="How")
            op("training.sign", operator="OP1" if number else "OP2", procedure=f"R{number % 2}")
            op("correction.add", event=self.event("lot.received", self.lot), field="supplier_lot", value=str(number), reason="misread")
        units = [unit["unit"] for unit in self.rest("/units", record="MFG-0001")]
        op("order.ship", order="1", units=[{"unit": units[0]}], partial=True)
        op("order.ship", order="1", units=[{"unit": units[1]}])
        op("recall.close", recall="RCL-0001", conclusion="done")
        op("nonconformance.close", nonconformance=self.rest("/nonconformances")[0]["nonconformance"], disposition="rework", reason="x")


class Lists(Shop):
    def test_each_list_by_each_way(self):
        self.furnish()
        for words, address, member, chosen, fields in LISTS:
            with self.subTest(list=words):
                whole = self.gate.listing(*words.split())
                self.assertGreaterEqual(len(whole), 2)
                self.assertEqual(whole, self.rest(address, limit=1000))
                self.sorted_alike(words.split(), address, member, fields.split(", "), len(whole))
                self.filtered_alike(words.split(), address, member, chosen, whole)
                self.told_what_there_is(words.split(), address, fields)
                self.csv_has_all(words.split(), whole)

    def sorted_alike(self, words, address, member, fields, count):
        for field in fields:
            up = [row[member] for row in self.rest(address, sort=field, limit=1000)]
            down = [row[member] for row in self.rest(address, sort=field + ":desc", limit=1000)]
            self.assertEqual((len(up), up), (count, down[::-1]), field)
            self.assertEqual([row[member] for row in self.gate.listing(*words, "--sort", field)], up)
            pages, after = [], {}
            while len(pages) < count:
                page = self.rest(address, sort=field, limit=2, **after)
                pages += [row[member] for row in page]
                after = {"after": pages[-1]}
            self.assertEqual(pages, up)
            self.assertEqual([row[member] for row in self.gate.listing(*words, "--sort", field, "--after", str(up[0]), "--limit", "1")],
                             up[1:2])

    def filtered_alike(self, words, address, member, chosen, whole):
        if not chosen:
            return
        option, argument, value = chosen
        value = self.lot if value == "LOT" else value
        some = self.gate.listing(*words, f"--{option}={value}")
        self.assertTrue(0 < len(some) <= len(whole))
        self.assertEqual(some, self.rest(address, limit=1000, **{argument: value}))
        self.assertEqual(some, [row for row in whole if row[member] in [one[member] for one in some]])
        if argument in whole[0]:
            self.assertEqual(len(some), sum(row[argument] == value for row in whole))

    def told_what_there_is(self, words, address, fields):
        done = self.gate.run(*words, "--sort", "colour")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"Sort by one of: {fields}. Behind it, :desc", done.stderr)
        status, answer = self.gate.api(address + "?sort=colour")
        self.assertEqual((status, answer["error"]["code"]), (400, "bad_argument"))
        self.assertIn(f"in the order of: {fields}", re.sub(r"\s+", " ", self.gate.command("help", *words)))

    def csv_has_all(self, words, whole):
        rows = list(csv.DictReader(io.StringIO(self.gate.command(*words, "--csv"))))
        self.assertEqual(len(rows), len(whole))
        self.assertEqual([str(row[name]) for row in whole for name in rows[0] if isinstance(row.get(name), (str, int))
                          and not isinstance(row[name], bool)],
                         [got[name].removeprefix("'") for row, got in zip(whole, rows) for name in got
                          if isinstance(row.get(name), (str, int)) and not isinstance(row[name], bool)])

    def test_the_machines_in_the_order_of_the_ledger(self):
        self.gate.wait_state("locked")
        self.op("machine.register", machine="a-gone", board="b", kind="cnc")
        names = [row["machine"] for row in self.gate.listing("machine", "list", "--sort", "machine")]
        self.assertEqual(names, ["a-gone", "laser1"])
        rows = self.gate.listing("machine", "list", "--sort", "kind:desc")
        self.assertEqual([(row["machine"], row["state"]) for row in rows], [("laser1", "locked"), ("a-gone", "offline")])
        self.assertEqual([row["machine"] for row in self.gate.listing("machine", "list", "--kind", "cnc")], ["a-gone"])
        self.assertIn("machine, kind, board, registered", self.gate.run("machine", "list", "--sort", "x").stderr)


class Corrections(Shop):
    """One shop in which every field that can be corrected was corrected; `places` are all that show one of them."""

    def setUp(self):
        super().setUp()
        op = self.op
        op("operator.add", operator="OP2", name="Bo")
        op("product.add", product="BOX", name="Old box")
        op("product.add", product="LID", name="New lid")
        op("customer.add", customer="C1", name="Ada")
        for order in ("O-OLD", "O-NEW"):
            op("order.add", order=order, customer="C1")
        op("lot.split", lot=self.lot, quantity="1sheet")
        self.piece = self.lot + "/1"
        self.job(order="O-OLD", product="BOX")
        op("unit.make", record="MFG-0001", product="BOX", unit="BOX-1")
        op("note.add", subject=self.lot, text="old words")
        self.correct("lot.received", self.lot, "supplier_lot", "99-NEW")
        self.correct("lot.received", self.lot, "purchase_order", "PO-NEW")
        self.correct("job.started", "JOB-000001", "operator", "OP2")
        self.correct("record.opened", "MFG-0001", "order", "O-NEW")
        self.correct("record.opened", "MFG-0001", "product", "LID")
        self.correct("note.added", "NOTE-000001", "text", "new words")
        op("lot.correct", job="JOB-000001", lot=self.lot, quantity="3sheet", reason="why quantity", by="OP1")

    def correct(self, kind, subject, field, value):
        self.op("correction.add", event=self.event(kind, subject), field=field, value=value, reason="why " + field, by="OP1")

    # field: what it was and is
    VALUES = {"supplier_lot": ("88-1204", "99-NEW"), "purchase_order": (None, "PO-NEW"), "operator": ("OP1", "OP2"),
              "order": ("O-OLD", "O-NEW"), "product": ("BOX", "LID"), "text": ("old words", "new words"), "quantity": ("1sheet", "3sheet")}
    # command line (its answer is the address's too), where in the JSON, which fields it shows and says to be corrected
    PLACES = [
        ("lot list --state released --sort lot", "/lots?state=released&sort=lot", 0, "supplier_lot purchase_order"),
        ("lot list --sort lot:desc", "/lots?sort=lot:desc", 0, "supplier_lot"),  # the piece
        ("lot show LOT", "/lots/LOT", "", "supplier_lot purchase_order"),
        ("lot show PIECE", "/lots/PIECE", "", "supplier_lot"),
        ("lot show LOT", "/lots/LOT", "jobs.0", "quantity"),
        ("lot show LOT", "/lots/LOT", "notes.0", "text"),
        ("notes LOT", "/notes?subject=LOT", 0, "text"),
        ("job list", "/jobs", 0, "operator order product"),
        ("job show JOB-000001", "/jobs/JOB-000001", "", "operator order product"),
        ("job show JOB-000001", "/jobs/JOB-000001", "lots.0", "supplier_lot"),
        ("machine show laser1", None, "jobs.0", "operator order product"),
        ("record list", "/records", 0, "order product"),
        ("record show MFG-0001", "/records/MFG-0001", "", "order product"),
        ("record show MFG-0001", "/records/MFG-0001", "jobs.0", "operator order product"),
        ("record show MFG-0001", "/records/MFG-0001", "jobs.0.lots.0", "supplier_lot"),
        ("unit show BOX-1", "/units/BOX-1", "lots.0", "supplier_lot quantity"),
        ("order show O-NEW", "/orders/O-NEW", "records.0", "product"),
        ("recall LOT", "/recall/LOT", "", "supplier_lot"),
        ("recall LOT", "/recall/LOT", "jobs.0", "operator quantity"),
        ("recall LOT", "/recall/LOT", "records.0", "order product"),
    ]

    def words_of(self, text):
        return text.replace("LOT", self.lot).replace("PIECE", self.piece)

    def test_each_place_shows_what_holds_and_what_was(self):
        for words, address, where, fields in self.PLACES:
            with self.subTest(place=words, where=where):
                words = self.words_of(words).split()
                answers = [self.gate.listing(*words)]
                if address:
                    path = "/".join(urllib.parse.quote(part, safe="?=&:") for part in address.split("/"))
                    path = path.replace("PIECE", urllib.parse.quote(self.piece, safe="")).replace("LOT", self.lot)
                    answers.append(self.rest(path))
                for answer in answers:
                    self.one_place(answer, str(where), fields.split())
                said = self.gate.command(*words)
                for field in fields.split():
                    was, now = self.VALUES[field]
                    if not (words[0] == "recall" and field in ("operator", "quantity")):  # JSON alone lists the jobs
                        self.assertRegex(said, rf"{field} of \S+ was {was or 'not given'}, is {now} \(OP1, 20\S+ \S+Z: why {field}\)")

    def one_place(self, answer, where, fields):
        for step in where.split(".") if where else []:
            answer = answer[int(step)] if step.isdigit() else answer[step]
        for field in fields:
            was, now = self.VALUES[field]
            told = [one for one in answer["corrected"] if one["field"] == field]
            self.assertEqual([(one["was"], one["value"], one["by"], one["reason"]) for one in told], [(was, now, "OP1", "why " + field)])
            self.assertRegex(told[0]["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            shown = answer["lots"][0]["quantity"] if field == "quantity" and "lots" in answer else answer[field]
            self.assertEqual(shown, now)

    def test_csv_has_both(self):
        for words, fields in (("lot list", "supplier_lot purchase_order"), ("job list", "operator order product quantity"),
                              ("job export", "operator"), ("record list", "order product"), ("notes", "text")):
            rows = list(csv.DictReader(io.StringIO(self.gate.command(*words.split(), "--csv") if "export" not in words
                                                   else self.gate.command(*words.split()))))
            for field in fields.split():
                was, now = self.VALUES[field]
                row = [row for row in rows if f"{field} of" in row["corrected"]][-1]
                self.assertIn(f"was {was or 'not given'}, is {now} (OP1", row["corrected"])
                self.assertIn(now, row["lots"] if field == "quantity" else row[field])

    def test_the_trace_as_tree_json_and_picture(self):
        tree = self.gate.command("trace", "BOX-1")
        self.assertRegex(tree, r"record MFG-0001  New lid.*\[corrected: order of MFG-0001 was O-OLD, is O-NEW \(OP1, .*product of MFG-0001 was BOX, is LID")
        graph = self.rest("/trace/BOX-1")
        record = [node for node in graph["nodes"] if node["type"] == "record"][0]
        self.assertEqual([one["field"] for one in record["corrected"]], ["order", "product"])
        self.assertEqual([node["id"] for node in self.rest("/trace/MFG-0001")["nodes"] if node["type"] == "order"], ["O-NEW"])
        picture = xml.etree.ElementTree.fromstring(self.gate.command("trace", "BOX-1", "--svg", "-"))
        marked = [g for g in picture.iter(SVG + "g") if "✎" in "".join(g.itertext())]
        self.assertEqual(sorted(g.get("class") for g in marked), ["job", "lot", "record"])
        self.assertIn("Corrected: order was O-OLD, is O-NEW. By OP1", "".join(marked[0].itertext()) + "".join(marked[1].itertext()))

    @unittest.skipIf(MISSING, MISSING)
    def test_the_pages_tell_it(self):
        browser = webdriver.Browser()
        self.addCleanup(browser.close)
        places = (("/jobs", ".card", "operator order product quantity"), ("/jobs/JOB-000001", "#facts", "operator order product quantity"),
                  ("/lots", f"[data-lot='{self.lot}']", "supplier_lot purchase_order"),
                  ("/lots/" + self.lot, "#facts", "supplier_lot purchase_order"), ("/lots/" + self.lot, "#jobs", "quantity"))
        for page, place, fields in places:
            browser.open(f"http://{self.gate.address}{page}")
            for field in fields.split():
                was, now = self.VALUES[field]
                browser.wait_text(place, f"{field.replace('_', ' ')} was {was or 'not given'}, is {now} (OP1, ")
        self.op("note.add", subject="JOB-000001", text="old words")
        self.correct("note.added", "NOTE-000002", "text", "new words")
        browser.open(f"http://{self.gate.address}/jobs/JOB-000001")
        browser.wait_text("#notes", "text was old words, is new words (OP1, ")

    def test_the_whole_history_of_a_field(self):
        self.correct("lot.received", self.lot, "supplier_lot", "77-LAST")
        lot = self.rest("/lots/" + self.lot)
        steps = [(one["was"], one["value"]) for one in lot["corrections"] if one["field"] == "supplier_lot"]
        self.assertEqual((steps, lot["supplier_lot"]), ([("88-1204", "99-NEW"), ("99-NEW", "77-LAST")], "77-LAST"))
        self.assertEqual(self.rest("/lots/" + urllib.parse.quote(self.piece, safe=""))["supplier_lot"], "77-LAST")
        said = self.gate.command("lot", "show", self.lot)
        self.assertRegex(said, r"COR-\d+ .* supplier_lot +88-1204 +99-NEW +why supplier_lot")
        self.assertRegex(said, r"lot\.received .* COR-\d+\n")
        first = self.rest("/ledger", kind="lot.received")[0]
        self.assertEqual(first["body"]["supplier_lot"], "88-1204")  # what was said then stays as it was said
        again = self.op("lot.correct", job="JOB-000001", lot=self.lot, quantity="2sheet", reason="again", by="OP2")
        self.assertEqual(again["quantity"], "2sheet")
        told = [(one["was"], one["value"]) for one in self.rest("/jobs")[0]["corrected"] if one["field"] == "quantity"]
        self.assertEqual(told, [("1sheet", "3sheet"), ("3sheet", "2sheet")])

    def test_by_the_command_line_and_made_anew(self):
        event = str(self.event("note.added", "NOTE-000001"))
        self.assertIn("text is now newer", self.gate.command("correction", "add", event, "text", "newer", "--reason", "typed wrong"))
        self.assertEqual(self.gate.run("correction", "add", event, "by", "x", "--reason", "y").returncode, 1)
        before = [self.rest(address, limit=1000) for address in ("/lots", "/jobs", "/records", "/notes?subject=" + self.lot, "/corrections")
                  if "?" not in address]
        self.gate.stop()
        self.gate.command("ledger", "rebuild")
        self.gate.command("ledger", "verify")
        self.gate.start()
        after = [self.rest(address, limit=1000) for address in ("/lots", "/jobs", "/records", "/corrections")]
        self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main()
