"""Packaging: the man pages say what the program does, the unit and the scripts are sound, and a system where packages
are missing is told so."""
import glob
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import unittest

from lotgate_e2e import LOTGATE, LOTGATE_SIM, TOP, Daemon

DIST = os.path.join(TOP, "hostd", "dist")


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def need(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False, **more)


class ManPages(unittest.TestCase):
    @need("mandoc")
    def test_they_are_clean(self):
        for page in ("lotgate.1", "lotgate.json.5"):
            done = run("mandoc", "-Tlint", "-W", "style", page, cwd=DIST)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_commands_are_those_of_the_program(self):
        done = run("bash", os.path.join(DIST, "man.sh"), LOTGATE)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout, read("hostd", "dist", "lotgate.1"), "run hostd/dist/man.sh --write")
        self.assertIn(".It Ic lot receive", done.stdout)

    def test_every_key_of_the_configuration_is_told_of(self):
        source = read("hostd", "config.c")
        keys = set(re.findall(r'\.key = "(\w+)"', source)) | set(re.findall(r"SECONDS\((\w+), \d+\)", source))
        refused = set(re.findall(r'\.key = "(\w+)",\s*\.type = RULE_REFUSED', source))
        told = set(re.findall(r"(?m)^\.(?:It )?Cm (\w+)", read("hostd", "dist", "lotgate.json.5")))
        self.assertGreater(len(keys), 20)
        self.assertEqual(keys - refused - told, set())
        self.assertEqual(told - keys, set())


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lotgate-dist-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    @need("systemd-analyze")
    def test_the_unit(self):
        unit = os.path.join(self.folder, "lotgate.service")
        text = read("hostd", "dist", "lotgate.service")
        with open(unit, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^Documentation=.*\n", "", text).replace("/usr/bin/lotgate", LOTGATE))
        done = run("systemd-analyze", "verify", unit)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        # Shut in: below 2.5 of 10 by systemd's own reckoning.
        done = run("systemd-analyze", "security", "--offline=true", "--threshold=25", unit)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_example_configuration_is_taken(self):
        text = read("hostd", "dist", "lotgate.json")
        for old, new in (('"/var/lib/lotgate"', json.dumps(os.path.join(self.folder, "data"))), ("127.0.0.1:8390", "127.0.0.1:0"),
                         ("127.0.0.1:8231", "127.0.0.1:0"),
                         ('"/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"', '"sim:laser"')):
            self.assertIn(old, text)
            text = text.replace(old, new)
        daemon = Daemon(self.folder, [])
        daemon.write_config(text)
        daemon.start()
        self.assertEqual(daemon.machine("laser1")["name"], "Laser by the window")
        self.assertEqual(daemon.stop(), 0)

    def test_the_completion_is_a_script(self):
        script = os.path.join(self.folder, "lotgate.bash")
        with open(script, "w", encoding="utf-8") as file:
            file.write(run(LOTGATE, "completion", "bash").stdout)
        self.assertEqual(run("bash", "-n", script).returncode, 0)
        if shutil.which("shellcheck"):
            done = run("shellcheck", "--shell=bash", script)
            self.assertEqual(done.stdout, "")

    @need("dpkg-shlibdeps")
    def test_the_debian_package(self):
        # Of what is built, without making it: other tests run these programs meanwhile.
        before = os.stat(LOTGATE)
        done = run("make", "--no-print-directory", "-s", "-o", "all", "deb", cwd=TOP, env={**os.environ, "MAKEFLAGS": ""})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((os.stat(LOTGATE).st_ino, os.stat(LOTGATE).st_mtime_ns), (before.st_ino, before.st_mtime_ns))
        package = os.path.join(TOP, done.stdout.split()[-1])
        said = run("dpkg-deb", "--field", package, "Depends").stdout
        for library in ("libuv1", "libserialport0", "libcjson1", "libsqlite3-0", "libsodium23", "libmicrohttpd12"):
            self.assertRegex(said, rf"\b{library}(t64)?\b")
        listed = run("dpkg-deb", "--contents", package).stdout
        for path in ("usr/bin/lotgate", "usr/bin/lotgate-sim", "usr/share/man/man1/lotgate.1.gz", "usr/share/man/man5/lotgate.json.5.gz",
                     "usr/lib/systemd/system/lotgate.service", "usr/lib/sysusers.d/lotgate.conf", "usr/share/doc/lotgate/copyright",
                     "usr/lib/udev/rules.d/99-lotgate.rules", "usr/share/bash-completion/completions/lotgate"):
            self.assertRegex(listed, rf"(?m)^-\S+ root/root .* \./{re.escape(path)}$")
        self.assertNotIn("/usr/local", listed)
        run("dpkg-deb", "--extract", package, self.folder)
        with open(os.path.join(self.folder, "usr/lib/systemd/system/lotgate.service"), encoding="utf-8") as file:
            self.assertIn("ExecStart=/usr/bin/lotgate serve", file.read())

    @need("shellcheck")
    def test_the_scripts(self):
        done = run("shellcheck", *sorted(glob.glob(os.path.join(DIST, "*.sh"))), os.path.join(TOP, "tests", "fresh.sh"))
        self.assertEqual(done.stdout, "")


class Manual(unittest.TestCase):
    def test_lotgate_json_5_tells_of_every_key_and_word_that_the_reader_knows(self):
        with open(os.path.join(TOP, "hostd", "config.c"), encoding="utf-8") as file:
            code = file.read()
        keys = re.findall(r'\.key = "(\w+)"', code) + re.findall(r"SECONDS\((\w+), \d", code)
        words = re.findall(r'\{"([\w-]+)", \w+\}', code)
        self.assertTrue({"require", "armed_seconds", "pty"} <= set(keys) and {"trained", "sqlite", "until-changed"} <= set(words))
        with open(os.path.join(DIST, "lotgate.json.5"), encoding="utf-8") as file:
            text = file.read().replace("\\-", "-")
        for key in keys:
            self.assertRegex(text, rf"(?m)^\.(It )?Cm {key}\b")
        for word in words:
            self.assertRegex(text, rf"(?m)^\.Ql {word}\b")


class Demo(unittest.TestCase):
    def test_it_ends_by_itself_even_beside_a_lotgate_that_runs(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", 8231))  # the first sender port of a lotgate that has no configuration
                taken.listen()
            except OSError:
                pass  # taken already, by that lotgate
            done = run("bash", os.path.join(DIST, "demo.sh"), env={**os.environ, "LOTGATE": LOTGATE, "LOTGATE_SIM": LOTGATE_SIM})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("\x1b", done.stdout)  # colours are for terminals
        self.assertRegex(done.stdout, r"(?m)^laser1 +held ")
        self.assertIn("JOB-000001: completed, record MFG-0001.", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^Hook +locked, paired, blocked 1 start$")
        self.assertRegex(done.stdout, r"(?m)^JOB-000002 +laser2 .*completed")
        called_back = done.stdout.split("\n7. ")[1]
        self.assertRegex(called_back, r"(?m)^RCL-0001: the recall of ACR-\d{4}-001 is open")
        for customer in ("Ada Byron", "Bo Diddley"):  # in the table and as CSV; Eve's is not shipped
            self.assertEqual(called_back.count(customer), 2)
        self.assertNotIn("Eve", called_back)
        self.assertIn("is recalled", called_back)
        self.assertIn("The chain, the signatures and the tables are right.", done.stdout)


class Dependencies(unittest.TestCase):
    """deps.sh on systems that lack something, played by programs of our own in front of the real ones."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lotgate-deps-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.installed = os.path.join(self.folder, "installed")
        self.program("dpkg-query", f'name="${{@: -1}}"; grep -qx -- "$name" {self.installed} && echo installed')
        self.program("id", "echo 1000")
        self.program("sudo", "exit 1")
        self.program("apt-get", "echo no network >&2; exit 100")

    def program(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n" + text + "\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def packages(self, which):
        return [line.split()[0] for line in read("hostd", "dist", f"packages-{which}.txt").splitlines()
                if line.strip() and not line.startswith("#")]

    def have(self, packages):
        with open(self.installed, "w", encoding="utf-8") as file:
            file.write("\n".join(packages) + "\n")

    def deps(self, which):
        return run("bash", os.path.join(DIST, "deps.sh"), which, stdin=subprocess.DEVNULL,
                   env={**os.environ, "PATH": f"{self.folder}:/usr/bin:/bin"})

    def test_nothing_is_said_when_all_is_there(self):
        self.have(self.packages("build") + self.packages("test"))
        for which in ("build", "test"):
            done = self.deps(which)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_without_root_what_is_left_out_is_told(self):
        self.have(set(self.packages("build") + self.packages("test")) - {"chromium", "pmccabe"})
        done = self.deps("test")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"(?m)^deps.sh: chromium is missing; left out: .*pages")
        self.assertRegex(done.stderr, r"(?m)^deps.sh: pmccabe is missing; left out: ")
        self.assertNotIn("cmocka", done.stderr)

    def test_without_what_the_build_needs_it_fails(self):
        self.have(set(self.packages("build")) - {"libuv1-dev"})
        done = self.deps("build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libuv1-dev is missing", done.stderr)
        self.assertRegex(done.stderr, r"(?m)apt-get install libuv1-dev$")  # what is missing and no more
        self.have(set(self.packages("build") + self.packages("test")) - {"libcmocka-dev"})
        self.assertEqual(self.deps("test").returncode, 1)

    def test_as_root_it_installs_what_is_missing_and_only_that(self):
        asked = os.path.join(self.folder, "asked")
        self.program("id", "echo 0")
        self.program("apt-get", f'echo "$@" >>{asked}; for w in "$@"; do echo "$w" >>{self.installed}; done')
        self.have(set(self.packages("build")) - {"libuv1-dev", "make"})
        done = self.deps("build")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(asked, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual(len(lines), 1)
        self.assertEqual(set(lines[0].split()) & set(self.packages("build")), {"libuv1-dev", "make"})

    def test_one_package_that_can_not_be_had_keeps_no_other_away(self):
        self.program("id", "echo 0")
        self.program("apt-get", 'for w in "$@"; do [ "$w" = chromium ] && exit 100; done; '
                     f'for w in "$@"; do echo "$w" >>{self.installed}; done')
        self.have([])
        done = self.deps("test")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"(?m)^deps.sh: (\S+) is missing", done.stderr), ["chromium"])


if __name__ == "__main__":
    unittest.main()
