"""Lists as CSV over HTTP: the same file as the command line's, of any length, and how what can't be had is told."""
import csv
import http.client
import io
import json
import os
import socket
import sqlite3
import unittest
import urllib.parse

import test_lists
from lotgate_e2e import DEADLINE

CSV = "text/csv; charset=utf-8; header=present"
ROW_BYTES = 9000


class Slow(http.client.HTTPConnection):
    """Takes little at a time: the server has to keep what was not taken, or to make it later."""

    def connect(self):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))


class Csv(test_lists.Shop):
    def get(self, path, accept="text/csv", method="GET", kind=http.client.HTTPConnection):
        connection = kind(self.gate.address, timeout=DEADLINE)
        self.addCleanup(connection.close)
        connection.request(method, "/api/v1" + path, headers={"Accept": accept} if accept is not None else {})
        return connection.getresponse()

    def text(self, path):
        answer = self.get(path)
        self.assertEqual((answer.status, answer.getheader("Content-Type"), answer.getheader("Vary")), (200, CSV, "Accept"), path)
        return answer.read().decode()

    def refused(self, path, status, code, accept="text/csv"):
        answer = self.get(path, accept)
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (status, "application/json"), (path, accept))
        error = json.load(answer)["error"]
        self.assertEqual(error["code"], code)
        self.assertTrue(error["message"] and error["what_to_do"])
        return error

    def orders(self, count, name="Ada"):
        step = 100 if len(name) < 100 else 20  # of what a body may hold
        for first in range(0, count, step):
            self.op("order.import", orders=[{"order": f"O-{number:05d}", "customer": {"name": f"{name} {number}"},
                                             "items": [{"title": "Box", "count": 1}]}
                                            for number in range(first, min(first + step, count))])

    def test_each_list_is_the_command_lines_file(self):
        self.furnish()
        for words, address, member, chosen, fields in test_lists.LISTS:
            with self.subTest(list=words):
                words, field = words.split(), fields.split(", ")[-1]
                whole = self.gate.command(*words, "--csv")
                self.assertGreater(whole.count("\n"), 2)
                self.assertEqual(self.text(address), whole)
                first = str(self.rest(address, sort=field, limit=1)[0][member])
                self.assertEqual(self.text(f"{address}?sort={field}&after={urllib.parse.quote(first)}&limit=1"),
                                 self.gate.command(*words, "--csv", "--sort", field, "--after", first, "--limit", "1"))
                if chosen and "LOT" not in chosen:
                    self.assertEqual(self.text(f"{address}?{chosen[1]}={chosen[2]}"), self.gate.command(*words, "--csv", f"--{chosen[0]}={chosen[2]}"))
        self.assertEqual(self.text(f"/lots/{self.lot}/documents"), self.gate.command("document", "list", "--lot", self.lot, "--csv"))

    def test_what_is_no_list_of_its_own(self):
        self.furnish()
        self.gate.wait_state("locked")
        self.op("order.ship", order="2", units=[{"unit": self.rest("/units", record="MFG-0002")[0]["unit"]}])
        for address, words in ((f"/recall/{self.lot}", ["recall", self.lot]), ("/machines", ["machine", "list"]),
                               ("/recalls/RCL-0002", ["recall-case", "show", "RCL-0002"]),
                               (f"/lots/{self.lot}/hazards?machine=laser1", ["lot", "hazards", self.lot, "laser1"])):
            self.assertEqual(self.text(address), self.gate.command(*words, "--csv"))
        contacts = list(csv.DictReader(io.StringIO(self.text(f"/recall/{self.lot}"))))
        self.assertEqual([(row["customer"], row["email"]) for row in contacts], [("C1", "same@x.example"), ("C2", "same@x.example")])
        nodes = list(csv.DictReader(io.StringIO(self.text(f"/trace/{self.lot}"))))
        graph = self.rest(f"/trace/{self.lot}")["nodes"]
        self.assertEqual([(row["type"], row["id"], row["side"]) for row in nodes], [(row["type"], row["id"], row["side"]) for row in graph])
        answer = self.get(f"/recall/{self.lot}")
        self.assertEqual(answer.getheader("Content-Disposition"), 'attachment; filename="recall.csv"')

    def test_formulas_and_what_acts_are_guarded(self):
        self.op("note.add", subject=self.lot, text='=cmd|"/c calc"!A1\n\x1b[31m')
        rows = list(csv.DictReader(io.StringIO(self.text("/notes"))))
        self.assertEqual(rows[0]["text"], '\'=cmd|"/c calc"!A1\n\\x1b[31m')
        self.assertEqual(self.text("/notes"), self.gate.command("notes", "--csv"))

    def test_more_than_a_page(self):
        self.orders(501)
        whole = self.text("/orders?sort=order")
        rows = list(csv.DictReader(io.StringIO(whole)))
        self.assertEqual([row["order"] for row in rows], [f"O-{number:05d}" for number in range(501)])
        for limit in (1, 199, 200, 201, 400, 500, 501, 502, 100000):
            part = self.text(f"/orders?sort=order&limit={limit}")
            self.assertEqual(part.splitlines(), whole.splitlines()[:limit + 1], limit)
        self.assertEqual(self.text("/orders?sort=order&after=O-00300").splitlines()[1:], whole.splitlines()[302:])
        self.assertEqual(self.text("/orders?sort=order&after=O-00500").splitlines(), whole.splitlines()[:1])
        answer = self.get("/orders")
        self.assertEqual((answer.getheader("Transfer-Encoding"), answer.getheader("Content-Disposition")),
                         ("chunked", 'attachment; filename="orders.csv"'))
        head = self.get("/orders", method="HEAD")
        self.assertEqual((head.status, head.getheader("Content-Type"), head.read()), (200, CSV, b""))

    def peak(self):
        with open(f"/proc/{self.gate.server.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

    def test_a_large_list_needs_the_memory_of_a_page_and_is_cut_where_it_fails(self):
        self.orders(3000, "A" * ROW_BYTES)
        with open(f"/proc/{self.gate.server.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        before = self.peak()
        size = 0
        answer = self.get("/customers", kind=Slow)
        while piece := answer.read(1 << 16):
            size += len(piece)
            if size == 1 << 20:  # others are answered meanwhile
                self.assertEqual(self.gate.api("/healthz")[0], 200)
        self.assertGreater(size, 3000 * ROW_BYTES)
        self.assertLess(self.peak() - before, 12 * 1024)
        answer = self.get("/customers", kind=Slow)
        answer.read(1 << 16)
        with sqlite3.connect(os.path.join(self.gate.data, "ledger.db")) as database:
            database.execute("ALTER TABLE customers RENAME TO gone")
        database.close()
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            answer.read()

    def test_what_can_not_be_had_is_told_in_json(self):
        for path, status, code in (("/jobs?sort=colour", 400, "bad_argument"), ("/jobs?after=JOB-9", 400, "bad_argument"),
                                   ("/jobs?limit=0", 400, "bad_argument"), ("/jobs?limit=x", 400, "bad_argument"),
                                   ("/jobs?colour=red", 400, "bad_argument"), ("/recall/NO-1", 404, "no_such_lot"),
                                   ("/lots/NO-1/hazards?machine=laser1", 404, "no_such_lot"), (f"/lots/{self.lot}", 406, "not_acceptable")):
            self.refused(path, status, code)
        for accept in ("application/pdf", "text/html", "text/csv;q=0", "application/json;q=0, text/csv;q=0.000"):
            self.assertIn("application/json or text/csv", self.refused("/jobs", 406, "not_acceptable", accept)["message"])
            self.refused("/machines", 406, "not_acceptable", accept)
        for accept in (None, "", "*/*", "application/json", "text/csv;q=0.5, application/json", "text/html, */*;q=0.8"):
            answer = self.get("/jobs", accept)
            self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "application/json"), accept)
            self.assertEqual(json.load(answer), [])
        for accept in ("text/csv, */*", "application/json;q=0.9, text/*", "TEXT/CSV"):
            self.assertEqual(self.get("/jobs", accept).getheader("Content-Type"), CSV, accept)


if __name__ == "__main__":
    unittest.main()
