"""The HTTP side of the running daemon: every documented address, events, documents, what is refused."""
import hashlib
import http.client
import json
import os
import threading
import urllib.parse

from lotgate_e2e import DEADLINE, LineByLine, LotgateTest, UnixConnection, cut, wait_for

FILE = b"%PDF-1.4 mill test report 88-1204"
FILE_HASH = hashlib.sha256(FILE).hexdigest()
LOT = "ACR-"  # replaced by the lot's own number

# One request for each documented operation, in an order in which all of them succeed: body, query, path parameter.
EXAMPLES = [
    ("get /machines", {}),
    ("get /machines/{machine}", {}),
    ("get /suppliers", {"query": {"limit": 5}}),
    ("post /suppliers", {"body": {"supplier": "S2", "name": "Second"}}),
    ("get /materials", {}),
    ("post /materials", {"body": {"material": "PLY", "name": "Plywood", "form": "sheet"}}),
    ("get /operators", {}),
    ("post /operators", {"body": {"operator": "OP2", "name": "Second"}}),
    ("post /lots", {"body": {"material": "PLY", "supplier": "S2", "supplier_lot": "7", "quantity": "3sheet"}}),
    ("get /lots", {"query": {"state": "released", "limit": 10}}),
    ("get /lots/{lot}", {}),
    ("post /lots/{lot}/inspect", {"lot": "PLY", "body": {"heat": "A1", "cert_heat": "A1"}}),
    ("post /lots/{lot}/release", {"lot": "PLY", "body": {}}),
    ("post /lots/{lot}/quarantine", {"lot": "PLY", "body": {"reason": "a doubt"}}),
    ("post /lots/{lot}/reject", {"lot": "PLY", "body": {"reason": "no doubt any more"}}),
    ("post /lots/{lot}/documents", {"file": FILE, "query": {"name": "mtr.pdf", "kind": "mtr"}}),
    ("get /lots/{lot}/documents", {"query": {"kind": "mtr"}}),
    ("get /documents/{sha256}", {}),
    ("get /documents", {"query": {"state": "current", "sort": "expires:desc"}}),
    ("post /materials/{material}/documents", {"file": FILE, "query": {"name": "sds.pdf", "kind": "sds", "revision": "2"}}),
    ("post /suppliers/{supplier}/documents", {"file": FILE, "query": {"name": "rohs.pdf", "kind": "rohs"}}),
    ("get /materials/{material}", {}),
    ("post /suppliers/{supplier}/contacts", {"body": {"name": "Pat", "role": "quality", "email": "pat@s2.example"}}),
    ("get /suppliers/{supplier}", {}),
    ("post /lots", {"body": {"material": "PLY", "supplier": "S2", "supplier_lot": "6", "quantity": "1sheet", "heat": "H6",
                             "lot": "ASKED"}}),
    ("get /lots/{lot}/request", {"lot": "ASKED"}),
    ("post /lots/{lot}/split", {"body": {"quantity": "1sheet", "count": 3}}),
    ("post /lots/{lot}/mark", {"lot": "PIECE", "body": {"code": "PIECE"}}),
    ("post /lots/{lot}/mark_lost", {"lot": "PIECE", "body": {"reason": "painted over"}}),
    ("post /lots/{lot}/adjust", {"body": {"quantity": "+1sheet", "reason": "miscounted"}}),
    ("post /lots/{lot}/count", {"body": {"quantity": "3sheet", "reason": "stock count"}}),
    ("post /lots/{lot}/scrap", {"lot": "PIECE", "body": {"quantity": "1sheet", "reason": "broken"}}),
    ("post /lots/{lot}/correct", {"body": {"job": "JOB-000001", "quantity": "1sheet", "reason": "one sheet"}}),
    ("post /merges", {"body": {"lots": ["PIECE-2", "PIECE-3"]}}),
    ("post /lots", {"body": {"material": "PLY", "supplier": "S2", "supplier_lot": "8", "quantity": "9sheet"}}),
    ("post /machines/{machine}/declare", {"body": {"lots": [{"lot": LOT, "quantity": "1sheet"}], "operator": "OP1"}}),
    ("get /declarations", {"query": {"machine": "laser1"}}),
    ("post /machines/{machine}/cancel", {"body": {"reason": "only a test"}}),
    ("post /machines/{machine}/hold", {"body": {}}),
    ("post /machines/{machine}/resume", {"body": {}}),
    ("post /machines/{machine}/confirm", {"body": {}}),
    ("post /machines/{machine}/pair", {"body": {}}),
    ("get /jobs", {"query": {"machine": "laser1", "limit": 3}}),
    ("get /jobs/{job}", {}),
    ("get /jobs/{job}/path.svg", {}),
    ("get /records", {}),
    ("get /records/{record}", {}),
    ("post /products", {"body": {"product": "BOX", "name": "Box", "pattern": "BOX-{yy}-{nnnn}"}}),
    ("get /products", {}),
    ("get /products/{product}", {}),
    ("post /products/{product}/bom", {"body": {"materials": [{"material": "ACR", "quantity": "1sheet"}]}}),
    ("post /records/{record}/deviate", {"body": {"material": "PLY", "reason": "none at hand", "by": "OP1"}}),
    ("post /units", {"body": {"record": "MFG-0001", "batch": "BOX-2", "count": 5}}),
    ("post /units", {"body": {"record": "MFG-0001", "unit": "BOX-1"}}),
    ("get /units", {"query": {"record": "MFG-0001"}}),
    ("get /units/{unit}", {}),
    ("post /customers", {"body": {"customer": "C1", "name": "Ada", "email": "ada@x.example"}}),
    ("get /customers", {}),
    ("get /customers/{customer}", {}),
    ("post /customers/{customer}/change", {"body": {"phone": "+1"}}),
    ("post /orders", {"body": {"order": "1001", "customer": "C1", "items": [{"title": "Box", "count": 1}]}}),
    ("get /orders", {"query": {"state": "open"}}),
    ("get /orders/{order}", {}),
    ("post /orders/{order}/allocate", {"body": {"unit": "BOX-1"}}),
    ("post /orders/{order}/allocate", {"body": {"unit": "BOX-2", "count": 2}}),
    ("post /orders/{order}/ship", {"body": {}}),
    ("get /shipments", {"query": {"order": "1001"}}),
    ("post /shipments/{shipment}/return", {"body": {"unit": "BOX-1", "reason": "broken"}}),
    ("post /units/{unit}/scrap", {"body": {"reason": "broken"}}),
    ("get /recall/{lot}", {}),
    ("get /trace/{id}", {}),
    ("post /recalls", {"body": {"lot": LOT, "reason": "exercise", "mock": True}}),
    ("get /recalls", {}),
    ("get /recalls/{recall}", {}),
    ("post /recalls/{recall}/contacted", {"body": {"customer": "C1"}}),
    ("post /recalls/{recall}/answered", {"body": {"customer": "C1"}}),
    ("post /recalls/{recall}/returned", {"body": {"order": "1001", "count": 1}}),
    ("post /recalls/{recall}/destroyed", {"body": {"order": "1001", "count": 1}}),
    ("post /recalls/{recall}/close", {"body": {"conclusion": "an exercise"}}),
    ("post /procedures", {"body": {"procedure": "LASER", "title": "Laser safety", "by": "OP1"}}),
    ("get /procedures", {}),
    ("post /operators/{operator}/pin", {"body": {"pin": "2468"}}),
    ("post /trainings", {"body": {"operator": "OP1", "procedure": "LASER", "pin": "2468"}}),
    ("get /trainings", {"query": {"operator": "OP1"}}),
    ("post /nonconformances", {"body": {"subject": "laser1", "text": "lens cracked"}}),
    ("get /nonconformances", {"query": {"state": "open"}}),
    ("post /nonconformances/{nonconformance}/close", {"body": {"disposition": "rework", "reason": "new lens"}}),
    ("get /lots/{lot}/hazards", {"query": {"machine": "laser1"}}),
    ("post /lots/{lot}/acknowledge", {"body": {"machine": "laser1", "by": "OP1"}}),
    ("post /imports/orders", {"body": {"orders": [
        {"order": "1002", "customer": {"name": "Bo"}, "items": [{"title": "Box", "count": 1}]}]}}),
    ("post /orders/{order}/cancel", {"order": "1002", "body": {"reason": "changed their mind"}}),
    ("post /records/{record}/close", {"body": {"good": 1, "scrapped": 0}}),
    ("get /notes", {"query": {"subject": "laser1"}}),
    ("post /notes", {"body": {"subject": "laser1", "text": "lens cleaned"}}),
    ("post /corrections", {"body": {"event": 6, "field": "supplier_lot", "value": "88-1205", "reason": "misread"}}),
    ("get /corrections", {}),
    ("get /lookup", {"query": {"code": "4711"}}),
    ("get /ledger", {"query": {"after": 3, "limit": 2}}),
    ("get /ledger/head", {}),
    ("get /events", {"stream": True}),
    ("post /op/{name}", {"body": {}}),
    ("get /openapi.json", {}),
    ("get /metrics", {}),
    ("get /healthz", {}),
    ("post /machines/{machine}/reset", {"body": {}}),
    ("post /operators/{operator}/role", {"body": {"role": "owner"}}),
]


class Events(threading.Thread):
    """A listener to /events that keeps what it was told."""

    def __init__(self, address, last=None):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(address, timeout=DEADLINE)
        self.connection.request("GET", "/api/v1/events", headers={"Last-Event-ID": last} if last else {})
        self.response = self.connection.getresponse()
        self.told, self.last = [], last
        self.start()

    def run(self):
        event = {}
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if "data" in event:
                    self.last = event.get("id", self.last)
                    self.told.append((event["event"], json.loads(event["data"])))
                event = {}
        except (OSError, http.client.HTTPException):
            pass

    def of(self, kind):
        return [data for what, data in self.told if what == kind]


class Http(LotgateTest):
    def setUp(self):
        super().setUp()
        self.opened = []
        self.sim = self.simulator("machine", "--hook", "--serial", "SN-laser1")
        self.gate = self.daemon(self.machine_config(self.sim.link))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")

    def job(self):
        """Runs one small job through the gate."""
        sender = self.sender(LineByLine, self.gate.tcp(), cut(10))
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        sender.finish()
        self.gate.wait_state("locked")
        return self.gate.wait_job("completed")

    def ask(self, method, path, body=None, headers=None, connection=None):
        connection = connection or http.client.HTTPConnection(self.gate.address, timeout=DEADLINE)
        self.opened.append(connection)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers or {})
        return connection.getresponse()

    def socket_path(self):
        found = wait_for(lambda: [os.path.join(folder, name) for folder, _, names in os.walk(self.gate.data)
                                  for name in names if name.endswith(".sock")], "the daemon's Unix socket")
        return found[0]

    def address_of(self, path, example, known):
        query = urllib.parse.urlencode(example.get("query", {}))
        for name, value in {**known, **{key: known[example[key]] for key in ("lot", "order") if key in example}}.items():
            path = path.replace("{%s}" % name, urllib.parse.quote(value, safe=""))
        self.assertNotIn("{", path)
        return path + ("?" + query if query else "")

    def test_every_documented_address_answers_as_documented(self):
        job = self.job()
        status, document = self.gate.api("/openapi.json")
        self.assertEqual((status, document["openapi"]), (200, "3.1.0"))
        documented = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
        examples = {f"{name.split()[0]} /api/v1{name.split()[1]}" for name, _ in EXAMPLES}
        self.assertEqual(examples, {name for name in documented if " /api/v1/" in name},
                         "each documented operation needs an example here, and no other")
        known = {"machine": "laser1", "lot": self.lot, "job": job["job"], "record": job["record"], "sha256": FILE_HASH,
                 "name": "ledger.head", "product": "BOX", "unit": "BOX-1", "customer": "C1", "order": "1001",
                 "1002": "1002", "recall": "RCL-0001", "operator": "OP1", "nonconformance": "NC-0001", "id": "BOX-2", "shipment": "SHP-000001",
                 "material": "ACR", "supplier": "ACME", "ASKED": "ASKED"}
        for name, example in EXAMPLES:
            with self.subTest(name):
                method, path = name.split()
                entry = document["paths"]["/api/v1" + path][method]
                self.one_example(method, path, entry, example, known)

    def one_example(self, method, path, entry, example, known):
        good = next(status for status in entry["responses"] if status.startswith("2"))
        address = "/api/v1" + self.address_of(path, example, known)
        body, headers = example.get("file"), {"Content-Type": "application/pdf"}
        if "body" in example:
            body = json.dumps(example["body"]).replace(f'"{LOT}"', json.dumps(self.lot))
            for name in ("PIECE", "PIECE-2", "PIECE-3"):
                body = body.replace(f'"{name}"', json.dumps(known.get(name, name)))
            headers = {"Content-Type": "application/json"}
        if path == "/op/{name}":  # on the socket alone
            refused = self.ask(method.upper(), address, body, headers)
            self.assertEqual((refused.status, json.load(refused)["error"]["code"]), (404, "not_found"))
            answer = self.ask(method.upper(), address, body, headers, UnixConnection(self.socket_path()))
        else:
            answer = self.ask(method.upper(), address, body, headers if body is not None else {})
        text = b"" if example.get("stream") else answer.read()
        if not example.get("stream"):  # an address may hold so many connections and no more
            self.opened[-1].close()
        self.assertEqual(str(answer.status), good, text)
        kind = answer.getheader("Content-Type").split(";")[0]
        self.assertIn(kind, entry["responses"][good]["content"])
        self.documented_csv(entry["responses"], address)
        if kind == "application/json":
            made = json.loads(text)
            if path == "/lots" and method == "post":
                known["PLY"] = made["lot"]
            if path == "/lots/{lot}/split":
                known["PIECE"], known["PIECE-2"], known["PIECE-3"] = made["pieces"]

    def documented_csv(self, responses, address):
        """Where CSV is documented it is had, with the columns that are documented; anywhere else it is refused or not looked at."""
        documented = responses.get("200", {}).get("content", {}).get("text/csv")
        if documented or "406" in responses and "/events" not in address:
            answer = self.ask("GET", address, None, {"Accept": "text/csv"})
            head = answer.read().decode().split("\n", 1)[0]
            self.opened[-1].close()
            if documented:
                self.assertEqual((answer.status, answer.getheader("Content-Type").split(";")[0]), (200, "text/csv"), head)
                self.assertTrue(documented["schema"]["description"].endswith("heading: " + head), head)
            else:
                self.assertEqual(answer.status, 406, address)

    def test_what_is_not_documented_is_not_there(self):
        _, document = self.gate.api("/openapi.json")
        for path, methods in document["paths"].items():
            concrete = path
            while "{" in concrete:
                concrete = concrete[:concrete.index("{")] + "x" + concrete[concrete.index("}") + 1:]
            for method in {"get", "post", "put", "delete", "patch"} - set(methods):
                answer = self.ask(method.upper(), concrete)
                self.assertEqual(answer.status, 405, f"{method} {path}")
                self.assertEqual({word.lower() for word in answer.getheader("Allow").split(", ")}, set(methods))
        for path in ("/api/v1", "/api/v1/", "/api/v1/users", "/api/v2/lots", "/lots/a/b", "/web/", "/web/../lots"):
            self.assertEqual(self.ask("GET", path).status, 404, path)

    def test_events_tell_of_a_job_and_are_resumed(self):
        events = Events(self.gate.address)
        job = self.job()
        states = wait_for(lambda: (s := [data["state"] for data in events.of("machine")])[-1:] == ["locked"] and "running" in s and s,
                          lambda: f"the machine's states: {events.told}")
        self.assertLess(states.index("held"), states.index("running"))
        machine = events.of("machine")[-1]
        live = self.gate.machine()
        self.assertEqual(live["queued"], 0)
        for name in ("machine", "name", "kind", "board", "serial_number", "tcp", "queued"):
            self.assertEqual(machine[name], live[name], name)
        wait_for(lambda: any(data.get("job") == job["job"] for data in events.of("job")), lambda: f"the job: {events.told}")
        seen = events.last
        self.job()
        missed = Events(self.gate.address, seen)
        wait_for(lambda: "running" in [data["state"] for data in missed.of("machine")], "what was missed")
        self.assertEqual(missed.of("reset"), [])
        self.gate.stop()
        self.gate.start()
        again = Events(self.gate.address, seen)
        wait_for(lambda: again.of("reset"), "the word that what was missed is not known")

    def test_events_tell_of_a_lot(self):
        events = Events(self.gate.address)
        self.gate.command("lot", "quarantine", self.lot, "--reason", "scratched")
        told = {"lot": self.lot, "state": "quarantined", "change": "quarantine"}
        wait_for(lambda: told in events.of("lot"), lambda: f"the lot: {events.told}")

    def test_a_document_goes_in_and_comes_out_unchanged(self):
        content = b"%PDF-1.4" + os.urandom(3_000_000)
        answer = self.ask("POST", f"/api/v1/lots/{self.lot}/documents?name=big%20scan.pdf&kind=mtr&issuer=ACME", content,
                          {"Content-Type": "application/pdf"})
        self.assertEqual(answer.status, 201, answer.read())
        document = self.gate.api(f"/lots/{self.lot}")[1]["documents"][0]
        self.assertEqual((document["name"], document["sha256"]), ("big scan.pdf", hashlib.sha256(content).hexdigest()))
        answer = self.ask("GET", "/api/v1/documents/" + document["sha256"])
        self.assertEqual(answer.read(), content)
        self.assertEqual(os.listdir(os.path.join(self.gate.data, "documents")), [document["sha256"]])
        answer = self.ask("POST", "/api/v1/lots/NO-1/documents?name=a&kind=mtr", content, {"Content-Type": "application/pdf"})
        self.assertEqual((answer.status, json.load(answer)["error"]["code"]), (404, "no_such_lot"))

    def test_lists_page_by_cursor(self):
        for number in range(7):
            self.gate.command("supplier", "add", f"S{number}", f"Supplier {number}")
        everything = self.gate.api("/suppliers")[1]
        seen, after = [], None
        while True:
            page = self.gate.api("/suppliers?limit=3" + (f"&after={after}" if after else ""))[1]
            seen += page
            if len(page) < 3:
                break
            after = page[-1]["supplier"]
        self.assertEqual(seen, everything)
        self.assertEqual(len(everything), 8)

    def test_the_ledger_is_read_in_order(self):
        status, events = self.gate.api("/ledger?after=2&limit=3")
        self.assertEqual((status, [event["seq"] for event in events]), (200, [3, 4, 5]))
        head = self.gate.api("/ledger/head")[1]
        last = self.gate.api(f"/ledger?after={head['seq'] - 1}")[1][-1]
        self.assertEqual(last["hash"], head["hash"])

    def test_a_refusal_is_a_sentence_with_what_to_do(self):
        self.gate.command("lot", "quarantine", self.lot, "--reason", "a doubt")
        cases = [(self.lot, 409, "lot_quarantined"), ("NO-1", 409, "no_such_lot")]
        for lot, status, code in cases:
            got, answer = self.gate.api("/machines/laser1/declare", "POST", {"lots": [{"lot": lot}], "operator": "OP1"})
            self.assertEqual((got, answer["error"]["code"]), (status, code))
            self.assertIn(" ", answer["error"]["message"])
            self.assertTrue(answer["error"]["what_to_do"])
        got, answer = self.gate.api("/machines/none/declare", "POST", {"lots": [{"lot": self.lot}]})
        self.assertEqual((got, answer["error"]["code"]), (404, "no_such_machine"))
        got, answer = self.gate.api("/machines/laser1/declare", "POST", {"lots": [{"lot": self.lot}], "colour": "red"})
        self.assertEqual((got, answer["error"]["code"]), (400, "bad_argument"))

    def test_pages_of_others_are_kept_out(self):
        good = {"Content-Type": "application/json"}
        body = json.dumps({"subject": "laser1", "text": "x"})
        for headers in ({**good, "Host": "evil.example"}, {**good, "Origin": "http://evil.example"}, {**good, "Origin": "null"}):
            self.assertEqual(self.ask("POST", "/api/v1/notes", body, headers).status, 403, headers)
        self.assertEqual(self.ask("GET", "/api/v1/machines", None, {"Host": "evil.example"}).status, 403)
        self.assertEqual(self.ask("POST", "/api/v1/notes", body, {"Content-Type": "text/plain"}).status, 415)
        own = {**good, "Origin": "http://" + self.gate.address}
        self.assertEqual(self.ask("POST", "/api/v1/notes", body, own).status, 201)
        answer = self.ask("GET", "/")
        self.assertIn("default-src 'self'", answer.getheader("Content-Security-Policy"))
        self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))

    def test_it_listens_nowhere_but_on_the_loopback(self):
        self.gate.stop()
        status, said = self.gate.refuses_to_start("--listen", "0.0.0.0:0")
        self.assertEqual(status, 1)
        self.assertIn("127.0.0.1", said)

    def test_metrics_and_health(self):
        self.job()
        text = self.ask("GET", "/metrics").read().decode()
        self.assertIn('lotgate_machine_state{machine="laser1",state="locked"} 1\n', text)
        self.assertIn('lotgate_machine_jobs_total{machine="laser1"} 1\n', text)
        samples = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(len(samples), len({line.rsplit(" ", 1)[0] for line in samples}), "a sample stands twice")
        for line in samples:
            float(line.rsplit(" ", 1)[1])
        self.assertEqual(self.gate.api("/healthz")[0], 200)
