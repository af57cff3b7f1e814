#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stopped in time by a signal or the wall time: exit 85, a consistent archive, a command that resumes."""
import os
import pathlib
import signal
import sys
import time

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, rank_processes

RESUMABLE = 85


class StopTest(StudyTest):
    """What both kinds of test need: the archive in self.out, looked at while a job writes it."""

    def wait_for_first_ensemble(self, job):
        deadline = time.monotonic() + 60
        while not self.complete() and time.monotonic() < deadline and job.poll() is None:
            time.sleep(0.02)

    def complete(self):
        try:
            with h5py.File(self.out / "trajectories.h5") as file:
                return sum(int(g["complete"][...].sum()) for g in file["configurations"].values())
        except OSError:
            return 0


class Stopped(StopTest):
    def setUp(self):
        super().setUp()
        # Some ten seconds of training, were it not stopped.
        self.ini = self.study(study__seeds=12, study__initials=5, training__steps=40000, record__every=50,
                              koopman__delays=8)
        self.out = self.folder / "out"

    def start_training(self, ranks, *words):
        job = self.start("train", self.ini, "--out", self.out, *words, ranks=ranks)
        self.wait_for_first_ensemble(job)
        return job

    def assert_stopped(self, job, *reasons):
        result = self.finish(job)
        self.assert_refused(result, RESUMABLE, "whole; resume with the same command: equikoop train", *reasons,
                            within=10)
        done = self.complete()
        self.assertIn(f"{done} of 24 ensembles are whole", result.err)
        self.assertGreater(done, 0)
        self.assertLess(done, 24)
        status = self.succeed("status", self.out, ranks=1).out
        self.assertIn(f"{done} of 24 ensembles, incomplete", status)
        self.assertIn(f"next: equikoop train {self.ini} --out {self.out}", status)

    def test_warning_signal_of_a_batch_system(self):
        job = self.start_training(3)
        os.kill(job.pid, signal.SIGUSR1)  # mpirun and srun hand it on to the ranks
        self.assert_stopped(job, f"stopped by signal {int(signal.SIGUSR1)}")

    def test_termination_of_one_rank_stops_all(self):
        job = self.start_training(3)
        os.kill(rank_processes(job.pid)[-1], signal.SIGTERM)
        self.assert_stopped(job, f"stopped by signal {int(signal.SIGTERM)}")

    def test_walltime_then_resume(self):
        job = self.start_training(2, "--walltime", "2")
        self.assert_stopped(job, "stopped by the wall time")
        # Cut short, so that the rest does not take its ten seconds: what is whole stays.
        before = self.complete()
        job = self.start_training(4, "--walltime", "0:00:02")
        result = self.finish(job)
        self.assertIn(result.code, (0, RESUMABLE))
        self.assertGreater(self.complete(), before)


class StoppedAndResumed(StopTest):
    def test_resumes_to_the_same_bits(self):
        ini = self.study(study__seeds=24, training__steps=12000, study__initials=5, record__every=20)
        self.succeed("train", ini, "--out", "calm", "-q", ranks=2)
        self.out = self.folder / "stopped"
        job = self.start("train", ini, "--out", self.out, "-q", ranks=1)
        self.wait_for_first_ensemble(job)
        job.send_signal(signal.SIGTERM)
        result = self.finish(job)
        self.assertEqual(result.code, RESUMABLE, result.err)
        self.succeed("run", ini, "--out", "stopped", "-q", ranks=3)
        self.assert_same_data(self.folder / "calm/trajectories.h5", self.folder / "stopped/trajectories.h5")


if __name__ == "__main__":
    main()
