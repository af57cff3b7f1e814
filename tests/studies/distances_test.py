#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""distances.h5 evaluated again from spectra.h5 by SciPy and by plain enumeration."""
import itertools
import pathlib
import shutil
import sys

import h5py
import numpy
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

# The published control counts ties: two distances that differ by rounding are equal.
TIE = 1e-9


def matching(a, b, order=1):
    cost = numpy.abs(a[:, None] - b[None, :]) ** order
    rows, columns = linear_sum_assignment(cost)
    return cost[rows, columns].mean() ** (1 / order), columns


def shuffle_fraction(a, b):
    """Share of the 2^k swaps of matched pairs after which the distance is not below the true one."""
    true, columns = matching(a, b)
    b = b[columns]
    kept = 0
    for swap in itertools.product((False, True), repeat=len(a)):
        swap = numpy.array(swap)
        kept += true <= matching(numpy.where(swap, b, a), numpy.where(swap, a, b))[0] + TIE * true
    return kept / 2 ** len(a)


class Distances(StudyTest):
    made = None

    def setUp(self):
        super().setUp()
        self.ini = self.study(model__width="4 5 8", study__seeds=4, koopman__rank=5)
        self.out = self.folder / "out"
        if Distances.made is None:
            self.succeed("run", self.ini, "--out", self.out, "-q")
            Distances.made = {p.name: p.read_bytes() for p in self.out.glob("*.h5")}
        self.out.mkdir(exist_ok=True)
        for name, content in Distances.made.items():
            (self.out / name).write_bytes(content)
        with h5py.File(self.out / "spectra.h5") as file:
            groups = sorted(file["configurations"].values(), key=lambda g: g.attrs["index"])
            self.spectra = [g["eigenvalues"][...] for g in groups]

    def expected(self, order=1):
        count, seeds = len(self.spectra), len(self.spectra[0])
        w = numpy.zeros((count, count, seeds, seeds))
        for i, j, s, t in itertools.product(range(count), range(count), range(seeds), range(seeds)):
            w[i, j, s, t] = matching(self.spectra[i][s], self.spectra[j][t], order)[0]
        return w

    def read(self, name):
        with h5py.File(self.out / "distances.h5") as file:
            return file[name][...]

    def test_names_stand_in_the_order_of_the_study(self):
        self.assertEqual([n.decode() for n in self.read("configuration")], ["width=4", "width=5", "width=8"])

    def test_every_distance_is_the_optimal_matching(self):
        numpy.testing.assert_allclose(self.read("distances"), self.expected(), rtol=0, atol=1e-12)

    def test_order_two(self):
        self.succeed("distances", self.ini, "--out", self.out, "-q", "--compare.order=2")
        numpy.testing.assert_allclose(self.read("distances"), self.expected(2), rtol=0, atol=1e-12)

    def test_means_floors_and_effects(self):
        w, seeds = self.expected(), 4
        off = ~numpy.eye(seeds, dtype=bool)
        floor = numpy.array([w[i, i][off].mean() for i in range(3)])
        numpy.testing.assert_allclose(self.read("floor"), floor, atol=1e-12)
        mean = self.read("mean_distance")
        with h5py.File(self.out / "distances.h5") as file:
            pairs = {name: data[...] for name, data in file["pairs"].items()}
        for row, (i, j) in enumerate(zip(pairs["first"], pairs["second"])):
            paired = numpy.diagonal(w[i, j])
            self.assertAlmostEqual(pairs["mean_distance"][row], paired.mean(), delta=1e-12)
            self.assertAlmostEqual(mean[i, j], paired.mean(), delta=1e-12)
            self.assertAlmostEqual(pairs["standard_error"][row], paired.std(ddof=1) / seeds ** 0.5, delta=1e-12)
            self.assertAlmostEqual(pairs["floor"][row], (floor[i] + floor[j]) / 2, delta=1e-12)
        numpy.testing.assert_allclose(numpy.diagonal(mean), floor, atol=1e-12)

    def test_log_scaling_divides_by_the_duration_of_a_step(self):
        self.succeed("distances", self.ini, "--out", self.out, "-q", "--compare.scaling=log",
                     "--compare.clock=time")
        a, b = (numpy.log(self.spectra[i][0]) / 0.1 for i in (0, 1))
        found = self.read("distances")[0, 1, 0, 0]
        cost = numpy.abs(a[:, None] - b[None, :])
        self.assertAlmostEqual(found, cost[linear_sum_assignment(cost)].mean(), delta=1e-9)

    def test_published_shuffle_control_by_enumeration(self):
        with h5py.File(self.out / "distances.h5") as file:
            found = file["pairs/shuffle_fraction"][...]
            first, second = file["pairs/first"][...], file["pairs/second"][...]
        for fraction, i, j in zip(found, first, second):
            expected = numpy.mean([shuffle_fraction(a, b) for a, b in zip(self.spectra[i], self.spectra[j])])
            self.assertAlmostEqual(fraction, expected, delta=1e-12)

    def test_unequal_counts_move_mass(self):
        # One spectrum loses two eigenvalues: masses 1/3 against 1/5, by an independent transport.
        import ot
        shutil.copy(self.out / "spectra.h5", self.folder / "cut.h5")
        with h5py.File(self.out / "spectra.h5", "r+") as file:
            group = file["configurations/width=5"]
            group["rank"][0] = 3
            values = group["eigenvalues"][0]
            values[3:] = numpy.nan
            group["eigenvalues"][0] = values
        self.succeed("distances", self.ini, "--out", self.out, "-q", "--force")
        a, b = self.spectra[0][0], self.spectra[1][0][:3]
        expected = ot.emd2(numpy.full(5, 1 / 5), numpy.full(3, 1 / 3), numpy.abs(a[:, None] - b[None, :]))
        self.assertAlmostEqual(self.read("distances")[0, 1, 0, 0], expected, delta=1e-12)


if __name__ == "__main__":
    main()
