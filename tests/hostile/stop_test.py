#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stopped in time by a signal or the wall time, in every stage: exit 85, a consistent archive, a status
that names the command which goes on. Jobs are met in their middle by strides (walk_until), so that no
machine is too fast or too slow."""
import os
import pathlib
import signal
import sys
import time
import unittest

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, pending, send, stop, until, walk_until, whole_ensembles

RESUMABLE = 85
GRACE = 30.0  # s from the signal to the end of the job, as documented


class StopTest(StudyTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def whole(self, name):
        return whole_ensembles(self.out / name)

    def meet(self, stage, name, ranks, *words):
        """The job, and its ranks stopped after the first whole part of the file and before the last."""
        job = self.start(stage, self.ini, "--out", self.out, "-q", *words, ranks=ranks)
        until(lambda: (self.out / name).exists(), what=name, pause=0.002, job=job)
        found = self.ranks_of(job, ranks)
        self.addCleanup(send, found, signal.SIGCONT)
        walk_until(found, lambda: self.whole(name) > 0 or job.poll() is not None)
        return job, found

    def warn(self, found, target, number):
        """Sends the signal to `target` while the ranks stand still, and lets them go on once it is there."""
        os.kill(target, number)
        until(lambda: any(pending(rank, number) for rank in found), what="the signal at a rank")
        send(found, signal.SIGCONT)

    def assert_stopped(self, job, stage, name, all_of, what, *reasons):
        result = self.finish(job)
        self.assert_refused(result, RESUMABLE, f"whole; resume with the same command: equikoop {stage}", *reasons,
                            within=GRACE)
        done = self.whole(name)
        self.assertIn(f"{done} of {all_of} {what} are whole", result.err)
        self.assertTrue(0 < done < all_of, done)
        status = self.succeed("status", self.out, ranks=1).out
        self.assertIn(f"{done} of {all_of} {what}, incomplete", status)
        self.assertIn(f"next: equikoop {stage} {self.ini} --out {self.out}", status)


class StoppedTraining(StopTest):
    def setUp(self):
        super().setUp()
        # Some seconds of training, in 48 ensembles: far more than a stride.
        self.ini = self.study(study__seeds=24, study__initials=3, training__steps=5000, record__every=50,
                              koopman__delays=8)

    def test_warning_signal_of_a_batch_system(self):
        job, found = self.meet("train", "trajectories.h5", 3)
        self.warn(found, job.pid, signal.SIGUSR1)  # mpirun and srun hand it on to the ranks
        self.assert_stopped(job, "train", "trajectories.h5", 48, "ensembles", f"stopped by signal {int(signal.SIGUSR1)}")

    def test_termination_of_one_rank_stops_all_and_the_rest_has_the_same_bits(self):
        self.succeed("train", self.ini, "--out", "calm", "-q", ranks=2)
        job, found = self.meet("train", "trajectories.h5", 3)
        self.warn(found, found[-1], signal.SIGTERM)
        self.assert_stopped(job, "train", "trajectories.h5", 48, "ensembles", f"stopped by signal {int(signal.SIGTERM)}")
        self.succeed("train", self.ini, "--out", self.out, "-q", ranks=2)
        self.assert_same_data(self.folder / "calm/trajectories.h5", self.out / "trajectories.h5")


class CutOffImport(StopTest):
    """Sixty configurations from one file: more than a stride."""

    def setUp(self):
        super().setUp()
        numpy.save(self.folder / "all.npy", numpy.random.default_rng(1).normal(size=(2, 3, 50, 400)))
        self.ini = self.folder / "mine.ini"
        self.ini.write_text("[import]\n" + "".join(f"[import c{i:02}]\nfile = all.npy\n" for i in range(60)))

    def assert_the_rest_follows(self):
        kept = self.whole("trajectories.h5")
        self.assertTrue(0 < kept < 120, kept)
        self.assertIn(f"next: equikoop import {self.ini} --out {self.out}", self.succeed("status", self.out, ranks=1).out)
        self.assert_refused(self.run_program("spectra", self.ini, "--out", self.out, "-q"), 1,
                            f"incomplete: {kept} of 120 ensembles. Resume with: equikoop import {self.ini}")
        other = self.folder / "other.ini"
        other.write_text("[import c00]\nfile = all.npy\n")
        self.assert_refused(self.run_program("import", other, "--out", self.out, "-q"), 2, "was not made from these files")
        again = self.succeed("import", self.ini, "--out", self.out, ranks=2)
        self.assertIn(f"import: {kept} of 120 ensembles are there", again.out)
        self.succeed("import", self.ini, "--out", "calm", "-q", ranks=1)
        self.assert_same_data(self.folder / "calm/trajectories.h5", self.out / "trajectories.h5")
        self.assertIn("120 of 120 whole ensembles match", self.succeed("status", self.out, "--verify").out)

    def test_stopped(self):
        job, found = self.meet("import", "trajectories.h5", 3)
        self.warn(found, found[1], signal.SIGTERM)
        self.assert_stopped(job, "import", "trajectories.h5", 120, "ensembles", f"stopped by signal {int(signal.SIGTERM)}")
        self.assert_the_rest_follows()

    def test_killed(self):
        job, found = self.meet("import", "trajectories.h5", 3)
        send(found, signal.SIGKILL)
        self.finish(job)
        self.assert_the_rest_follows()


class WallTime(StopTest):
    def test_walltime_is_obeyed_and_the_same_command_gets_further(self):
        # A thousand ensembles of some milliseconds each: a part of them, at any speed.
        self.ini = self.study(study__seeds=1000, study__initials=1, training__steps=20000, record__every=1000,
                              koopman__delays=2, koopman__rank=2)
        before = 0
        for limit, ranks in (("3", 2), ("0:00:03", 1)):
            job = self.start("train", self.ini, "--out", self.out, "-q", "--walltime", limit, ranks=ranks)
            self.assert_stopped(job, "train", "trajectories.h5", 2000, "ensembles", "stopped by the wall time")
            self.assertGreater(self.whole("trajectories.h5"), before)
            before = self.whole("trajectories.h5")


class StoppedAnalysis(StopTest):
    """Spectra and distances that take some seconds."""

    def setUp(self):
        super().setUp()
        self.ini = self.study(study__seeds=8, study__initials=4, training__steps=1200, koopman__delays=40, model__width="4 5 6 7",
                              koopman__rank=12, koopman__method="matrix_free", compare__permutations=200000,
                              compare__bootstrap=20000)

    def test_spectra(self):
        self.succeed("train", self.ini, "--out", self.out, "-q", ranks=2)
        self.succeed("spectra", self.ini, "--out", self.out, "-q", ranks=1)
        calm = self.folder / "calm.h5"
        (self.out / "spectra.h5").rename(calm)
        for number in (signal.SIGUSR1, signal.SIGTERM):
            (self.out / "spectra.h5").unlink(missing_ok=True)
            job, found = self.meet("spectra", "spectra.h5", 1)
            self.warn(found, job.pid, number)
            self.assert_stopped(job, "spectra", "spectra.h5", 64, "spectra", f"stopped by signal {int(number)}")
        self.succeed("spectra", self.ini, "--out", self.out, "-q", ranks=1)
        self.assert_same_data(calm, self.out / "spectra.h5")

    def test_distances(self):
        self.succeed("train", self.ini, "--out", self.out, "-q", ranks=2)
        self.succeed("spectra", self.ini, "--out", self.out, "-q", ranks=2)
        # The signal is there before the first pair: what is looked at is the stop, not the race to it.
        for number in (signal.SIGUSR1, signal.SIGTERM):
            job = self.start("distances", self.ini, "--out", self.out, "-q", ranks=2)
            until(lambda: (self.out / ".lock").exists() and self.locked(), what="the lock", pause=0.001, job=job)
            found = self.ranks_of(job, 2)
            stop(found)
            self.addCleanup(send, found, signal.SIGCONT)
            for rank in found:
                os.kill(rank, number)
            send(found, signal.SIGCONT)
            self.assert_refused(self.finish(job), RESUMABLE, "distances stopped by signal", within=GRACE)
            self.assertFalse((self.out / "distances.h5").exists())
            status = self.succeed("status", self.out, ranks=1).out
            self.assertIn(f"next: equikoop distances {self.ini} --out {self.out}", status)

    @unittest.skipUnless(os.environ.get("EQUIKOOP_LONG"), "takes 20 s: tests/run.sh --long")
    def test_a_step_that_cannot_stop_is_left(self):
        """One rank stands still, as in a call that takes long: the other cannot end in order."""
        self.succeed("train", self.ini, "--out", self.out, "-q", ranks=2)
        job, found = self.meet("spectra", "spectra.h5", 2)
        began = time.monotonic()
        for rank in found:
            os.kill(rank, signal.SIGUSR1)
        send(found[:1], signal.SIGCONT)
        until(lambda: "stopped" not in "".join(self.state(rank) for rank in found[:1]), within=60, what="the first rank")
        result = self.finish(job)
        self.assertEqual(result.code, RESUMABLE, result.err)
        self.assertIn("stopped in the middle of a long step; what is whole is kept; resume with the same command", result.err)
        self.assertLess(time.monotonic() - began, GRACE)
        self.succeed("spectra", self.ini, "--out", self.out, "-q", ranks=2)

    @staticmethod
    def state(process):
        try:
            return pathlib.Path(f"/proc/{process}/status").read_text().split("State:")[1].split("\n")[0]
        except OSError:
            return ""

    def locked(self):
        """Whether a job holds the folder."""
        import fcntl
        with open(self.out / ".lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


if __name__ == "__main__":
    main()
