#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every further distance of distances.h5 evaluated again by SciPy and POT, the robustness grid, the
residual filter and the pseudospectrum, on one small study."""
import csv
import itertools
import pathlib
import subprocess
import sys

import h5py
import numpy
from scipy.optimize import linear_sum_assignment, minimize_scalar
from scipy.spatial.distance import directed_hausdorff

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main


def matched(a, b, order=1):
    cost = numpy.abs(a[:, None] - b[None, :]) ** order
    return cost[linear_sum_assignment(cost)].mean() ** (1 / order)


def transported(a, b, p, q):
    import ot
    return ot.emd2(p / p.sum(), q / q.sum(), numpy.abs(a[:, None] - b[None, :]))


def hausdorff(a, b):
    x, y = (numpy.column_stack([v.real, v.imag]) for v in (a, b))
    return max(directed_hausdorff(x, y)[0], directed_hausdorff(y, x)[0])


def procrustes(a, b):
    """Least distance over all rotations and reflections of the plane, over the root of 2."""
    def apart(angle, sign):
        c, s = numpy.cos(angle), numpy.sin(angle)
        turn = numpy.array([[c, -s], [s, c]]) @ numpy.diag([1, sign])
        return numpy.linalg.norm(a - turn @ b @ turn.T)
    best = numpy.inf
    for sign in (1, -1):
        for start in numpy.linspace(0, 2 * numpy.pi, 24, endpoint=False):
            found = minimize_scalar(apart, bounds=(start - 0.3, start + 0.3), args=(sign,), method="bounded",
                                    options={"xatol": 1e-12})
            best = min(best, found.fun)
    return best / numpy.sqrt(2)


class Robustness(StudyTest):
    made = None

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.ini = self.study(model__width="4 8", study__seeds=6, koopman__rank=2, koopman__grid_delays="0.5 1",
                              koopman__grid_ranks="0.5 1 2", koopman__windows="0:1 0.5:1",
                              koopman__pseudospectrum=21)
        if Robustness.made is None:
            Robustness.printed = self.succeed("run", self.ini, "--out", self.out).out
            Robustness.made = {p.name: p.read_bytes() for p in self.out.glob("*.h5")}
        self.out.mkdir(exist_ok=True)
        for name, content in Robustness.made.items():
            (self.out / name).write_bytes(content)
        with h5py.File(self.out / "spectra.h5") as file:
            groups = sorted(file["configurations"].values(), key=lambda g: g.attrs["index"])
            self.spectra = [{k: g[k][:, :2] for k in ("eigenvalues", "amplitudes", "residuals_insample",
                                                      "residuals_heldout")} for g in groups]
            self.reduced = [g["reduced_operator"][:, :2, :2] for g in groups]

    def pairs(self, name):
        with h5py.File(self.out / "distances.h5") as file:
            return file["pairs"][name][...]

    def mean(self, distance):
        """Over equal seeds: distance(first, second) of dictionaries of one seed."""
        one = [[{k: v[s] for k, v in g.items()} for s in range(6)] for g in self.spectra]
        return numpy.mean([distance(a, b) for a, b in zip(*one)])

    def check(self, name, distance, delta=1e-11):
        self.assertAlmostEqual(self.pairs(f"distance_{name}")[0], self.mean(distance), delta=delta)

    def test_second_order(self):
        self.check("w2", lambda a, b: matched(a["eigenvalues"], b["eigenvalues"], 2))

    def test_rates(self):
        self.check("log", lambda a, b: matched(numpy.log(a["eigenvalues"]), numpy.log(b["eigenvalues"])))

    def test_amplitudes_as_masses(self):
        self.check("amplitude", lambda a, b: transported(a["eigenvalues"], b["eigenvalues"], a["amplitudes"],
                                                         b["amplitudes"]))

    def test_residuals_as_masses(self):
        self.check("residual", lambda a, b: transported(a["eigenvalues"], b["eigenvalues"],
                                                        1 / (1 + a["residuals_insample"]),
                                                        1 / (1 + b["residuals_insample"])))

    def test_hausdorff(self):
        self.check("hausdorff", lambda a, b: hausdorff(a["eigenvalues"], b["eigenvalues"]))

    def test_procrustes_of_reduced_operators(self):
        expected = numpy.mean([procrustes(a, b) for a, b in zip(*self.reduced)])
        self.assertAlmostEqual(self.pairs("distance_procrustes")[0], expected, delta=1e-6)
        for operators, spectra in zip(self.reduced, self.spectra):
            for a, values in zip(operators, spectra["eigenvalues"]):
                found = numpy.linalg.eigvals(a)
                self.assertLess(matched(found.astype(complex), values), 1e-12)

    def test_grid_is_every_combination_but_the_verdicts_own(self):
        with h5py.File(self.out / "distances.h5") as file:
            grid = file["robustness"]
            points = list(zip(grid["metric"].asstr()[...], grid["delays_factor"][...], grid["rank_factor"][...],
                              grid["begin"][...]))
            verdicts, own = grid["verdict"][...], file["pairs/verdict"][...]
            share, count = file["pairs/robustness_share"][...], file["pairs/robustness_points"][...]
        metrics = ["study", "w2", "log", "amplitude", "residual", "hausdorff"]
        expected = set(itertools.product(metrics, (0.5, 1), (0.5, 1, 2), (0, 0.5)))
        expected.remove(("study", 1, 1, 0))
        expected.add(("procrustes", 1, 1, 0))
        self.assertEqual(set(points), expected)
        self.assertEqual(len(points), len(expected))
        self.assertEqual(count[0], len(points))
        self.assertAlmostEqual(share[0], (verdicts[:, 0] == own[0]).mean(), delta=1e-15)
        self.assertIn(f"same verdict at {100 * share[0]:.0f} % of {len(points)} other analyses", self.printed)

    def test_a_grid_point_is_the_study_with_these_keys(self):
        other = self.folder / "other"
        self.succeed("run", self.study("other.ini", model__width="4 8", study__seeds=6, koopman__rank=4,
                                       koopman__delays=4, compare__order=2, koopman__grid_delays="none"),
                     "--out", other, "-q")
        with h5py.File(other / "distances.h5") as file:
            expected = {k: file["pairs"][k][0] for k in ("mean_distance", "effect", "margin", "p_adjusted", "verdict")}
        with h5py.File(self.out / "distances.h5") as file:
            grid = file["robustness"]
            at = [i for i, (m, d, r, b) in enumerate(zip(grid["metric"].asstr()[...], grid["delays_factor"][...],
                                                         grid["rank_factor"][...], grid["begin"][...]))
                  if (m, d, r, b) == ("w2", 0.5, 2, 0)][0]
            for name, value in expected.items():
                found = grid["distance" if name == "mean_distance" else name][at, 0]
                self.assertAlmostEqual(found, value, delta=1e-10, msg=name)

    def test_eigenvalues_of_large_residual_are_left_out_and_counted(self):
        residuals = [numpy.where(numpy.isfinite(g["residuals_heldout"]), g["residuals_heldout"],
                                 g["residuals_insample"]) for g in self.spectra]
        limit = float(numpy.median(numpy.concatenate(residuals)))
        result = self.succeed("distances", self.ini, "--out", self.out, f"--compare.max_residual={limit!r}")
        gone = [(r > limit).sum(axis=1) for r in residuals]
        self.assertIn(f"{sum(g.sum() for g in gone)} of 24 eigenvalues have a residual above", result.out)
        with h5py.File(self.out / "distances.h5") as file:
            numpy.testing.assert_array_equal(file["eigenvalues_left_out"][...], gone)
            found = file["distances"][0, 1]
        for s, t in numpy.ndindex(6, 6):
            a = self.spectra[0]["eigenvalues"][s][residuals[0][s] <= limit]
            b = self.spectra[1]["eigenvalues"][t][residuals[1][t] <= limit]
            if len(a) and len(b):
                expected = transported(a, b, numpy.ones(len(a)), numpy.ones(len(b)))
                self.assertAlmostEqual(found[s, t], expected, delta=1e-12)
            else:
                self.assertTrue(numpy.isnan(found[s, t]))

    def test_pseudospectrum_is_the_least_singular_value(self):
        with h5py.File(self.out / "spectra.h5") as file:
            group = file["configurations/width=4"]
            grid, real, imaginary = (group[k][...] for k in ("pseudospectrum", "real", "imaginary"))
            values, residuals = group["eigenvalues"][0, :2], group["residuals_insample"][0, :2]
        self.assertEqual(grid.shape, (21, 21))
        numpy.testing.assert_allclose(grid, grid[::-1], rtol=1e-9)  # of a real operator
        # tau is 1-Lipschitz, and at an eigenvalue at most its residual.
        plane = real[None, :] + 1j * imaginary[:, None]
        for value, residual in zip(values, residuals):
            self.assertTrue((grid <= residual + abs(plane - value) + 1e-12).all())
        self.assertLess(numpy.abs(numpy.diff(grid, axis=1)).max(), real[1] - real[0] + 1e-12)

    def test_one_seed_cannot_tell_whether_analyses_agree(self):
        out = self.folder / "one"
        ini = self.study(model__width="4 8", study__seeds=1, koopman__rank=2, koopman__grid_ranks="0.5 1")
        printed = self.succeed("run", ini, "--out", out).out
        self.assertIn("undecided: too few seeds", printed)
        self.assertNotIn("same verdict", printed)
        with h5py.File(out / "distances.h5") as file:
            self.assertTrue(numpy.isnan(file["pairs/robustness_share"][0]))
            self.assertGreater(file["pairs/robustness_points"][0], 0)
        result = subprocess.run([sys.executable, str(ROOT / "postprocess/report.py"), str(out)],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        page = (out / "report.html").read_text()
        self.assertNotIn("other analyses (delays", page)
        self.assertNotIn("100 %</text>", page)

    def test_report_shows_grid_pseudospectrum_and_agreement(self):
        result = subprocess.run([sys.executable, str(ROOT / "postprocess/report.py"), str(self.out)],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        page = (self.out / "report.html").read_text()
        for figure in ("robustness", "pseudospectrum"):
            self.assertTrue(f'id="figure-{figure}"' in page)
        share = self.pairs("robustness_share")[0]
        answer = page[page.index('<section id="answer">'):page.index('<section id="distances">')]
        self.assertIn(f"The verdict is the same in {100 * share:.0f} % of 72 other analyses", answer)
        self.assertTrue("Distances and verdicts by other definitions" in page)
        with open(self.out / "figures/robustness.csv", newline="") as stream:
            rows = list(csv.DictReader(stream))
        self.assertEqual(len(rows), 72)
        with h5py.File(self.out / "distances.h5") as file:
            expected = file["robustness/distance"][:, 0]
        self.assertEqual([float(r["distance"]) for r in rows], list(expected))


if __name__ == "__main__":
    main()
