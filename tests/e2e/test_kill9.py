"""kill -9 at any moment of a job: what the machine executed and what the ledger says must agree afterwards.

LOTGATE_KILLS sets how often (20; `make soak` more), LOTGATE_SEED which moments.
"""
import json
import os
import random
import threading
import unittest

from lotgate_e2e import CharacterCounting, LineByLine, LotgateTest, wait_for

KILLS = int(os.environ.get("LOTGATE_KILLS", "20"))
SEED = int(os.environ.get("LOTGATE_SEED", "1"))
FIRST_S = 100  # job number i cuts with S = 100 + i, so that the machine's log tells whose line it was


def job_text(number):
    lines = ["$X", "G21", "G90", "M4", "G0 X0 Y0 F6000"]
    lines += [f"G1 X{2 if i % 2 else 0} Y{i % 50} S{FIRST_S + number}" for i in range(60)]
    return "\n".join(lines + ["M5", "M2", ""]).encode()


class Kill9(LotgateTest):
    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.gate = self.daemon(self.machine_config(self.sim.link))
        self.lot = self.gate.stock(sheets=10 * KILLS + 10)
        self.random = random.Random(SEED)

    def make_ready(self):
        """A machine that still moves when lotgate is back is held by it, and needs a person."""
        def ready():
            machine = self.gate.machine()
            if machine["state"] == "fault":
                self.gate.api("/machines/laser1/reset", "POST", {})
                self.gate.api("/machines/laser1/confirm", "POST", {})
            return machine["state"] == "locked"
        wait_for(ready, lambda: f"the machine to be ready: {self.gate.machine()}\n{self.gate.server.errors()}")

    def declare(self, number):
        """True when lotgate said that the declaration is made."""
        try:
            status, _ = self.gate.api("/machines/laser1/declare", "POST", {
                "lots": [{"lot": self.lot, "quantity": "1sheet"}], "operator": "OP1", "order": f"K{number}"})
            return status == 201
        except OSError:
            return False  # killed meanwhile

    def one_kill(self, number):
        """A job in which lotgate is killed at a random moment. True when its declaration was acknowledged."""
        self.make_ready()
        first = self.random.random() < 0.5
        moment = threading.Timer(self.random.uniform(0, 0.35), self.gate.kill)
        kind = self.random.choice((LineByLine, CharacterCounting))
        sender = kind(self.gate.tcp(), job_text(number))
        moment.start()
        declared = first and self.declare(number)
        sender.start()
        if not first:
            declared = self.declare(number)
        moment.join()
        sender.join()
        sender.line.close()
        self.gate.start()
        return declared

    def events(self):
        return [json.loads(line) for line in self.gate.command("ledger", "export").splitlines()]

    def test_every_start_has_its_lot_and_one_end(self):
        acknowledged = [number for number in range(KILLS) if self.one_kill(number)]
        self.make_ready()
        self.assertEqual(self.gate.stop(), 0)
        bodies = {}
        for event in self.events():
            bodies.setdefault(event["kind"], []).append(event["body"])
        declared = {body["declaration"]: body for body in bodies.get("declaration.made", [])}
        started = {}
        for body in bodies.get("job.started", []):
            number = int(declared[body["declaration"]]["order"][1:])
            self.assertNotIn(number, started, "a job was started twice")
            started[number] = body
        self.check_starts(bodies, declared, started)
        self.check_machine(started)
        orders = {body["order"] for body in declared.values()}
        self.assertLessEqual({f"K{number}" for number in acknowledged}, orders, "an acknowledged declaration was lost")
        print(f"# {KILLS} kills: {len(declared)} declared, {len(started)} started, "
              f"{sum(1 for body in bodies.get('job.ended', []) if body['state'] == 'host_lost')} ended by a restart")
        self.check_ledger()

    def check_starts(self, bodies, declared, started):
        """Each start has a lot, a record, what was taken from the lot, and exactly one end."""
        ends = [body["job"] for body in bodies.get("job.ended", [])]
        records = {body["record"] for body in bodies.get("record.opened", [])}
        taken = {body["job"] for body in bodies.get("lot.consumed", [])}
        for body in started.values():
            self.assertEqual([lot["lot"] for lot in declared[body["declaration"]]["lots"]], [self.lot])
            self.assertIn(body["record"], records)
            self.assertIn(body["job"], taken)
        self.assertEqual(sorted(ends), sorted(body["job"] for body in started.values()))

    def check_machine(self, started):
        """Whatever the machine cut belongs to a job whose start was durable."""
        cut = {int(text.rsplit("S", 1)[1]) - FIRST_S for text in self.sim.work_lines() if "S" in text}
        self.assertLessEqual(cut, set(started), "the machine cut without a start in the ledger")

    def check_ledger(self):
        self.gate.command("ledger", "verify")
        before = self.gate.command("job", "list", "--json"), self.gate.command("lot", "list", "--json")
        self.gate.command("ledger", "rebuild")
        after = self.gate.command("job", "list", "--json"), self.gate.command("lot", "list", "--json")
        self.assertEqual(before, after)
        self.gate.command("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
