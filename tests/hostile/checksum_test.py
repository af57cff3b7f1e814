#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes that are not those that were written: found by equikoop status --verify, and named."""
import hashlib
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import main
from support.finished_study import RANKS, FinishedStudy


class Checksums(FinishedStudy):
    """One byte of the data flipped on the disk: found, and named."""

    def flip(self, file, name, index):
        """Flips a bit of an element of a dataset, in the bytes of the file."""
        with h5py.File(file) as archive:
            dataset = archive[name]
            flat = int(numpy.ravel_multi_index(index, dataset.shape)) * dataset.dtype.itemsize
            offset = dataset.id.get_offset() + flat
        with open(file, "r+b") as raw:
            raw.seek(offset)
            byte = raw.read(1)[0]
            raw.seek(offset)
            raw.write(bytes([byte ^ 1]))

    def verify(self, ranks=RANKS):
        return self.run_program("status", self.out, "--verify", ranks=ranks)

    def test_undamaged(self):
        result = self.verify()
        self.assertEqual((result.code, result.err), (0, ""))
        for words in ("4 of 4 whole ensembles match", "8 of 8 whole spectra match"):
            self.assertIn(words, result.out)

    def test_flipped_bit_of_a_snapshot(self):
        self.flip(self.trajectories, "configurations/width=10/observables", (1, 2, 33, 7))
        for ranks in (1, RANKS):
            result = self.verify(ranks)
            self.assert_refused(result, 1, str(self.trajectories), "1 of 4 whole ensembles",
                                "configuration width=10, seed 1", "--force")
            self.assertIn("8 of 8 whole spectra match", result.out)

    def test_flipped_bits_of_each_dataset(self):
        for name, index in (("loss", (0, 1, 5)), ("test_loss", (0, 2)), ("test_accuracy", (0, 0)), ("diverged_at", (0, 1))):
            self.flip(self.trajectories, f"configurations/width=5/{name}", index)
            self.assert_refused(self.verify(1), 1, "configuration width=5, seed 0")
            self.flip(self.trajectories, f"configurations/width=5/{name}", index)
        self.assertEqual(self.verify(1).code, 0)

    def test_flipped_bit_of_an_eigenvalue(self):
        self.flip(self.spectra, "configurations/width=5/eigenvalues", (0, 3))
        self.assert_refused(self.verify(), 1, str(self.spectra), "configuration width=5, seed 0")

    def test_flipped_bit_of_a_distance(self):
        self.flip(self.out / "distances.h5", "pairs/p_value", (0,))
        self.assert_refused(self.verify(), 1, "distances.h5", "dataset pairs/p_value")

    def test_checksum_is_what_the_file_says_it_is(self):
        with h5py.File(self.trajectories) as file:
            for group in file["configurations"].values():
                for seed, stored in enumerate(group["sha256"]):
                    whole = hashlib.sha256()
                    for snapshots in group["observables"][seed]:
                        whole.update(hashlib.sha256(snapshots.tobytes()).digest())
                    for name in ("loss", "test_loss", "test_accuracy", "diverged_at"):
                        whole.update(group[name][seed].tobytes())
                    self.assertEqual(stored.decode(), whole.hexdigest())

    def test_files_without_checksums_say_so(self):
        with h5py.File(self.trajectories, "r+") as file:
            for group in file["configurations"].values():
                del group["sha256"]
        result = self.verify()
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertIn("0 of 4 whole ensembles match their SHA-256, 4 have none", result.out)


if __name__ == "__main__":
    main()
