"""The daemon as a process: its ports, how it starts and what it needs for that, and a ledger that cannot be written."""
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import unittest

from lotgate_e2e import DEADLINE, LOTGATE, TOP, LineByLine, LotgateTest, RawMachine, cut, read_text, wait_for


class Ports(LotgateTest):
    """Ports that come, go, or are no ports."""

    def test_an_unplugged_machine_ends_the_job_and_comes_back(self):
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        line = self.line(gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F300\n")
        gate.wait_state("running")
        sim.end(signal.SIGKILL)
        lost = gate.wait_state("offline")
        self.assertFalse(lost["port_open"])
        gate.wait_job("machine_lost")
        self.simulator("machine")
        gate.wait_state("locked")
        self.assertTrue(gate.machine()["port_open"])

    def offline(self, device):
        gate = self.daemon(self.machine_config(device))
        return gate, gate.wait_state("offline")

    def test_a_missing_port_is_told_and_waited_for(self):
        gate, machine = self.offline(os.path.join(self.folder, "machine.tty"))
        self.assertIn("machine.tty is not there", machine["text"])
        self.assertIn("Switch the machine on", machine["what_to_do"])
        self.simulator("machine")
        gate.wait_state("locked")

    def test_a_silent_machine_is_told_from_a_missing_port(self):
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        gate, machine = self.offline(os.ttyname(slave))
        self.assertIn("has not answered yet", machine["text"])
        self.assertIn("baud rate", machine["what_to_do"])
        sent = gate.run("send", "laser1", os.path.join(TOP, "tests", "data", "cnc-helix.nc"))
        self.assertEqual(sent.returncode, 1)
        self.assertRegex(sent.stderr, r"^lotgate: laser1 is in state offline: .* not answered yet.*\n  Switch the machine on")

    def test_a_file_is_no_port(self):
        path = os.path.join(self.folder, "file")
        open(path, "w", encoding="utf-8").close()
        _, machine = self.offline(path)
        self.assertIn("is not a serial port", machine["text"])
        self.assertIn("lotgate devices", machine["what_to_do"])

    def test_another_device_is_no_port(self):
        _, machine = self.offline("/dev/null")
        self.assertIn("is not a serial port", machine["text"])

    def test_a_busy_port_names_who_has_it(self):
        sim = self.simulator()
        holder = subprocess.Popen(["flock", "--no-fork", "--exclusive", sim.link, "sleep", "600"])
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        wait_for(lambda: subprocess.run(["flock", "--nonblock", sim.link, "true"], check=False).returncode != 0,
                 "the port to be locked")
        gate, machine = self.offline(sim.link)
        self.assertRegex(machine["text"], r"is in use by \S+ \(pid \d+\)")
        status, answer = gate.api("/machines/laser1/hold", "POST", {})
        self.assertEqual((status, answer["error"]["code"]), (409, "machine_offline"))

    def test_a_machine_that_says_nothing(self):
        machine = RawMachine(self.folder)
        self.addCleanup(machine.close)
        machine.take = lambda byte: b""
        gate, _ = self.offline(machine.link)
        wait_for(lambda: "has not answered" in gate.machine()["text"], gate.machine)
        self.assertIn("Switch the machine on", gate.machine()["what_to_do"])

    def test_two_daemons_cannot_share_a_port(self):
        sim = self.simulator()
        first = self.daemon(self.machine_config(sim.link))
        first.wait_state("locked")
        self.folder = os.path.join(self.folder, "second")
        os.mkdir(self.folder)
        _, machine = self.offline(sim.link)
        self.assertRegex(machine["text"], r"is in use by lotgate \(pid \d+\)")


class Starting(LotgateTest):
    """What keeps lotgate from starting is told in a sentence, with the right exit status."""

    def test_mistakes_in_the_configuration(self):
        gate = self.daemon(start=False)
        gate.write_config('{\n  "machines": [\n    { "id": "laser1", "board": "sim-laser", "device": "sim:laser",\n'
                          '      "baudd": 115200 } ],\n  "sites": "A" }\n')
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 2)
        self.assertIn(f'{gate.config}:4:7: unknown key "baudd" in machines[0]; did you mean "baud"?', said)
        self.assertIn(f'{gate.config}:5:3: unknown key "sites"; did you mean "site"?', said)

    def test_an_unknown_board(self):
        status, said = self.daemon(self.machine_config("sim:laser", board="no-such-board"), start=False).refuses_to_start()
        self.assertEqual(status, 2)
        self.assertIn("no-such-board", said)
        self.assertRegex(said, r"^lotgate: .*\n  \S.*\n$")  # what is wrong, then what to do

    def test_unknown_options(self):
        gate = self.daemon(self.machine_config("sim:laser"), start=False)
        self.assertEqual(gate.refuses_to_start("--nonsense")[0], 2)

    def test_a_configuration_that_is_not_there(self):
        gate = self.daemon(self.machine_config("sim:laser"), start=False)
        os.unlink(gate.config)
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 2)
        self.assertIn("Name the configuration with -c FILE", said)

    def test_a_sender_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            config = self.machine_config("sim:laser", sender={"tcp": f"127.0.0.1:{port}"})
            status, said = self.daemon(config, start=False).refuses_to_start()
        self.assertEqual(status, 1)
        self.assertIn(f"127.0.0.1:{port} of laser1 is in use", said)

    def test_a_ledger_that_another_lotgate_writes(self):
        gate = self.daemon(self.machine_config("sim:laser"))
        gate.write_config({"data": gate.data, "http": {"listen": "127.0.0.1:0"}, "machines": [
            self.machine_config("sim:laser", sender={"tcp": "127.0.0.1:0", "pty": os.path.join(self.folder, "other")})]})
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 1)
        self.assertIn(f"lotgate already runs on {gate.data}.", said)
        self.assertIn("stop it first", said)

    def test_a_folder_of_a_new_user(self):
        data = os.path.join(self.folder, "home", ".local", "share", "lotgate")  # none of these is there yet
        gate = self.daemon(start=False)
        gate.write_config({"data": data, "http": {"listen": "127.0.0.1:0"}, "machines": [self.machine_config("sim:laser")]})
        gate.data = data
        gate.start()
        self.assertEqual(stat.S_IMODE(os.stat(data).st_mode), 0o700)

    def test_a_ledger_of_a_later_version(self):
        gate = self.daemon(self.machine_config("sim:laser"))
        gate.stop()
        with sqlite3.connect(os.path.join(gate.data, "ledger.db")) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?i)later|newer")

    def test_a_ledger_that_is_no_database(self):
        gate = self.daemon(self.machine_config("sim:laser"))
        gate.stop()
        with open(os.path.join(gate.data, "ledger.db"), "wb") as file:
            file.write(b"this is not a database, and never was one\n" * 200)
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 1)
        self.assertIn("ledger", said.lower())

    def test_devices_lists_ports_or_says_what_to_do(self):
        done = subprocess.run([LOTGATE, "devices"], stdout=subprocess.PIPE, text=True, check=True)
        self.assertRegex(done.stdout, r"No USB serial port is connected|config +\{ \"id\"")
        self.assertEqual(subprocess.run([LOTGATE, "devices", "now"], stderr=subprocess.PIPE, check=False).returncode, 2)

    def test_systemd_is_told(self):
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(DEADLINE)
            os.environ["NOTIFY_SOCKET"] = path
            self.addCleanup(os.environ.pop, "NOTIFY_SOCKET", None)
            gate = self.daemon(self.machine_config("sim:laser"))
            self.assertEqual(notify.recv(100), b"READY=1")
            self.assertEqual(gate.stop(), 0)
            self.assertEqual(notify.recv(100), b"STOPPING=1")

    def test_lines_go_before_other_work(self):
        if os.geteuid() != 0:
            self.skipTest("only root, or a service with LimitNICE, may raise a priority")
        pid = self.daemon(self.machine_config("sim:laser")).server.process.pid
        def nice(thread):
            return int(read_text(f"/proc/{pid}/task/{thread}/stat").rpartition(")")[2].split()[16])
        threads = [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]
        wait_for(lambda: nice(pid) == -10, "the loop's priority")
        self.assertEqual({nice(thread) for thread in threads if thread != pid}, {os.getpriority(os.PRIO_PROCESS, 0)})

    def test_simulated_machines_without_a_configuration(self):
        gate = self.daemon(start=False)
        gate.write_config({"data": gate.data, "http": {"listen": "127.0.0.1:0"}})
        try:  # the demonstration's test holds one of them for a while
            wait_for(lambda: ports_are_free(8231, 8232), "the ports 8231 and 8232 to be free", 60)
        except AssertionError as error:
            self.skipTest(f"another program has them: {error}")
        gate.start("--simulate")
        gate.wait_state("locked")
        gate.wait_state("locked", machine="cnc1")
        self.assertEqual(gate.machine()["tcp"], ["127.0.0.1:8231"])
        self.assertEqual(gate.machine()["pty"], os.path.join(gate.data, "run", "laser1"))
        self.assertEqual(gate.machine()["serial_number"], "SIM-LASER-1")
        lot = gate.stock()
        sender = self.sender(LineByLine, gate.tcp(), cut(5))
        gate.wait_state("held")
        gate.declare(lot)
        sender.finish()
        gate.wait_job("completed")
        self.assertRegex(gate.command("record", "show", "MFG-0001"), r"SIM-LASER-1")
        self.assertEqual(gate.stop(), 0)
        gate.start("--simulate")  # the same machines again, not others
        gate.wait_state("locked")
        self.assertEqual(gate.stop(), 0)

    def test_a_configuration_without_machines_gets_no_simulated_ones(self):
        gate = self.daemon()
        self.assertEqual(gate.api("/machines"), (200, {"machines": []}))
        self.assertIn("names no machine", gate.server.errors())


def ports_are_free(*ports):
    try:
        for port in ports:
            with socket.create_server(("127.0.0.1", port)):
                pass
        return True
    except OSError:
        return False


class LedgerTrouble(LotgateTest):
    """Fail closed: a ledger that cannot be written keeps the gate shut, and says so."""

    def small_disk(self):
        """A file system of 3 MiB for the data folder; needs root."""
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small file system")
        data = os.path.join(self.folder, "data")
        os.mkdir(data, 0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", data], stderr=subprocess.PIPE,
                                 check=False)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a small file system: {mounted.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", data], check=False)
        return data

    def fill(self, data):
        """Leaves no byte free."""
        with open(os.path.join(data, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                pass
            try:
                while True:
                    file.write(b"x")
            except OSError:
                pass

    def test_a_full_disk_keeps_the_gate_shut_until_there_is_room(self):
        data = self.small_disk()
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        gate.wait_state("armed")
        self.fill(data)
        sender = self.sender(LineByLine, gate.tcp(), cut(200))
        machine = gate.wait_state("fault")
        self.assertIn("the ledger cannot be written", machine["text"])
        self.assertIn("Free some space", machine["what_to_do"])
        self.assertEqual(sim.work_lines(), [])
        os.unlink(os.path.join(data, "filler"))
        sender.finish()
        gate.wait_job("completed")
        gate.command("ledger", "verify")

    def test_a_ledger_deleted_under_the_running_daemon(self):
        """Nothing may be acknowledged that goes into a file without a name; nor is a new ledger begun in its place."""
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        gate.wait_state("armed")
        away = os.path.join(self.folder, "away")
        os.rename(gate.data, away)
        sender = self.sender(LineByLine, gate.tcp(), cut(5))
        machine = gate.wait_state("fault")
        self.assertIn("moved, deleted or replaced", machine["text"])
        self.assertIn("Put it back", machine["what_to_do"])
        self.assertEqual(sim.work_lines(), [])
        status, refused = gate.api("/machines/laser1/declare", "POST", {"lots": [{"lot": lot}]})
        self.assertEqual(status, 503)
        self.assertIn("Put it back", refused["error"]["what_to_do"])
        os.rename(away, gate.data)
        sender.finish()
        gate.wait_job("completed")
        gate.command("ledger", "verify")
        self.assertEqual(gate.stop(), 0)
        os.unlink(os.path.join(gate.data, "ledger.db"))
        status, said = gate.refuses_to_start()
        self.assertEqual(status, 1)
        self.assertRegex(said, r"ledger\.db is gone.*\n  Restore ledger\.db from a backup")

    def test_an_end_that_cannot_be_written_is_written_later(self):
        data = self.small_disk()
        sim = self.simulator()
        gate = self.daemon(self.machine_config(sim.link))
        lot = gate.stock()
        gate.wait_state("locked")
        gate.declare(lot)
        line = self.line(gate.tcp())
        line.send(b"G21\nM4\nG1 X10 S500 F3000\n")
        gate.wait_state("running")
        self.fill(data)
        line.send(b"M5\nM2\n")
        gate.wait_state("fault")
        refused = gate.run("declare", "laser1", f"{lot}=1sheet", "--operator", "OP1")
        self.assertEqual(refused.returncode, 1)
        os.unlink(os.path.join(data, "filler"))
        gate.wait_state("locked")
        self.assertEqual(gate.jobs()[0]["state"], "completed")
        gate.command("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
