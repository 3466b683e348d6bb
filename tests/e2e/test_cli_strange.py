"""The command line against a daemon that misbehaves, that is gone, or whose ledger another holds."""
import http.server
import json
import os
import socket
import socketserver
import subprocess
import threading
import time

from cli_case import Case
from lotgate_e2e import DEADLINE


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class FakeDaemon:
    """Listens where a daemon would and answers by `answer(handler, op, args)`, or with raw bytes."""

    def __init__(self, data, answer=None, raw=None):
        os.makedirs(data, exist_ok=True)
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                args = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append((self.path, args, dict(self.headers)))
                if raw is not None:
                    self.close_connection = True
                    try:
                        self.wfile.write(raw)
                    except BrokenPipeError:
                        pass  # refused before its end
                    return
                status, value = answer(self.path.rsplit("/", 1)[1], args)
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            def address_string(self):
                return "unix"

        here = os.open(".", os.O_RDONLY)
        os.chdir(data)  # the path may be longer than a socket's address
        try:
            self.server = UnixServer("lotgate.sock", Handler)
        finally:
            os.chdir(here)
            os.close(here)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class StrangeDaemon(Case):
    def fake(self, **how):
        daemon = FakeDaemon(self.data, **how)
        self.addCleanup(daemon.close)
        return daemon

    def test_answers_that_are_none(self):
        for raw, why in ((b"", "before it answered"), (b"garbage\r\n\r\n", "can't be understood"),
                         (b"HTTP/1.1 200 OK\r\n\r\n", "no framing"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[]", "before it answered"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[]]]", "no JSON"),
                         (b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}", "no reason"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no list"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n[" + b" " * 1999999, "too long")):
            daemon = FakeDaemon(self.data, raw=raw)
            self.refused(3, why, "lot", "list")
            daemon.close()
            os.unlink(os.path.join(self.data, "lotgate.sock"))

    def test_a_refusal_is_told_harmlessly(self):
        error = {"error": {"code": "lot_quarantined", "message": "No \x1b[31m red.", "what_to_do": "Look\nhere."}}
        self.fake(answer=lambda op, args: (409, error))
        said = self.refused(1, r"No \\x1b\[31m red\.", "lot", "release", "A")
        self.assertIn("\n  Look\\nhere.\n", said)

    def test_what_others_wrote_can_not_act_on_the_terminal(self):
        rows = [{"supplier": "EVIL", "name": "\x1b[2Jname\u009b31m\u202e"}]
        self.fake(answer=lambda op, args: (200, rows))
        for output in ("", "--csv", "--json"):
            said = self.ok("supplier", "list", *([output] if output else []))
            self.assertNotRegex(said, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(json.loads(said), rows)  # the same value all the same

    def test_who_asks_and_what(self):
        daemon = self.fake(answer=lambda op, args: (200, {"text": "A (1 sheet)"}))
        self.ok("declare", "laser1", "A=1sheet", "B", "--operator", "OP1", "--count", "3")
        path, args, headers = daemon.asked[0]
        self.assertEqual(path, "/api/v1/op/machine.declare")
        self.assertEqual(args, {"machine": "laser1", "operator": "OP1", "count": 3,
                                "lots": [{"lot": "A", "quantity": "1sheet"}, {"lot": "B"}]})
        self.assertRegex(headers["X-Lotgate-Actor"], r"^cli:.")

    def test_long_lists_come_in_pages(self):
        jobs = [{"job": f"JOB-{i:06}", "machine": "laser1", "state": "completed"} for i in range(450, 0, -1)]

        def answer(op, args):
            start = 0
            if "after" in args:
                start = 1 + next(i for i, job in enumerate(jobs) if job["job"] == args["after"])
            return 200, jobs[start:start + args["limit"]]

        daemon = self.fake(answer=answer)
        self.assertEqual(json.loads(self.ok("job", "list", "--json")), jobs)
        self.assertEqual(len(self.ok("job", "export").splitlines()), 451)
        self.assertEqual([json.loads(line) for line in self.ok("job", "export", "--json").splitlines()], jobs)
        self.assertEqual(len(self.ok("job", "list", "--csv", "--limit", "250").splitlines()), 251)
        self.assertLessEqual(max(args["limit"] for _, args, _ in daemon.asked), 200)
        table = self.run_cli("job", "list")
        self.assertEqual(len(table.stdout.splitlines()), 101)
        self.assertIn("There are more", table.stderr)
        exact = self.run_cli("job", "list", "--limit", "450")
        self.assertEqual((len(exact.stdout.splitlines()), exact.stderr), (451, ""))

    def test_a_stale_socket_is_no_daemon(self):
        self.stock()
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(os.path.join(self.data, "lotgate.sock"))
        stale.close()
        self.ok("lot", "list")
        self.refused(3, "none runs", "declare", "laser1", "A")

    def test_a_long_path(self):
        self.data = os.path.join(self.folder, *["a-long-name-for-a-folder"] * 6)
        self.assertGreater(len(self.data), 108)
        daemon = self.fake(answer=lambda op, args: (200, []))
        self.ok("lot", "list")
        self.assertEqual(len(daemon.asked), 1)

    def test_a_socket_that_nobody_may_use(self):
        self.stock()
        lock = os.path.join(self.data, "lotgate.lock")
        holder = subprocess.Popen(["flock", "-x", lock, "sh", "-c", "echo held; exec cat"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.stdout.close)
        self.assertEqual(holder.stdout.readline(), b"held\n")
        began = time.monotonic()
        self.refused(3, "holds the ledger", "operator", "add", "OP2", "Sam")
        self.assertGreater(time.monotonic() - began, 4)  # it was waited for
        self.ok("operator", "list")  # reading needs no lock
        holder.stdin.close()
        holder.wait(DEADLINE)
        self.ok("operator", "add", "OP2", "Sam")


if __name__ == "__main__":
    unittest.main()
