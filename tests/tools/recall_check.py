#!/usr/bin/env python3
"""recall_check: what a recall must find, from the exported events alone, by plain loops. Shares no code with lotgate.

    lotgate ledger export | recall_check.py LOT

Prints one JSON object: records, units, orders_shipped, orders_open, customers (sorted), and the balance's integers.

    lotgate ledger export | recall_check.py --trace ID

Prints what the thing was made of and became: nodes and edges, [type, id], sorted.
"""
import json
import sys


class Shop:
    """The shop as the events tell it, in the order in which they happened."""

    def __init__(self):
        self.lots, self.parents, self.taken = {}, [], {}
        self.records, self.units, self.orders = {}, {}, {}
        self.shipments, self.apart = {}, {}
        self.supplier, self.jobs, self.suppliers = {}, {}, set()

    def tell(self, kind, b):
        handler = getattr(self, kind.replace(".", "_"), None)
        if handler:
            handler(b)

    def supplier_added(self, b):
        self.suppliers.add(b["supplier"])

    def job_started(self, b):
        self.jobs[b["job"]] = b["record"]

    def lot_received(self, b):
        self.supplier[b["lot"]] = b["supplier"]
        self.lots[b["lot"]] = {"in": b["amount"], "received": b["amount"], "booked": 0, "counted": 0, "scrapped": 0, "parted": 0}

    def lot_split(self, b):
        self.lots[b["lot"]] = {"in": 0, "received": b["amount"], "booked": 0, "counted": 0, "scrapped": 0, "parted": 0}
        self.parents.append((b["parent"], b["lot"], b["amount"]))
        self.lots[b["parent"]]["parted"] += b["amount"]

    def lot_merged(self, b):
        self.lots[b["lot"]] = {"in": 0, "received": b["amount"], "booked": 0, "counted": 0, "scrapped": 0, "parted": 0}
        for parent in b["parents"]:
            self.parents.append((parent["parent"], b["lot"], parent["amount"]))
            self.lots[parent["parent"]]["parted"] += parent["amount"]

    def lot_adjusted(self, b):
        self.lots[b["lot"]]["booked"] += b["amount"]

    def lot_counted(self, b):
        self.lots[b["lot"]]["counted"] += b["amount"]

    def lot_scrapped(self, b):
        self.lots[b["lot"]]["scrapped"] += b["amount"]

    def lot_consumed(self, b):
        self.taken[(b["job"], b["lot"])] = [b["record"], b.get("amount")]

    def lot_metered(self, b):
        self.taken[(b["job"], b["lot"])][1] = b["amount"]

    lot_consumption_corrected = lot_metered

    def record_opened(self, b):
        self.records[b["record"]] = b.get("order")

    def correction_made(self, b):
        if b["of"] == "record.opened" and b["field"] == "order":
            self.records[b["subject"]] = b["value"]

    def unit_made(self, b):
        self.units[b["unit"]] = b["record"]

    def order_added(self, b):
        self.orders[b["order"]] = {"customer": b["customer"], "state": "open"}

    def order_cancelled(self, b):
        self.orders[b["order"]]["state"] = "cancelled"

    def unit_allocated(self, b):
        key = (b["unit"], b["order"])
        self.apart[key] = self.apart.get(key, 0) + b["count"]

    def order_shipped(self, b):
        if b["complete"]:
            self.orders[b["order"]]["state"] = "shipped"
        for unit in b["units"]:
            self.shipments[(b["shipment"], unit["unit"])] = [b["order"], unit["count"], 0]
            self.apart.pop((unit["unit"], b["order"]), None)

    def shipment_returned(self, b):
        self.shipments[(b["shipment"], b["unit"])][2] += b["count"]


def family(shop, lot):
    found, news = {lot}, [lot]
    while news:
        news = [child for parent, child, _ in shop.parents if parent in set(news) and child not in found]
        found.update(news)
    return found


def find(shop, lot):
    lots = family(shop, lot)
    records = {record for (_, taken), (record, _) in shop.taken.items() if taken in lots}
    units = {unit for unit, record in shop.units.items() if record in records}
    out, back, apart, named = {}, {}, {}, set()
    for (_, unit), (order, count, returned) in shop.shipments.items():
        if unit in units:
            out[order] = out.get(order, 0) + count - returned
            back[order] = back.get(order, 0) + returned
    for (unit, order), count in shop.apart.items():
        if unit in units:
            apart[order] = apart.get(order, 0) + count
    for record in records:
        if shop.records.get(record):
            named.add(shop.records[record])
    shipped, opened = set(), set()
    for order in set(out) | set(apart) | named:
        if order not in shop.orders:
            continue
        by_units = out.get(order, 0) + back.get(order, 0) + apart.get(order, 0) > 0
        state = shop.orders[order]["state"]
        if out.get(order, 0) > 0 or (state == "shipped" and not by_units and order in named):
            shipped.add(order)
        elif state == "open":
            opened.add(order)
    total = lambda name: sum(shop.lots[l][name] for l in lots)
    entered = total("in") + sum(amount for parent, child, amount in shop.parents if child in lots and parent not in lots)
    consumed = sum(amount or 0 for (_, l), (_, amount) in shop.taken.items() if l in lots)
    hand = sum(v["received"] + v["booked"] + v["counted"] - v["scrapped"] - v["parted"]
               - sum(a or 0 for (_, l), (_, a) in shop.taken.items() if l == name)
               for name, v in shop.lots.items() if name in lots)
    return {"records": sorted(records), "units": sorted(units), "orders_shipped": sorted(shipped),
            "orders_open": sorted(opened), "customers": sorted({shop.orders[o]["customer"] for o in shipped}),
            "balance": {"received": entered, "adjusted": total("booked"), "consumed": consumed,
                        "scrapped": total("scrapped"), "on_hand": hand, "unaccounted": -total("counted")}}


def stock(shop):
    """Each lot by itself: its integers."""
    told = {}
    for name, v in shop.lots.items():
        consumed = sum(amount or 0 for (_, lot), (_, amount) in shop.taken.items() if lot == name)
        told[name] = {"received": v["received"], "adjusted": v["booked"] + v["counted"], "consumed": consumed,
                      "scrapped": v["scrapped"], "parted": v["parted"],
                      "on_hand": v["received"] + v["booked"] + v["counted"] - consumed - v["scrapped"] - v["parted"]}
    return told


def all_edges(shop):
    """Every step there is, from what goes in to what comes out."""
    edges = {(("lot", parent), ("lot", child)) for parent, child, _ in shop.parents}
    edges |= {(("supplier", supplier), ("lot", lot)) for lot, supplier in shop.supplier.items()}
    edges |= {(("lot", lot), ("job", job)) for job, lot in shop.taken}
    edges |= {(("job", job), ("record", record)) for job, record in shop.jobs.items()}
    edges |= {(("record", record), ("unit", unit)) for unit, record in shop.units.items()}
    edges |= {(("record", record), ("order", order)) for record, order in shop.records.items() if order}
    edges |= {(("unit", unit), ("order", order)) for (_, unit), (order, _, _) in shop.shipments.items()}
    edges |= {(("unit", unit), ("order", order)) for unit, order in shop.apart}
    edges |= {(("order", order), ("customer", about["customer"])) for order, about in shop.orders.items()}
    return edges


def what(shop, name):
    kinds = (("unit", shop.units), ("lot", shop.lots), ("order", shop.orders), ("record", shop.records))
    for kind, there in kinds:
        if name in there:
            return kind, name
    if name in shop.jobs:
        return "job", name
    return ("supplier" if name in shop.suppliers else "customer"), name


def trace(shop, name):
    edges, nodes, steps = all_edges(shop), {what(shop, name)}, set()
    for near, far in ((1, 0), (0, 1)):  # backward, then forward, each from where one stands
        news, seen = [what(shop, name)], {what(shop, name)}
        while news:
            found = [edge for edge in edges if edge[near] in set(news)]
            steps.update(found)
            news = list({edge[far] for edge in found} - seen)
            seen.update(news)
        nodes |= seen
    return {"nodes": sorted(nodes), "edges": sorted(steps)}


def read(lines):
    shop = Shop()
    for line in lines:
        event = json.loads(line)
        shop.tell(event["kind"], event["body"])
    return shop


if __name__ == "__main__":
    if sys.argv[1] == "--trace":
        print(json.dumps(trace(read(sys.stdin), sys.argv[2])))
    else:
        print(json.dumps(find(read(sys.stdin), sys.argv[1])))
