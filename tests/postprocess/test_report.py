# SPDX-License-Identifier: BSD-3-Clause
"""report.py as a user runs it: on archives of known numbers, one page and its figures come out."""
import contextlib
import csv
import html.parser
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
REPORT = HERE.parents[1] / "postprocess" / "report.py"
sys.path[:0] = [str(HERE), str(REPORT.parent)]
import make_archives as make  # noqa: E402
import report  # noqa: E402

ALWAYS = ("distance_matrix", "distance_bars", "spectra", "residuals", "shuffle", "timings")
FROM_TRAJECTORIES = ("losses", "accuracy", "weights")
KINDS = {"pdf": b"%PDF", "png": b"\x89PNG", "csv": b""}


class Page(html.parser.HTMLParser):
    """Tags, attributes and visible words of a page."""

    VOID = {"meta", "link", "br", "wbr", "img", "hr", "input"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open, self.unbalanced = [], [], [], []
        self.feed(text)
        self.close()
        self.text = "".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


class ReportCase(unittest.TestCase):
    def folder(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        return pathlib.Path(temporary.name)

    def run_report(self, folder):
        return subprocess.run([sys.executable, "-W", "error::RuntimeWarning", REPORT, folder],
                              capture_output=True, text=True, timeout=300, check=False)

    def report(self, folder):
        done = self.run_report(folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], str(folder / "report.html"))
        self.assertEqual(done.stderr, "")
        return Page((folder / "report.html").read_text(encoding="utf-8"))

    def refused(self, folder, code, words):
        done = self.run_report(folder)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((folder / "report.html").exists())

    def rows(self, folder, name):
        with open(folder / "figures" / f"{name}.csv", newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    def check_self_contained(self, page):
        self.assertEqual(page.unbalanced, [])
        for tag, attributes in page.tags:
            for key in ("src", "href", "xlink:href"):
                link = attributes.get(key, "")
                inside = link == "" or link.startswith(("#", "data:"))
                cited = tag == "a" and link.startswith("https://arxiv.org/abs/")
                self.assertTrue(inside or cited, f"<{tag} {key}={link!r}>")
        styles = [a for a in page.all("link") if a.get("rel") != "icon"]
        self.assertEqual(styles, [])
        self.assertEqual(page.all("script"), [{}])  # one, inline

    def check_anchors(self, page):
        ids = [a["id"] for _, a in page.tags if "id" in a]
        self.assertEqual(len(ids), len(set(ids)), "an id occurs twice")
        for _, attributes in page.tags:
            link = attributes.get("href", attributes.get("xlink:href", ""))
            if link.startswith("#"):
                self.assertIn(link[1:], ids)


class ReportOfThreeWidths(ReportCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.study = make.widths(5, 10, 40)
        cls.where = make.write_all(cls.study, cls.temporary.name)
        cls.page = ReportCase().report(cls.where)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_page_loads_nothing_from_elsewhere(self):
        self.check_self_contained(self.page)
        self.check_anchors(self.page)

    def test_every_configuration_and_pair_is_told(self):
        for name in self.study.names:
            self.assertIn(name, self.page.text)
        figures = {a["id"] for a in self.page.all("figure")}
        self.assertEqual(figures, {f"figure-{n}" for n in ALWAYS + FROM_TRAJECTORIES})
        pairs = self.rows(self.where, "pairs")
        self.assertEqual([(p["first"], p["second"]) for p in pairs],
                         [("width=5", "width=10"), ("width=5", "width=40"), ("width=10", "width=40")])

    def test_figures_exist_in_three_formats(self):
        for name in ALWAYS + FROM_TRAJECTORIES:
            for kind, magic in KINDS.items():
                data = (self.where / "figures" / f"{name}.{kind}").read_bytes()
                self.assertGreater(len(data), 100, f"{name}.{kind}")
                self.assertTrue(data.startswith(magic), f"{name}.{kind}")

    def test_numbers_of_the_figures_are_those_of_the_archives(self):
        rows = self.rows(self.where, "spectra")
        values = [complex(float(r["real"]), float(r["imag"])) for r in rows]
        known = np.concatenate([self.study.eigenvalues[n].ravel() for n in self.study.names])
        np.testing.assert_array_equal(values, known)
        mean, error, _ = self.study.reductions()
        matrix = self.rows(self.where, "distance_matrix")
        np.testing.assert_array_equal([float(r["mean_distance"]) for r in matrix], mean.ravel())
        np.testing.assert_array_equal([float(r["standard_error"]) for r in matrix], error.ravel())
        pairs = self.rows(self.where, "pairs")
        for k, column in enumerate(make.PAIR_COLUMNS[2:], 2):
            np.testing.assert_array_equal([float(r[column]) for r in pairs],
                                          [p[k] for p in self.study.pairs()], column)

    def test_training_curves_are_quartiles_of_the_stored_losses(self):
        with h5py.File(self.where / "trajectories.h5") as file:
            loss = file["configurations/width=10/loss"][()].reshape(-1, self.study.steps).astype(float)
        rows = [r for r in self.rows(self.where, "losses") if r["configuration"] == "width=10"]
        window = self.study.steps // 100  # smoothing, as the caption states
        smooth = (loss[:, 1:] + loss[:, :-1]) / window
        np.testing.assert_allclose([float(r["median"]) for r in rows], np.median(smooth, axis=0),
                                   rtol=1e-12)
        self.assertIn(f"moving mean over {window} steps", self.page.text)

    def test_the_answer_comes_first_and_in_words(self):
        codes = [p[15] for p in self.study.pairs()]
        self.assertEqual(codes, [2, 2, 2])  # the widths of this study are far apart
        self.assertIn("All 3 pairs of configurations train with non-equivalent dynamics.", self.page.text)
        self.assertIn("The choice of width mattered: all 3 pairs that differ in it alone", self.page.text)
        self.assertLess(self.page.text.index("Answer"), self.page.text.index("Mean distance between spectra"))

    def test_the_shuffle_control_is_called_a_count_of_ties(self):
        self.assertIn("a count of ties, not a p-value", self.page.text)

    def test_study_text_and_provenance_are_shown_escaped(self):
        self.assertIn("Does the <width> of a network change how it trains?", self.page.text)
        self.assertNotIn("width", {tag for tag, _ in self.page.tags})
        for words in ("0123abc", "equikoop spectra fake.ini", "node1", "HDF5 1.10.8"):
            self.assertIn(words, self.page.text)

    def test_a_second_run_writes_the_same_bytes(self):
        files = [self.where / "report.html", *sorted((self.where / "figures").iterdir())]
        before = [f.read_bytes() for f in files]
        self.report(self.where)
        for file, data in zip(files, before):
            self.assertEqual(file.read_bytes(), data, file.name)


class ReportCopes(ReportCase):
    """In this process: loading Matplotlib for each study would take longer than drawing it."""

    def run_report(self, folder):
        out, told = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                code = report.main([str(folder)])
        return subprocess.CompletedProcess([], code, out.getvalue(), told.getvalue())

    def test_without_trajectories(self):
        folder = make.write_all(make.widths(5, 10), self.folder(), trajectories=False)
        page = self.report(folder)
        self.assertIn("trajectories.h5 is not in the folder: training curves, test accuracies", page.text)
        self.assertEqual(page.text.count("trajectories.h5 is not in the folder"), 1)
        for name in FROM_TRAJECTORIES:
            self.assertFalse((folder / "figures" / f"{name}.png").exists())

    def test_with_one_configuration(self):
        page = self.report(make.write_all(make.widths(5), self.folder()))
        self.assertIn("one configuration, so there is nothing to compare", page.text)
        self.assertIn("There is no pair.", page.text)

    def test_with_names_that_are_markup_or_formulas(self):
        names = ["<script>alert(1)</script>", "a&b\"'", "$\\frac{1}{$", "_under=<b>", "--> <img src=x>",
                 "幅=五", "x" * 120]
        names = [n.replace("/", "|") for n in names]  # '/' parts groups in HDF5
        study = make.Study({n: {"model.width": n} for n in names}, seeds=3, question="<img src=x onerror=y>")
        folder = make.write_all(study, self.folder())
        page = self.report(folder)
        self.check_self_contained(page)
        self.assertEqual(page.all("img"), [])
        for name in names:
            self.assertIn(name, page.text)
        self.assertEqual({r["configuration"] for r in self.rows(folder, "spectra")}, set(names))

    def test_with_missing_spectra(self):
        study = make.widths(5, 10, 40, without_spectrum=["width=10"])
        page = self.report(make.write_all(study, self.folder()))
        self.assertIn("No spectrum: width=10 (5 seeds).", page.text)
        self.assertIn("15 trajectories diverged and were left out: width=10 (15).", page.text)
        self.assertIn("2 pairs could not be compared.", page.text)
        self.assertIn("not compared", page.text)

    def test_with_no_spectrum_at_all(self):
        study = make.widths(5, 10, without_spectrum=["width=5", "width=10"])
        page = self.report(make.write_all(study, self.folder()))
        self.assertIn("No pair of configurations could be compared", page.text)
        self.assertIn("No ensemble has a spectrum.", page.text)

    def test_with_optional_datasets_absent(self):
        folder = make.write_all(make.widths(5, 10), self.folder())
        with h5py.File(folder / "spectra.h5", "a") as file:
            for group in file["configurations"].values():
                for key in ("residuals_heldout", "residuals_insample", "amplitudes", "noise_cut"):
                    del group[key]
        with h5py.File(folder / "distances.h5", "a") as file:
            for key in ("shuffle_fraction", "shuffle_fraction_conjugate", "contained_first_in_second"):
                del file["pairs"][key]
            del file["standard_error"], file["floor"]
        with h5py.File(folder / "trajectories.h5", "a") as file:
            for group in file["configurations"].values():
                del group["test_accuracy"], group["loss"]
        page = self.report(folder)
        self.assertIn("The spectra have no residuals.", page.text)
        self.assertIn("No shuffle control was computed.", page.text)
        self.assertIn("The trajectories have no losses.", page.text)

    def test_with_twenty_configurations(self):
        study = make.Study({f"width={w},activation={a}": {"model.width": str(w), "model.activation": a}
                            for w in (5, 10, 20, 40, 80) for a in ("relu", "gelu", "tanh", "sigmoid")},
                           seeds=3, steps=60)
        folder = make.write_all(study, self.folder())
        page = self.report(folder)
        self.assertEqual(len(self.rows(folder, "pairs")), 190)
        self.assertIn("figure-configuration_map", {a.get("id") for a in page.all("figure")})
        places = self.rows(folder, "configuration_map")
        self.assertEqual(sorted(int(r["place_in_tree"]) for r in places), list(range(1, 21)))

    def test_few_seeds_cannot_show_a_difference_and_the_report_says_so(self):
        folder = make.write_all(make.widths(5, 10, seeds=2, spread=1.0), self.folder())
        page = self.report(folder)  # unpaired: 2 of 6 labelings are as extreme as the observed one
        self.assertIn("With 2 seeds no p-value can fall below 0.333", page.text)

    def test_files_of_different_runs_are_told_apart(self):
        folder = make.write_all(make.widths(5, 10), self.folder())
        for name, identity, source in (("spectra", "s1", ""), ("distances", "d1", "s0")):
            with h5py.File(folder / f"{name}.h5", "a") as file:
                file.attrs.update({"identity": identity, "source": source})
        self.assertIn("distances.h5 was not made from this spectra.h5", self.report(folder).text)

    def test_a_stateful_optimiser_is_warned_about(self):
        page = self.report(make.write_all(make.widths(5, 10, optimizer="adam"), self.folder()))
        self.assertIn("The weights are not the whole state of adam", page.text)


class ReportRefuses(ReportCase):
    def test_a_folder_that_is_not_there(self):
        self.refused(self.folder() / "none", 2, "is not a folder")

    def test_a_missing_file(self):
        folder = make.write_all(make.widths(5, 10), self.folder())
        (folder / "distances.h5").unlink()
        self.refused(folder, 2, "distances.h5 does not exist")

    def test_another_format_version(self):
        folder = make.write_all(make.widths(5, 10, version="2.0"), self.folder())
        self.refused(folder, 1, "format version is 2.0")

    def test_a_damaged_file(self):
        folder = make.write_all(make.widths(5, 10), self.folder())
        (folder / "spectra.h5").write_bytes(b"no HDF5")
        self.refused(folder, 1, "not a readable HDF5 file")

    def test_no_argument(self):
        done = subprocess.run([sys.executable, REPORT], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("DIR", done.stderr)


if __name__ == "__main__":
    unittest.main()
