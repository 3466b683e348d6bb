"""Recorded sessions of real firmware and real senders pass through a whole lotgate byte for byte, both ways.

tests/unit/test_gate_captures.c replays the same through the gate alone; here the bytes go through real pseudo-terminals,
sockets and the ledger, so that what the wire does to them would show.
"""
import os
import unittest

from captures import Player, steps
from lotgate_e2e import TOP, LotgateTest, wait_for


class Captures:
    """Each recording, by each way in."""

    def play(self, path, mode="until-changed"):
        if not os.path.exists(path):
            self.skipTest(f"{os.path.basename(path)} is not there")
        player = Player(self.folder, lambda: self.gate.declare(self.lot))
        self.addCleanup(player.close)
        self.gate = self.daemon(self.machine_config(player.link, hook=False, gate={"mode": mode}))
        self.lot = self.gate.stock()

        def state(wanted):
            player.idle()
            return self.gate.machine()["state"] == wanted
        # All that lotgate asks at the start has been answered: the recording's own `$G` is not taken for lotgate's.
        wait_for(lambda: state("locked") and {b"$I\n", b"$$\n", b"$G\n"} <= set(player.own),
                 lambda: f"to be locked: {self.gate.machine()}")
        if mode == "until-changed":
            self.gate.declare(self.lot)
            wait_for(lambda: state("armed"), "to be armed")
        # A question that was answered late, and so asked twice, has got both its answers before the sender is there.
        asked = player.own.count(b"?")
        wait_for(lambda: player.idle() or player.own.count(b"?") >= asked + 2, "two more questions")
        player.play(steps(path), self.line(self.gate.machine()["pty"] if self.BY == "pty" else self.gate.tcp()))
        self.assertEqual(self.gate.stop(), 0)
        jobs = self.gate.jobs()
        self.assertGreater(len(jobs), 0)
        self.assertNotIn("running", [job["state"] for job in jobs])
        self.gate.command("ledger", "verify")
        return jobs

    def own(self, name, **more):
        return self.play(os.path.join(TOP, "tests", "data", name), **more)

    def foreign(self, name):
        return self.play(os.path.join(os.path.dirname(TOP), "shared", "captures", name))

    def test_a_sender_that_polls_and_ends_lines_twice(self):
        self.own("grbl-held-sender.txt")

    def test_a_reset_in_motion(self):
        self.own("grbl-reset-in-motion.txt")

    def test_cncjs_is_held_and_goes_on_by_itself(self):
        jobs = self.own("cncjs-held.txt", mode="each-job")
        self.assertEqual([(job["state"], job["lines"]) for job in jobs], [("completed", 21)])

    def test_connect_jog_and_job(self):
        self.foreign("grbl-1-connect-jog-job.txt")

    def test_hold_and_reset(self):
        self.foreign("grbl-2-hold-reset.txt")

    def test_edge_cases(self):
        self.foreign("grbl-3-edge-cases.txt")

    def test_an_error_in_mid_job(self):
        self.foreign("grbl-4-charcount-stream-error-midjob.txt")

    def test_run_and_hold(self):
        self.foreign("grbl-5-run-and-hold-corners.txt")

    def test_a_comment_that_opens_the_door(self):
        self.foreign("grbl-6-utf8-comment-door.txt")

    def test_cncjs(self):
        self.foreign("cncjs-grbl.txt")

    def test_grblhal(self):
        self.foreign("grblhal-1.txt")


class ByTcp(Captures, LotgateTest):
    BY = "tcp"


class ByPty(Captures, LotgateTest):
    BY = "pty"


if __name__ == "__main__":
    unittest.main()
