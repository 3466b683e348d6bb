"""Numbers under many hands: receipts and notes by several command lines and REST clients at once, with kill -9 in the middle.
No number is given twice, none that was told is lost, and none is left out.

LOTGATE_KILLS sets how often lotgate is killed (8), LOTGATE_SEED at which moments.
"""
import fcntl
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

from lotgate_e2e import LOTGATE, LotgateTest, wait_for

KILLS = int(os.environ.get("LOTGATE_KILLS", "8"))
SEED = int(os.environ.get("LOTGATE_SEED", "1"))
MATERIALS = ("ACR", "PLY")


class Client(threading.Thread):
    """Receives lots and writes notes until it is told to stop; keeps the numbers that it was told."""

    def __init__(self, gate, number):
        super().__init__(daemon=True)
        self.gate, self.random, self.stopping = gate, random.Random(SEED * 100 + number), threading.Event()
        self.told, self.failed, self.strange = [], 0, []

    def run(self):
        while not self.stopping.is_set():
            note = self.random.random() < 0.3
            try:
                number = self.note() if note else self.receive(self.random.choice(MATERIALS))
            except (OSError, ValueError):
                number = None  # killed meanwhile
            if number:
                self.told.append(number)
            else:
                self.failed += 1
                self.stopping.wait(0.01)


class Rest(Client):
    def post(self, path, member, **body):
        status, answer = self.gate.api(path, "POST", body)
        if status >= 500:
            return None
        if status != 201:
            self.strange.append((status, answer))
        return answer.get(member)

    def receive(self, material):
        return self.post("/lots", "lot", material=material, supplier="ACME", supplier_lot="x", quantity="1sheet")

    def note(self):
        return self.post("/notes", "note", subject="laser1", text="by REST")


class CommandLine(Client):
    process = None

    def ask(self, *words):
        self.process = subprocess.Popen([LOTGATE, "--data", self.gate.data, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)
        out, err = self.process.communicate(timeout=60)
        found = re.search(r"[A-Z]+-(\d{4}-)?\d+", out)
        # What a person may see while lotgate is killed and comes back: it ended, it is busy, it does not answer.
        if self.process.returncode not in (0, -signal.SIGKILL) and self.process.returncode != 3 and "ledger" not in err:
            self.strange.append((self.process.returncode, words, out, err))
        return found.group(0) if self.process.returncode == 0 else None

    def receive(self, material):
        return self.ask("lot", "receive", material, "--supplier", "ACME", "--supplier-lot", "x", "--quantity", "1sheet")

    def note(self):
        return self.ask("note", "laser1", "by the command line")


class Numbers(LotgateTest):
    def setUp(self):
        super().setUp()
        self.gate = self.daemon(self.machine_config("sim:laser"))
        self.gate.command("supplier", "add", "ACME", "Acme Plastics")
        for material in MATERIALS:
            self.gate.command("material", "add", material, material)
        self.random = random.Random(SEED)

    def begin(self, clients):
        for client in clients:
            client.start()
            self.addCleanup(client.stopping.set)

    def told(self, clients):
        return sum(len(client.told) for client in clients)

    def more(self, clients, count):
        before = self.told(clients)
        wait_for(lambda: self.told(clients) >= before + count, lambda: f"{count} more numbers after {before}: "
                 f"{[client.strange for client in clients]}\n{self.gate.server.errors()}", deadline=60)

    def finish(self, clients):
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(90)
            self.assertFalse(client.is_alive())
            self.assertEqual(client.strange, [])

    def check(self, clients):
        """The events alone say which numbers there are: all in a row, each once, and all that somebody was told."""
        numbers = {}
        for line in self.gate.command("ledger", "export").splitlines():
            event = json.loads(line)
            member = {"lot.received": "lot", "note.added": "note"}.get(event["kind"])
            if member:
                sequence, _, number = event["body"][member].rpartition("-")
                numbers.setdefault(sequence, []).append(int(number))
        self.assertEqual(len(numbers), len(MATERIALS) + 1)
        for sequence, given in numbers.items():
            self.assertEqual(given, list(range(1, len(given) + 1)), sequence)
        told = [number for client in clients for number in client.told]
        self.assertEqual(len(told), len(set(told)), "a number was told to two")
        there = {f"{sequence}-{number:0{6 if sequence == 'NOTE' else 3}}" for sequence, given in numbers.items() for number in given}
        self.assertLessEqual(set(told), there, "a number that was told is not in the ledger")
        self.gate.command("ledger", "verify")
        before = [self.gate.command(*words, "--json") for words in (("lot", "list"), ("notes",))]
        self.gate.command("ledger", "rebuild")
        self.assertEqual(before, [self.gate.command(*words, "--json") for words in (("lot", "list"), ("notes",))])
        print(f"# {len(told)} numbers told of {len(there)}, {sum(client.failed for client in clients)} acts failed")

    def test_by_command_line_and_rest_while_the_daemon_is_killed(self):
        clients = [(Rest if number % 2 else CommandLine)(self.gate, number) for number in range(6)]
        self.begin(clients)
        for _ in range(KILLS):
            self.more(clients, self.random.randint(5, 40))
            self.gate.kill()
            if self.random.random() < 0.5:  # the command line goes on by itself for a while
                self.more([client for client in clients if isinstance(client, CommandLine)], 3)
            self.gate.start()
        self.more(clients, 20)
        self.finish(clients)
        self.assertEqual(self.gate.stop(), 0)
        self.check(clients)

    def test_a_daemon_lets_a_command_end_that_holds_the_ledger(self):
        self.gate.stop()
        with open(os.path.join(self.gate.data, "lotgate.lock"), encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            starting = threading.Thread(target=self.gate.start)
            before = self.gate.server
            starting.start()
            wait_for(lambda: self.gate.server is not before and "is open" in self.gate.server.errors(), "lotgate to come to its ledger")
            self.assertTrue(self.gate.server.running())
        starting.join()
        self.assertEqual(self.gate.api("/healthz")[0], 200)
        status, said = self.gate.refuses_to_start()
        self.assertEqual(status, 1)
        self.assertIn("already runs", said)

    def test_by_command_lines_alone_that_are_killed(self):
        self.gate.stop()
        clients = [CommandLine(self.gate, number) for number in range(5)]
        self.begin(clients)
        for _ in range(3 * KILLS):
            self.more(clients, 2)
            victim = self.random.choice(clients).process
            if victim and victim.poll() is None:
                time.sleep(self.random.uniform(0, 0.02))  # at any moment of its work
                victim.kill()
        self.finish(clients)
        self.check(clients)


if __name__ == "__main__":
    unittest.main()
