#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ranks killed at random moments: the files stay readable, and the same command, on another number
of ranks, ends with the data of an undisturbed run. EQUIKOOP_KILLS sets the kills a stage (default 3),
EQUIKOOP_KILL_SEED where the random moments begin."""
import os
import pathlib
import random
import signal
import sys
import time

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, rank_processes

KILLS = int(os.environ.get("EQUIKOOP_KILLS", 3))
SEED = int(os.environ.get("EQUIKOOP_KILL_SEED", 20230216))


class Killed(StudyTest):
    def setUp(self):
        super().setUp()
        self.ini = self.study(study__seeds=5, study__initials=4, training__steps=3000, training__batch_size=60,
                              koopman__delays=40, koopman__rank=8)
        self.calm = self.folder / "undisturbed"

    def wait_for_ranks(self, job, ranks, within=20):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and job.poll() is None:
            found = rank_processes(job.pid)
            if len(found) == ranks:
                return found
            time.sleep(0.002)
        return []

    def kill_once(self, chance, stage, span):
        """Kills one rank or all of them at a random moment of the first `span` seconds."""
        ranks = chance.randint(2, 4)
        pause = chance.uniform(0, span)
        job = self.start(stage, self.ini, "--out", self.out, "-q", ranks=ranks)
        found = self.wait_for_ranks(job, ranks)
        time.sleep(pause)
        victims = [chance.choice(found)] if found and chance.random() < 0.5 else found
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the job was faster
        result = self.finish(job)
        print(f"  {stage}: {len(victims)} of {ranks} ranks killed after {pause:.3f} s, exit {result.code}")

    def finished(self, name):
        """Complete marks in the file; any HDF5 program can read it at any time."""
        path = self.out / name
        if not path.exists():
            return 0
        with h5py.File(path) as file:
            return sum(int(g["complete"][...].sum()) for g in file["configurations"].values())

    def torment(self, stage, name, resume_ranks):
        undisturbed = self.succeed(stage, self.ini, "--out", self.calm, "-q", ranks=2)
        for kill in range(KILLS):
            seed = SEED + kill
            chance = random.Random(f"{stage} {seed}")
            self.out = self.folder / f"killed-{stage}-{seed}"
            if stage == "spectra":
                self.out.mkdir()
                os.link(self.calm / "trajectories.h5", self.out / "trajectories.h5")
            print(f"seed {seed}:")
            before = 0
            for _ in range(2):
                self.kill_once(chance, stage, 1.2 * undisturbed.seconds)
                after = self.finished(name)
                self.assertGreaterEqual(after, before, "finished ensembles were lost")
                before = after
            self.succeed(stage, self.ini, "--out", self.out, "-q", ranks=resume_ranks[kill % len(resume_ranks)])
            self.assert_same_data(self.calm / name, self.out / name)
            self.assertEqual([p.name for p in self.out.iterdir() if p.name.endswith(".tmp")], [])

    def test_training(self):
        self.torment("train", "trajectories.h5", [1, 3, 4])

    def test_spectra(self):
        # An ensemble that several ranks share is summed in another order, so that its last bits may
        # differ; alone, a rank repeats them.
        self.succeed("train", self.ini, "--out", self.calm, "-q")
        self.torment("spectra", "spectra.h5", [1])


if __name__ == "__main__":
    main()
