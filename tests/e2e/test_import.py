"""Orders from CSV exports by the command line: dry run, errors row by row, the same file twice, a process that is killed."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

from lotgate_e2e import LOTGATE, wait_for

SHOPIFY = """Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Address1
#1001,ada@x.example,2026-11-23 10:06:00 +0100,2,"Box, small",9.95,BOX,Ada Byron,Main St 1
#1001,ada@x.example,,1,Lid,3,LID,,
#1002,bob,2026-11-23 11:00:00 +0100,1,Box,9.95,BOX,Bob,
#1003,eve@x.example,yesterday,1,Box,9.95,BOX,Eve,
#1004,eve@x.example,2026-11-24 11:00:00 +0100,1,"=cmd()\n\x1b[31mred",9.95,BOX,Eve,
"""


def ask(data, *words, ok=(0,)):
    done = subprocess.run([LOTGATE, "--data", data, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode in ok, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


class Import(unittest.TestCase):
    def test_a_dry_run_shows_and_changes_nothing(self):
        with tempfile.TemporaryDirectory() as d:
            file = write(d, "orders.csv", SHOPIFY)
            answer = json.loads(ask(d + "/data", "import", "orders", file, "--map", "shopify", "--dry-run", "--json", ok=(1,)))
            assert (answer["new"], answer["new_customers"], answer["bad"]) == (2, 2, 2), answer
            assert [(r["line"], r["what"]) for r in answer["orders"]] == [(2, "new"), (4, "bad"), (5, "bad"), (6, "new")]
            assert json.loads(ask(d + "/data", "order", "list", "--json")) == []

    def test_good_rows_are_taken_and_bad_ones_told_with_line_and_reason(self):
        with tempfile.TemporaryDirectory() as d:
            file = write(d, "orders.csv", SHOPIFY)
            said = ask(d + "/data", "import", "orders", file, "--map", "shopify", ok=(1,))
            assert "no e-mail address" in said and "no date" in said and "2 orders new" in said, said
            assert "\x1b" not in ask(d + "/data", "order", "show", "#1004")
            again = json.loads(ask(d + "/data", "import", "orders", file, "--map", "shopify", "--json", ok=(1,)))
            assert (again["new"], again["same"], again["bad"]) == (0, 2, 2), again
            orders = json.loads(ask(d + "/data", "order", "list", "--json"))
            assert {o["order"] for o in orders} == {"#1001", "#1004"}

    def test_all_or_nothing_takes_nothing_when_one_is_bad(self):
        with tempfile.TemporaryDirectory() as d:
            file = write(d, "orders.csv", SHOPIFY)
            said = ask(d + "/data", "import", "orders", file, "--map", "shopify", "--all-or-nothing", ok=(1,))
            assert "Nothing was taken" in said, said
            assert json.loads(ask(d + "/data", "order", "list", "--json")) == []
            good = write(d, "good.csv", "\n".join(l for l in SHOPIFY.split("\n") if "bob" not in l and "yesterday" not in l))
            ask(d + "/data", "import", "orders", good, "--map", "shopify", "--all-or-nothing")
            assert len(json.loads(ask(d + "/data", "order", "list", "--json"))) == 2

    def test_a_map_of_ones_own(self):
        with tempfile.TemporaryDirectory() as d:
            own = write(d, "map.json", '{"order": "Nr", "name": "Firma", "title": "Artikel", "count": "Menge"} // ours')
            file = write(d, "o.csv", "Nr;Firma;Artikel;Menge\n7;Müller GmbH;Kasten;3\n")
            ask(d + "/data", "import", "orders", file, "--map", own)
            order = json.loads(ask(d + "/data", "order", "show", "7", "--json"))
            assert order["customer_name"] == "Müller GmbH" and order["lines"][0]["count"] == 3, order

    def test_an_order_is_taken_with_all_its_lines_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as d:
            file = os.path.join(d, "o.csv")
            with open(file, "wb") as f:
                f.write(b"order,name,title\n1,Ada,Box\n2,Bob,Box\n1,Ada,Lid\n3,Cyd,Box\n3,Cyd,\xff\n3,Cyd,Lid\n")
            answer = json.loads(ask(d + "/data", "import", "orders", file, "--json", ok=(1,)))
            assert [(r["line"], r["what"], r["order"]) for r in answer["orders"]] == [
                (2, "bad", "1"), (3, "new", "2"), (4, "bad", "1"), (6, "bad", "3")], answer
            assert [o["order"] for o in json.loads(ask(d + "/data", "order", "list", "--json"))] == ["2"]

    def test_a_pipe_is_read_as_a_file(self):
        with tempfile.TemporaryDirectory() as d:
            for name in ("-", "/dev/stdin"):
                done = subprocess.run([LOTGATE, "--data", d + "/data", "import", "orders", name, "--all-or-nothing"],
                                      input=f"order,name,title\n{name},Ada,Box\n", capture_output=True, text=True, timeout=60)
                assert done.returncode == 0 and "1 orders new" in done.stdout, done
            assert "directory" in subprocess.run([LOTGATE, "--data", d + "/data", "import", "orders", d], capture_output=True,
                                                 text=True, timeout=60).stderr

    def test_an_import_cut_by_a_kill_goes_on_with_the_same_file(self):
        with tempfile.TemporaryDirectory() as d:
            rows = "".join(f"O-{i},Customer {i % 300},c{i % 300}@x.example,Box,1\n" for i in range(4000))
            file = write(d, "o.csv", "order,name,email,title,count\n" + rows)
            p = subprocess.Popen([LOTGATE, "--data", d + "/data", "import", "orders", file], stdout=subprocess.DEVNULL)
            wait_for(lambda: os.path.exists(d + "/data/ledger.db-wal") or p.poll() is not None, "the import's first write")
            p.send_signal(signal.SIGKILL)
            p.wait()
            answer = json.loads(ask(d + "/data", "import", "orders", file, "--json"))
            assert answer["new"] + answer["same"] == 4000 and answer["bad"] == 0, answer
            ask(d + "/data", "ledger", "verify")
            customers = ask(d + "/data", "customer", "list", "--csv").strip().split("\n")
            assert len(customers) == 301, len(customers)
