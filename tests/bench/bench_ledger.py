"""bench_ledger: the speed and the size of a large ledger, made by demo-data. Called by bench.py.

How large is told by LEDGER_JOBS (20,000; the figures to reach are meant at 1,000,000, which takes some ten minutes and 5 GB): a lot
and an order for each ten jobs. LEDGER_DATA names a folder that such a ledger is kept in, made at the first run.
"""
import http.client
import json
import os
import random
import sqlite3
import subprocess
import time
import urllib.parse

ASKED = 200  # lots recalled, things traced
PAGES = 100  # times that each first page is asked for

# The first page of each list, and of each list narrowed to what is common and to what is rare.
LISTS = [
    ("job.list", {}, {"machine": "laser1"}, {"state": "completed"}, {"state": "aborted"}, {"machine": "laser1", "state": "aborted"},
     {"from": "2023-09-02", "to": "2023-09-03"}, {"machine": "laser1", "from": "2023-09-02", "to": "2023-09-03"}),
    ("lot.list", {}, {"state": "released"}, {"state": "rejected"}, {"material": "PLY"}, {"material": "PLY", "state": "rejected"}),
    ("order.list", {}, {"state": "open"}, {"state": "shipped"}, {"state": "cancelled"}, {"customer": "CUST-00001"}),
    ("declaration.list", {}, {"machine": "laser1"}, {"state": "open"}, {"state": "used"}, {"machine": "laser1", "state": "open"}),
    ("unit.list", {}, {"product": "COASTER"}), ("event.list", {}, {"kind": "job.ended"}, {"kind": "lot.scrapped"}, {"kind": "host.started"}),
    ("record.list", {}), ("shipment.list", {}), ("customer.list", {}), ("product.list", {}), ("supplier.list", {}), ("material.list", {}),
    ("operator.list", {}), ("machine.list", {}), ("recall.list", {}), ("nonconformance.list", {}), ("procedure.list", {}),
    ("training.list", {}), ("note.list", {"subject": "laser1"}),
]


def run(*command, **options):
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, **options)
    return time.monotonic() - began, done.stdout.decode()


def line(what, figure, target):
    print(f"{what:60}{figure:>24}   {target}", flush=True)


def write_orders(path, count):
    with open(path, "w", encoding="ascii") as file:
        file.write("order,ordered,name,email,address,city,country,product,count,price,currency\n")
        for i in range(count):
            customer = i // 3
            file.write(f"WEB-{i:06d},2026-01-{1 + i % 28:02d},Customer {customer},c{customer}@example.com,Street {customer},Berlin,DE,"
                       f"COASTER,{1 + i % 3},12.50,EUR\n")
            if i % 4 == 0:
                file.write(f"WEB-{i:06d},2026-01-{1 + i % 28:02d},Customer {customer},c{customer}@example.com,Street {customer},Berlin,DE,"
                           "SIGN,1,19.00,EUR\n")


def sample(database, table, column, count):
    rows = database.execute(f"SELECT max(seq), min(seq) FROM {table}").fetchone()
    one = f"SELECT {column} FROM {table} WHERE seq >= ? ORDER BY seq LIMIT 1"
    return [database.execute(one, (random.randint(rows[1], rows[0]),)).fetchone()[0] for _ in range(count)]


def questions(path):
    """[(label, op, args)]: seeded, so that two runs on the same ledger ask the same."""
    random.seed(1)
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    asked = []
    for op, *variants in LISTS:
        for args in variants:
            label = " ".join([op, *(f"{k}={v}" for k, v in args.items())])
            asked += [(label, op, args)] * PAGES
    asked += [("recall", "recall.look", {"lot": lot}) for lot in ["ACR-0923-01", *sample(database, "lots", "lot", ASKED)]]
    for table, column in [("units", "unit"), ("orders", "order_ref"), ("lots", "lot"), ("records", "record")]:
        asked += [("trace", "trace.show", {"id": found}) for found in sample(database, table, column, ASKED)]
    database.close()
    return asked


def address(op, args):
    thing = op.split(".")[0]
    if op in ("recall.look", "trace.show"):
        return f"/api/v1/{thing}/{urllib.parse.quote(args.get('lot') or args['id'], '')}"
    return f"/api/v1/{'ledger' if thing == 'event' else thing + 's'}?{urllib.parse.urlencode(args)}"


def over_http(port, asked):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = {}
    for label, op, args in asked:
        began = time.perf_counter()
        connection.request("GET", address(op, args))
        answer = connection.getresponse()
        answer.read()
        times.setdefault(label, []).append(int((time.perf_counter() - began) * 1e6))
        if answer.status != 200:
            raise SystemExit(f"bench: {op} {args} was answered with {answer.status}")
    return {label: [len(t), sorted(t)[len(t) // 2], sorted(t)[(len(t) * 99 - 1) // 100], max(t)] for label, t in times.items()}


def tell_times(way, times):
    for name, target in (("recall", 20), ("trace", 5)):
        line(f"{name}, {way}", f"p50 {times[name][1] / 1000:.2f}  p99 {times[name][2] / 1000:.2f} ms", f"p99 <= {target} ms")
    lists = {label: t for label, t in times.items() if label not in ("recall", "trace")}
    slowest = sorted(lists, key=lambda label: -lists[label][2])[:3]
    for label in slowest:
        line(f"first page, {way}: {label}", f"p50 {lists[label][1] / 1000:.2f}  p99 {lists[label][2] / 1000:.2f} ms", "<= 5 ms; the slowest")


def ledger(b, free_port):
    jobs = int(os.environ.get("LEDGER_JOBS", "20000"))
    data = os.environ.get("LEDGER_DATA") or b.path("large")
    lotgate = [b.program("lotgate"), "--data", data]
    if not os.path.exists(os.path.join(data, "ledger.db")):
        customers = str(max(400, min(jobs // 50, 20000)))
        _, text = run(*lotgate, "demo-data", "--jobs", str(jobs), "--customers", customers)
        line("demo-data", text[text.rindex("(") + 1:text.rindex(" a second")] + " events/s", ">= 20,000")
    path = os.path.join(data, "ledger.db")
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    jobs, lots, orders = [database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("jobs", "lots", "orders")]
    database.close()
    line(f"ledger of {jobs:,} jobs, {lots:,} lots, {orders:,} orders", f"{os.path.getsize(path) / jobs:,.0f} bytes/job", "<= 1,500")
    for words, what in ((["--chain"], "chain and signatures"), ([], "and tables")):
        verdict = json.loads(run(*lotgate, "ledger", "verify", "--json", *words)[1])
        line(f"ledger verify, {what}", f"{verdict['events_per_second']:,} events/s", ">= 500,000")
    asked = questions(path)
    feed = "".join(f"{label}\t{op}\t{json.dumps(args)}\n" for label, op, args in asked)
    tell_times("in process", json.loads(run(b.program("tests/bench/ledger_reads"), data, input=feed.encode())[1]))
    port = free_port()
    b.large(data, port)
    tell_times("over HTTP", over_http(port, asked))
    b.stop()
    count = max(1000, jobs // 10)
    write_orders(b.path("orders.csv"), count)
    fresh = b.path("orders-data")
    seconds, _ = run(b.program("lotgate"), "--data", fresh, "import", "orders", b.path("orders.csv"))
    line(f"import of {count:,} orders", f"{seconds:.1f} s", "<= 10 s for 100,000")
