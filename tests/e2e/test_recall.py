"""Recalls against a second program that reads the exported events by plain loops and shares no code (tests/tools/recall_check.py)."""
import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from lotgate_e2e import LOTGATE, TOP

sys.path.insert(0, os.path.join(TOP, "tests", "tools"))
import recall_check  # noqa: E402


def ask(data, *words, ok=(0,)):
    done = subprocess.run([LOTGATE, "--data", data, *words], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in ok, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def ask_json(data, *words):
    return json.loads(ask(data, *words, "--json"))


class Shop:
    def __init__(self, folder, **options):
        self.data = os.path.join(folder, "data")
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        ask(self.data, "demo-data", *words)
        self.read()

    def read(self):
        self.events = ask(self.data, "ledger", "export").splitlines()
        self.plain = recall_check.read(self.events)

    def both(self, lot):
        found, wanted = ask_json(self.data, "recall", lot), recall_check.find(self.plain, lot)
        return {"records": sorted(r["record"] for r in found["records"]), "units": sorted(u["unit"] for u in found["units"]),
                "orders_shipped": sorted(o["order"] for o in found["orders_shipped"]),
                "orders_open": sorted(o["order"] for o in found["orders_open"]),
                "customers": sorted(c["customer"] for c in found["customers"]),
                "balance": found["balance"]["amounts"]}, wanted, found


class Recall(unittest.TestCase):
    def test_the_story_three_records_and_exactly_34_of_400_customers(self):
        with tempfile.TemporaryDirectory() as folder:
            shop = Shop(folder, jobs=300)
            ours, wanted, found = shop.both("ACR-0923-01")
            self.assertEqual(ours, wanted)
            self.assertEqual((len(ours["records"]), len(ours["customers"])), (3, 34))
            self.assertEqual(len(json.loads(ask(shop.data, "customer", "list", "--json"))), 400)
            contacts = list(csv.DictReader(io.StringIO(ask(shop.data, "recall", "ACR-0923-01", "--csv"))))
            self.assertEqual(sorted(c["customer"] for c in contacts), wanted["customers"])
            self.assertTrue(all("@" in c["email"] and c["phone"] for c in contacts))
            self.assertTrue(found["balance"]["closes"])
            file = os.path.join(folder, "contacts.csv")
            ask(shop.data, "recall", "ACR-0923-01", "--csv", file)
            with open(file, encoding="utf-8") as f:
                self.assertEqual(len(list(csv.DictReader(f))), 34)

    def test_random_shops_agree_with_the_second_program(self):
        for seed in range(1, 5):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                shop = Shop(folder, jobs=900, seed=seed, customers=60)
                lots = sorted(shop.plain.lots)
                chosen = random.Random(seed).sample(lots, 25) + [l for l in lots if "/" in l][:5]
                for lot in chosen:
                    ours, wanted, found = shop.both(lot)
                    self.assertEqual(ours, wanted, lot)
                    self.assertTrue(found["balance"]["closes"], lot)
                ask(shop.data, "ledger", "verify")
                before = ask(shop.data, "lot", "list", "--json")
                ask(shop.data, "ledger", "rebuild")
                self.assertEqual(ask(shop.data, "lot", "list", "--json"), before)

    def test_the_trace_backward_agrees_with_the_recall_forward(self):
        with tempfile.TemporaryDirectory() as folder:
            shop = Shop(folder, jobs=600, seed=9, customers=50)
            for lot in random.Random(2).sample(sorted(shop.plain.lots), 12):
                reached = {o["order"] for o in ask_json(shop.data, "recall", lot)["orders_shipped"]}
                for order in sorted(shop.plain.orders):
                    if order not in reached and random.Random(order).random() > 0.1:
                        continue
                    trace = ask_json(shop.data, "trace", order)
                    back = {n["id"] for n in trace["nodes"] if n["type"] == "lot" and n["side"] == "back"}
                    if order in reached:
                        self.assertIn(lot, back, order)
                    elif lot in back:  # made of it, but not with the customer: open, set apart, or back again
                        self.assertNotEqual(recall_check.find(shop.plain, lot)["orders_shipped"].count(order), 1)

    def test_a_recall_case_from_its_opening_to_its_end(self):
        with tempfile.TemporaryDirectory() as folder:
            shop = Shop(folder, jobs=50)
            lot = "ACR-0923-01"
            mock = ask_json(shop.data, "recall", lot, "--mock", "--reason", "yearly exercise")
            self.assertEqual(ask_json(shop.data, "lot", "show", lot)["state"], "released")
            self.assertEqual(mock["recall"], "RCL-0001")
            ask(shop.data, "recall", lot, "--open", ok=(2,))  # without a reason
            ask(shop.data, "recall", lot, "--reason", "notice", ok=(2,))  # a look must not be taken for a recall
            ask(shop.data, "recall", lot, "--open", "--mock", "--reason", "notice", ok=(2,))
            ask(shop.data, "recall", lot, "contacts.csv", ok=(2,))
            opened = ask_json(shop.data, "recall", lot, "--open", "--reason", "supplier's notice")
            self.assertEqual(ask_json(shop.data, "lot", "show", lot)["state"], "recalled")
            case = ask_json(shop.data, "recall-case", "show", opened["recall"])
            self.assertEqual((len(case["orders"]), case["pieces"], case["reconciled_percent"]), (34, 34, 0))
            first = case["orders"][0]
            ask(shop.data, "recall-case", "contacted", opened["recall"], first["customer"])
            ask(shop.data, "recall-case", "answered", opened["recall"], first["customer"])
            ask(shop.data, "recall-case", "returned", opened["recall"], first["order"], "--count", "1")
            ask(shop.data, "recall-case", "returned", opened["recall"], first["order"], "--count", "1", ok=(1,))
            ask(shop.data, "recall-case", "contacted", opened["recall"], "CUST-00002", ok=(1,))
            case = ask_json(shop.data, "recall-case", "show", opened["recall"])
            self.assertEqual((case["orders_contacted"], case["orders_answered"], case["reconciled"]), (1, 1, 1))
            ask(shop.data, "recall-case", "close", opened["recall"], "--conclusion", "all reached")
            ask(shop.data, "recall-case", "contacted", opened["recall"], first["customer"], ok=(1,))
            ask(shop.data, "ledger", "verify")

    def test_the_picture_is_sound_and_harmless(self):
        with tempfile.TemporaryDirectory() as folder:
            data = os.path.join(folder, "data")
            evil = '<script>alert("x")</script>&\u202e\U0001F600'
            ask(data, "supplier", "add", "EVIL", evil)
            ask(data, "material", "add", "ACR", evil)
            lot = ask(data, "lot", "receive", "ACR", "--supplier", "EVIL", "--supplier-lot", "=cmd()", "--quantity", "5sheet").split()[0]
            ask(data, "lot", "split", lot, "--quantity", "1sheet", "--count", "3")
            svg = ask(data, "trace", lot, "--svg", "-")
            tree = xml.etree.ElementTree.fromstring(svg)
            self.assertEqual(len(tree.findall("{http://www.w3.org/2000/svg}g")), 5)
            self.assertNotIn("<script", svg)
            ask(data, "trace", "NOTHING", ok=(1,))
            said = ask(data, "trace", lot)
            self.assertIn("├─ lot", said)


if __name__ == "__main__":
    unittest.main()
