"""Ctrl-C on `lotgate serve`: once ends it cleanly, twice at once; the ledger is whole after either."""
import os
import signal
import unittest

from lotgate_e2e import DEADLINE, LotgateTest, wait_for


class Stopping(LotgateTest):

    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.gate = self.daemon(self.machine_config(self.sim.link))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")

    def in_mid_job(self):
        self.gate.declare(self.lot)
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("running")
        wait_for(self.sim.work_lines, "the machine to work")

    def interrupt(self, times):
        """As Ctrl-C does it. The exit status."""
        for _ in range(times):
            if self.gate.server.running():
                self.gate.server.process.send_signal(signal.SIGINT)
        return self.gate.server.process.wait(DEADLINE)

    def events(self, kind):
        return self.gate.command("ledger", "export", "--kind", kind).splitlines()

    def check_ledger(self):
        self.gate.command("ledger", "verify")
        running = [job for job in self.gate.jobs() if job["state"] == "running"]
        self.assertEqual(len(self.events("job.started")), len(self.events("job.ended")) + len(running))

    def start_again(self):
        """A job that was cut leaves the machine in a feed hold, in which it answers no line: it is reset."""
        self.gate.start()
        wait_for(lambda: "reset it" in self.gate.machine()["what_to_do"], "the panel to say what to do")
        self.assertIn("reset it", self.gate.run("declare", "laser1", self.lot).stderr)
        self.assertEqual(self.gate.api("/machines/laser1/reset", "POST", {})[0], 200)
        self.gate.wait_state("locked")

    def test_once_in_mid_job(self):
        self.in_mid_job()
        self.assertEqual(self.interrupt(1), 0)
        self.assertEqual(self.gate.jobs()[0]["state"], "host_lost")
        self.check_ledger()
        self.assertFalse(os.path.lexists(os.path.join(self.folder, "laser1.pty")))
        self.start_again()
        self.in_mid_job()  # what is left behind does not keep the next one from working
        self.assertEqual(len(self.gate.jobs()), 2)

    def test_twice_in_mid_job(self):
        for times in (2, 5):
            with self.subTest(times=times):
                self.in_mid_job()
                self.interrupt(times)
                # Its end is in the ledger, or the next start writes it: never two, never none.
                self.assertIn(self.gate.jobs()[0]["state"], ("host_lost", "running"))
                self.check_ledger()
                self.start_again()
                self.assertEqual({job["state"] for job in self.gate.jobs()}, {"host_lost"})
                self.check_ledger()
        self.in_mid_job()

    def test_twice_while_held(self):
        line = self.line(self.gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        self.gate.wait_state("held")
        self.interrupt(2)
        self.check_ledger()
        self.gate.start()
        self.assertEqual({job["state"] for job in self.gate.jobs()}, {"refused"})
        self.assertEqual(self.sim.work_lines(), [])


if __name__ == "__main__":
    unittest.main()
