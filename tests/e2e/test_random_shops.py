"""Random shops with all that makes following a lot hard: pieces of pieces, merges, jobs of several lots, records of several jobs,
batches that leave in parts and come back in parts, corrections of orders and quantities. Recall, trace and stock are held
against a second program that reads the exported events (tests/tools/recall_check.py), and against each other backward.

LOTGATE_SHOPS sets how many (3), LOTGATE_SEED the first.
"""
import json
import os
import random
import sys
import unittest

from lotgate_e2e import TOP
from test_lists import Shop

sys.path.insert(0, os.path.join(TOP, "tests", "tools"))
import recall_check  # noqa: E402

SHOPS = int(os.environ.get("LOTGATE_SHOPS", "3"))
SEED = int(os.environ.get("LOTGATE_SEED", "1"))
ACTS = 320


class Maker:
    """Does random acts; what lotgate refuses is left out, and counted."""

    def __init__(self, shop, seed):
        self.shop, self.random, self.done, self.refused = shop, random.Random(seed), {}, 0
        self.lots, self.jobs, self.records, self.units, self.shipments, self.orders = [shop.lot], [], [], {}, [], []
        for name in ("BOX", "LID"):
            shop.op("product.add", product=name, name=name)
        for number in range(8):
            shop.op("customer.add", customer=f"C{number}", name=f"Customer {number}")

    def try_op(self, name, /, **args):
        answer = self.shop.try_op(name, **args)
        if answer is None:
            self.refused += 1
        return answer

    def some(self, things):
        return self.random.choice(list(things)) if things else "none"

    def act(self):
        kinds = {"receive": 6, "split": 8, "merge": 3, "job": 20, "unit": 8, "order": 8, "allocate": 5, "ship": 16, "back": 14, "scrap": 3,
                 "count": 3, "adjust": 3, "took": 5, "reorder": 5, "reproduct": 2, "cancel": 1}
        kind = self.random.choices(list(kinds), kinds.values())[0]
        if getattr(self, kind)():
            self.done[kind] = self.done.get(kind, 0) + 1

    def receive(self):
        lot = self.try_op("lot.receive", material="ACR", supplier="ACME", supplier_lot="x", quantity=f"{self.random.randint(5, 60)}sheet")
        self.lots.append(lot["lot"])
        return self.try_op("lot.release", lot=lot["lot"])

    def split(self):
        made = self.try_op("lot.split", lot=self.some(self.lots), quantity=f"{self.random.randint(1, 9)}sheet", count=self.random.randint(1, 2))
        for piece in made["pieces"] if made else []:
            self.try_op("lot.mark", lot=piece, code=piece)
            self.lots.append(piece)
        return made

    def merge(self):
        lots = self.random.sample(self.lots, min(len(self.lots), self.random.randint(2, 3)))
        made = self.try_op("lot.merge", lots=lots)
        if made:
            self.try_op("lot.mark", lot=made["lot"], code=made["lot"])
            self.lots.append(made["lot"])
        return made

    def job(self):
        lots = self.random.sample(self.lots, min(len(self.lots), self.random.randint(1, 3)))
        for lot in lots:
            self.shop.try_op("lot.mark", lot=lot, code=lot)  # the question after the last job
        more = self.random.choice([{"record": self.some(self.records)}, {"order": self.some(self.orders)}, {}, {}])
        made = self.try_op("declaration.make", machine="laser1", operator="OP1", product=self.some(["BOX", "LID"]),
                           lots=[{"lot": lot, "quantity": f"{self.random.randint(1, 3)}sheet"} for lot in lots],
                           **{name: value for name, value in more.items() if value != "none"})
        if not made:
            return None
        job = self.try_op("job.start", machine="laser1", declaration=made["declaration"])
        if not job:
            self.try_op("declaration.cancel", declaration=made["declaration"], reason="refused")
            return None
        self.try_op("job.end", job=job["job"], state="completed")
        self.jobs.append((job["job"], lots))
        self.records = sorted({*self.records, job["record"]})
        return job

    def unit(self):
        batch = self.random.random() < 0.7
        made = self.try_op("unit.make", record=self.some(self.records), product="BOX", count=self.random.randint(1, 3) * (8 if batch else 1),
                           **({"batch": f"B{len(self.units)}"} if batch else {}))
        for unit in made["units"] if made else []:
            self.units[unit] = 6 if batch else 1  # so many may leave at once
        return made

    def order(self):
        made = self.try_op("order.add", order=f"O{len(self.orders)}", customer=f"C{self.random.randint(0, 7)}")
        self.orders.append(made["order"])
        return made

    def allocate(self):
        return self.try_op("unit.allocate", unit=self.some(self.units), order=self.some(self.orders), count=self.random.randint(1, 3))

    def ship(self):
        units = self.random.sample(list(self.units), min(len(self.units), self.random.randint(1, 2)))
        made = self.try_op("order.ship", order=self.some(self.orders), partial=self.random.random() < 0.6,
                           units=[{"unit": unit, "count": self.random.randint(1, self.units[unit])} for unit in units])
        self.shipments += [(made["shipment"], unit) for unit in units] if made else []
        return made

    def back(self):
        shipment, unit = self.some(self.shipments) if self.shipments else ("none", "none")
        return self.try_op("shipment.return", shipment=shipment, unit=unit, count=self.random.randint(1, 2), reason="did not fit")

    def scrap(self):
        return self.try_op("lot.scrap", lot=self.some(self.lots), quantity="1sheet", reason="scratched")

    def count(self):
        return self.try_op("lot.count", lot=self.some(self.lots), quantity=f"{self.random.randint(4, 30)}sheet", reason="yearly")

    def adjust(self):
        return self.try_op("lot.adjust", lot=self.some(self.lots), quantity=self.random.choice(["-1sheet", "+2sheet"]), reason="booked twice")

    def took(self):
        job, lots = self.some(self.jobs) if self.jobs else ("none", ["none"])
        return self.try_op("lot.correct", job=job, lot=self.some(lots), quantity=f"{self.random.randint(1, 4)}sheet", reason="miscounted")

    def correct(self, field, value):
        seq = self.shop.opened(self.some(self.records))
        return seq and self.try_op("correction.add", event=seq, field=field, value=value, reason="misread")

    def reorder(self):
        return self.correct("order", self.some(self.orders))

    def reproduct(self):
        return self.correct("product", "LID")

    def cancel(self):
        return self.try_op("order.cancel", order=self.some(self.orders), reason="changed their mind")


class RandomShops(Shop):
    def try_op(self, name, /, **args):
        status, answer = self.ask_op(name, args)
        self.assertIn(status, (200, 400, 404, 409), answer)
        return answer if status == 200 else None

    def opened(self, record):
        if record not in self.seqs:
            self.seqs.update({event["body"]["record"]: event["seq"] for event in self.rest("/ledger", kind="record.opened", limit=1000)})
        return self.seqs.get(record)

    def make(self, seed):
        self.seqs = {}
        maker = Maker(self, seed)
        for _ in range(ACTS):
            maker.act()
        kinds = {"split", "merge", "job", "ship", "back", "took", "reorder"}
        self.assertLessEqual(kinds, set(maker.done), "acts that never went through")
        print(f"# seed {seed}: {maker.done}, {maker.refused} refused")
        return maker

    def check(self, maker):
        plain = recall_check.read(self.gate.command("ledger", "export").splitlines())
        several = [record for record in plain.records if len({lot for (_, lot), (of, _) in plain.taken.items() if of == record}) > 1]
        self.assertTrue(several and any(0 < back < out for _, out, back in plain.shipments.values()))
        orders_of = {lot: self.recall_agrees(plain, lot) for lot in plain.lots}
        lots_of = {order: self.trace_agrees(plain, order) for order in plain.orders}
        for lot, orders in orders_of.items():  # forward and backward are one relation
            self.assertEqual(orders, {order for order, lots in lots_of.items() if lot in lots}, lot)
        for name in (*plain.lots, *plain.units, *plain.records, "ACME", "C1", "JOB-000001"):
            self.trace_agrees(plain, name)
        self.stock_agrees(plain)

    def recall_agrees(self, plain, lot):
        found, wanted = self.rest("/recall/" + lot.replace("/", "%2F")), recall_check.find(plain, lot)
        names = {name: sorted(one[member] for one in found[name]) for name, member in (
            ("records", "record"), ("units", "unit"), ("orders_shipped", "order"), ("orders_open", "order"), ("customers", "customer"))}
        self.assertEqual({**names, "balance": found["balance"]["amounts"]}, wanted, lot)
        self.assertTrue(found["balance"]["closes"], lot)
        b = wanted["balance"]
        self.assertEqual(b["received"] + b["adjusted"] - b["consumed"] - b["scrapped"] - b["on_hand"], b["unaccounted"], lot)
        return {one["order"] for name in ("orders_shipped", "orders_open", "orders_returned") for one in found[name]}

    def trace_agrees(self, plain, name):
        found, wanted = self.rest("/trace/" + name.replace("/", "%2F")), recall_check.trace(plain, name)
        nodes = [(node["type"], node["id"]) for node in found["nodes"]]
        self.assertEqual((sorted(nodes), found["cut"]), (wanted["nodes"], False), name)
        self.assertEqual(sorted({(nodes[a], nodes[b]) for a, b in found["edges"]}), wanted["edges"], name)
        return {node["id"] for node in found["nodes"] if node["type"] == "lot" and node["side"] == "back"}

    def stock_agrees(self, plain):
        told = {lot["lot"]: {name: lot[name + "_amount"] for name in ("received", "adjusted", "consumed", "scrapped", "parted", "on_hand")}
                for lot in self.gate.listing("lot", "list")}
        self.assertEqual(told, recall_check.stock(plain))

    def test_recall_trace_and_stock_agree_with_the_second_program_and_backward(self):
        for seed in range(SEED, SEED + SHOPS):
            with self.subTest(seed=seed):
                if seed > SEED:
                    self.gate.stop()
                    self.tearDown()
                    self.doCleanups()
                    self.setUp()
                self.check(self.make(seed))
                self.gate.stop()
                before = [self.gate.command(*words, "--json") for words in (("lot", "list"), ("job", "list"), ("record", "list"), ("order", "list"))]
                self.gate.command("ledger", "verify")
                self.gate.command("ledger", "rebuild")
                after = [self.gate.command(*words, "--json") for words in (("lot", "list"), ("job", "list"), ("record", "list"), ("order", "list"))]
                self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main()
