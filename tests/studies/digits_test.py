#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What must hold on networks that were really trained, on handwritten digits: every way of
factorising gives LAPACK's spectrum, hidden units may change places, and equal runs are at distance 0."""
import pathlib
import shutil
import sys
import tempfile

import h5py
import numpy
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, make_digits

# Plain SGD has no momentum, so the sweep makes two configurations that are one and the same; the
# third is another width.
STUDY = {
    "study.seeds": 5, "study.initials": 5, "study.zip": "momentum width",
    "data.source": "digits", "data.order": "shuffled",
    "model.width": "8 8 12",
    "training.optimizer": "sgd", "training.momentum": "0.9 0.5 0.7", "training.steps": 120,
    "koopman.delays": 12, "koopman.delays_rule": "fixed", "koopman.rank": 10, "koopman.folds": 0,
}
CLASSES, WIDTHS = 10, (8, 8, 12)
AGREEMENT = 1e-9


class Digits(StudyTest):
    """One training for all tests; each works on a copy of its results."""

    made = None

    @classmethod
    def tearDownClass(cls):
        if cls.made:
            shutil.rmtree(cls.made, ignore_errors=True)

    def setUp(self):
        super().setUp()
        self.ini = self.study("digits.ini", STUDY)
        self.out = self.folder / "out"
        if Digits.made is None:
            made = pathlib.Path(tempfile.mkdtemp(prefix="equikoop-digits-"))
            make_digits(made)
            self.succeed("run", self.ini, "--out", made / "out", "-q", env={"EQUIKOOP_DATA": str(made)})
            Digits.made = made
        shutil.copytree(Digits.made / "out", self.out)

    def spectra(self):
        """eigenvalues [configuration][seed, mode]."""
        with h5py.File(self.out / "spectra.h5") as file:
            groups = sorted(file["configurations"].values(), key=lambda g: g.attrs["index"])
            for group in groups:
                self.assertTrue((group["rank"][...] == 10).all())
            return [group["eigenvalues"][...] for group in groups]

    def again(self, *options):
        """The spectra of the trajectories as they now are, in the log that says how."""
        (self.out / "spectra.h5").unlink()
        return self.succeed("spectra", self.ini, "--out", self.out, *options).out

    def assert_same_spectra(self, found, expected):
        for one, other in zip(found, expected):
            for a, b in zip(one, other):
                cost = numpy.abs(a[:, None] - b[None, :])
                self.assertLess(cost[linear_sum_assignment(cost)].max(), AGREEMENT)

    def test_every_way_gives_the_spectrum_of_lapack(self):
        self.assertEqual(self.again("--koopman.method=dense").count(", dense ("), len(WIDTHS))
        dense = self.spectra()
        for way in ("features", "snapshots", "matrix_free"):
            with self.subTest(way=way):
                self.assertEqual(self.again(f"--koopman.method={way}").count(f", {way} ("), len(WIDTHS))
                self.assert_same_spectra(self.spectra(), dense)

    def test_hidden_units_may_change_places(self):
        before = self.spectra()
        random = numpy.random.default_rng(3)
        with h5py.File(self.out / "trajectories.h5", "r+") as file:
            groups = sorted(file["configurations"].values(), key=lambda g: g.attrs["index"])
            for group, width in zip(groups, WIDTHS):
                values = group["observables"][...]
                for seed in range(len(values)):  # one order a seed: the trajectories share their units
                    units = random.permutation(width)
                    weights = values[seed].reshape(*values.shape[1:3], CLASSES, width)
                    values[seed] = weights[..., units].reshape(values.shape[1:])
                self.assertFalse((values == group["observables"][...]).all())
                group["observables"][...] = values
        self.again("-q")
        self.assert_same_spectra(self.spectra(), before)

    def test_units_of_one_trajectory_alone_may_not(self):
        # Else the test above could not fail: trajectories that disagree on their units are another ensemble.
        before = self.spectra()
        with h5py.File(self.out / "trajectories.h5", "r+") as file:
            group = next(g for g in file["configurations"].values() if g.attrs["index"] == 0)
            values = group["observables"][0, 1]
            weights = values.reshape(len(values), CLASSES, WIDTHS[0])
            group["observables"][0, 1] = numpy.roll(weights, 1, axis=-1).reshape(values.shape)
        self.again("-q")
        self.assertGreater(numpy.abs(self.spectra()[0][0] - before[0][0]).max(), 1e-6)

    def test_the_same_seed_twice_is_at_distance_zero(self):
        with h5py.File(self.out / "distances.h5") as file:
            distances = file["distances"][...]
            pairs = {name: data[...] for name, data in file["pairs"].items()}
        self.assertTrue((numpy.diagonal(distances[0, 1]) == 0).all())
        self.assertTrue((numpy.diagonal(distances[0, 2]) > 0).all())
        same = (pairs["first"] == 0) & (pairs["second"] == 1)
        self.assertEqual(pairs["mean_distance"][same].tolist(), [0.0])
        self.assertEqual(pairs["p_value"][same].tolist(), [1.0])
        self.assertEqual(pairs["verdict"][same].tolist(), [1])  # equivalent


if __name__ == "__main__":
    main()
