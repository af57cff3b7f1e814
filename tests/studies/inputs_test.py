#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every study file that ships runs to its distances, in two seeds of two initials: no key that has
gone, no sweep that does not fit. What the studies answer is in input/*/README.md, not here."""
import pathlib
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main, make_digits

# Configurations of each; widths are cut down, MNIST has mnist_test.py.
STUDIES = {"learning_rate": 4, "batch_size": 4, "ratio": 5, "width": 3, "depth": 4, "activation": 4, "data": 5,
           "optimizer": 8, "windows": 3}
PUBLISHED = {"descent": 3, "descent_losses": 4, "descent_random": 3, "quadratic": 2}
ON_MNIST = {"width", "width_shuffled"}
CHANGED = {"width": ["--model.width=4 16 64"]}
FEW = ["--study.seeds=2", "--study.initials=2", "--koopman.folds=0", "--compare.permutations=19",
       "--compare.bootstrap=19"]


class Inputs(StudyTest):
    def test_the_lists_above_are_whole(self):
        names = lambda folder: {path.stem for path in (ROOT / "input" / folder).glob("*.ini")}
        self.assertEqual(names("studies"), set(STUDIES))
        self.assertEqual(names("published"), set(PUBLISHED) | ON_MNIST)

    def run_study(self, path, configurations, options):
        with self.subTest(study=path.stem):
            self.succeed("run", path, "--out", path.stem, "-q", *options, *CHANGED.get(path.stem, []),
                         env={"EQUIKOOP_DATA": str(self.folder)})
            with h5py.File(self.folder / path.stem / "distances.h5") as file:
                self.assertEqual(len(file["configuration"]), configurations)
                self.assertEqual(len(file["pairs/verdict"]), configurations * (configurations - 1) // 2)

    def test_studies_of_single_choices(self):
        make_digits(self.folder)
        for name, configurations in STUDIES.items():
            self.run_study(ROOT / f"input/studies/{name}.ini", configurations, FEW)

    def test_descent_studies_as_they_are(self):
        for name, configurations in PUBLISHED.items():
            self.run_study(ROOT / f"input/published/{name}.ini", configurations, [])


if __name__ == "__main__":
    main()
