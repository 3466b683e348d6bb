"""The command line with the real daemon and its simulated machine."""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from cli_case import MMYY
from lotgate_e2e import LOTGATE, Daemon, Line, Process, cut, on_terminal, wait_for


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lotgate-cli-")
        machine = {"board": "sim-laser", "device": "sim:laser", "sender": {"tcp": "127.0.0.1:0"},
                   "gate": {"idle_seconds": 1}}
        cls.daemon = Daemon(cls.folder, [{"id": "laser1", "serial_number": "S-1", **machine}])
        cls.daemon.start()
        cls.daemon.wait_state("locked")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        shutil.rmtree(cls.folder, True)

    def setUp(self):
        self.daemon.wait_state("locked")

    def ok(self, *words):
        return self.daemon.command(*words)

    def lot(self):
        if not json.loads(self.ok("supplier", "list", "--json")):
            return self.daemon.stock(1000)
        return json.loads(self.ok("lot", "list", "--json"))[-1]["lot"]

    def gcode(self, text, name="job.nc"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def send(self, path, *more):
        process = Process([LOTGATE, "--data", self.daemon.data, "send", "laser1", path, *more], self.folder, "send")
        return process

    def end_of(self, process):
        try:
            return process.process.wait(60)
        except subprocess.TimeoutExpired:
            process.process.kill()
            raise AssertionError(f"send did not end:\n{process.output()}{process.errors()}") from None

    def test_the_session(self):
        """The example of the promise, word for word, on a data folder of its own."""
        folder = tempfile.mkdtemp(prefix="lotgate-session-")
        self.addCleanup(shutil.rmtree, folder, True)
        daemon = Daemon(folder, [{"id": "laser1", "board": "sim-laser", "device": "sim:laser", "serial_number": "S-9",
                                  "sender": {"tcp": "127.0.0.1:0"}}]).start()
        self.addCleanup(daemon.stop)
        daemon.wait_state("locked")
        session = """
            supplier add ACME "Acme Plastics" --email qa@acme.example --phone "+49 30 1234"
            material add ACR "Acrylic, cast, 3 mm" --form sheet --thickness 3mm --density 1.19
            operator add OP1 "Kim Lee" --badge 4711
            lot receive ACR --supplier ACME --supplier-lot 88-1204 --heat 88-1204 --cert-heat 88-1204 --quantity 5sheet
            lot release ACR-MMYY-001 --by OP1
            declare laser1 ACR-MMYY-001=1sheet --operator OP1""".replace("MMYY", MMYY)
        for line in session.strip().splitlines():
            done = subprocess.run(f'lotgate() {{ "$LOTGATE" --data "$DATA" "$@"; }}; lotgate {line.strip()}', shell=True,
                                  env={**os.environ, "LOTGATE": LOTGATE, "DATA": daemon.data}, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, f"{line}: {done.stderr}")
            if "lot receive" in line:
                self.assertEqual(done.stdout, f"ACR-{MMYY}-001\n")
        path = self.gcode(cut(), "session.nc")
        daemon.command("send", "laser1", path)
        jobs = json.loads(daemon.command("job", "list", "--machine", "laser1", "--json"))
        self.assertEqual(len(jobs), 1)
        self.assertEqual((jobs[0]["machine"], jobs[0]["serial_number"], jobs[0]["state"], jobs[0]["lots"][0]["lot"]),
                         ("laser1", "S-9", "completed", f"ACR-{MMYY}-001"))
        self.assertEqual(jobs[0]["sha256"], hashlib.sha256(open(path, "rb").read()).hexdigest())
        record = daemon.command("record", "show", "MFG-0001")
        for text in ("laser1", "S-9", jobs[0]["sha256"], "Kim Lee", f"ACR-{MMYY}-001", "Acme Plastics", "88-1204", "MFG-0001"):
            self.assertIn(text, record)
        daemon.command("ledger", "verify")

    def test_send_waits_for_the_lot(self):
        lot, path = self.lot(), self.gcode(cut())
        send = self.send(path)
        self.daemon.wait_state("held")
        wait_for(lambda: "[MSG:lotgate: scan the material lot" in send.errors(), send.errors)
        self.daemon.declare(lot)
        self.assertEqual(self.end_of(send), 0, send.errors())
        self.assertRegex(send.output(), r"^JOB-\d+: completed, record MFG-\d+\.\n$")
        self.assertNotIn("\r", send.errors())  # the bar is for terminals

    def test_send_names_the_line_that_the_machine_refused(self):
        path = self.gcode("G21\nG90\nM4\nG1 X1 F1000 S500\nG99 X2\nG1 X3\nM5\nM2\n")
        send = self.send(path, "--lot", f"{self.lot()}=1sheet")
        self.assertEqual(self.end_of(send), 1)
        self.assertRegex(send.errors(), r"(?m)^line 5: error:20\b")
        self.assertEqual(self.daemon.wait_job("aborted")["errors"], 1)
        self.daemon.wait_state("locked")
        kept_on = self.send(path, "--lot", self.lot(), "--keep-going")
        self.assertEqual(self.end_of(kept_on), 1)
        self.assertEqual(self.daemon.wait_job("completed")["errors"], 1)

    def test_send_of_a_lot_that_may_not_be_used(self):
        send = self.send(self.gcode(cut()), "--lot", "NOPE-1126-001")
        self.assertEqual(self.end_of(send), 1)
        self.assertIn("There is no lot NOPE-1126-001", send.errors())
        self.assertIn("did not take the lot", send.errors())

    def test_interrupting_send_stops_the_machine(self):
        send = self.send(self.gcode(cut(lines=3000, feed=300)), "--lot", self.lot())
        self.daemon.wait_state("running")
        send.process.send_signal(signal.SIGINT)
        self.assertEqual(self.end_of(send), 1)
        self.assertEqual(self.daemon.wait_job("aborted")["state"], "aborted")

    def test_send_to_a_machine_that_was_left_in_a_hold(self):
        self.daemon.declare(self.lot())
        line = Line(self.daemon.tcp())
        line.send(b"G1 X50 F300\n")
        line.expect(rb"^ok")
        line.send(b"!")
        wait_for(lambda: (self.daemon.machine().get("status") or {}).get("state") == "Hold", "the hold")
        line.close()
        send = self.send(self.gcode(cut()))
        try:
            wait_for(lambda: "laser1 says Hold" in send.errors(), send.errors)
        finally:
            send.process.send_signal(signal.SIGINT)
        self.assertEqual(self.end_of(send), 1)
        self.daemon.run("cancel", "laser1")

    def test_send_line_by_line_and_without_an_end(self):
        path = self.gcode("G21\r\nG90\r\nM4\r\nG1 X5 F6000 S400 ; now!\r\nM5\r\n")
        send = self.send(path, "--lot", self.lot(), "--line-by-line")
        self.assertEqual(self.end_of(send), 0, send.errors())
        self.assertIn("1 comments", send.errors())
        job = self.daemon.wait_job("completed")
        self.assertEqual(job["sha256"], hashlib.sha256(b"G21\nG90\nM4\nG1 X5 F6000 S400 \nM5\n").hexdigest())

    def test_files_that_are_no_gcode_are_not_sent(self):
        before = len(self.daemon.jobs())
        for text, why in (("G1 X1\nG1 X2!\n", "Line 2 "), ("G1 X1\x00\n", "NUL"), ("G" * 2000, "too long"), ("", "empty"),
                          ("G1 X1\r" * 500, "line feeds")):
            done = self.daemon.run("send", "laser1", self.gcode(text, "bad.nc"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
        self.assertEqual(self.daemon.run("send", "laser1", os.path.join(self.folder, "absent")).returncode, 1)
        self.assertEqual(self.daemon.run("send", "nosuch", self.gcode(cut())).returncode, 1)
        self.assertEqual(self.daemon.run("send", "laser1", self.gcode(cut()), "--lot", "A\nG1").returncode, 2)
        self.assertEqual(len(self.daemon.jobs()), before)

    def test_a_busy_machine_says_so(self):
        first = self.send(self.gcode(cut()))
        self.daemon.wait_state("held")
        second = self.daemon.run("send", "laser1", self.gcode(cut(), "second.nc"))
        self.assertEqual(second.returncode, 1)
        self.assertIn("Another sender", second.stderr)
        first.end(signal.SIGINT)

    def test_a_bar_on_a_terminal(self):
        path, lot = self.gcode(cut(lines=20), "bar.nc"), self.lot()
        status, seen = on_terminal([LOTGATE, "--data", self.daemon.data, "send", "laser1", path, "--lot", lot], NO_COLOR="")
        self.assertEqual(status, 0, seen)
        self.assertRegex(seen, rb"\[#+ *\] +\d+ %  \d+/28  Run")

    def test_declared_twice_and_taken_back(self):
        lot = self.lot()
        self.assertIn(lot, self.daemon.declare(lot))
        again = self.daemon.run("declare", "laser1", lot)
        self.assertEqual(again.returncode, 1)
        self.assertRegex(again.stderr, r"^lotgate: .*\n  \S")
        self.assertIn(lot, self.ok("machine", "list"))
        self.ok("cancel", "laser1", "--reason", "wrong sheet")
        self.assertEqual(self.daemon.run("cancel", "laser1").returncode, 1)

    def test_machines(self):
        machines = json.loads(self.ok("machine", "list", "--json"))
        self.assertEqual([(m["machine"], m["state"], m["serial_number"]) for m in machines], [("laser1", "locked", "S-1")])
        self.assertRegex(self.ok("machine", "list", "--csv"), r"^machine,state,.*\nlaser1,locked,")
        self.assertIn("127.0.0.1:", self.ok("machine", "show", "laser1"))
        self.ok("machine", "confirm", "laser1")
        self.assertEqual(self.daemon.run("machine", "show", "nosuch").returncode, 1)

    def test_notes(self):
        self.ok("note", "laser1", "lens cleaned")
        self.assertIn("lens cleaned", self.ok("machine", "show", "laser1"))
        self.assertEqual(self.daemon.run("note", "nosuch", "text").returncode, 1)

    def test_watch(self):
        lines = Process([LOTGATE, "--data", self.daemon.data, "watch"], self.folder, "watch")
        events = Process([LOTGATE, "--data", self.daemon.data, "watch", "laser1", "--json"], self.folder, "watch-json")
        wait_for(lambda: re.search(r"laser1 +locked", lines.output()), lines.output)
        self.ok("send", "laser1", self.gcode(cut()), "--lot", self.lot())
        wait_for(lambda: re.search(r"laser1 +running", lines.output()), lines.output)
        wait_for(lambda: re.search(r"job laser1 JOB-\d+ completed", lines.output()), lines.output)
        wait_for(lambda: '"completed"' in events.output(), events.output)
        kinds = {json.loads(line)["event"] for line in events.output().splitlines()}
        self.assertLessEqual({"machine", "job"}, kinds)
        self.assertEqual(lines.end(signal.SIGINT), 0)
        self.assertEqual(events.end(signal.SIGTERM), 0)
        self.assertEqual(lines.errors() + events.errors(), "")
        self.assertEqual(self.daemon.run("watch", "nosuch").returncode, 1)

    def test_watch_waits_for_a_daemon_that_restarts(self):
        folder = tempfile.mkdtemp(prefix="lotgate-watch-")
        self.addCleanup(shutil.rmtree, folder, True)
        daemon = Daemon(folder, [{"id": "m1", "board": "sim-laser", "device": "sim:laser",
                                  "sender": {"tcp": "127.0.0.1:0"}}]).start()
        self.addCleanup(lambda: daemon.stop())
        daemon.wait_state("locked", machine="m1")
        watch = Process([LOTGATE, "--data", daemon.data, "watch"], folder, "watch")
        wait_for(lambda: "locked" in watch.output(), watch.output)
        daemon.kill()
        wait_for(lambda: "has gone" in watch.errors(), watch.errors)
        daemon.start()
        daemon.wait_state("locked", machine="m1")
        lot = daemon.stock()
        daemon.declare(lot, machine="m1")
        wait_for(lambda: re.search(r"m1 +armed +" + lot, watch.output()), watch.output)
        self.assertEqual(watch.end(signal.SIGINT), 0)

    def test_the_ledger_beside_a_running_daemon(self):
        self.lot()
        self.ok("ledger", "verify")
        events = [json.loads(line)["seq"] for line in self.ok("ledger", "export").splitlines()]
        self.assertEqual(events, list(range(1, len(events) + 1)))
        self.ok("ledger", "checkpoint")
        self.ok("ledger", "backup", os.path.join(self.folder, "copy.db"))
        rebuild = self.daemon.run("ledger", "rebuild")
        self.assertEqual(rebuild.returncode, 1)
        self.assertIn("Stop it first", rebuild.stderr)


if __name__ == "__main__":
    unittest.main()
