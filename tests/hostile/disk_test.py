#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Disks that are full when a file is created, written or flushed, and folders that cannot be written."""
import os
import pathlib
import subprocess
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, whole_ensembles

RANKS = 4


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
        for name, words in (("there", "cannot write to the folder"), ("new", "cannot make the folder")):
            result = self.run_program("run", self.study(), "--out", place / name, "-q", ranks=RANKS)
            self.assert_refused(result, 1, f"{words} {place / name}", "; choose another with --out")

    def test_immutable_folder(self):
        out = self.folder / "fixed"
        out.mkdir()
        done = subprocess.run(["chattr", "+i", str(out)], capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"may not make a folder immutable: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["chattr", "-i", str(out)], check=True)
        result = self.run_program("run", self.study(), "--out", out, "-q", ranks=RANKS)
        self.assert_refused(result, 1, str(out), "(permission, quota or a full disk); choose another with --out")

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
        self.assert_refused(result, 1, "cannot write", "trajectories.h5.tmp: No space left on device")
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
        self.assert_refused(result._replace(err="\n".join(ours)), 1, f"cannot write to {place}",
                            "(is the disk full? what is complete is kept, the same command resumes)")
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

RANKS = 4


class FullAtFlush(StudyTest):
    def test_what_did_not_reach_the_disk_is_not_marked(self):
        ini = self.study(study__seeds=4)
        library = self.preload(FULL_AT_FLUSH)
        self.succeed("train", ini, "--out", "calm", "-q")
        for good, kept, words in ((0, None, "trajectories.h5.tmp to the disk: "), (4, 3, "trajectories.h5 to the disk: ")):
            out = self.folder / f"good{good}"
            result = self.run_program("train", ini, "--out", out, "-q", ranks=1,
                                      env={"LD_PRELOAD": library, "FSYNC_GOOD": str(good)})
            self.assert_refused(result, 1, "cannot force", words, "No space left on device")
            if kept is None:  # the flush of the creation: no file
                self.assertEqual([p.name for p in out.iterdir() if p.name.startswith("traj")], [])
            else:  # the first flush was that of the creation
                self.assertEqual(whole_ensembles(out / "trajectories.h5"), kept)
            self.succeed("train", ini, "--out", out, "-q")


if __name__ == "__main__":
    main()
