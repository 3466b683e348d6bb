"""What may not be worked is refused on the wire: a job that is held stays held, a machine that is armed is disarmed."""
import os
import unittest

from lotgate_e2e import LineByLine, LotgateTest, cut

DECLARE = "/machines/laser1/declare"


class Refusals(LotgateTest):
    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.gate = self.daemon(self.machine_config(self.sim.link, gate={"require": ["operator", "trained"]}))
        self.good = self.gate.stock()
        self.paper = os.path.join(self.folder, "paper.pdf")
        with open(self.paper, "wb") as file:
            file.write(b"%PDF-1.4 certificate")
        self.gate.command("material", "add", "STL", "Steel, 1 mm", "--require", "mtr")
        self.gate.command("material", "add", "PVC", "PVC sheet", "--hazard", "pvc")
        self.gate.wait_state("locked")

    def receive(self, material="ACR", release=True, *more):
        lot = self.gate.command("lot", "receive", material, "--supplier", "ACME", "--supplier-lot", "7", "--quantity", "5sheet",
                                *more).split()[0]
        if release:
            self.gate.command("lot", "release", lot, "--by", "OP1")
        return lot

    def certified(self):
        lot = self.receive("STL", False, "--document", self.paper, "--kind", "mtr", "--revision", "1")
        self.gate.command("lot", "release", lot)
        return lot

    def piece(self, mark=True):
        piece = self.gate.command("lot", "split", self.receive(), "--quantity", "1sheet").split()[0]
        if mark:
            self.gate.command("lot", "mark", piece, piece)
        return piece

    def used_up(self):
        lot = self.receive()
        self.gate.command("lot", "scrap", lot, "5sheet", "--reason", "fell off the lorry")
        return lot

    def recalled(self):
        lot = self.receive()
        self.gate.command("recall", lot, "--open", "--reason", "supplier's notice")
        return lot

    def declare(self, lot, operator="OP1"):
        return self.gate.api(DECLARE, "POST", {"lots": [{"lot": lot}], "operator": operator})

    def train(self, operator):
        self.gate.command("training", "sign", operator, "LASER")

    def test_a_held_job_stays_held(self):
        self.gate.command("procedure", "issue", "LASER", "Laser safety")
        self.gate.command("operator", "add", "OP2", "Lu")
        self.train("OP1")
        refused = [
            ("heat number mismatch", self.receive("ACR", False, "--heat", "1", "--cert-heat", "2"), "OP1", "lot_quarantined"),
            ("missing certificate", self.receive("STL", False), "OP1", "certificate_missing"),
            ("unmarked piece", self.piece(False), "OP1", "piece_not_marked"),
            ("used-up lot", self.used_up(), "OP1", "lot_used_up"),
            ("forbidden material", self.receive("PVC"), "OP1", "material_forbidden_here"),
            ("untrained operator", self.good, "OP2", "operator_not_trained"),
            ("recalled lot", self.recalled(), "OP1", "lot_recalled"),
        ]
        sender = self.sender(LineByLine, self.gate.tcp(), cut())
        self.gate.wait_state("held")
        for what, lot, operator, code in refused:
            with self.subTest(what):
                status, answer = self.declare(lot, operator)
                self.assertEqual((status, answer.get("error", {}).get("code")), (409, code), answer)
                self.assertTrue(answer["error"]["what_to_do"])
                self.assertEqual(self.gate.machine()["state"], "held")
                self.assertEqual(self.sim.work_lines(), [])
        self.assertEqual(self.declare(self.good)[0], 201)  # and it was nothing else that held it
        sender.finish()
        self.gate.wait_job("completed")
        self.rebuilt()

    def test_a_sender_is_told_why(self):
        line = self.line(self.gate.tcp())
        line.send(b"$OP=4711\n")
        line.expect(rb"^ok$")
        for lot, why in ((self.receive("STL", False), rb"mtr"), (self.piece(False), rb"does not carry its number"),
                         (self.receive("PVC"), rb"must not be worked")):
            line.send(f"$LOT={lot}\n".encode())
            line.expect(why)
            line.expect(rb"^error:9$")
        self.assertEqual(self.gate.machine()["state"], "locked")

    def expire(self, lot):
        with open(self.paper, "ab") as file:
            file.write(b", revised")
        self.gate.command("lot", "document", lot, self.paper, "--kind", "mtr", "--revision", "2", "--valid-until", "2020-01-01")

    def test_an_armed_machine_is_disarmed(self):
        voids = [
            ("heat number mismatch", self.receive, lambda lot: self.gate.command("lot", "inspect", lot, "--heat", "1", "--cert-heat", "2")),
            ("missing certificate", self.certified, self.expire),
            ("unmarked piece", self.piece, lambda lot: self.gate.command("lot", "mark-lost", lot)),
            ("used-up lot", self.receive, lambda lot: self.gate.command("lot", "scrap", lot, "5sheet", "--reason", "wet")),
            ("untrained operator", self.receive, lambda lot: self.gate.command("procedure", "issue", "LASER", "Laser safety")),
            ("recalled lot", self.receive, lambda lot: self.gate.command("recall", lot, "--open", "--reason", "notice")),
        ]
        line = self.line(self.gate.tcp())
        for count, (what, make, void) in enumerate(voids, 1):
            with self.subTest(what):
                lot = make()
                status, answer = self.declare(lot)
                self.assertEqual(status, 201, answer)
                self.gate.wait_state("armed")
                void(lot)
                self.gate.wait_state("locked")
                self.assertIsNone(self.gate.machine()["declaration"])
                line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
                self.gate.wait_state("held")
                self.assertEqual(self.sim.work_lines(), [])
                line.send(b"\x18")
                self.gate.wait_job("refused", count=count)
                self.gate.wait_state("locked")
                if what == "untrained operator":
                    self.train("OP1")
        self.rebuilt()

    def test_what_does_not_concern_it_leaves_it_armed(self):
        other = self.certified()
        self.assertEqual(self.declare(self.good)[0], 201)
        self.gate.wait_state("armed")
        self.expire(other)
        self.gate.command("lot", "scrap", other, "5sheet", "--reason", "wet")
        self.gate.command("lot", "split", self.good, "--quantity", "1sheet")
        self.sender(LineByLine, self.gate.tcp(), cut(10)).finish()
        job = self.gate.wait_job("completed")
        self.assertEqual([one["lot"] for one in job["lots"]], [self.good])

    def rebuilt(self):
        """The tables are what the events make."""
        self.gate.command("ledger", "verify")
        self.gate.stop()
        self.gate.command("ledger", "rebuild")
        self.gate.command("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
