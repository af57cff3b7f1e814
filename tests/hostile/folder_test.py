#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Folders of results: in use by another job, in the wrong place, with names of any alphabet."""
import pathlib
import signal
import subprocess
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, send, stop, until

RANKS = 4


class TwoJobs(StudyTest):
    def test_the_second_is_refused_and_the_first_unharmed(self):
        # A thousand ensembles of 40,000 steps: no machine is done with them before it is stopped.
        ini = self.study()
        words = ("train", ini, "--out", "shared", "-q", "--study.seeds=1000", "--training.steps=40000", "--record.every=1000")
        first = self.start(*words, ranks=1)
        self.addCleanup(send, [first.pid], signal.SIGKILL)
        until(lambda: (self.folder / "shared/trajectories.h5").exists(), what="the archive", job=first)
        stop([first.pid])  # so that it is at work for as long as the second asks
        second = self.run_program(*words, ranks=RANKS)
        self.assert_refused(second, 1, "another job is at work in shared; wait for it or choose another --out")
        send([first.pid], signal.SIGCONT)
        send([first.pid], signal.SIGUSR1)
        self.assert_refused(self.finish(first), 85, "of 2000 ensembles are whole")
        self.assertNotIn("is damaged", self.succeed("status", "shared", "--verify", ranks=1).out)
        self.succeed("train", ini, "--out", "shared", "-q", "--force")  # the folder is free again

    def test_file_system_without_locks(self):
        """Lustre, mounted without flock: a job says so, and works."""
        env = {"LD_PRELOAD": self.preload("#include <errno.h>\nint flock(int file, int how) { errno = ENOSYS; return -1; }\n")}
        result = self.succeed("run", self.study(), "--out", "unlocked", ranks=2, env=env)
        self.assertIn("unlocked: the file system has no locks: let no second job work in this folder", result.out)

    def test_whoever_reads_the_archive_is_in_nobodys_way(self):
        ini = self.study()
        self.succeed("train", ini, "--out", "shared", "-q", "--study.seeds=1")
        with h5py.File(self.folder / "shared/trajectories.h5"):
            self.succeed("run", ini, "--out", "shared", "-q", "--study.seeds=1")

RANKS = 4


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


if __name__ == "__main__":
    main()
