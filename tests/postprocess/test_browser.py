# SPDX-License-Identifier: BSD-3-Clause
"""The report in a real browser, light, dark and narrow: no error on its console, every figure drawn at a size,
nothing wider than the page, tables that sort, numbers that can be saved. Skipped without Chromium."""
import contextlib
import html
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "postprocess")]
import make_archives as make  # noqa: E402
import report  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--enable-logging=stderr", "--window-size=1200,900", "--dump-dom")
DARK, NARROW = "--blink-settings=preferredColorScheme=0", "--window-size=500,900"
# Runs in the page, after its own script; what it finds is left where --dump-dom shows it.
PROBE = """<script>
const box = (e) => e.getBoundingClientRect();
const found = {
  figures: [...document.querySelectorAll("figure")].map((f) => {
    const drawing = f.querySelector("svg, img");
    return { id: f.id, width: box(drawing).width, height: box(drawing).height,
             loaded: drawing.tagName !== "IMG" || drawing.naturalWidth > 0,
             alt: drawing.getAttribute("aria-label") || drawing.alt || "",
             described: !!document.getElementById(drawing.getAttribute("aria-describedby")) };
  }),
  wide: [...document.querySelectorAll("body *")].filter((e) => box(e).right > innerWidth + 1
         && !e.closest(".scroll, svg, img, pre")).map((e) => e.tagName + "." + e.className).slice(0, 5),
  page: [document.documentElement.scrollWidth, innerWidth],
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  dead: [...document.querySelectorAll("a[href^='#']")].filter((a) => !document.querySelector(a.getAttribute("href")))
        .map((a) => a.href),
  downloads: [...document.querySelectorAll("a[download]")].map((a) => [a.download, a.href.slice(0, 21)]),
};
const table = document.querySelector("#pairs table.sortable");
const column = [...table.tHead.rows[0].cells].findIndex((c) => c.textContent.startsWith("distance / floor"));
const values = () => [...table.tBodies[0].rows].map((r) => Number(r.cells[column].dataset.v));
table.tHead.rows[0].cells[column].querySelector("button").click();
found.sorted_up = values();
table.tHead.rows[0].cells[column].querySelector("button").click();
found.sorted_down = values();
document.body.setAttribute("data-found", JSON.stringify(found));
</script></body>"""


@unittest.skipIf(BROWSER is None, "Chromium is not installed: the report is not opened in a browser")
class ReportInABrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        folder = make.write_all(make.widths(5, 10, 40, 80), cls.temporary.name)
        with contextlib.redirect_stdout(io.StringIO()):
            assert report.main([str(folder)]) == 0
        cls.text = (folder / "report.html").read_text(encoding="utf-8")
        cls.probed = folder / "probed.html"
        cls.probed.write_text(cls.text.replace("</body>", PROBE), encoding="utf-8")
        cls.light, cls.dark, cls.narrow = cls.look(), cls.look(DARK), cls.look(NARROW)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def look(cls, *flags):
        """What the probe found, and the lines of the console."""
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run([BROWSER, *FLAGS, *flags, f"--user-data-dir={profile}", cls.probed.as_uri()],
                                  capture_output=True, text=True, timeout=120, check=False)
        found = re.search(r'data-found="([^"]*)"', done.stdout)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        assert found, f"the probe did not run: {done.returncode} {console} {done.stderr[-500:]}"
        return {**json.loads(html.unescape(found.group(1))), "console": console}

    def test_the_console_is_silent(self):
        self.assertEqual(self.light["console"] + self.dark["console"] + self.narrow["console"], [])

    def test_every_figure_is_drawn_at_a_size_and_described(self):
        ids = re.findall(r'<figure id="([^"]+)"', self.text)
        self.assertGreater(len(ids), 8)
        for look in (self.light, self.dark):
            self.assertEqual([f["id"] for f in look["figures"]], ids)
            for figure in look["figures"]:
                self.assertGreater(min(figure["width"], figure["height"]), 80, figure)
                self.assertTrue(figure["loaded"] and figure["alt"] and figure["described"], figure)

    def test_nothing_is_wider_than_the_page(self):
        for look in (self.light, self.narrow):
            self.assertEqual(look["wide"], [])
            self.assertLessEqual(*look["page"])

    def test_figures_stay_legible_on_a_narrow_page(self):
        for wide, narrow in zip(self.light["figures"], self.narrow["figures"]):
            self.assertGreaterEqual(narrow["width"], min(wide["width"], 600), narrow["id"])

    def test_light_and_dark_differ_and_can_be_read(self):
        def brightness(colour):
            return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
        self.assertGreater(brightness(self.light["paper"]) - brightness(self.light["ink"]), 150)
        self.assertGreater(brightness(self.dark["ink"]) - brightness(self.dark["paper"]), 150)

    def test_links_downloads_and_sorting_work(self):
        self.assertEqual(self.light["dead"], [])
        names = dict(self.light["downloads"])
        self.assertIn("pairs.csv", names)
        self.assertEqual(set(names.values()), {"data:text/csv;base64,"})
        self.assertEqual(len(self.light["sorted_up"]), 6)
        self.assertEqual(self.light["sorted_up"], sorted(self.light["sorted_up"]))
        self.assertEqual(self.light["sorted_down"], sorted(self.light["sorted_up"], reverse=True))


if __name__ == "__main__":
    unittest.main()
