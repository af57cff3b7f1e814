#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Job scripts against a real Slurm: the chain, the warning before the time limit, a lost node, arrays.
Exit code 77 with a line when Slurm cannot be started here. EQUIKOOP_BINARY names the program."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from cluster import Cluster, Unavailable  # noqa: E402
from support.equikoop import pending, send, until, walk_until, whole_ensembles  # noqa: E402

ROOT = HERE.parents[1]
BINARY = os.environ.get("EQUIKOOP_BINARY") or str(ROOT / "build/native/src/equikoop")
SKIPPED = 77

# Some seconds of training, so that a job can be met in its middle: far longer than a stride of
# walk_until.
STUDY = """\
[study]
seeds = {seeds}
initials = 4
[data]
source = digits
order = shuffled
[model]
width = {widths}
[training]
steps = {steps}
batch_size = 60
[record]
every = 20
[koopman]
delays = 8
rank = 4
"""
ENSEMBLES = 24


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("SLURM", "SBATCH", "OMPI_", "PMIX_", "EQUIKOOP"))}
    return {**kept, "EQUIKOOP_PROGRAM": BINARY, **more}


class SlurmTest(unittest.TestCase):
    cluster = None  # started once, at the end of this file

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="equikoop slurm "))  # a path with a space
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        subprocess.run([sys.executable, ROOT / "input/make_digits.py", "--out", cls.top / "data/digits"],
                       check=True, stdout=subprocess.DEVNULL)
        cls.study = cls.top / "long.ini"
        cls.study.write_text(STUDY.format(seeds=ENSEMBLES // 2, widths="5 10", steps=4000))
        cls.reference = cls.top / "reference"
        for stage in ("train", "spectra", "distances"):
            done = cls.plain(f"{stage}.sbatch", cls.study, "--out", cls.reference)
            assert done.returncode == 0, done.stdout + done.stderr

    @classmethod
    def plain(cls, script, *words, **more):
        """A job script under plain bash."""
        return subprocess.run(["bash", ROOT / "jobs" / script, *map(str, words)], cwd=cls.top, text=True,
                              capture_output=True, timeout=300, env=clean_environment(EQUIKOOP_RANKS="2", **more))

    def submit(self, *words, folder=None):
        """submit.sh: two ranks for train and spectra, so that both nodes are used."""
        printed = self.cluster.call(
            ROOT / "jobs/submit.sh", *words, "--site", HERE / "site.sh", "--train-ranks", 2, "--spectra-ranks", 2,
            "--distances-ranks", 1, "--sbatch", "--mem-per-cpu=200M", cwd=folder or self.top,
            env=clean_environment(SLURM_CONF=self.cluster.environment["SLURM_CONF"]))
        first = printed.splitlines()[0].split(";")[0]
        return [word.split()[1] for word in first.split(", ")], printed

    def wait_for(self, job, state="COMPLETED", seconds=180):
        def over():
            return self.cluster.job(job)["JobState"] not in (
                "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "SUSPENDED")
        self.until(over, seconds, f"the end of job {job}")
        self.assertEqual(self.cluster.job(job)["JobState"], state, self.logs())

    def until(self, condition, seconds, what, pause=0.2):
        try:
            return until(condition, seconds, what, pause)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self):
        return "\n".join(f"{f.name}:\n{f.read_text()[-3000:]}" for f in self.top.glob("**/logs/*.log"))

    def log(self, out, stage, job):
        file = out.parent / "logs" / f"equikoop-{stage}-{job}.log"
        return file.read_text() if file.exists() else ""

    def assert_as_undisturbed(self, out, stages=("trajectories", "spectra", "distances")):
        for name in stages:
            where = "/configurations" if name != "distances" else "/pairs"
            done = subprocess.run(["h5diff", out / f"{name}.h5", self.reference / f"{name}.h5", where, where],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    def processes(self):
        return self.cluster.processes(program=os.path.basename(BINARY))

    def trained(self, out):
        """Ensembles that are marked as whole."""
        return whole_ensembles(out / "trajectories.h5")

    def freeze_in_the_middle(self, out):
        """Stops the ranks where they are, with some ensembles done and some not; returns their ids."""
        ranks = self.until(lambda: (out / "trajectories.h5").exists() and self.processes(), 120,
                      "the archive", pause=0.02)
        self.addCleanup(lambda: send(set(ranks) & set(self.processes()), signal.SIGCONT))
        walk_until(ranks, lambda: self.trained(out) > 0)
        self.assertLess(self.trained(out), ENSEMBLES)
        self.assertEqual(sorted(self.processes()), sorted(ranks), self.logs())
        return ranks

    def test_chain_completes_as_undisturbed(self):
        out = self.top / "chain results %x" / "long"
        jobs, printed = self.submit(self.study, "--out", out)
        self.assertIn("squeue -j " + ",".join(jobs), printed)
        self.wait_for(jobs[2])
        self.assert_as_undisturbed(out)
        self.assertIn("2 ranks on 2 nodes", self.log(out, "train", jobs[0]))
        self.assertNotIn("\r", self.log(out, "train", jobs[0]))

    def test_warned_job_stops_in_time_and_is_requeued_and_completes(self):
        out = self.top / "limit" / "long"
        jobs, _ = self.submit(self.study, "--out", out, "--force")
        ranks = self.freeze_in_the_middle(out)
        train = jobs[0]
        # The limit is made too short when the job is in its middle, however long that took: what is left of it is
        # within the margin of the warning, which comes at Slurm's next look, half a minute apart.
        self.cluster.call("scontrol", "update", f"JobId={train}", "EndTime=now+80seconds")
        self.until(lambda: any(pending(rank, signal.SIGUSR1) for rank in ranks), 55, "the warning at the ranks")
        before = self.trained(out)
        send(ranks, signal.SIGCONT)
        self.until(lambda: "stopped in time and is requeued (restart 1 of at most 20)" in self.log(out, "train", train), 60, "the requeue")
        self.assertIn("ensembles are whole; resume with the same command", self.log(out, "train", train))
        self.assertEqual(self.cluster.job(jobs[1])["JobState"], "PENDING")  # it waits for the requeued one
        self.until(lambda: self.cluster.job(train)["JobState"] == "PENDING", 60, "the requeued job in the queue")
        self.cluster.call("scontrol", "update", f"JobId={train}", "TimeLimit=5")
        self.until(lambda: self.cluster.has_started_again(train), 120, "the second start")
        self.wait_for(jobs[2])
        self.assertEqual(self.cluster.job(train)["Restarts"], "1")
        self.assertGreater(before, 0)
        self.assertIn(f"of {ENSEMBLES} ensembles are there", self.log(out, "train", train))  # resumed, despite --force
        self.assert_as_undisturbed(out)

    def test_lost_node_loses_nothing(self):
        out = self.top / "node" / "long"
        jobs, _ = self.submit(self.study, "--out", out)
        self.freeze_in_the_middle(out)
        self.cluster.lose_node("n2")
        self.until(lambda: self.cluster.job(jobs[0])["JobState"] in ("PENDING", "COMPLETING", "REQUEUED"), 60,
              "the job back in the queue")
        self.assertLess(self.trained(out), ENSEMBLES)
        self.cluster.return_node("n2")
        self.until(lambda: self.cluster.has_started_again(jobs[0]), 120, "the second start")
        self.wait_for(jobs[2])
        self.assertEqual(self.cluster.job(jobs[0])["Restarts"], "1")
        self.assertIn(f"of {ENSEMBLES} ensembles are there", self.log(out, "train", jobs[0]))
        self.assert_as_undisturbed(out)

    def test_cancelled_job_is_not_requeued(self):
        out = self.top / "cancelled" / "long"
        jobs, _ = self.submit(self.study, "--out", out)
        self.until(self.processes, 60, "the ranks")
        self.cluster.call("scancel", jobs[0])
        self.wait_for(jobs[0], "CANCELLED")
        self.wait_for(jobs[2], "CANCELLED")  # what depends on it goes too
        self.assertEqual(self.cluster.job(jobs[0])["Restarts"], "0")

    def test_array_runs_each_study_and_a_bad_one_holds_only_itself(self):
        folder = self.top / "array"
        folder.mkdir()
        names = ("first.ini", "bad.ini", "odd ; $(touch owned) name")
        for name in names:
            (folder / name).write_text(STUDY.format(seeds=2, widths="5", steps=400))
        (folder / names[1]).write_text("[study]\nseeds = none\n")
        (folder / names[2]).write_text(STUDY.format(seeds=2, widths="5", steps=400).replace("[study]", "[study]\nname = odd"))
        jobs, _ = self.submit(*names, "--training.steps=600", "--data.path=../data/digits", folder=folder)
        for task, state in ((0, "COMPLETED"), (2, "COMPLETED"), (1, "CANCELLED")):
            self.wait_for(f"{jobs[2]}_{task}", state)
        self.assertEqual(self.cluster.job(f"{jobs[0]}_1")["ExitCode"], "2:0")
        for name in ("first", "odd"):
            self.assertTrue((folder / "results" / name / "distances.h5").exists())
        self.assertFalse(list(folder.glob("**/owned")))


if __name__ == "__main__":
    try:
        SlurmTest.cluster = Cluster()
    except Unavailable as reason:
        print(f"slurm.chain is skipped: {reason}")
        sys.exit(SKIPPED)
    try:
        unittest.main(verbosity=2)
    finally:
        SlurmTest.cluster.stop()
