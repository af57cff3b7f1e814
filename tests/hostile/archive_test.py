#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Archives that are damaged, foreign, newer, of another study, unfinished or in use, and folders
that cannot be written."""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, send, stop, until, whole_ensembles

RANKS = 4


class FinishedStudy(StudyTest):
    """Starts from a copy of a finished study in self.folder/done."""

    finished = None  # bytes of the three files, made once

    def setUp(self):
        super().setUp()
        self.ini = self.study()
        self.out = self.folder / "done"
        if FinishedStudy.finished is None:
            self.succeed("run", self.ini, "--out", self.out, "-q")
            FinishedStudy.finished = {p.name: p.read_bytes() for p in self.out.glob("*.h5")}
        self.out.mkdir(exist_ok=True)
        for name, content in FinishedStudy.finished.items():
            (self.out / name).write_bytes(content)
        self.trajectories = self.out / "trajectories.h5"
        self.spectra = self.out / "spectra.h5"

    def run_stage(self, stage, *words, ranks=RANKS):
        return self.run_program(stage, self.ini, "--out", self.out, "-q", *words, ranks=ranks)

    def refuse(self, stages, code, *parts):
        """Every stage refuses, and leaves the file as it was; the first on all ranks."""
        before = self.trajectories.read_bytes()
        for stage in stages:
            with self.subTest(stage=stage):
                ranks = RANKS if stage == stages[0] else 1
                self.assert_refused(self.run_stage(stage, ranks=ranks), code, *parts)
        self.assertEqual(self.trajectories.read_bytes(), before)


class DamagedArchives(FinishedStudy):
    def test_truncated_trajectories(self):
        os.truncate(self.trajectories, self.trajectories.stat().st_size // 2)
        self.refuse(["train", "spectra"], 1, "trajectories.h5", "damaged", "truncated file")
        self.assertEqual(self.run_program("status", self.out, ranks=1).code, 1)

    def test_empty_file(self):
        self.trajectories.write_bytes(b"")
        self.refuse(["train", "spectra"], 1, "trajectories.h5", "damaged, or not HDF5")

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
        self.refuse(["train", "spectra"], 1, "not an equikoop file")

    def test_another_of_our_files(self):
        shutil.copy(self.spectra, self.trajectories)
        self.refuse(["train", "spectra"], 1, "holds 'equikoop spectra', expected 'equikoop trajectories'")

    def test_newer_format(self):
        with h5py.File(self.trajectories, "r+") as file:
            file.attrs["format_version"] = "2.0"
        self.refuse(["train", "spectra"], 1, "format version 2.0", "reads 1.")

    def test_a_later_minor_format_is_read(self):
        with h5py.File(self.trajectories, "r+") as file:
            file.attrs["format_version"] = "1.99"
        result = self.run_stage("spectra")
        self.assertEqual((result.code, result.err), (0, ""))

    def test_study_changed_since(self):
        self.ini = self.study(training__learning_rate=0.2)
        for stage in ("train", "spectra", "distances"):
            self.assert_refused(self.run_stage(stage, ranks=2), 2, "training.learning_rate was '0.1', is '0.2'",
                                "another --out, or --force")

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
        self.assert_refused(self.run_stage("spectra"), 2, "other trajectories", "--force")

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
                                  ("time", (59,), "time holds 59 values, expected 60"),
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

    def test_unfinished_trajectories(self):
        with h5py.File(self.trajectories, "r+") as file:
            file["configurations/width=10/complete"][1] = 0
        self.spectra.unlink()
        self.assert_refused(self.run_stage("spectra"), 1, "incomplete: 3 of 4 ensembles",
                            f"equikoop train {self.ini}")

    def test_unfinished_spectra(self):
        with h5py.File(self.spectra, "r+") as file:
            file["configurations/width=10/complete"][1] = 0
        self.assert_refused(self.run_stage("distances"), 1, "incomplete: 7 of 8 spectra",
                            f"equikoop spectra {self.ini}")


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


class TwoJobs(StudyTest):
    def test_the_second_is_refused_and_the_first_unharmed(self):
        ini = self.study(training__steps=4000, study__seeds=4)
        first = self.start("train", ini, "--out", "shared", "-q", ranks=1)
        until(lambda: (self.folder / "shared/trajectories.h5").exists(), what="the archive", job=first)
        stop([first.pid])  # so that it is at work for as long as the second asks
        second = self.run_program("train", ini, "--out", "shared", "-q", ranks=RANKS)
        send([first.pid], signal.SIGCONT)
        self.assertEqual(self.finish(first).code, 0)
        self.assert_refused(second, 1, "another job is at work in shared")
        self.succeed("train", ini, "--out", "shared", "-q")

    def test_whoever_reads_the_archive_is_in_nobodys_way(self):
        ini = self.study()
        self.succeed("train", ini, "--out", "shared", "-q", "--study.seeds=1")
        with h5py.File(self.folder / "shared/trajectories.h5"):
            self.succeed("run", ini, "--out", "shared", "-q", "--study.seeds=1")


class Folders(StudyTest):
    def test_folder_below_a_file(self):
        (self.folder / "file").write_text("")
        result = self.run_program("run", self.study(), "--out", "file/results", ranks=RANKS)
        self.assert_refused(result, 1, "cannot make the folder file/results", "--out")

    def test_results_folder_is_a_file(self):
        (self.folder / "file").write_text("")
        result = self.run_program("run", self.study(), "--out", "file", ranks=RANKS)
        self.assert_refused(result, 1, "file", "--out")

    def test_spaces_and_other_alphabets(self):
        place = self.folder / "ma thèse/результаты 結果"
        place.mkdir(parents=True)
        ini = self.study("größe 1.ini", study__name="sizes").rename(place / "größe 1.ini")
        out = place / "out put"
        self.succeed("run", ini, "--out", out, "-q")
        status = self.succeed("status", out, ranks=1).out
        self.assertIn("distances.h5     whole", status)
        with h5py.File(out / "trajectories.h5") as file:
            self.assertEqual(file["provenance"].attrs["study_file"], str(ini))

    def test_command_to_resume_can_be_pasted(self):
        out = self.folder / "my results"
        ini = self.study("my study.ini", study__name="mine")
        self.succeed("train", ini, "--out", out, "-q")
        line = next(x for x in self.succeed("status", out, ranks=1).out.splitlines() if x.startswith("next: "))
        words = subprocess.run(["bash", "-c", f'equikoop() {{ printf "%s\\n" "$@"; }}; {line[6:]}'],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(words, ["spectra", str(ini), "--out", str(out)])


class MountedFolders(StudyTest):
    """Small and read-only file systems, where this user may mount them."""

    def mount(self, options):
        place = self.folder / "disk"
        place.mkdir()
        result = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "equikoop-test", str(place)],
                                capture_output=True, text=True)
        if result.returncode != 0:
            self.skipTest(f"may not mount a tmpfs: {result.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=True)
        return place

    def test_read_only_folder(self):
        place = self.mount("size=1m")
        (place / "there").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        for out in (place / "there", place / "new"):
            result = self.run_program("run", self.study(), "--out", out, "-q", ranks=RANKS)
            self.assert_refused(result, 1, str(out), "--out")

    def test_immutable_folder(self):
        out = self.folder / "fixed"
        out.mkdir()
        done = subprocess.run(["chattr", "+i", str(out)], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"may not make a folder immutable: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["chattr", "-i", str(out)], check=True)
        result = self.run_program("run", self.study(), "--out", out, "-q", ranks=RANKS)
        self.assert_refused(result, 1, str(out), "permission", "--out")

    def test_disk_full_for_spectra_and_distances(self):
        ini = self.study()
        place = self.mount("size=4m")
        out = place / "out"
        self.succeed("train", ini, "--out", out, "-q")
        for stage, name in (("spectra", "spectra.h5"), ("distances", "distances.h5")):
            with open(place / "ballast", "wb", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(bytes(4096))
                except OSError:
                    pass
            os.truncate(place / "ballast", (place / "ballast").stat().st_size - 8192)  # the lock and the probe fit
            result = self.run_program(stage, ini, "--out", out, "-q", ranks=2)
            self.assert_refused(result, 1, name, "No space left on device")
            self.assertFalse((out / name).exists())
            self.assertFalse((out / f"{name}.tmp").exists())
            (place / "ballast").unlink()
            self.succeed(stage, ini, "--out", out, "-q")

    def test_disk_full_at_the_start(self):
        place = self.mount("size=64k")
        (place / "ballast").write_bytes(bytes(40 * 1024))
        ini = self.study()
        result = self.run_program("train", ini, "--out", place / "out", "-q", ranks=RANKS)
        self.assertEqual(result.code, 1, result.err)
        self.assert_refused(result, 1, "cannot", "trajectories.h5", "No space left on device")
        self.assertEqual([p.name for p in (place / "out").iterdir() if p.name.startswith("traj")], [])

    def test_disk_full_in_the_middle_keeps_what_is_whole(self):
        ini = self.study(study__seeds=8, training__steps=400, model__width="10", study__initials=5)
        self.succeed("train", ini, "--out", "undisturbed", "-q")
        size = (self.folder / "undisturbed/trajectories.h5").stat().st_size
        place = self.mount(f"size={size * 2}")
        ballast = place / "ballast"
        ballast.write_bytes(bytes(size * 2 - size * 3 // 4))  # room for what four ranks write at once, and more
        result = self.run_program("train", ini, "--out", place / "out", "-q", ranks=RANKS)
        # Open MPI's I/O says so too, in its own words; of ours there is one line.
        ours = [line for line in result.err.splitlines() if not line.startswith("mca_fbtl")]
        self.assert_refused(result._replace(err="\n".join(ours)), 1, str(place), "disk full", "same command resumes")
        with h5py.File(place / "out/trajectories.h5") as file:
            kept = int(file["configurations/base/complete"][...].sum())
        self.assertGreater(kept, 0)
        self.assertLess(kept, 8)
        ballast.unlink()
        again = self.run_program("train", ini, "--out", place / "out", ranks=2)
        self.assertEqual(again.code, 0, again.err)
        self.assertIn(f"{kept} of 8 ensembles are there", again.out)
        self.assert_same_data(self.folder / "undisturbed/trajectories.h5", place / "out/trajectories.h5")


# Stands in for a disk whose fullness shows at the flush (delayed allocation, quotas of a server):
# fsync fails once it has been called FSYNC_GOOD times.
FULL_AT_FLUSH = """
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int fsync(int file) {
  static int calls = 0;
  if (calls++ >= atoi(getenv("FSYNC_GOOD"))) { errno = ENOSPC; return -1; }
  return (int)syscall(SYS_fsync, file);
}
"""


class FullAtFlush(StudyTest):
    def test_what_did_not_reach_the_disk_is_not_marked(self):
        ini = self.study(study__seeds=4)
        source, library = self.folder / "full.c", self.folder / "full.so"
        source.write_text(FULL_AT_FLUSH)
        if subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], capture_output=True).returncode != 0:
            self.skipTest("no C compiler called cc")
        self.succeed("train", ini, "--out", "calm", "-q")
        for good, kept, words in ((0, None, "No space left on device"), (4, 3, "No space left on device")):
            out = self.folder / f"good{good}"
            result = self.run_program("train", ini, "--out", out, "-q", ranks=1,
                                      env={"LD_PRELOAD": str(library), "FSYNC_GOOD": str(good)})
            self.assert_refused(result, 1, "cannot force", "trajectories.h5", words)
            if kept is None:  # the flush of the creation: no file
                self.assertEqual([p.name for p in out.iterdir() if p.name.startswith("traj")], [])
            else:  # the first flush was that of the creation
                self.assertEqual(whole_ensembles(out / "trajectories.h5"), kept)
            self.succeed("train", ini, "--out", out, "-q")
            self.assert_same_data(self.folder / "calm/trajectories.h5", out / "trajectories.h5")


if __name__ == "__main__":
    main()
