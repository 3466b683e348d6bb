"""The pages in a real browser, with the real daemon and a simulated machine behind them."""
import unittest

import webdriver
from lotgate_e2e import LineByLine, LotgateTest, cut, wait_for
from webdriver import ENTER

MISSING = webdriver.missing()

# Ratio of the luminances of two colours, as the accessibility guidelines define it, for the visible texts of a page.
CONTRAST = """
const luminance = (c) => { const f = c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
const bad = [];
for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('svg') || e.disabled || e.classList.contains('skip')) continue;
    const a = luminance(parse(getComputedStyle(e).color)), b = luminance(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(e.tagName + ' "' + e.textContent.trim().slice(0, 30) + '" ' + ratio.toFixed(2));
}
return bad;"""

UNNAMED = """
return [...document.querySelectorAll('input, select, textarea, button, a, img')].filter((e) => {
    if (e.tagName === 'IMG') return !e.hasAttribute('alt');
    const label = (e.labels && e.labels.length) || e.getAttribute('aria-label') || e.textContent.trim() ||
        e.querySelector('img[alt]:not([alt=""])');
    return !label;
}).map((e) => e.outerHTML.slice(0, 100));"""


@unittest.skipIf(MISSING, MISSING)
class Pages(LotgateTest):
    def setUp(self):
        super().setUp()
        self.sim = self.simulator("machine", "--serial", "ONE")
        self.gate = self.daemon(self.machine_config(self.sim.link, gate={"require": ["operator"]}))
        self.lot = self.gate.stock()
        self.gate.wait_state("locked")
        self.browser = webdriver.Browser()
        self.addCleanup(self.browser.close)

    def open(self, path):
        self.browser.open(f"http://{self.gate.address}{path}")

    def open_panel(self):
        self.open("/panel/laser1")
        self.browser.wait_text("#word", "Locked")
        self.browser.wait("the operators", "return document.getElementById('operator').options.length > 1;")

    def held_job(self, lines=400):
        sender = self.sender(LineByLine, self.gate.tcp(), cut(lines, feed=3000))
        self.browser.wait_text("#word", "Lot needed")
        return sender

    def colour(self):
        return self.browser.run("return getComputedStyle(document.getElementById('band')).backgroundColor;")

    def scan(self, code):
        """As a scanner types: key by key to whatever has the focus, and Enter."""
        self.browser.keys(code + ENTER)

    def no_complaints(self, *but):
        said = [line for line in self.browser.complaints() if not any(word in line for word in but)]
        self.assertEqual(said, [])

    def test_one_scan_lets_the_job_go(self):
        self.open_panel()
        grey = self.colour()
        sender = self.held_job()
        amber = self.colour()
        self.assertIn("G1", self.browser.text("#held-line"))
        self.scan("4711")
        self.browser.wait_text("#refusal", "Kim Lee")
        self.scan(f"{self.lot}=1sheet")
        self.browser.wait_text("#word", "Running")
        green = self.colour()
        self.assertEqual((amber, green), ("rgb(255, 176, 32)", "rgb(20, 112, 46)"))
        self.assertEqual(len({grey, amber, green}), 3)
        self.browser.wait("lines that pass", "return Number(document.getElementById('lines').textContent.replace(/\\D/g, '')) > 5;")
        self.browser.wait("a dot where the machine is", "return document.getElementById('dot').hasAttribute('cx');")
        self.assertEqual(self.browser.run("return document.title;"), "Running – laser1")
        self.browser.size(1280, 800)  # nothing of a running job lies behind the buttons, and nobody has to scroll
        self.assertLessEqual(*self.browser.run("return [document.getElementById('place').getBoundingClientRect().bottom,"
                                               " document.getElementById('acts').getBoundingClientRect().top];"))
        self.assertIn(self.lot, self.browser.text("#declared-text"))
        sender.finish()
        job = self.gate.wait_job("completed")
        self.assertEqual((job["operator"], job["lots"][0]["lot"]), ("OP1", self.lot))
        self.browser.wait_text("#word", "Locked")
        self.open("/machines/laser1/jobs")
        self.browser.wait_text(f"[data-job='{job['job']}']", self.lot)
        self.browser.wait("the picture", "const i = document.querySelector('#jobs img'); return i.complete && i.naturalWidth > 0;")
        self.browser.click(f"[data-job='{job['job']}'] a")
        self.browser.wait_text("#facts", job["sha256"])
        self.no_complaints("favicon")

    def test_a_refusal_says_what_to_do(self):
        self.open_panel()
        sender = self.held_job(10)
        self.scan("NO-SUCH-LOT")
        self.browser.wait_text("#refusal", "NO-SUCH-LOT")
        self.assertEqual(self.browser.text("#word"), "Lot needed")
        # The lot is right but nobody has signed on: the badge is asked for, and is enough then.
        self.scan(self.lot)
        self.browser.wait("the question for the operator", "return /operator|badge/i.test(document.getElementById('refusal').textContent);")
        self.assertEqual(self.sim.work_lines(), [])
        self.scan("4711")
        sender.finish()
        self.assertEqual(self.gate.wait_job("completed")["operator"], "OP1")

    def test_keys_land_in_the_field_from_anywhere(self):
        self.open_panel()
        focus = "return document.activeElement.id;"
        self.assertEqual(self.browser.run(focus), "scan")
        self.browser.run("document.activeElement.blur();")
        self.browser.keys("ACR")
        self.assertEqual(self.browser.run("return [document.activeElement.id, document.getElementById('scan').value];"), ["scan", "ACR"])
        # A button with the focus must not take a scanner's Enter for a press.
        self.browser.run("document.getElementById('scan').value = ''; document.getElementById('hold').focus();")
        self.scan("NO-1")
        self.browser.wait_text("#refusal", "NO-1")
        self.assertEqual(self.browser.run("return document.getElementById('scan').value;"), "")
        # Another field keeps what is typed into it.
        self.browser.run("document.getElementById('search').focus();")
        self.browser.keys("zzz")
        self.assertEqual(self.browser.run("return [document.getElementById('scan').value, document.querySelectorAll('#lots li').length];"), ["", 0])

    def test_a_picked_lot_is_declared_by_a_second_act(self):
        self.open_panel()
        self.browser.run("const o = document.getElementById('operator'); o.value = 'OP1'; o.dispatchEvent(new Event('change'));")
        self.browser.wait_text("#lots", self.lot)
        self.browser.click(f"[data-lot='{self.lot}']")
        self.assertEqual(self.browser.run("return document.getElementById('scan').value;"), self.lot)
        self.assertEqual(self.gate.machine()["state"], "locked")
        self.browser.click("#scan-form button")
        self.browser.wait_text("#word", "Ready")
        self.assertEqual(self.gate.machine()["declaration"]["operator"], "OP1")
        self.browser.click("#cancel")
        self.browser.wait_text("#word", "Locked")
        self.open_panel()  # and the operator stays
        self.assertEqual(self.browser.run("return document.getElementById('operator').value;"), "OP1")

    def test_a_reset_asks_for_a_second_press(self):
        self.open_panel()
        sender = self.held_job(2000)
        self.scan("4711")
        self.browser.wait_text("#refusal", "Kim Lee")
        self.scan(self.lot)
        self.browser.wait_text("#word", "Running")
        self.browser.click("#hold")
        self.browser.wait_text("#place", "Hold")
        self.browser.click("#reset")
        self.browser.wait_text("#reset", "again")
        self.assertEqual(self.gate.machine()["state"], "running")
        self.browser.click("#reset")
        self.assertEqual(self.gate.wait_job("aborted")["state"], "aborted")
        self.browser.wait("the end of the job", "return document.getElementById('word').textContent !== 'Running';")
        self.assertEqual(self.browser.text("#reset"), "Reset")
        sender.line.close()

    def test_another_machine_on_the_port_is_confirmed_by_keyboard(self):
        self.open_panel()
        self.sim.end()
        self.browser.wait_text("#word", "Offline")
        self.simulator("machine", "--serial", "ANOTHER")
        self.browser.wait_text("#word", "Fault")
        self.browser.wait_text("#advice", "confirm it")
        for width, height in ((390, 844), (1280, 800)):
            self.browser.size(width, height)
            confirm, row = self.browser.run("return ['confirm', 'acts'].map((id) => document.getElementById(id).getBoundingClientRect().width);")
            self.assertGreater(confirm, 0.8 * row)  # the one thing to do is not one small button of five
        self.browser.run("document.getElementById('confirm').focus();")
        self.browser.keys(ENTER)
        self.browser.wait_text("#word", "Locked")

    def test_the_panel_comes_back_with_the_daemon(self):
        self.open_panel()
        self.gate.stop()
        self.browser.wait_text("#lost", "Connection lost")
        self.gate.start("--listen", self.gate.address)
        self.browser.wait("the connection", "return document.getElementById('lost').hidden;")
        self.held_job(10)

    def test_a_delivery_is_booked_in_and_released(self):
        self.open("/lots")
        self.browser.wait_text("#lots", self.lot)
        self.browser.click("#receive summary")
        for name, value in (("material", "ACR"), ("supplier", "ACME"), ("supplier_lot", "99-1"), ("quantity", "3sheet"),
                            ("heat", "H7"), ("cert_heat", "H7")):
            self.browser.fill(f"[name={name}]", value)
        self.browser.click("#receive-form button")
        self.browser.wait_text("#says", "is booked in")
        made = next(lot["lot"] for lot in self.gate.api("/lots")[1] if lot["supplier_lot"] == "99-1")
        self.open("/lots/" + made)
        self.browser.wait_text("#facts", "99-1")
        self.browser.click("#release button")
        self.browser.wait_text("#state", "released")
        self.browser.fill("#refuse [name=reason]", "scratched")
        self.browser.click("#refuse [value=quarantine]")
        self.browser.wait_text("#state", "quarantined")
        self.assertEqual(self.gate.api("/lots/" + made)[1]["state"], "quarantined")

    def test_names_are_shown_as_text(self):
        evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        self.gate.api("/materials", "POST", {"material": "EVL", "name": evil})
        self.gate.api("/notes", "POST", {"subject": "laser1", "text": evil})
        self.gate.api("/lots", "POST", {"material": "EVL", "supplier": "ACME", "supplier_lot": evil, "quantity": "1sheet"})
        self.open("/lots")
        self.browser.wait_text("#lots", evil)
        self.assertEqual(self.browser.run("return document.querySelectorAll('#lots img, #lots script').length;"), 0)
        self.no_complaints("favicon")

    def test_every_page_is_fit_for_all(self):
        sender = self.sender(LineByLine, self.gate.tcp(), cut(10))
        self.gate.wait_state("held")
        self.gate.declare(self.lot)
        sender.finish()
        job = self.gate.wait_job("completed")["job"]
        ready = {"/": "#machines li", "/panel/laser1": "#lots li", "/machines/laser1/jobs": "#jobs li", "/jobs": "#jobs li",
                 f"/jobs/{job}": "#facts dd", "/lots": "#lots li", f"/lots/{self.lot}": "#facts dd"}
        for path, there in ready.items():
            for width, height, scheme in ((320, 640, "light"), (1280, 800, "dark"), (1920, 1080, "light")):
                with self.subTest(f"{path} {width} {scheme}"):
                    self.browser.size(width, height)
                    self.browser.devtools("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
                    self.open(path)
                    self.browser.wait(there, "return document.querySelector(arguments[0]);", there)
                    self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth;"), width)
                    self.assertEqual(self.browser.run(CONTRAST), [])
                    self.assertEqual(self.browser.run(UNNAMED), [])
                    self.assertEqual(self.browser.run("return document.querySelectorAll('h1').length;"), 1)
        self.no_complaints()
