#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The published width experiment on MNIST, in two seeds, where EQUIKOOP_DATA holds MNIST."""
import os
import pathlib
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main

DATA = os.environ.get("EQUIKOOP_DATA", "")


def mnist_is_there():
    root = pathlib.Path(DATA or "/nonexistent")
    return any((folder / f"train-images-idx3-ubyte{ending}").is_file()
               for folder in (root, root / "mnist") for ending in ("", ".gz"))


@unittest.skipUnless(mnist_is_there(), "EQUIKOOP_DATA names no folder with MNIST (input/get_mnist.sh fetches it)")
class Mnist(StudyTest):
    def test_widths_learn_as_published(self):
        result = self.succeed("run", ROOT / "input/mnist_width.ini", "--out", "out", "--study.seeds=2",
                              env={"EQUIKOOP_DATA": DATA})
        self.assertIn("60000 training and 10000 test samples", result.out)
        self.assertIn("first layers of mnist: background and entries apart", result.out)
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            accuracy = file["configurations/width=40/test_accuracy"][...]
            self.assertEqual(file["configurations/width=40/observables"].shape, (2, 10, 1000, 400))
        self.assertGreater(accuracy.min(), 0.90)
        with h5py.File(self.folder / "out/spectra.h5") as file:
            delays = [int(file[f"configurations/width={w}"].attrs["delays"]) for w in (5, 10, 40)]
            self.assertEqual(delays, [64, 32, 8])
            for group in file["configurations"].values():
                self.assertTrue((group["rank"][...] == 10).all())
                # Weights that have nearly settled: an eigenvalue at 1, whichever its place by modulus. An
                # epoch moves them by less than their size, so the slowest mode stays within 10 / steps.
                self.assertLess(numpy.abs(group["eigenvalues"][...] - 1).min(axis=1).max(), 0.01)


if __name__ == "__main__":
    main()
