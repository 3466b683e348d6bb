#!/usr/bin/env python3
"""What `make bench` measures, side by side in one run. bench.py [--build DIR] [relay|gate|fleet|start|stall|ledger ...]

relay  round trip of a 20-byte line and its ok: lotgate, socat and ser2net before the same machine, in alternation
gate   lines per second through proto and gate alone, meter and SHA-256 included
fleet  32 machines at 115200 baud, all streaming: processor share and memory of lotgate itself
start  from the start of the program to the first forwarded byte, with 100,000 jobs in the ledger
ledger a ledger of LEDGER_JOBS jobs (20,000): filling, verifying, reading, its size, and an import; see bench_ledger.py
stall  round trip on one machine while another machine's commit stalls for 5 s (a fault in SQLite's VFS)
"""
import argparse
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import bench_ledger

TICKS = os.sysconf("SC_CLK_TCK")
WARMUP = 200
GRBL_ANSWERS = {b"$I": b"[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n",
                b"$G": b"[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n"}
RASTER = "../shared/samples/laser-raster-tree.nc"


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    sys.exit(f"bench: waited {seconds} s for {what} in vain")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Bench:
    def __init__(self, build):
        self.build, self.folder, self.running = os.path.abspath(build), tempfile.mkdtemp(), []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def program(self, *names):
        return os.path.join(self.build, *names)

    def start(self, *command, **options):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen(command, **{**quiet, **options})
        self.running.append(process)
        return process

    def stop(self, *processes):
        for process in processes or self.running:
            process.terminate()
        for process in processes or list(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.running.remove(process)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)

    # --- lotgate before machines

    def lotgate(self, machines, data="data", program=None, wait=True):
        """Starts lotgate before {id: (device, tcp port)} and waits for it; returns the process."""
        config = {"data": self.path(data), "http": {"listen": f"127.0.0.1:{free_port()}"}, "machines": [
            {"id": name, "board": "generic-grbl-laser", "device": device,
             "sender": {"pty": self.path(name + ".tty"), "tcp": f"127.0.0.1:{port}"},
             "gate": {"mode": "until-changed", "require": [], "idle_seconds": 600}}
            for name, (device, port) in machines.items()]}
        with open(self.path("lotgate.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(self.path("log"), "wb") as log:
            process = self.start(program or self.program("lotgate"), "serve", "-c", self.path("lotgate.json"),
                                 stderr=log, stdout=log)
        if wait:
            wait_for(lambda: "panel " in open(self.path("log"), encoding="utf-8").read(), "lotgate to start")
        return process

    def large(self, data, port):
        """lotgate on a ledger that is there, without machines."""
        config = {"data": data, "http": {"listen": f"127.0.0.1:{port}"}, "machines": []}
        with open(self.path("lotgate.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        process = self.start(self.program("lotgate"), "serve", "-c", self.path("lotgate.json"))
        wait_for(lambda: listening(port), "lotgate to start", 60)
        return process

    def command(self, *words):
        done = subprocess.run([self.program("lotgate"), "-c", self.path("lotgate.json"), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode == 0, done.stdout.decode()

    def must(self, *words):
        wait_for(lambda: self.command(*words)[0], " ".join(words))

    def stock(self):
        self.must("supplier", "add", "ACME", "Acme")
        self.must("material", "add", "ACR", "Acrylic")
        self.must("lot", "receive", "ACR", "--supplier", "ACME", "--supplier-lot", "1", "--quantity", "9000sheet", "--lot", "L1")
        self.must("lot", "release", "L1")

    def state(self, name):
        ok, text = self.command("machine", "show", name, "--json")
        return json.loads(text).get("state") if ok else None

    def declare(self, *names):
        for name in names:
            wait_for(lambda: self.state(name) == "locked", f"{name} locked")
            self.must("declare", name, "L1")

    def round_trip(self, where, count):
        with self.client(where, count) as client:
            return self.round(client)

    def client(self, where, count):
        return subprocess.Popen([self.program("tests/bench/round_trip"), where, str(count), str(WARMUP)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def round(self, client):
        client.stdin.write(b"go\n")
        client.stdin.flush()
        return json.loads(client.stdout.readline())

    def echo_machine(self, name):
        self.start(self.program("tests/bench/echo_machine"), self.path(name))
        wait_for(lambda: os.path.exists(self.path(name)), name)
        return self.path(name)


def median(values):
    return sorted(values)[len(values) // 2]


def lotgate_ways(b):
    ports = free_port(), free_port()
    daemon = b.lotgate({"laser1": (b.echo_machine("m-pty"), ports[0]), "laser2": (b.echo_machine("m-tcp"), ports[1])})
    b.stock()
    b.declare("laser1", "laser2")
    return {"lotgate pty": (b.path("laser1.tty"), daemon), "lotgate TCP": (f"tcp:{ports[1]}", daemon)}


def socat_pty(b):
    machine = b.echo_machine("m-socat-pty")
    process = b.start("socat", f"PTY,link={b.path('socat.tty')},raw,echo=0", f"{machine},raw,echo=0")
    wait_for(lambda: os.path.exists(b.path("socat.tty")), "socat")
    return {"socat pty": (b.path("socat.tty"), process)}


def ser2net_tcp(b):
    port, machine = free_port(), b.echo_machine("m-ser2net")
    with open(b.path("ser2net.yaml"), "w", encoding="utf-8") as file:
        file.write(f"connection: &a\n  accepter: tcp(nodelay=true),127.0.0.1,{port}\n"
                   f"  connector: serialdev(nouucplock=true),{machine},115200n81,local\n  options:\n    chardelay: false\n")
    process = b.start("ser2net", "-d", "-n", "-c", b.path("ser2net.yaml"))
    wait_for(lambda: listening(port), "ser2net")
    return {"ser2net TCP": (f"tcp:{port}", process)}


def socat_tcp(b):
    port, machine = free_port(), b.echo_machine("m-socat-tcp")
    process = b.start("socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,nodelay", f"{machine},raw,echo=0")
    wait_for(lambda: listening(port), "socat")
    return {"socat TCP": (f"tcp:{port}", process)}


class Relay:
    def __init__(self):
        self.rounds, self.cpu, self.memory = [], 0.0, 0


def relay_set(b, relays, count, rounds):
    """Every relay is started and connected once and measured in short rounds, in a new order each time."""
    ways = {}
    for start_ways in random.sample(RELAYS, len(RELAYS)):
        ways.update(start_ways(b))
    clients = {name: b.client(ways[name][0], count) for name in random.sample(list(ways), len(ways))}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            process, row = ways[name][1], relays.setdefault(name, Relay())
            before = cpu_seconds(process.pid)
            row.rounds.append(b.round(clients[name]))
            row.cpu += cpu_seconds(process.pid) - before
            row.memory = resident_kib(process.pid)
    for client in clients.values():
        client.communicate()


RELAYS = [lotgate_ways, socat_pty, ser2net_tcp, socat_tcp]


def relay(b, count=600, sets=8, rounds=10):
    """Where the kernel puts four processes onto two cores makes one round of the same relay 50 us and the next 70, and which
    relay fares better may last as long as its processes do, or follow from who was started first. So everything is started
    several times, in a new order each time."""
    relays = {}
    for _ in range(sets):
        one = Bench(b.build)
        try:
            relay_set(one, relays, count, rounds)
        finally:
            one.close()
    print(f"{'relay':14}{'p50 µs':>9}{'p99 µs':>9}{'µs CPU/line':>13}{'RSS KiB':>9}"
          f"   ({sets} starts of {rounds} rounds of {count} lines, medians)")
    for name, row in sorted(relays.items()):
        print(f"{name:14}{median([r['p50'] for r in row.rounds]) / 1000:9.1f}{median([r['p99'] for r in row.rounds]) / 1000:9.1f}"
              f"{row.cpu / len(row.rounds) / (count + WARMUP) * 1e6:13.1f}{row.memory:9}")


def listening(port):
    rows = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            rows += list(file)[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in rows)


def gate(b):
    file = RASTER if os.path.exists(RASTER) else own_raster(b)
    done = subprocess.run([b.program("tests/bench/gate_speed"), file], stdout=subprocess.PIPE, check=True)
    row = json.loads(done.stdout)
    print(f"gate and proto: {row['mean_lines_per_second'] / 1e6:.2f} million lines/s per core "
          f"(best {row['best_lines_per_second'] / 1e6:.2f}), {os.path.basename(file)}")


def own_raster(b):
    with open(b.path("raster.nc"), "w", encoding="ascii") as file:
        file.write("M3 S0\nG1 F1000\n")
        for row in range(160):
            file.write(f"G0 X0 Y{row / 3:.3f} S0\nG1 X0.333 S40\n")
            file.writelines(f"X{column / 3:.3f} S{(row * column) % 97}\n" for column in range(2, 340))
    return b.path("raster.nc")


def fleet(b, count=32, seconds=20):
    b.start(b.program("lotgate-sim"), "--kind", "laser", "--count", str(count), "--link", b.path("sim"))
    wait_for(lambda: os.path.exists(b.path(f"sim-{count}")), "the simulators")
    machines = {f"laser{i}": (b.path(f"sim-{i}"), free_port()) for i in range(1, count + 1)}
    daemon = b.lotgate(machines)
    b.stock()
    b.declare(*machines)
    file = RASTER if os.path.exists(RASTER) else own_raster(b)
    senders = [b.start(b.program("lotgate"), "-c", b.path("lotgate.json"), "send", name, file) for name in machines]
    wait_for(lambda: all(b.state(name) == "running" for name in list(machines)[-2:]), "all running", 60)
    before, began = cpu_seconds(daemon.pid), time.monotonic()
    time.sleep(seconds)  # a measurement, not a test
    share = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - began)
    print(f"{count} machines streaming: {share * 100:.1f} % of one core, {resident_kib(daemon.pid) / 1024:.1f} MiB resident")
    b.stop(*senders)


def start(b, jobs=100000, rounds=7):
    subprocess.run([b.program("tests/tools/seed_ledger"), b.path("data"), str(jobs)], check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(rounds):
        master, slave = os.openpty()
        port = free_port()
        began = time.monotonic()
        daemon = b.lotgate({"laser1": (os.ttyname(slave), port)}, wait=False)
        sender, first = None, None
        seen = b""
        while first is None and time.monotonic() < began + 20:
            if sender is None:
                try:
                    sender = socket.create_connection(("127.0.0.1", port), 1)
                    sender.sendall(b"G21\n")
                except OSError:
                    pass
            if select.select([master], [], [], 0.001)[0]:
                seen += os.read(master, 4096)
                *lines, seen = seen.split(b"\n")
                for line in lines:
                    os.write(master, GRBL_ANSWERS.get(line, b"error:3\r\n" if line.startswith(b"$") else b"ok\r\n"))
                    if line == b"G21":
                        first = time.monotonic() - began
        times.append(first or 99)
        sender.close()
        b.stop(daemon)
        os.close(slave)
        os.close(master)
    print(f"start to first forwarded byte, {jobs} jobs in the ledger: median {median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")


def stall(b, count=4000):
    ports = [free_port(), free_port()]
    program = b.program("tests/bench/stalling_lotgate")
    daemon = b.lotgate({"laser1": (b.echo_machine("m1"), ports[0]), "laser2": (b.echo_machine("m2"), ports[1])}, program=program)
    b.stock()
    b.declare("laser1", "laser2")
    calm = b.round_trip(f"tcp:{ports[0]}", count)
    daemon.send_signal(signal.SIGUSR1)  # the next commit takes 5 s
    time.sleep(0.5)  # a signal has no answer
    waiting = socket.create_connection(("127.0.0.1", ports[1]))
    waiting.sendall(b"M3 S500\n")  # a job's start: its commit is the one that stalls
    began = time.monotonic()
    during = b.round_trip(f"tcp:{ports[0]}", 10 * count)
    waiting.settimeout(20)
    answer = waiting.recv(100)
    took = time.monotonic() - began
    print(f"commit stalled for {took:.1f} s on laser2 (then {answer!r}); laser1 p99 {calm['p99'] / 1000:.1f} µs calm, {during['p99'] / 1000:.1f} µs meanwhile")


def ledger(b):
    bench_ledger.ledger(b, free_port)


def main():
    benches = {"gate": gate, "ledger": ledger, "relay": relay, "stall": stall, "start": start, "fleet": fleet}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("names", nargs="*", metavar="bench", help="all when none is named")
    options = parser.parse_args()
    for name in options.names or benches:
        if name not in benches:
            parser.error(f"no bench {name}")
        b = Bench(options.build)
        try:
            benches[name](b)
        finally:
            b.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
