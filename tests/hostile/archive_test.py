#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Archives that are damaged, foreign, newer, of another study or unfinished, and stages out of order."""
import os
import pathlib
import shutil
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main
from support.finished_study import RANKS, FinishedStudy


class DamagedArchives(FinishedStudy):
    def test_truncated_trajectories(self):
        os.truncate(self.trajectories, self.trajectories.stat().st_size // 2)
        self.refuse(["train", "spectra"], 1, "trajectories.h5 (damaged, or not HDF5): ", "truncated file")
        self.assertEqual(self.run_program("status", self.out, ranks=1).code, 1)

    def test_empty_file(self):
        self.trajectories.write_bytes(b"")
        self.refuse(["train", "spectra"], 1, "cannot open ", "trajectories.h5 (damaged, or not HDF5): ")

    def test_text_in_place_of_hdf5(self):
        self.trajectories.write_text("these are not the trajectories\n" * 100)
        self.refuse(["train", "spectra"], 1, "trajectories.h5", "file signature not found")

    def test_corrupt_metadata(self):
        with open(self.trajectories, "r+b") as file:  # the object header of the root group
            file.seek(96)
            file.write(b"\xa5" * 200)
        result = self.run_stage("spectra")
        self.assert_refused(result, 1, "trajectories.h5")

    def test_hdf5_of_another_program(self):
        with h5py.File(self.trajectories, "w") as file:
            file["x"] = numpy.arange(3)
        self.refuse(["train", "spectra"], 1, "is HDF5 but not an equikoop file")

    def test_another_of_our_files(self):
        shutil.copy(self.spectra, self.trajectories)
        self.refuse(["train", "spectra"], 1, "holds 'equikoop spectra', expected 'equikoop trajectories'")

    def test_newer_format(self):
        with h5py.File(self.trajectories, "r+") as file:
            file.attrs["format_version"] = "2.0"
        self.refuse(["train", "spectra"], 1, "has format version 2.0, this program reads 1.", ": use the equikoop that wrote it")

    def test_a_later_minor_format_is_read(self):
        with h5py.File(self.trajectories, "r+") as file:
            file.attrs["format_version"] = "1.99"
        result = self.run_stage("spectra")
        self.assertEqual((result.code, result.err), (0, ""))

    def test_study_changed_since(self):
        self.ini = self.study(training__learning_rate=0.2)
        for stage in ("train", "spectra", "distances"):
            self.assert_refused(self.run_stage(stage, ranks=2), 2, "was begun with another study: training.learning_rate was '0.1', is '0.2'",
                                "Choose another --out, or --force")

    def test_analysis_changed_since(self):
        self.ini = self.study(koopman__rank=3)
        for stage in ("spectra", "distances"):
            self.assert_refused(self.run_stage(stage, ranks=2), 2, "koopman.rank was '4', is '3'")

    def test_force_begins_anew(self):
        self.ini = self.study(training__learning_rate=0.2)
        result = self.run_stage("run", "--force")
        self.assertEqual((result.code, result.err), (0, ""))
        with h5py.File(self.trajectories) as file:
            self.assertEqual(file["configurations/width=5"].attrs["training.learning_rate"], "0.2")

    def test_spectra_of_other_trajectories(self):
        self.trajectories.unlink()
        self.succeed("train", self.ini, "--out", self.out, "-q")
        self.assert_refused(self.run_stage("spectra"), 2, "was made from other trajectories than those there now", "--force")

    def test_rank_that_cannot_be(self):
        with h5py.File(self.spectra, "r+") as file:
            file["configurations/width=5/rank"][1] = 4000
        self.assert_refused(self.run_stage("distances", "--force"), 1, "rank 4000", "seed 1", "damaged")

    def reshape(self, file, name, shape):
        """Puts a dataset of another shape in the place of one."""
        with h5py.File(file, "r+") as archive:
            kind = archive[name].dtype
            del archive[name]
            archive.create_dataset(name, shape=shape, dtype=kind)

    def test_datasets_of_other_shapes(self):
        """What fuzzing found: sizes that the readers took on trust."""
        where = "configurations/width=5/"
        for name, shape, part in (("observables", (2, 3, 60, 0), "are empty"), ("observables", (2, 3, 60), "3 dimensions"),
                                  ("time", (59,), "time holds 59 values, expected 60: the file is damaged, or was not written to the schema"),
                                  ("complete", (1,), "complete holds 1 values, expected 2"),
                                  ("loss", (60,), "loss is not [seed, initial, step]")):
            with self.subTest(name=name, shape=shape):
                self.trajectories.write_bytes(FinishedStudy.finished["trajectories.h5"])
                self.reshape(self.trajectories, where + name, shape)
                self.assert_refused(self.run_stage("spectra", "--force", ranks=1), 1, str(self.trajectories), part)
        for name, shape, part in (("eigenvalues", (2,), "eigenvalues are not [seed, mode]"),
                                  ("amplitudes", (2, 3), "amplitudes holds 6 values, expected 8"),
                                  ("rank", (1,), "rank holds 1 values, expected 2")):
            with self.subTest(name=name, shape=shape):
                self.spectra.write_bytes(FinishedStudy.finished["spectra.h5"])
                self.reshape(self.spectra, where + name, shape)
                self.trajectories.write_bytes(FinishedStudy.finished["trajectories.h5"])
                self.assert_refused(self.run_stage("distances", "--force", ranks=1), 1, part)

    def test_attributes_that_are_arrays(self):
        for name, value in (("index", [0] * 64), ("clock_step", [1.0] * 64)):
            with self.subTest(name):
                self.trajectories.write_bytes(FinishedStudy.finished["trajectories.h5"])
                with h5py.File(self.trajectories, "r+") as file:
                    file["configurations/width=5"].attrs[name] = value
                self.assert_refused(self.run_stage("spectra", "--force", ranks=1), 1, f"attribute {name} holds 64 values, expected one")
        with h5py.File(self.trajectories, "r+") as file:
            file.attrs["filetype"] = ["equikoop trajectories"] * 64
        self.assert_refused(self.run_stage("spectra", "--force", ranks=1), 1, "is HDF5 but not an equikoop file")

    def test_unfinished_trajectories(self):
        with h5py.File(self.trajectories, "r+") as file:
            file["configurations/width=10/complete"][1] = 0
        self.spectra.unlink()
        self.assert_refused(self.run_stage("spectra"), 1, "trajectories.h5 is incomplete: 3 of 4 ensembles. "
                            f"Resume with: equikoop train {self.ini}")

    def test_unfinished_spectra(self):
        with h5py.File(self.spectra, "r+") as file:
            file["configurations/width=10/complete"][1] = 0
        self.assert_refused(self.run_stage("distances"), 1, "incomplete: 7 of 8 spectra",
                            f"equikoop spectra {self.ini}")


class StagesOutOfOrder(StudyTest):
    def test_spectra_before_train(self):
        ini = self.study()
        result = self.run_program("spectra", ini, "-q", ranks=RANKS)
        self.assert_refused(result, 1, "trajectories.h5 does not exist", f"equikoop train {ini}")

    def test_distances_before_spectra(self):
        ini = self.study()
        self.succeed("train", ini, "-q")
        result = self.run_program("distances", ini, "-q", ranks=RANKS)
        self.assert_refused(result, 1, "spectra.h5 does not exist", f"equikoop spectra {ini}")

    def test_status_of_no_folder(self):
        self.assert_refused(self.run_program("status", "nowhere", ranks=RANKS), 2, "not a folder of results")

    def test_status_of_an_empty_folder(self):
        (self.folder / "empty").mkdir()
        result = self.succeed("status", "empty", ranks=1)
        self.assertIn("next: equikoop run STUDY", result.out)


if __name__ == "__main__":
    main()
