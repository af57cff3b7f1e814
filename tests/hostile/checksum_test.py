#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes that are not those that were written: found by equikoop status --verify, and named."""
import hashlib
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main
from support.finished_study import RANKS, FinishedStudy


def flip(file, name, index=None, bit=1):
    """Flips a bit of an element (the first byte; of the dataset's middle byte where none is named) of a
    dataset, in the bytes of the file."""
    with h5py.File(file) as archive:
        dataset = archive[name]
        size = dataset.size * dataset.dtype.itemsize
        at = size // 2 if index is None else int(numpy.ravel_multi_index(index, dataset.shape)) * dataset.dtype.itemsize
        offset = dataset.id.get_offset() + at
    with open(file, "r+b") as raw:
        raw.seek(offset)
        byte = raw.read(1)[0]
        raw.seek(offset)
        raw.write(bytes([byte ^ bit]))


class Checksums(FinishedStudy):
    """One byte of the data flipped on the disk: found, and named."""

    def verify(self, ranks=RANKS):
        return self.run_program("status", self.out, "--verify", ranks=ranks)

    def test_undamaged(self):
        result = self.verify()
        self.assertEqual((result.code, result.err), (0, ""))
        for words in ("4 of 4 whole ensembles match", "8 of 8 whole spectra match"):
            self.assertIn(words, result.out)

    def test_flipped_bit_of_a_snapshot(self):
        flip(self.trajectories, "configurations/width=10/observables", (1, 2, 33, 7))
        for ranks in (1, RANKS):
            result = self.verify(ranks)
            self.assert_refused(result, 1, str(self.trajectories), "1 of 4 whole ensembles",
                                "configuration width=10, seed 1", "--force")
            self.assertIn("8 of 8 whole spectra match", result.out)

    def test_flipped_bits_of_each_dataset(self):
        for name, index in (("loss", (0, 1, 5)), ("test_loss", (0, 2)), ("test_accuracy", (0, 0)), ("diverged_at", (0, 1))):
            flip(self.trajectories, f"configurations/width=5/{name}", index)
            self.assert_refused(self.verify(1), 1, "configuration width=5, seed 0")
            flip(self.trajectories, f"configurations/width=5/{name}", index)
        self.assertEqual(self.verify(1).code, 0)

    def test_flipped_bit_of_an_eigenvalue(self):
        flip(self.spectra, "configurations/width=5/eigenvalues", (0, 3))
        self.assert_refused(self.verify(), 1, str(self.spectra), "configuration width=5, seed 0")

    def test_flipped_bit_of_a_distance(self):
        flip(self.out / "distances.h5", "pairs/p_value", (0,))
        self.assert_refused(self.verify(), 1, "distances.h5", "dataset pairs/p_value")

    def check_checksums(self, path):
        with h5py.File(path) as file:
            for group in file["configurations"].values():
                for seed, stored in enumerate(group["sha256"]):
                    whole = hashlib.sha256()
                    for snapshots in group["observables"][seed]:
                        whole.update(hashlib.sha256(snapshots.tobytes()).digest())
                    for name in ("loss", "test_loss", "test_accuracy", "diverged_at"):
                        whole.update(group[name][seed].tobytes())
                    self.assertEqual(stored.decode(), whole.hexdigest())

    def test_checksum_is_what_the_file_says_it_is(self):
        self.check_checksums(self.trajectories)

    def test_checksum_of_an_ensemble_of_many_megabytes(self):
        """It comes in several parts and is hashed while it is written: 44 MB, handed over 32 at most at a time."""
        large = self.study(model__width=1024, study__seeds=1, training__steps=900)
        self.succeed("train", large, "--out", self.folder / "large", "-q")
        self.check_checksums(self.folder / "large" / "trajectories.h5")

    def test_files_without_checksums_say_so(self):
        with h5py.File(self.trajectories, "r+") as file:
            for group in file["configurations"].values():
                del group["sha256"]
        result = self.verify()
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertIn("0 of 4 whole ensembles match their SHA-256, 4 have none", result.out)

    def test_marked_without_a_checksum_is_damage(self):
        """No job leaves a mark beside an empty checksum: one of the two has changed."""
        with h5py.File(self.trajectories, "r+") as file:
            file["configurations/width=5/sha256"][1] = b""
        self.assert_refused(self.verify(1), 1, "configuration width=5, seed 1")

    def test_mark_that_is_lost_leaves_an_ensemble_to_redo(self):
        flip(self.trajectories, "configurations/width=5/complete", (1,))
        self.assertIn("3 of 4 ensembles, incomplete", self.run_program("status", self.out, ranks=1).out)
        self.succeed("train", self.ini, "--out", self.out, "-q")
        self.assertIn("4 of 4 whole ensembles match", self.verify(1).out)


class EveryDataset(StudyTest):
    """A byte flipped in each dataset of each file, of a study that has them all."""

    def setUp(self):
        super().setUp()
        self.out = self.folder / "all"
        self.succeed("run", self.study(koopman__windows="0:1 0:0.5", koopman__pseudospectrum=6, compare__max_residual=0.9),
                     "--out", self.out, "-q")

    def pieces(self, file):
        """{dataset: the names under which a flip in its elements may be reported, and where to flip for each}."""
        found = {}

        def add(path, node):
            if not isinstance(node, h5py.Dataset) or path.startswith("provenance"):
                return
            parts = path.split("/")
            if parts[0] != "configurations" or h5py.h5ds.is_scale(node.id):
                found[path] = [(f"dataset {path}", None)]
                return
            name = f"configuration {parts[1]}" + (f" {parts[3]}" if parts[2] == "analyses" else "")
            seeds = [0] if parts[-1] == "pseudospectrum" else range(len(node))  # it is of the first seed
            found[path] = [(f"{name}, seed {s}", (s,) + tuple(n // 2 for n in node.shape[1:])) for s in seeds]
        with h5py.File(file) as archive:
            archive.visititems(add)
        return found

    def test_flipped_bytes(self):
        """As many at once as can be told apart: no two in one piece."""
        todo = {file: self.pieces(file) for file in self.out.glob("*.h5")}
        self.assertEqual(sorted(file.name for file in todo), ["distances.h5", "spectra.h5", "trajectories.h5"])
        names = {path.rsplit("/", 1)[-1] for pieces in todo.values() for path in pieces}
        for name in ("reduced_operator", "pseudospectrum", "real", "singular_values", "time", "complete", "sha256", "floor",
                     "verdict_text", "eigenvalues_left_out", "within_verdict", "margin"):
            self.assertIn(name, names)
        runs = flipped = 0
        while any(todo.values()):
            expected = []
            for file, pieces in todo.items():
                taken = set()
                for path in list(pieces):
                    free = [(name, index) for name, index in pieces[path] if name not in taken]
                    if not free:
                        continue
                    name, index = free[0]
                    taken.add(name)
                    # A mark of 0 is one of an ensemble that is not whole: it gets another bit.
                    flips = (file, path, (0,) * len(index) if path.endswith("pseudospectrum") else index,
                             4 if path.endswith("complete") else 1)
                    expected.append((name, flips))
                    del pieces[path]
            for _, flips in expected:
                flip(*flips)
            result = self.run_program("status", self.out, "--verify", ranks=1)
            self.assert_refused(result, 1, "do not match their SHA-256")
            told = [line.strip() for line in result.out.splitlines() if "does not match its SHA-256" in line]
            self.assertEqual(sorted(told), sorted(f"{flips[0]}: {name} does not match its SHA-256" for name, flips in expected))
            for _, flips in expected:
                flip(*flips)
            runs, flipped = runs + 1, flipped + len(expected)
        print(f"  {flipped} datasets, a byte in each, in {runs} runs", flush=True)
        self.assertEqual(self.run_program("status", self.out, "--verify", ranks=1).code, 0)


if __name__ == "__main__":
    main()
