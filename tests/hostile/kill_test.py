#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ranks killed in every stage: at random moments, while a file is created, and in the flush before a
mark. Afterwards the files are readable by h5py and h5dump, no mark is lost, and the same command, on
another number of ranks, ends with the data of an undisturbed run. EQUIKOOP_KILLS sets the number of
kills (tests/run.sh --long: 50), EQUIKOOP_KILL_SEED where the random choices begin."""
import itertools
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main, send, whole_ensembles

KILLS = int(os.environ.get("EQUIKOOP_KILLS", 6))
SEED = int(os.environ.get("EQUIKOOP_KILL_SEED", 20230216))
FSYNC = "74"  # Linux on x86-64; elsewhere the flush is met by chance

# A file of each stage with the data that must be as undisturbed.
FILES = {"train": ("trajectories.h5", ["/configurations"]), "spectra": ("spectra.h5", ["/configurations"]),
         "distances": ("distances.h5", ["/pairs", "/distances", "/floor"])}
MOMENTS = [("train", "random"), ("spectra", "random"), ("train", "flush"), ("distances", "creation"),
           ("train", "creation"), ("spectra", "flush"), ("train", "random"), ("distances", "random"),
           ("spectra", "creation"), ("spectra", "random")]


def in_fsync(process):
    try:
        return pathlib.Path(f"/proc/{process}/syscall").read_text().split()[0] == FSYNC
    except (OSError, IndexError):
        return False


class Killed(StudyTest):
    def setUp(self):
        super().setUp()
        self.ini = self.study(study__seeds=5, study__initials=4, training__steps=3000, training__batch_size=60,
                              koopman__delays=40, koopman__rank=8)
        self.calm = self.folder / "undisturbed"
        self.seconds = {stage: self.succeed(stage, self.ini, "--out", self.calm, "-q", ranks=2).seconds
                        for stage in FILES}

    def wait_for(self, moment, job, ranks, pause):
        """Returns when the moment is there, or the job over; whether it is the moment asked for."""
        name = FILES[self.stage][0]
        if moment == "random":
            end = time.monotonic() + pause
            while time.monotonic() < end and job.poll() is None:
                time.sleep(0.001)
            return job.poll() is None
        # Creation begins anew wherever it is met; a flush is that of a mark once the file has its name.
        here = {"creation": lambda: (self.out / f"{name}.tmp").exists(),
                "flush": lambda: (self.out / name).exists() and any(map(in_fsync, self.ranks_of(job, ranks)))}[moment]
        while job.poll() is None:
            if here():
                return True
        return False

    def kill_once(self, chance, moment):
        ranks = chance.randint(2, 4)
        job = self.start(self.stage, self.ini, "--out", self.out, "-q", ranks=ranks)
        pause = chance.uniform(0, 1.2 * self.seconds[self.stage])
        met = self.wait_for(moment, job, ranks, pause)
        found = self.ranks_of(job, ranks)
        victims = [chance.choice(found)] if found and chance.random() < 0.5 else found
        send(victims, signal.SIGKILL)
        code = self.finish(job).code
        return ranks, f"{len(victims)} of {ranks} ranks, {moment}{'' if met else ' (over before)'}, exit {code}"

    def assert_readable(self):
        """The file is whole or not there; how many marks it has."""
        path = self.out / FILES[self.stage][0]
        if not path.exists():
            return 0
        dump = subprocess.run(["h5dump", "-H", str(path)], capture_output=True, text=True)
        self.assertEqual((dump.returncode, dump.stderr), (0, ""))
        return whole_ensembles(path) if self.stage != "distances" else 0

    def test_kills(self):
        for number, (self.stage, moment) in zip(range(KILLS), itertools.cycle(MOMENTS)):
            seed = SEED + number
            with self.subTest(seed=seed, stage=self.stage, moment=moment):
                chance = random.Random(seed)
                self.out = self.folder / f"killed-{seed}"
                self.out.mkdir()
                for earlier in itertools.takewhile(lambda stage: stage != self.stage, FILES):
                    os.link(self.calm / FILES[earlier][0], self.out / FILES[earlier][0])
                ranks, words = self.kill_once(chance, moment)
                before = self.assert_readable()
                # An ensemble that several ranks share is summed in another order, so that the last bits
                # of its spectrum may differ; alone, a rank repeats them.
                others = [1] if self.stage == "spectra" else [n for n in (1, 2, 3, 4) if n != ranks]
                resumed = chance.choice(others)
                print(f"  seed {seed}: {self.stage}: {words}; {before} marks kept; resumed on {resumed}", flush=True)
                result = self.succeed(self.stage, self.ini, "--out", self.out, ranks=resumed)
                if before and self.stage == "train":
                    all_there = f"all {before} ensembles are in" in result.out
                    self.assertTrue(all_there or f"{before} of 10 ensembles are there" in result.out, result.out)
                for where in FILES[self.stage][1]:
                    self.assert_same_data(self.calm / FILES[self.stage][0], self.out / FILES[self.stage][0], where)
                self.assertEqual([p.name for p in self.out.iterdir() if p.name.endswith(".tmp")], [])
                verified = self.succeed("status", self.out, "--verify", ranks=2).out
                self.assertNotIn("does not match", verified)


if __name__ == "__main__":
    main()
