#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every choice of the study file runs through the three stages and gives finite results."""
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main


class Options(StudyTest):
    def run_small(self, *configurations, **changes):
        self.out = self.folder / "out"
        self.succeed("run", self.study(**changes), "--out", self.out, "-q")
        with h5py.File(self.out / "trajectories.h5") as file:
            self.assertEqual(sorted(file["configurations"]), sorted(configurations))
            for group in file["configurations"].values():
                self.assertTrue(numpy.isfinite(group["observables"][...]).all(), group.name)
                self.assertTrue((group["diverged_at"][...] == -1).all(), group.name)
                loss = group["loss"][...]
                self.assertLess(loss[..., -10:].mean(), loss[..., :10].mean(), f"{group.name} learns nothing")
        with h5py.File(self.out / "spectra.h5") as file:
            for group in file["configurations"].values():
                self.assertTrue((group["rank"][...] > 0).all(), group.name)
        with h5py.File(self.out / "distances.h5") as file:
            return file["mean_distance"][...]

    def test_double_precision(self):
        self.run_small("width=5", "width=10", study__precision="float64")
        with h5py.File(self.out / "trajectories.h5") as file:
            group = file["configurations/width=5"]
            self.assertEqual(group["observables"].dtype, numpy.float64)
            self.assertEqual(group["loss"].dtype, numpy.float64)

    def test_precisions_agree_to_single_precision(self):
        found = {}
        for precision in ("float32", "float64"):
            self.succeed("train", self.study(study__precision=precision), "--out", precision, "-q")
            with h5py.File(self.folder / precision / "trajectories.h5") as file:
                found[precision] = file["configurations/width=5/observables"][...].astype(float)
        # 60 steps of about 20 roundings of 6e-8 each on weights of size 1.
        self.assertLess(abs(found["float32"] - found["float64"]).max(), 60 * 20 * 6e-8)

    def test_several_layers(self):
        self.run_small("width=16x8", "width=64x32", model__width="64x32 16x8")
        with h5py.File(self.out / "trajectories.h5") as file:
            self.assertEqual(file["configurations/width=64x32/observables"].shape[3], 32 * 4)

    def test_every_activation(self):
        names = ("relu", "gelu", "tanh", "sigmoid", "identity")
        self.run_small(*(f"activation={name}" for name in names), model__width="8",
                       model__activation=" ".join(names))

    def test_every_optimiser(self):
        names = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "mirror")
        self.run_small(*(f"optimizer={name}" for name in names), model__width="8",
                       training__optimizer=" ".join(names), training__learning_rate=0.01)

    def test_every_observable(self):
        sizes = {"output": 5 * 4, "hidden": 16 * 5, "all": 16 * 5 + 5 * 4, "subset": 12, "projection": 12,
                 "state": 2 * (16 * 5 + 5 * 4)}
        for name, size in sizes.items():
            with self.subTest(observable=name):
                self.out = self.folder / name
                self.succeed("run", self.study(model__width="5", record__observable=name, record__size=12,
                                               training__optimizer="momentum"), "--out", self.out, "-q", ranks=1)
                with h5py.File(self.out / "trajectories.h5") as file:
                    self.assertEqual(file["configurations/base/observables"].shape[3], size)

    def test_bias_initialisations_and_scale(self):
        self.run_small("initialisation=glorot", "initialisation=he", "initialisation=torch", model__width="8",
                       model__bias="on", model__scale=0.5, model__initialisation="torch he glorot")

    def test_recording_every_third_step(self):
        self.run_small("width=5", "width=10", record__every=3)
        with h5py.File(self.out / "trajectories.h5") as file:
            group = file["configurations/width=5"]
            self.assertEqual(list(group["time"]), list(range(3, 61, 3)))
            self.assertEqual(group["loss"].shape[2], 60)

    def test_zipped_sweep(self):
        self.run_small("learning_rate=0.1,batch_size=20", "learning_rate=0.2,batch_size=40", model__width="5",
                       training__learning_rate="0.1 0.2", training__batch_size="20 40",
                       study__zip="learning_rate batch_size")

    def test_teacher_data(self):
        self.run_small("width=5", "width=10", data__source="teacher")

    def test_windows_are_further_analyses(self):
        self.run_small("width=5", "width=10", koopman__windows="0:1 0:0.5 0.5:1")
        with h5py.File(self.out / "spectra.h5") as file:
            analyses = file["configurations/width=5/analyses"]
            self.assertEqual(sum(name.startswith("window=") for name in analyses), 2)
            for group in analyses.values():
                self.assertTrue((group["complete"][...] == 1).all())
                self.assertEqual(group["eigenvalues"].dtype, numpy.complex128)

    def test_windows_are_compared_as_pairs_are(self):
        self.run_small("width=5", "width=10", study__seeds=3, koopman__windows="0:0.5 0.5:1")
        with h5py.File(self.out / "distances.h5") as file:
            tables = {name: data[...] for name, data in file["windows"].items()}
            pair = {name: data[0] for name, data in file["pairs"].items()}
        self.assertEqual(tables["end"].tolist(), [0.5, 1])
        # The first window named is the main one: its table over configurations is that of the pairs.
        for name, column in (("across", "mean_distance"), ("across_effect", "effect"), ("across_margin", "margin"),
                             ("across_p_adjusted", "p_adjusted"), ("across_verdict", "verdict")):
            self.assertEqual(tables[name][0, 0, 1], pair[column], name)
            self.assertEqual(tables[name][0, 1, 0], pair[column], name)
        for name in ("within_verdict", "across_verdict"):
            self.assertTrue((numpy.diagonal(tables[name], axis1=1, axis2=2) == -1).all())
        # Margins of two windows are half the mean of their floors, which stand on the diagonal.
        for within, margin in zip(tables["within"], tables["within_margin"]):
            self.assertAlmostEqual(margin[0, 1], (within[0, 0] + within[1, 1]) / 4, delta=1e-15)

    def test_every_regression_and_rank_rule(self):
        out = self.folder / "trained"
        self.succeed("train", self.study(), "--out", out, "-q")
        for number, words in enumerate((["--koopman.regression=total_least_squares"],
                                        ["--koopman.regression=forward_backward"],
                                        ["--koopman.rank_rule=energy"], ["--koopman.rank_rule=gavish_donoho"],
                                        ["--koopman.rank_rule=full"])):
            with self.subTest(words=words):
                self.succeed("spectra", self.study(), "--out", out, "-q", "--force", *words, ranks=1 + number % 2)
                self.succeed("distances", self.study(), "--out", out, "-q", *words, ranks=1)
                with h5py.File(out / "spectra.h5") as file:
                    self.assertTrue((file["configurations/width=5/rank"][...] > 0).all())

    def test_every_way_of_comparing(self):
        out = self.folder / "done"
        self.succeed("run", self.study(), "--out", out, "-q")
        for words in (["--compare.order=2"], ["--compare.scaling=log", "--compare.clock=time"],
                      ["--compare.weights=amplitude"], ["--compare.weights=residual"], ["--compare.paired=off"],
                      ["--compare.permutations=1", "--compare.bootstrap=1"]):
            with self.subTest(words=words):
                self.succeed("distances", self.study(), "--out", out, "-q", *words, ranks=1)
                with h5py.File(out / "distances.h5") as file:
                    self.assertGreater(file["pairs/mean_distance"][0], 0)


if __name__ == "__main__":
    main()
