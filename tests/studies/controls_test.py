#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Controls: identical configurations, and error rates of the tests where the truth is known, both
on fixed seeds in a reduced size."""
import csv
import pathlib
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main

SMALL = ["--calibrate.studies=300", "--calibrate.power_studies=60", "--calibrate.power_seeds=5",
         "--calibrate.power_initials=none", "--calibrate.power_noise=none", "--compare.permutations=511",
         "--compare.bootstrap=299"]


class Copies(StudyTest):
    def test_identical_configurations_are_not_called_different(self):
        out = self.folder / "out"
        self.succeed("run", ROOT / "input/controls/copies.ini", "--out", out, "-q", "--training.steps=80",
                     "--study.initials=3", "--compare.metrics=none", "--koopman.grid_delays=none")
        with h5py.File(out / "distances.h5") as file:
            verdicts, p = file["pairs/verdict"][...], file["pairs/p_value"][...]
        self.assertEqual(len(verdicts), 190)
        # At most the nominal share; the adjustment leaves a chance of 5 % for any at all.
        self.assertLessEqual((verdicts == 2).sum(), 9)
        # The pairs share configurations, so that the share of small p spreads more than a binomial.
        self.assertLess((p < 0.05).mean(), 0.15)
        self.assertGreater(p.mean(), 0.3)


class Calibration(StudyTest):
    rows = None

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        if Calibration.rows is None:
            self.calibrate(self.out, 2)
            text = (self.out / "calibration.csv").read_text()
            Calibration.rows = list(csv.DictReader(text.splitlines()))

    def calibrate(self, out, ranks, *more):
        keys = {word.partition("=")[0]: word for word in [*SMALL, *more]}  # the last of a key counts
        return self.succeed("calibrate", ROOT / "input/calibration.ini", "--out", out, *keys.values(), ranks=ranks)

    def rate(self, scenario, name):
        """share, and its 95 % interval."""
        row = next(r for r in self.rows if r["scenario"].startswith(scenario))
        return tuple(float(row[name + end]) for end in ("", "_low", "_high"))

    def test_false_positives_are_at_the_level(self):
        _, low, high = self.rate("identical", "significant")
        self.assertLess(low, 0.05)
        self.assertGreater(high, 0.05)

    def test_equivalence_of_identical_configurations_is_found(self):
        self.assertGreater(self.rate("identical", "equivalent")[0], 0.85)
        self.assertLess(self.rate("identical", "non_equivalent")[0], 0.01)

    def test_equivalence_is_not_claimed_beyond_its_level(self):
        # The upper end of the effect's interval lies below the effect in about 5 % of studies.
        for scenario in ("identical", "other linear", "factor"):
            self.assertLess(self.rate(scenario, "bound_fails")[1], 0.05, scenario)

    def test_conjugate_pairs_are_not_called_non_equivalent(self):
        for scenario in ("other linear", "hidden units", "mirror and gradient descent, step 0.01",
                         "mirror and gradient descent, step 0.001"):
            self.assertLess(self.rate(scenario, "non_equivalent")[0], 0.01, scenario)
        self.assertEqual(self.rate("hidden units", "equivalent")[0] + self.rate("hidden units", "negligible")[0], 1)

    def test_a_factor_is_contained_in_its_extension(self):
        self.assertGreater(self.rate("factor", "contained_one_way")[0], 0.9)
        self.assertEqual(self.rate("factor", "non_equivalent")[0], 1)
        share, low, high = self.rate("factor", "not_contained")
        self.assertLess(low, 0.05)
        for scenario in ("identical", "other linear", "hidden units"):
            self.assertLess(self.rate(scenario, "contained_one_way")[0], 0.02, scenario)

    def test_power_grows_with_distance_and_with_seeds(self):
        def curve(name):
            return [float(r["significant"]) for r in self.rows if r["scenario"] == name]
        ten, five = curve("separated"), curve("separated, 5 seeds")
        self.assertEqual(len(ten), 4)
        self.assertEqual(ten, sorted(ten))
        self.assertGreater(ten[-1], 0.99)
        self.assertGreater(sum(ten), sum(five))

    def test_any_number_of_ranks_gives_the_same_table(self):
        few = ("--calibrate.studies=11", "--calibrate.power_studies=7")
        for ranks in (1, 3):
            self.calibrate(self.folder / str(ranks), ranks, *few)
        one, three = ((self.folder / str(ranks) / "calibration.csv").read_text() for ranks in (1, 3))
        self.assertEqual(one, three)

    def test_refuses_angles_that_are_not_as_many_as_moduli(self):
        result = self.run_program("calibrate", ROOT / "input/calibration.ini", "--calibrate.angles=0 1",
                                  "--out", self.out, ranks=1)
        self.assert_refused(result, 2, "calibrate.moduli and calibrate.angles")


if __name__ == "__main__":
    main()
