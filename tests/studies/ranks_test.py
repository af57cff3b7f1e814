#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Results do not depend on the number of ranks, and the same seeds give the same numbers."""
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main, make_digits


class Ranks(StudyTest):
    def test_quickstart_is_the_same_on_one_to_four_ranks(self):
        make_digits(self.folder)
        for ranks in (1, 2, 3, 4):
            self.succeed("run", ROOT / "input/quickstart.ini", "--out", f"on{ranks}", "-q", "--study.seeds=2",
                         "--study.initials=4", "--training.steps=60", "--koopman.delays=8", ranks=ranks,
                         env={"EQUIKOOP_DATA": str(self.folder)})
        for ranks in (2, 3, 4):
            # Twelve ensembles: no two ranks share one, so that spectra and distances are the same
            # to the last bit as well.
            for name, where in (("trajectories.h5", "/configurations"), ("spectra.h5", "/configurations"),
                                ("distances.h5", "/distances"), ("distances.h5", "/pairs")):
                with self.subTest(ranks=ranks, file=name, where=where):
                    self.assert_same_data(self.folder / "on1" / name, self.folder / f"on{ranks}" / name, where)

    def test_ranks_that_share_an_ensemble_agree_on_its_spectrum(self):
        for method in ("features", "snapshots", "matrix_free", "dense"):
            ini = self.study(f"{method}.ini", study__seeds=1, model__width="6", data__classes=2,
                             study__precision="float64", koopman__method=method)
            found = {}
            for ranks in (1, 2, 3, 4):
                out = self.folder / f"{method}{ranks}"
                result = self.succeed("run", ini, "--out", out, ranks=ranks)
                self.assertIn(f"({ranks} ranks each)", result.out)
                with h5py.File(out / "spectra.h5") as file:
                    found[ranks] = file["configurations/base/eigenvalues"][0]
            for ranks in (2, 3, 4):
                # Sums over ranks round in another order: 1e-16 times the condition of the four modes.
                with self.subTest(method=method, ranks=ranks):
                    difference = numpy.abs(found[ranks] - found[1]) / numpy.abs(found[1])
                    self.assertLess(difference.max(), 1e-10)

    def test_the_same_seeds_twice(self):
        ini = self.study()
        for out in ("first", "second"):
            self.succeed("run", ini, "--out", out, "-q")
        for name in ("trajectories.h5", "spectra.h5"):
            self.assert_same_data(self.folder / "first" / name, self.folder / "second" / name)

    def test_more_seeds_leave_the_first_as_they_were(self):
        self.succeed("train", self.study(study__seeds=2), "--out", "two", "-q")
        self.succeed("train", self.study(study__seeds=4), "--out", "four", "-q")
        with h5py.File(self.folder / "two/trajectories.h5") as two, \
                h5py.File(self.folder / "four/trajectories.h5") as four:
            for name, group in two["configurations"].items():
                numpy.testing.assert_array_equal(group["observables"][...],
                                                 four[f"configurations/{name}/observables"][:2])

    def test_another_root_seed_gives_other_trajectories(self):
        self.succeed("train", self.study(), "--out", "one", "-q")
        self.succeed("train", self.study(study__root_seed=2), "--out", "other", "-q")
        with h5py.File(self.folder / "one/trajectories.h5") as one, \
                h5py.File(self.folder / "other/trajectories.h5") as other:
            where = "configurations/width=5/observables"
            self.assertFalse((one[where][...] == other[where][...]).any())

    def test_copies_are_the_next_seeds(self):
        # Copy 1 of two seeds uses the streams of seeds 2 and 3: a control with known streams.
        self.succeed("run", self.study(study__copies=2, model__width="5"), "--out", "copies", "-q")
        self.succeed("train", self.study(study__seeds=4, model__width="5"), "--out", "four", "-q")
        with h5py.File(self.folder / "copies/trajectories.h5") as copies, \
                h5py.File(self.folder / "four/trajectories.h5") as four:
            numpy.testing.assert_array_equal(copies["configurations/copy=1/observables"][...],
                                             four["configurations/base/observables"][2:])
        with h5py.File(self.folder / "copies/distances.h5") as file:
            self.assertEqual(file["distances"].shape, (2, 2, 2, 2))


if __name__ == "__main__":
    main()
