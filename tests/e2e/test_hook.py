"""A machine with the hook in its firmware: paired, opened for one job at a time, its card and scanner, and what is left
when lotgate is killed. The simulated machine has the real hook."""
import os
import select
import signal
import stat
import sys
import threading
import tty
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lotgate_e2e as e2e  # noqa: E402
from lotgate_e2e import CharacterCounting, cut, wait_for  # noqa: E402

SLOW = "G21\nG90\nM4 S500\nG1 X30 F600\nG1 X0 S300\nM5\nM2\n"  # six seconds


class CutLine(threading.Thread):
    """The cable between lotgate and a machine: the host's next frames, `left` of them, lose their second half and their line end."""

    def __init__(self, machine):
        super().__init__(daemon=True)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.end, self.left = os.ttyname(self.slave), 0
        self.machine = os.open(machine, os.O_RDWR | os.O_NOCTTY)
        self.waiting = b""

    def to_machine(self, data):
        self.waiting += data
        *lines, self.waiting = self.waiting.split(b"\n")
        if not self.waiting.startswith(b"$"):  # realtime bytes have no end
            lines, self.waiting = lines + [self.waiting], b""
            lines = [line + b"\n" for line in lines[:-1]] + lines[-1:]
        else:
            lines = [line + b"\n" for line in lines]
        for line in lines:
            if self.left and line.startswith(b"$LG "):
                self.left, line = self.left - 1, line[:len(line) // 2]
            os.write(self.machine, line)

    def run(self):
        while True:
            try:
                for fd in select.select([self.master, self.machine], [], [])[0]:
                    data = os.read(fd, 4096)
                    if fd == self.master:
                        self.to_machine(data)
                    else:
                        os.write(self.master, data)
            except OSError:
                return  # one of the ends is gone


class Hook(e2e.LotgateTest):
    def setUp(self):
        super().setUp()
        self.card = os.path.join(self.folder, "card.nc")
        self.memory = os.path.join(self.folder, "hook.memory")
        self.write_card(cut(8).decode())

    def write_card(self, text):
        with open(self.card, "w", encoding="ascii") as file:
            file.write(text)

    def begin(self, *options, paired=True, serial="SN-laser1", **config):
        self.machine = self.simulator("machine", "--flavour", "grblhal", "--speed", "1", "--hook", "--serial", serial,
                                      "--hook-memory", self.memory, "--card", self.card, *options)
        self.gate = self.daemon(self.machine_config(self.machine.link, board="generic-grbl-laser", hook=True, **config))
        self.lot = self.gate.stock()
        if paired:
            self.gate.wait_state("fault")
            self.gate.command("machine", "pair", "laser1", "--by", "OP1")
            self.gate.wait_state("locked")

    def events(self, kind):
        return [event["body"] for event in self.gate.api(f"/ledger?kind={kind}")[1]]

    def hook(self):
        return self.gate.machine()["hook"]

    def press_start(self):
        self.machine.process.send_signal(signal.SIGUSR1)

    def start_again_until_held(self):
        """A machine in motion does not look at its start key, and the hook tells of one blocked start in a second."""
        def held():
            self.press_start()
            return self.gate.machine()["state"] == "held"
        wait_for(held, self.gate.machine)

    def screens(self):
        return [text for source, _, _, text in self.machine.taken() if source == "screen"]

    def denied(self):
        return [row for row in self.machine.taken() if row[0] == "host" and row[1] == "error:9"]

    def card_work(self):
        return [row for row in self.machine.taken() if row[0] == "card" and row[2]]

    def key_file(self, ending=""):
        return os.path.join(self.gate.data, "keys", "laser1.key" + ending)

    # --- a bad line

    def test_no_line_of_a_sender_is_swallowed_behind_frames_that_were_cut(self):
        """What an AVR may still hold of the cut ones leaves no room for the HELLO that would set it right."""
        machine = self.simulator("machine", "--flavour", "avr", "--hook", "--serial", "SN-laser1")
        line = CutLine(machine.link)
        line.start()
        self.gate = self.daemon(self.machine_config(line.end, hook=True))
        self.gate.wait_state("fault")
        self.gate.command("machine", "pair", "laser1", "--by", "OP1")
        self.gate.wait_state("locked")
        line.left = 2  # the lot on the machine's screen, and the PING that asks whether it is there
        self.gate.declare(self.gate.stock())
        wait_for(lambda: line.left == 0, "the frames to be cut")
        sender = self.sender(e2e.LineByLine, self.gate.tcp(), b"G21\n" * 20)
        sender.finish()
        self.assertEqual((sender.answers, sender.errors), (20, 0))
        self.assertEqual([text for source, _, _, text in machine.taken() if source == "host" and text == "G21"], ["G21"] * 20)

    # --- pairing

    def test_pairing(self):
        self.begin(paired=False)
        machine = self.gate.wait_state("fault")
        self.assertIn("lotgate machine pair", machine["text"])
        self.assertEqual(machine["hook"]["state"], "unpaired")
        self.assertEqual(self.gate.command("machine", "pair", "laser1", "--by", "OP1"), "laser1: paired.\n")
        self.gate.wait_state("locked")
        self.assertEqual(stat.S_IMODE(os.stat(self.key_file()).st_mode), 0o600)
        self.assertFalse(os.path.exists(self.key_file(".new")))
        self.assertEqual(self.events("machine.paired"), [{"machine": "laser1", "outcome": "paired", "by": "OP1"}])
        key = e2e.read_text(self.key_file()).strip()
        self.assertNotIn(key, str(self.gate.api("/ledger?limit=1000")[1]))
        self.assertIn("locked, paired", self.gate.command("machine", "show", "laser1"))
        self.assertEqual(self.hook()["serial_number"], "SN-laser1")
        # Once paired, it takes a new key only while its button is held.
        refused = self.gate.run("machine", "pair", "laser1")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("pairing button", refused.stderr)
        self.assertEqual(e2e.read_text(self.key_file()).strip(), key)
        self.assertEqual(self.events("machine.paired")[-1]["outcome"], "refused")

    def test_pairing_survives_restarts_of_both(self):
        self.begin()
        self.gate.stop()
        self.machine.end()
        self.machine = self.simulator("machine", "--flavour", "grblhal", "--speed", "1", "--hook", "--serial", "SN-laser1",
                                      "--hook-memory", self.memory, "--card", self.card)
        self.gate.start()
        self.gate.wait_state("locked")
        self.assertTrue(self.hook()["paired"])

    def test_a_machine_that_lost_its_key_is_a_fault(self):
        self.begin()
        self.gate.stop()
        self.machine.end()
        os.unlink(self.memory)
        self.machine = self.simulator("machine", "--flavour", "grblhal", "--speed", "1", "--hook", "--serial", "SN-laser1",
                                      "--hook-memory", self.memory)
        self.gate.start()
        self.assertIn("not paired", self.gate.wait_state("fault")["text"])
        self.gate.command("machine", "pair", "laser1")
        self.gate.wait_state("locked")

    def pair_and_kill_when(self, happened):
        """Kills lotgate in the middle of pairing, and starts it again."""
        self.begin("--button", paired=False)
        self.gate.wait_state("fault")
        client = e2e.Process([e2e.LOTGATE, "--data", self.gate.data, "machine", "pair", "laser1"], self.folder, "pair")
        self.addCleanup(client.end)
        wait_for(happened, "pairing to come so far")
        self.gate.kill()
        self.gate.start()

    def test_killed_when_the_key_is_on_disk(self):
        self.pair_and_kill_when(lambda: os.path.exists(self.key_file(".new")))
        self.gate.wait_state("fault", "locked")
        wait_for(lambda: self.hook()["present"], "the hook")
        self.gate.command("machine", "pair", "laser1")
        self.gate.wait_state("locked")

    def test_killed_when_the_hook_has_the_key(self):
        self.pair_and_kill_when(lambda: os.path.exists(self.memory) and os.path.getsize(self.memory) == 40)
        self.gate.wait_state("locked")  # whichever of the two files it was in
        wait_for(lambda: os.path.exists(self.key_file()) and not os.path.exists(self.key_file(".new")), "the key's own place")
        self.assertTrue(self.hook()["paired"])

    # --- jobs

    def test_a_job_over_the_wire(self):
        self.begin()
        self.gate.declare(self.lot)
        job = cut(20)
        self.sender(CharacterCounting, self.gate.tcp(), job).finish()
        ended = self.gate.wait_job("completed")
        self.assertEqual(ended["sha256"], e2e.sha256(job))
        self.assertEqual(self.denied(), [])
        wait_for(lambda: self.hook()["state"] == "locked", self.hook)
        self.assertEqual(self.hook()["blocked"], 0)

    def test_a_sender_s_frame_is_refused(self):
        self.begin()
        line = self.line(self.gate.tcp())
        line.send(b"$LG HELLO v=0001 n=0123456789ABCDEF*0000\n$I\n")
        line.expect(rb"^error:3")
        line.expect(rb"^ok")
        self.assertNotIn(b"[LG:", b"".join(line.seen))

    def test_what_was_blocked_while_lotgate_was_down(self):
        self.begin()
        self.gate.stop()
        self.press_start()
        self.gate.start()
        self.gate.wait_state("locked", "held")

        def written():
            return [body["total"] for body in self.events("machine.blocked")]
        wait_for(lambda: written() == [1], lambda: (written(), self.hook()))
        for _ in range(2):  # said at each start, written down once
            self.gate.stop()
            self.gate.start()
            self.gate.wait_state("locked", "held")
            wait_for(lambda: self.hook()["blocked"] == 1, self.hook)
        self.assertEqual(written(), [1])

    def test_a_card_job(self):
        self.begin()
        self.press_start()
        self.gate.wait_state("held")
        wait_for(lambda: self.screens()[-1:] == ["scan the lot"], self.screens)
        self.assertEqual(self.card_work(), [])
        self.assertEqual(self.events("machine.blocked"), [{"machine": "laser1", "source": "sd", "total": 1}])
        self.gate.declare(self.lot)
        self.gate.wait_state("running")
        wait_for(lambda: self.screens()[-1:] == [f"lot {self.lot}|start again"], self.screens)
        self.press_start()
        job = self.gate.wait_job("completed")
        self.assertEqual(job["lots"][0]["lot"], self.lot)
        for unseen in ("sha256", "lines", "bytes", "work_um"):  # the file did not pass here
            self.assertIsNone(job.get(unseen), unseen)
        self.assertTrue(self.card_work())
        self.gate.wait_state("locked")
        done = len(self.card_work())
        self.start_again_until_held()  # the next one waits for its own lot
        self.assertEqual(len(self.card_work()), done)

    def test_a_card_job_that_nobody_starts(self):
        self.begin(gate={"hook_seconds": 5})
        self.press_start()
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        job = self.gate.wait_job("aborted")
        self.assertIn("not started at the machine", self.gate.api(f"/jobs/{job['job']}")[1]["reason"])
        wait_for(lambda: self.hook()["state"] in ("locked", "expired"), self.hook)

    def test_killed_in_mid_job(self):
        self.write_card(SLOW)
        self.begin()
        self.press_start()
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        self.gate.wait_state("running")
        wait_for(lambda: "start again" in self.screens()[-1], self.screens)
        self.press_start()
        wait_for(lambda: self.hook()["state"] == "running", self.hook)
        self.gate.kill()
        lines = SLOW.splitlines()
        wait_for(lambda: [row[3] for row in self.machine.taken() if row[0] == "card"][-len(lines):] == lines,
                 "the job to finish")
        done = len(self.card_work())
        self.press_start()
        wait_for(lambda: "its card job does not start" in self.machine.errors(), "the hook to block the next start")
        self.assertEqual(len(self.card_work()), done)
        self.gate.start()
        self.gate.wait_state("locked")
        self.assertEqual(self.gate.jobs()[0]["state"], "host_lost")
        self.assertEqual(self.hook()["state"], "locked")
        self.assertEqual(self.events("machine.unauthorised"), [])

    def test_killed_while_the_hook_is_open(self):
        self.begin()
        self.press_start()
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        wait_for(lambda: self.hook()["state"] == "open", self.hook)
        self.gate.kill()
        self.gate.start()
        self.gate.wait_state("locked")
        self.assertEqual(self.hook()["state"], "locked")
        self.start_again_until_held()
        self.assertEqual(self.card_work(), [])

    # --- scanner, serial number

    def test_the_scanner_at_the_machine(self):
        self.begin("--scan", "PLY-1,1sheet")
        self.gate.command("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "2", "--heat", "1", "--cert-heat",
                          "1", "--quantity", "5sheet", "--lot", "PLY-1")
        self.machine.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: any("PLY-1" in text for text in self.screens()), self.screens)  # why not: it is not released
        self.assertEqual(self.gate.machine()["state"], "locked")
        self.gate.command("lot", "release", "PLY-1", "--by", "OP1")
        self.machine.process.send_signal(signal.SIGUSR2)
        self.assertEqual(self.gate.wait_state("armed")["declaration"]["lots"][0]["lot"], "PLY-1")
        wait_for(lambda: self.screens()[-1].startswith("lot PLY-1"), self.screens)

    def test_a_code_that_nobody_knows(self):
        self.begin("--scan", "NOTHING")
        self.machine.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: "unknown code" in self.screens(), self.screens)
        self.assertEqual(self.gate.machine()["state"], "locked")

    def test_a_badge(self):
        self.begin("--scan", "4711")
        self.machine.process.send_signal(signal.SIGUSR2)
        wait_for(lambda: "OP1 signed on" in self.screens(), self.screens)
        self.gate.command("declare", "laser1", self.lot)
        self.assertEqual(self.gate.machine()["declaration"]["operator"], "OP1")

    def test_another_serial_number(self):
        self.begin(paired=False, serial="SN-other")
        wait_for(lambda: "SN-other" in self.gate.machine()["text"], self.gate.machine)
        self.gate.command("machine", "confirm", "laser1", "--by", "OP1")
        self.gate.command("machine", "pair", "laser1")
        self.gate.wait_state("locked")
        self.gate.stop()
        self.gate.start()
        self.gate.wait_state("locked")  # it stays confirmed

    def test_the_simulated_machine_inside_lotgate(self):
        self.gate = self.daemon(self.machine_config(f"sim:laser?hook={self.memory}", board="sim-laser", hook=True,
                                                    serial_number="SIM-LASER-1"))
        self.gate.wait_state("fault")
        self.gate.command("machine", "pair", "laser1")
        self.gate.wait_state("locked")
        self.gate.stop()
        self.gate.start()
        self.gate.wait_state("locked")


class WithoutHook(e2e.LotgateTest):
    def test_a_plain_machine_that_should_have_one(self):
        machine = self.simulator("machine")
        gate = self.daemon(self.machine_config(machine.link, hook=True))
        self.assertIn("has no hook", gate.wait_state("fault")["text"])

    def test_a_plain_machine(self):
        machine = self.simulator("machine", "--serial", "SN-laser1")
        gate = self.daemon(self.machine_config(machine.link))
        gate.wait_state("locked")
        wait_for(lambda: gate.machine()["hook"] == {"present": False, "text": "none"}, lambda: gate.machine()["hook"])
        refused = gate.run("machine", "pair", "laser1")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no hook", refused.stderr)


if __name__ == "__main__":
    unittest.main()
