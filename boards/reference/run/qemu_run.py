#!/usr/bin/env python3
"""Runs the STM32 reference firmware in qemu-system-arm, its two USARTs on pseudo-terminals.

    qemu_run.py [--store FILE] [--usart1 LINK] [--usart2 LINK] build/firmware/stm32.elf

The store (what the firmware keeps over a power cut) is read from FILE before the start and written to it at the end, for qemu's
model has no memory that outlives it. Also used by the tests: `Qemu`.
"""
import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

MACHINE = "netduinoplus2"  # an STM32F405
STORE_AT, STORE_BYTES = 0x2001F000, 2048  # stm32f405.ld: MODEL; two pages
PACKET = 1024  # bytes of memory in one
LR, PC = 14, 15
PAGE_BYTES = 1024  # pages.h
PATIENCE = 20.0


class Gdb:
    """qemu's gdb stub: the machine stands still while this is connected."""

    def __init__(self, path):
        end = time.monotonic() + PATIENCE
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        self.socket.settimeout(PATIENCE)
        self.got = b""
        self.ask("?")
        self.ask("qXfer:features:read:target.xml:0,ffb")  # before that qemu gives no single register, nor lets it be written

    def run_to(self, address):
        self.ask(f"Z1,{address:x},2")
        self.ask("c")
        self.ask(f"z1,{address:x},2")

    def ask(self, command):
        self.socket.sendall(f"${command}#{sum(command.encode()) % 256:02x}".encode())
        while True:
            found = re.search(rb"\$([^#]*)#..", self.got)
            if found:
                self.got = self.got[found.end():]
                self.socket.sendall(b"+")
                # That the machine has stopped is told unasked, too.
                if command in ("?", "c", "s") or found.group(1)[:1] not in (b"T", b"S"):
                    return found.group(1).decode("latin-1")
            more = b"" if found else self.socket.recv(4096)
            if not found and not more:
                return ""
            self.got += more

    def read(self, address, length):
        return b"".join(bytes.fromhex(self.ask(f"m{address + at:x},{min(PACKET, length - at):x}")) for at in range(0, length, PACKET))

    def write(self, address, data):
        for at in range(0, len(data), PACKET):
            part = data[at:at + PACKET]
            assert self.ask(f"M{address + at:x},{len(part):x}:{part.hex()}") == "OK"

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def set_register(self, number, value):
        assert self.ask(f"P{number:x}={value.to_bytes(4, 'little').hex()}") == "OK"

    def jump(self, address):
        self.set_register(PC, address)

    def go_on(self):
        self.ask("D")
        self.socket.close()


class Qemu:
    """A running machine. `terminals` are the names of the pseudo-terminals of USART1 (host) and USART2 (panel)."""

    def __init__(self, elf, store=None, errors=None):
        self.elf, self.store = elf, store
        self.folder = tempfile.mkdtemp(prefix="qemu-run-")
        self.gdb_path = os.path.join(self.folder, "gdb")
        self.process = subprocess.Popen(
            ["qemu-system-arm", "-M", MACHINE, "-display", "none", "-monitor", "none", "-S", "-gdb",
             f"unix:{self.gdb_path},server=on,wait=off", "-chardev", "pty,id=usart1", "-serial", "chardev:usart1",
             "-chardev", "pty,id=usart2", "-serial", "chardev:usart2", "-kernel", elf],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.terminals, self.held = [], []
        for line in self.process.stdout:
            found = re.search(r"redirected to (\S+) \(label usart\d\)", line)
            if found:
                self.terminals.append(found.group(1))
                # qemu drops what is sent to a terminal that nobody has open.
                self.held.append(os.open(found.group(1), os.O_RDWR | os.O_NOCTTY))
            if len(self.terminals) == 2:
                break
        gdb = Gdb(self.gdb_path)
        kept = b"\xff" * STORE_BYTES  # erased
        if store and os.path.exists(store):
            with open(store, "rb") as file:
                kept = file.read()
        gdb.write(STORE_AT, kept)
        gdb.go_on()

    def symbol(self, name):
        for row in subprocess.run(["arm-none-eabi-nm", self.elf], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
            if row.split()[-1] == name:
                return int(row.split()[0], 16)
        raise KeyError(name)

    def stall(self):
        """The program hangs from the next turn of its main loop on; interrupts go on."""
        gdb = Gdb(self.gdb_path)
        gdb.run_to(self.symbol("board_feed_watchdog"))
        gdb.jump(self.symbol("unexpected"))
        gdb.go_on()

    def cut_in_pairing(self, after, say, random):
        """With the pairing button held (a pin that the model has not), `say()` sends a PAIR, and power goes in the middle of the
        flash's operation number `after` from there. False: there were not so many."""
        gdb = Gdb(self.gdb_path)
        stops = {self.symbol(name): name for name in ("page_erase", "page_program", "port_button", "port_write")}
        for address in stops:
            gdb.ask(f"Z1,{address:x},2")
        say()
        last = None
        while True:
            gdb.ask("c")
            at = gdb.register(PC)
            if stops[at] == "port_write":  # the answer
                for address in stops:
                    gdb.ask(f"z1,{address:x},2")
                gdb.go_on()
                return False
            if stops[at] == "port_button":
                gdb.set_register(0, 1)
                gdb.jump(gdb.register(LR) & ~1)
                continue
            operation = [at] + [gdb.register(i) for i in range(3)]
            if operation != last:  # an interrupt instead of the step below comes back to the same one
                if after == 0:
                    self.leave_half_done(gdb, stops[at], random)
                    return True
                after -= 1
                last = operation
            gdb.ask(f"z1,{at:x},2")
            gdb.ask("s")
            gdb.ask(f"Z1,{at:x},2")

    def leave_half_done(self, gdb, operation, random):
        """Of the bits that the operation was about to change, some have been."""
        kept = bytearray(gdb.read(STORE_AT, STORE_BYTES))
        page, word, value = (gdb.register(i) for i in range(3))
        first, count = (page * PAGE_BYTES, PAGE_BYTES // 4) if operation == "page_erase" else (page * PAGE_BYTES + 4 * word, 1)
        for at in range(first, first + 4 * count, 4):
            cell, some = int.from_bytes(kept[at:at + 4], "little"), random.getrandbits(32)
            cell = cell | some if operation == "page_erase" else cell & (value | some)
            kept[at:at + 4] = cell.to_bytes(4, "little")
        self.process.kill()
        self.process.wait()
        gdb.socket.close()
        with open(self.store, "wb") as file:
            file.write(kept)

    def power_off(self):
        """Ends it; what is stored is kept."""
        if self.process.poll() is None:
            if self.store:
                gdb = Gdb(self.gdb_path)
                with open(self.store, "wb") as file:
                    file.write(gdb.read(STORE_AT, STORE_BYTES))
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for fd in self.held:
            os.close(fd)
        self.held = []
        if os.path.exists(self.gdb_path):
            os.unlink(self.gdb_path)
        os.rmdir(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--store", help="file that keeps what the firmware stores")
    parser.add_argument("--usart1", help="link to the pseudo-terminal of the host's wire")
    parser.add_argument("--usart2", help="link to that of the panel")
    parser.add_argument("elf")
    options = parser.parse_args()
    qemu = Qemu(options.elf, options.store)
    for name, link in zip(qemu.terminals, (options.usart1, options.usart2)):
        if link:
            if os.path.islink(link):
                os.unlink(link)
            os.symlink(name, link)
    print("host", qemu.terminals[0], "panel", qemu.terminals[1], flush=True)
    try:
        qemu.process.wait()
    except KeyboardInterrupt:
        qemu.power_off()
    return 0


if __name__ == "__main__":
    sys.exit(main())
