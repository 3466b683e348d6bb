"""Texts that try to act: sent through every text field there is, kept whole, and harmless wherever they are shown."""
import csv
import io
import json
import re
import unittest
import urllib.parse
import xml.etree.ElementTree

import webdriver
from lotgate_e2e import LOTGATE, on_terminal
from test_lists import Shop

MISSING = webdriver.missing()
TEXTS = {
    "quotes": "He said \"it's\" 'fine' \\ \\\" `ls` $(reboot)",
    "formula": "=cmd|' /C calc'!A0",
    "sum": "@SUM(1+1)*cmd",
    "plus": "+1-2",
    "wide": "＝1＋1",
    "newlines": "line one\nline two\r\nand\ta tab\n=1+1",
    "escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m \x08\x08 \x7f",
    "emoji": "👩‍🔧🔥🇩🇪 e\u0301",
    "right to left": "\u202egnp.exe\u202c שלום \u2066x\u2069 \u200f1",
    "markup": "<script>document.title='taken'</script>&amp;<img src=x onerror=\"document.title='taken'\"> ]]> -->",
    "sql": "'); DROP TABLE lots; --",
    "format": "%s%n%5$x {lot} {0} ${HOME}",
    "edges": "\ufffd\ufffe\uffff\ufeffx",
    "10 kB": "ä" * 4999 + "x!",
}
# Arguments in which people write what they like; every other text is an id, a number, a word of ours or an address.
FREE = {"name", "address", "grade", "supplier_lot", "heat", "cert_heat", "purchase_order", "issuer", "scope", "title",
        "where", "carrier", "tracking", "reason", "conclusion", "text", "value", "note"}
# A character that acts on a terminal, or turns the direction of what follows it.
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]")
COLOURS = re.compile("\x1b\\[[0-9;]*m")
SHOWS = ["supplier list", "material list", "operator list", "lot list", "document list", "machine declarations", "job list", "record list",
         "product list", "unit list", "customer list", "order list", "order shipments", "notes", "nonconformance list",
         "recall-case list", "procedure list", "training list", "correction list", "ledger events", "machine list"]


class Hostile(Shop):
    def setUp(self):
        super().setUp()
        self.sent = []  # (kind of event, member, text)
        self.lots = {}

    def act(self, kind, text, name, /, fields, **args):
        """The operation with the text in each of its free fields."""
        for field in fields.split():
            self.sent.append((kind, field, text))
        return self.op(name, **args, **{field: text for field in fields.split()})

    def story(self, number, text):
        """Every act that takes a text, on things of its own."""
        act, op = self.act, self.op
        supplier, material, customer, order = f"S{number}", f"M{number}", f"C{number}", f"O{number}"
        act("supplier.added", text, "supplier.add", "name address", supplier=supplier)
        act("material.added", text, "material.add", "name grade", material=material)
        act("operator.added", text, "operator.add", "name", operator=f"X{number}")
        act("product.added", text, "product.add", "name", product=f"P{number}")
        act("customer.added", text, "customer.add", "name address", customer=customer)
        act("customer.changed", text, "customer.change", "name", customer=customer)
        lot = act("lot.received", text, "lot.receive", "supplier_lot heat cert_heat purchase_order", material=material,
                  supplier=supplier, quantity="90sheet")["lot"]
        self.lots[number] = lot
        act("lot.inspected", text, "lot.inspect", "heat cert_heat", lot=lot)
        act("lot.quarantined", text, "lot.quarantine", "reason", lot=lot)
        act("lot.released", text, "lot.release", "note", lot=lot)
        act("document.attached", text, "document.attach", "name issuer scope", lot=lot, kind="mtr",
            sha256=self.stored(f"%PDF-1.4 {number}"))
        piece = act("lot.split", text, "lot.split", "reason", lot=lot, quantity="2sheet")["pieces"][0]
        act("lot.marked", text, "lot.mark", "where", lot=piece, code=piece)
        act("lot.mark_lost", text, "lot.mark_lost", "reason", lot=piece)
        act("lot.adjusted", text, "lot.adjust", "reason", lot=lot, quantity="-1sheet")
        act("lot.counted", text, "lot.count", "reason", lot=lot, quantity="80sheet")
        act("lot.scrapped", text, "lot.scrap", "reason", lot=lot, quantity="1sheet")
        act("lot.merged", text, "lot.merge", "reason", lots=[lot, piece])
        act("lot.rejected", text, "lot.reject", "reason", lot=piece)
        act("note.added", text, "note.add", "text", subject=lot)
        for field in ("supplier_lot", "purchase_order"):
            act("correction.made", text, "correction.add", "value reason", event=self.event("lot.received", lot), field=field)
        self.making(number, text, order, customer)
        self.quality(number, text)

    def making(self, number, text, order, customer):
        act, op = self.act, self.op
        made = op("declaration.make", machine="laser1", lots=[{"lot": self.lot}])
        act("declaration.cancelled", text, "declaration.cancel", "reason", declaration=made["declaration"])
        job = self.job(product=f"P{number}")
        act("lot.consumption_corrected", text, "lot.correct", "reason", job=job["job"], lot=self.lot, quantity="2sheet")
        act("record.deviation", text, "record.deviate", "reason", record=job["record"], material=f"M{number}", by="OP1")
        units = op("unit.make", record=job["record"], product=f"P{number}", count=2)["units"]
        op("order.add", order=order, customer=customer, items=[{"title": text, "count": 1}])
        shipment = act("order.shipped", text, "order.ship", "carrier tracking", order=order, units=[{"unit": units[0]}])["shipment"]
        act("shipment.returned", text, "shipment.return", "reason", shipment=shipment, unit=units[0])
        act("unit.scrapped", text, "unit.scrap", "reason", unit=units[1])
        op("order.add", order=order + "-2", customer=customer)
        act("order.cancelled", text, "order.cancel", "reason", order=order + "-2")

    def quality(self, number, text):
        act = self.act
        act("procedure.issued", text, "procedure.issue", "title text", procedure=f"R{number}")
        self.op("training.sign", operator="OP1", procedure=f"R{number}")
        found = act("nonconformance.opened", text, "nonconformance.open", "text", subject="laser1")["nonconformance"]
        act("nonconformance.closed", text, "nonconformance.close", "reason", nonconformance=found, disposition="rework")
        case = act("recall.opened", text, "recall.open", "reason", lot=self.lots[number], mock=True)["recall"]
        act("recall.closed", text, "recall.close", "conclusion", recall=case)

    def all_stories(self):
        for number, text in enumerate(TEXTS.values()):
            self.story(number, text)

    def test_every_text_field_keeps_it_whole_and_shows_it_harmlessly(self):
        self.all_stories()
        self.kept_whole()
        shows = SHOWS + [f"{group} show {thing}" for number in self.lots for group, thing in (
            ("lot", self.lots[number]), ("lot", self.lots[number] + "/1"), ("customer", f"C{number}"), ("order", f"O{number}"),
            ("product", f"P{number}"), ("record", f"MFG-{number + 1:04}"), ("job", f"JOB-{number + 1:06}"),
            ("recall-case", f"RCL-{number + 1:04}"), ("unit", f"P{number}-0001"))]
        shows += [f"{word} {lot}" for lot in self.lots.values() for word in ("recall", "trace", "notes")]
        for words in shows:
            with self.subTest(words=words):
                self.harmless(words.split())
        for words in SHOWS:
            with self.subTest(csv=words):
                self.no_formula(words.split())
        for lot in self.lots.values():
            xml.etree.ElementTree.fromstring(self.gate.command("trace", lot, "--svg", "-"))
            self.assertNotRegex(self.gate.command("trace", lot, "--svg", "-"), ACTS)
        self.gate.stop()
        self.gate.command("ledger", "verify")
        self.gate.command("ledger", "rebuild")
        self.gate.command("ledger", "verify")
        self.gate.start()
        self.kept_whole()

    def kept_whole(self):
        """In the events as they are exported, and in the answers to programs."""
        lines = self.gate.command("ledger", "export").splitlines()
        there = {(event["kind"], member, value) for event in map(json.loads, lines) for member, value in event["body"].items()
                 if isinstance(value, str)}
        for kind, member, text in self.sent:
            self.assertIn((kind, member, text), there)
        for number, text in enumerate(TEXTS.values()):
            lot = self.rest("/lots/" + self.lots[number])
            self.assertEqual([lot[name] for name in ("material_name", "supplier_name", "supplier_lot", "heat", "purchase_order")],
                             [text] * 5)
            self.assertEqual((lot["documents"][0]["name"], lot["notes"][0]["text"]), (text, text))
            self.assertEqual(self.rest(f"/orders/O{number}")["lines"][0]["title"], text)
            self.assertEqual(self.gate.listing("lot", "show", self.lots[number])["heat"], text)

    def harmless(self, words):
        for more in ([], ["--json"]):
            said = self.gate.command(*words, *more)
            self.assertNotRegex(said, ACTS)
        self.assertNotRegex(COLOURS.sub("", self.on_terminal(words)).replace("\r\n", "\n"), ACTS)

    def on_terminal(self, words):
        """What the command prints where its output is a terminal of 120 columns."""
        status, said = on_terminal([LOTGATE, "--data", self.gate.data, *words], columns=120)
        self.assertEqual(status, 0, said)
        return said.decode()

    def no_formula(self, words):
        text = self.gate.command(*words, "--csv")
        self.assertNotRegex(text, ACTS)
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        for cell in (cell for row in rows[1:] for cell in row):
            if cell and cell[0] in "=+-@\t\r\n＝＋－＠" and not re.fullmatch(r"-?\d+", cell):
                self.fail(f"{words}: a cell begins with {cell[:20]!r}")

    def test_the_fields_that_are_no_free_texts_refuse_it(self):
        """Every field of every body that takes a text is tried: the free ones above, the others here."""
        document = self.gate.api("/openapi.json")[1]
        seen = set()
        for path, methods in document["paths"].items():
            schema = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "/machines/" in path or path.endswith("/op/{name}"):
                continue  # the machine's own: its bodies hold ids alone
            for field, its in schema.get("properties", {}).items():
                if its.get("type") != "string":
                    continue
                seen.add(field)
                if field not in FREE:
                    self.refuses(path, field, schema)
        tried = {member for _, member, _ in self.all_sent()}
        self.assertLessEqual(seen & FREE, tried, "a free text that no act of the story holds")

    def all_sent(self):
        self.story(0, "x")
        return self.sent

    def refuses(self, path, field, schema):
        address = re.sub(r"^/api/v1", "", re.sub(r"{\w+}", "X", path))
        body = {name: "X" for name in schema.get("required", [])}
        for kind in ("newlines", "escapes", "10 kB"):
            status, answer = self.gate.api(address, "POST", {**body, field: TEXTS[kind]})
            self.assertTrue(400 <= status < 500, (path, field, kind, status, answer))
            self.assertNotRegex(answer["error"]["message"] + answer["error"]["what_to_do"], ACTS)
            self.assertLess(len(answer["error"]["message"]), 600)

    @unittest.skipIf(MISSING, MISSING)
    def test_the_pages_show_it_as_text(self):
        for number in range(len(TEXTS)):
            self.story(number, list(TEXTS.values())[number])
        browser = webdriver.Browser()
        self.addCleanup(browser.close)
        for number, text in enumerate(TEXTS.values()):
            lot = self.lots[number]
            browser.open(f"http://{self.gate.address}/lots/{urllib.parse.quote(lot, safe='')}")
            browser.wait_text("#title", lot)
            shown = browser.wait("the facts", "return document.getElementById('facts').textContent.length > 20 &&"
                                 " document.getElementById('facts').textContent;")
            self.assertIn(text.replace("\r\n", "\n")[:5], shown.replace("\r\n", "\n"))
            self.assertEqual(browser.run("return [document.title, document.scripts.length, document.querySelectorAll('#facts img').length];"),
                             [lot, 1, 0])
        for page in ("/lots", "/jobs"):
            browser.open(f"http://{self.gate.address}{page}")
            browser.wait("cards", "return document.querySelectorAll('.card').length > 5;")
            self.assertNotIn("taken", browser.run("return document.title;"))


if __name__ == "__main__":
    unittest.main()
