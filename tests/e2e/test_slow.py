"""Invariant 6: a slow disk, a slow browser or a slow sender never delays another machine's bytes.

Kept by the writer thread (station_pump hands a request to ledger_writer_put and goes on), by the HTTP thread of its own,
and by channel.c, which bounds what waits for a sender and drops one that does not read. None of these tests measures
time: while the slow one is provably still stuck, the other machine's lines are answered.
"""
import os
import signal
import socket
import unittest

import lotgate_e2e
from lotgate_e2e import BUILD, LotgateTest, RawMachine, wait_for

STALLING = os.path.join(BUILD, "tests", "bench", "stalling_lotgate")
LINES = 500


class Slow(LotgateTest):
    def setUp(self):
        super().setUp()
        self.raw = {name: RawMachine(self.folder, name) for name in ("laser1", "laser2")}
        for machine in self.raw.values():
            self.addCleanup(machine.close)
        self.gate = self.daemon(*(self.machine_config(machine.link, name, gate={"mode": "until-changed"})
                                  for name, machine in self.raw.items()))
        self.lot = self.gate.stock()
        for name in self.raw:
            self.gate.wait_state("locked", machine=name)
            self.gate.declare(self.lot, name)

    def stream(self, line, count=LINES):
        for i in range(count):
            line.send(f"G1 X{i % 50} S500 F6000\n".encode())
            line.expect(rb"^ok$")

    def test_a_disk_that_stalls(self):
        one = self.line(self.gate.tcp("laser1"))
        one.send(b"M3 S500\n")
        one.expect(rb"^ok$")
        self.gate.server.process.send_signal(signal.SIGUSR1)  # the next write takes five seconds
        wait_for(lambda: "the next write stalls" in self.gate.server.errors(), "the disk to be armed")
        two = self.line(self.gate.tcp("laser2"))

        def stuck():
            return self.gate.machine("laser2")["starting"]
        two.send(b"M3 S500\n")  # its job's start is the write that stalls, or waits behind it
        wait_for(stuck, "laser2 to begin its job")
        self.stream(one)
        self.assertTrue(stuck(), "500 lines took longer than the stall: nothing was shown")
        self.assertNotIn(b"M3", self.raw["laser2"].bytes())
        two.expect(rb"^ok$")  # the stall is over: the job begins

    def test_a_sender_that_does_not_read(self):
        deaf = socket.create_connection(("127.0.0.1", self.gate.tcp("laser2")))
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        for _ in range(20):
            try:
                deaf.send(b"?" * 1000)  # each is answered by 38 bytes that nobody reads
            except BlockingIOError:
                break
        one = self.line(self.gate.tcp("laser1"))
        self.stream(one)

    def test_a_browser_that_does_not_read(self):
        host, port = self.gate.address.rsplit(":", 1)
        for _ in range(8):
            browser = socket.create_connection((host, int(port)))
            self.addCleanup(browser.close)
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            browser.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {self.gate.address}\r\n\r\n".encode())
        self.stream(self.line(self.gate.tcp("laser1")))

    def daemon(self, *machines, start=True, **more):
        lotgate_e2e.LOTGATE, ordinary = STALLING, lotgate_e2e.LOTGATE
        self.addCleanup(setattr, lotgate_e2e, "LOTGATE", ordinary)
        daemon = super().daemon(*machines, start=start, **more)
        lotgate_e2e.LOTGATE = ordinary
        return daemon


if __name__ == "__main__":
    unittest.main()
