"""The whole daemon between real senders and simulated machines: held, declared, streamed, recorded."""
import json
import os
import re
import socket
import unittest

from lotgate_e2e import (SENDERS, CharacterCounting, IgnoresFlowControl, Line, LineByLine, LotgateTest, RawMachine, cut,
                         sha256, wait_for)


class Jobs(LotgateTest):
    """A job is held, declared, streamed whole, and recorded, for every kind of sender and both ways in."""

    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.gate = self.daemon(self.machine_config(self.sim.link))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")

    def one_job(self, kind, where):
        job = cut()
        sender = self.sender(kind, where, job)
        held = self.gate.wait_state("held")
        self.assertIn("Scan the material lot", held["what_to_do"])
        self.assertEqual(self.sim.work_lines(), [], "work reached the machine before the lot was declared")
        self.gate.declare(self.lot)
        sender.finish()
        ended = self.gate.wait_job("completed")
        self.assertEqual(self.sim.job_lines()[-len(sender.lines):], [line.decode().strip() for line in sender.lines])
        return job, sender, ended

    def check_record(self, job, ended):
        self.assertEqual(ended["sha256"], sha256(job))
        self.assertEqual((ended["lines"], ended["bytes"]), (job.count(b"\n"), len(job)))
        self.assertEqual(ended["serial_number"], "SN-laser1")
        self.assertEqual([lot["lot"] for lot in ended["lots"]], [self.lot])
        record = self.gate.listing("record", "show", ended["record"])
        self.assertIn(self.lot, json.dumps(record))
        self.assertIn("OP1", json.dumps(record))

    def test_line_by_line_over_tcp(self):
        job, sender, ended = self.one_job(LineByLine, self.gate.tcp())
        self.assertEqual(sender.errors, 0)
        self.check_record(job, ended)

    def test_a_job_starts_when_its_start_is_written(self):
        """Not with its first setup lines, which come before the declaration (add_span in facts.c)."""
        self.one_job(LineByLine, self.gate.tcp())
        ended = self.gate.wait_job("completed")
        events = {event["kind"]: event["time"] for event in self.gate.api("/ledger?limit=1000")[1]}
        self.assertLess(events["declaration.made"], ended["started"])
        self.assertLess(events["job.started"], ended["started"])
        self.assertLess(ended["started"], ended["ended"])

    def test_character_counting_over_tcp(self):
        job, sender, ended = self.one_job(CharacterCounting, self.gate.tcp())
        self.assertEqual(sender.errors, 0)
        self.check_record(job, ended)

    def test_each_kind_of_sender_over_a_pty(self):
        for count, kind in enumerate(SENDERS, 1):
            with self.subTest(kind.__name__):
                job = cut(20)
                sender = self.sender(kind, self.gate.machine()["pty"], job)
                self.gate.wait_state("held")
                self.gate.declare(self.lot)
                sender.finish()
                ended = self.gate.wait_job("completed", count=count)
                self.assertEqual([lot["lot"] for lot in ended["lots"]], [self.lot])
                self.assertEqual(self.sim.job_lines().count("M2"), count)
                self.gate.wait_state("locked")

    def test_each_kind_of_sender_over_tcp(self):
        for count, kind in enumerate(SENDERS, 1):
            with self.subTest(kind.__name__):
                job = cut(20)
                sender = self.sender(kind, self.gate.tcp(), job)
                self.gate.wait_state("held")
                self.gate.declare(self.lot)
                sender.finish()
                ended = self.gate.wait_job("completed", count=count)
                self.assertEqual(ended["errors"], 0)
                self.gate.wait_state("locked")

    def test_declared_first_then_sent(self):
        self.gate.declare(self.lot)
        self.gate.wait_state("armed")
        job = cut()
        sender = self.sender(CharacterCounting, self.gate.tcp(), job)
        sender.finish()
        self.check_record(job, self.gate.wait_job("completed"))
        self.assertFalse(any(b"scan the material lot" in line for line in sender.line.seen))

    def test_each_job_needs_its_own_declaration(self):
        self.gate.declare(self.lot)
        self.sender(LineByLine, self.gate.tcp(), cut()).finish()
        self.gate.wait_job("completed")
        sender = self.sender(LineByLine, self.gate.tcp(), cut())
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        sender.finish()
        self.gate.wait_job("completed", count=2)

    def test_declared_by_the_sender_itself(self):
        line = self.line(self.gate.tcp())
        line.send(b"$OP=4711\n")
        line.expect(rb"OP1 signed on")
        line.expect(rb"^ok$")
        line.send(f"$LOT={self.lot},2sheet\n".encode())
        line.expect(rb"declared .*" + self.lot.encode())
        line.expect(rb"^ok$")
        line.send(b"$LOT?\n")
        line.expect(self.lot.encode() + rb".*OP1")
        line.expect(rb"^ok$")
        self.gate.wait_state("armed")
        self.assertNotIn("$LOT", [text[:4] for _, _, _, text in self.sim.taken()])

    def test_a_lot_that_may_not_be_used_is_refused(self):
        self.gate.command("lot", "quarantine", self.lot, "--reason", "certificate is missing")
        refused = self.gate.run("declare", "laser1", f"{self.lot}=1sheet", "--operator", "OP1")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("quarantine", refused.stdout + refused.stderr)
        line = self.line(self.gate.tcp())
        line.send(f"$LOT={self.lot}\n".encode())
        line.expect(rb"quarantine")
        line.expect(rb"^error:9$")
        status, answer = self.gate.api("/machines/laser1/declare", "POST", {"lots": [{"lot": "NO-SUCH-LOT"}]})
        self.assertEqual((status, answer["error"]["code"]), (409, "no_such_lot"))
        self.assertEqual(self.gate.machine()["state"], "locked")

    def test_a_lot_quarantined_after_it_was_declared_does_not_start(self):
        self.gate.declare(self.lot)
        self.gate.wait_state("armed")
        self.gate.command("lot", "quarantine", self.lot, "--reason", "recalled by the supplier")
        sender = self.sender(LineByLine, self.gate.tcp(), cut())
        wait_for(lambda: self.gate.machine()["declaration"] is None, "the declaration to be withdrawn")
        self.gate.wait_state("held")
        self.assertEqual(self.sim.work_lines(), [])
        self.gate.command("lot", "release", self.lot, "--by", "OP1")
        self.gate.declare(self.lot)
        sender.finish()
        self.gate.wait_job("completed")

    def test_a_recall_disarms_the_machine_and_holds_its_job(self):
        piece = self.gate.command("lot", "split", self.lot, "--quantity", "2sheet").split()[0]
        self.gate.command("lot", "mark", piece, piece)
        self.gate.declare(piece)
        self.gate.wait_state("armed")
        self.gate.command("recall", self.lot, "--open", "--reason", "supplier's notice")
        self.gate.wait_state("locked")
        self.sender(LineByLine, self.gate.tcp(), cut(10))
        self.gate.wait_state("held")
        refused = self.gate.run("declare", "laser1", piece)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("recalled", refused.stderr)
        self.assertEqual(self.gate.machine()["state"], "held")
        self.assertEqual(self.sim.work_lines(), [])

    def test_a_declaration_can_be_cancelled(self):
        self.gate.declare(self.lot)
        self.gate.wait_state("armed")
        second = self.gate.run("declare", "laser1", self.lot)
        self.assertEqual(second.returncode, 1)
        self.assertIn("already", second.stdout + second.stderr)
        self.gate.command("cancel", "laser1")
        self.gate.wait_state("locked")
        again = self.gate.run("cancel", "laser1")
        self.assertEqual(again.returncode, 1)
        self.assertIn("dropped by a reset", again.stdout + again.stderr)  # what to do about a held job

    def test_a_reset_while_held_drops_the_job(self):
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("held")
        line.send(b"\x18")
        line.expect(rb"^Grbl ")
        self.gate.wait_job("refused")
        self.gate.wait_state("locked")
        self.assertEqual(self.sim.work_lines(), [])

    def test_a_sender_that_leaves_in_mid_job(self):
        self.gate.declare(self.lot)
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("running")
        line.socket.shutdown(socket.SHUT_RDWR)
        self.gate.wait_job("sender_lost")

    def test_stopped_cleanly_in_mid_job(self):
        self.gate.declare(self.lot)
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("running")
        self.assertEqual(self.gate.stop(), 0)
        self.assertEqual(self.gate.jobs()[0]["state"], "host_lost")
        self.assertFalse(os.path.lexists(os.path.join(self.folder, "laser1.pty")))
        self.gate.command("ledger", "verify")


class Modes(LotgateTest):
    """What the configuration of a machine changes."""

    def setUp(self):
        super().setUp()
        self.sim = self.simulator()

    def ready(self, **gate):
        self.gate = self.daemon(self.machine_config(self.sim.link, gate=gate))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")

    def test_until_changed_stays_armed_for_the_next_job(self):
        self.ready(mode="until-changed")
        self.gate.declare(self.lot)
        for count in (1, 2, 3):
            self.sender(LineByLine, self.gate.tcp(), cut(5)).finish()
            job = self.gate.wait_job("completed", count=count)
            self.assertEqual([lot["lot"] for lot in job["lots"]], [self.lot])
            self.gate.wait_state("armed")
        self.assertEqual(len({job["record"] for job in self.gate.jobs()}), 3)
        self.gate.command("cancel", "laser1")
        self.gate.wait_state("locked")

    def test_a_declaration_ends_when_its_time_has_passed(self):
        self.ready(mode="until-changed", armed_seconds=1)
        self.gate.declare(self.lot)
        self.gate.wait_state("armed")
        self.gate.wait_state("locked")
        self.assertIsNone(self.gate.machine()["declaration"])

    def test_an_operator_can_be_required(self):
        self.ready(require=["operator"])
        status, answer = self.gate.api("/machines/laser1/declare", "POST", {"lots": [{"lot": self.lot}]})
        self.assertEqual((status, answer["error"]["code"]), (409, "operator_required"))
        line = Line(self.gate.tcp())
        line.send(b"$OP=no-such-badge\n")
        line.expect(rb"no operator has this badge")
        line.expect(rb"^error:9$")
        line.send(b"$OP=4711\n")
        line.expect(rb"^ok$")
        line.close()
        again = self.line(self.gate.tcp())
        again.send(f"$LOT={self.lot}\n".encode())
        again.expect(rb"operator")  # who signed on did so for that connection
        again.expect(rb"^error:9$")
        again.send(f"$OP=4711\n$LOT={self.lot}\n".encode())
        again.expect(rb"^ok$")
        again.expect(rb"^ok$")
        self.gate.wait_state("armed")

    def test_held_lines_are_refused_after_their_time(self):
        self.ready(held="refuse", held_seconds=1)
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("held")
        line.expect(rb"^error:9$")
        self.gate.wait_job("refused")
        self.assertEqual(self.sim.work_lines(), [])

    def test_strict_holds_every_line_but_jogs(self):
        self.ready(scope="strict")
        line = self.line(self.gate.tcp())
        for text in (b"$J=G91X1F1000\n", b"$G\n"):
            line.send(text)
            line.expect(rb"^ok")
        job = b"G21\nG90\nG0 X5\nM2\n"  # a dry run elsewhere
        for part in job.splitlines(True):
            line.send(part)
        self.assertEqual(self.gate.wait_state("held")["text"], "G21")
        self.assertFalse([text for text in self.sim.job_lines() if text.startswith("G")])
        self.gate.declare(self.lot)
        ended = self.gate.wait_job("completed")
        self.assertEqual(([lot["lot"] for lot in ended["lots"]], ended["sha256"]), ([self.lot], sha256(job)))
        line.send(b"G21\n")
        self.gate.wait_state("held")

    def test_a_dry_run_needs_no_lot(self):
        self.ready()
        self.sender(LineByLine, self.gate.tcp(), b"G21\nG90\nM5\nG0 X10 Y10 F6000\nG0 X0 Y0\nM2\n").finish()
        job = self.gate.wait_job("dry_run")
        self.assertEqual((job["lots"], job["record"]), ([], None))

    def test_another_board_on_the_same_port_is_not_trusted(self):
        self.sim.end()
        self.simulator("machine", "--serial", "FIRST").end()
        first = self.simulator("machine", "--serial", "FIRST")
        self.gate = self.daemon(self.machine_config(first.link))
        lot = self.gate.stock()
        self.gate.wait_state("locked")
        first.end()
        self.gate.wait_state("offline")
        other = self.simulator("machine", "--serial", "OTHER")
        machine = self.gate.wait_state("fault")
        self.assertIn("not the machine that was here before: was FIRST", machine["text"])
        self.assertEqual(self.gate.run("declare", "laser1", lot).returncode, 1)
        line = self.line(self.gate.tcp())
        line.send(b"M4\nG1 X10 S500 F3000\n")
        line.expect(rb"lotgate machine confirm laser1")
        self.gate.command("machine", "confirm", "laser1", "--by", "OP1")
        self.gate.wait_state("held", "locked")
        self.assertEqual(other.work_lines(), [])

    def test_panel_keys_reach_the_machine(self):
        self.ready()
        self.gate.declare(self.lot)
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X250 S500 F600\n")
        self.gate.wait_state("running")
        self.assertEqual(self.gate.api("/machines/laser1/hold", "POST", {})[0], 200)
        self.asked(line, rb"^<Hold:0")  # a resume while it still slows down would be lost
        self.assertEqual(self.gate.api("/machines/laser1/resume", "POST", {})[0], 200)
        self.asked(line, rb"^<(Run|Idle)")
        self.assertEqual(self.gate.api("/machines/laser1/reset", "POST", {})[0], 200)
        self.gate.wait_job("aborted")

    def asked(self, line, pattern):
        def matches():
            line.send(b"?")
            return re.search(pattern, line.expect(rb"^<"))
        wait_for(matches, f"a report that matches {pattern!r}; seen: {line.seen[-5:]}")


class Senders(LotgateTest):
    """One sender at a time, and what is forwarded is forwarded unchanged."""

    def test_a_second_sender_is_told_who_has_the_machine(self):
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        gate.wait_state("locked")
        first = self.line(gate.tcp())
        first.send(b"\n")
        first.expect(rb"^ok$")
        second = self.line(gate.tcp())
        second.expect(rb"\[MSG:lotgate: laser1 is in use by 127\.0\.0\.1:\d+, since \d\d:\d\d: close that one first\]")
        self.assertEqual(second.read(), b"")
        third = self.line(gate.machine()["pty"])
        third.expect(rb"laser1 is in use by 127\.0\.0\.1:\d+")
        first.send(b"G21\n")
        first.expect(rb"^ok$")

    def test_bytes_arrive_as_they_were_sent(self):
        machine = RawMachine(self.folder)
        self.addCleanup(machine.close)
        gate = self.daemon(self.machine_config(machine.link))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        job = b"; LightBurn\nG00 G17 G40 G21 G54\nG90\nm4 (comment)\n  G0X1.500Y2\nG1 X3 S970F100\nX4\n/G1X5\n%\nM5\nM2\n"
        sender = self.sender(LineByLine, gate.tcp(), job)
        sender.finish()
        ended = gate.wait_job("completed")
        self.assertEqual(machine.bytes(), job)
        self.assertEqual(ended["sha256"], sha256(job))

    def test_a_hundred_thousand_bytes_at_once_are_refused(self):
        """One that ignores flow control is told so, and what waits stays bounded."""
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        gate.wait_state("locked")
        sender = self.sender(IgnoresFlowControl, gate.tcp(), cut(6000))
        sender.finish()
        self.assertGreater(sender.errors, 0)
        refused = gate.wait_job("refused")
        self.assertIn("flow control", refused["reason"])
        self.assertEqual(sim.work_lines(), [])


    def test_a_line_that_is_answered_late_does_not_end_the_job(self):
        """A change of S without motion is answered when all motion is done: longer than a job may be idle."""
        sim = self.simulator("machine", "--speed", "1")
        gate = self.daemon(self.machine_config(sim.link, gate={"idle_seconds": 1}))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        job = cut(20)
        self.sender(LineByLine, gate.tcp(), job).finish()
        ended = gate.wait_job("completed")
        self.assertEqual((ended["reason"], ended["sha256"]), ("program end", sha256(job)))
        self.assertEqual(len(gate.jobs()), 1)


if __name__ == "__main__":
    unittest.main()
