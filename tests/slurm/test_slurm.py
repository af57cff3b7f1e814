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
sys.path.insert(0, str(HERE))
from cluster import Cluster, Unavailable, kill_quietly, until  # noqa: E402

ROOT = HERE.parents[1]
BINARY = os.environ.get("EQUIKOOP_BINARY") or str(ROOT / "build/native/src/equikoop")
SKIPPED = 77

# Seconds of training on two slow processors: enough to be met in the middle, and stopped there.
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
steps = 400
batch_size = 60
[koopman]
delays = 8
rank = 4
"""
ENSEMBLES = 24


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("SLURM", "SBATCH", "OMPI_", "PMIX_", "EQUIKOOP"))}
    return {**kept, "EQUIKOOP_PROGRAM": BINARY, **more}


def trained(folder):
    """Ensembles that are marked as whole."""
    done = subprocess.run([BINARY, "status", str(folder)], capture_output=True, text=True,
                          env=clean_environment(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1"))
    line = next((l for l in done.stdout.splitlines() if "trajectories.h5" in l), "")
    return int(line.split()[1]) if " of " in line else 0


class SlurmTest(unittest.TestCase):
    cluster = None

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="equikoop slurm "))  # a path with a space
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        subprocess.run([sys.executable, ROOT / "input/make_digits.py", "--out", cls.top / "data/digits"],
                       check=True, stdout=subprocess.DEVNULL)
        cls.study = cls.top / "long.ini"
        cls.study.write_text(STUDY.format(seeds=ENSEMBLES // 2, widths="5 10"))
        cls.reference = cls.top / "reference"
        for stage in ("train", "spectra", "distances"):
            done = cls.plain(f"{stage}.sbatch", cls.study, "--out", cls.reference)
            assert done.returncode == 0, done.stdout + done.stderr
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)

    @classmethod
    def plain(cls, script, *words, **more):
        """A job script under plain bash."""
        return subprocess.run(["bash", ROOT / "jobs" / script, *map(str, words)], cwd=cls.top, text=True,
                              capture_output=True, timeout=120, env=clean_environment(EQUIKOOP_RANKS="2", **more))

    def submit(self, *words, folder=None):
        """submit.sh: two ranks for train and spectra, so that both nodes are used."""
        printed = self.cluster.call(
            ROOT / "jobs/submit.sh", *words, "--site", HERE / "site.sh", "--train-ranks", 2, "--spectra-ranks", 2,
            "--distances-ranks", 1, "--sbatch", "--mem-per-cpu=200M", cwd=folder or self.top,
            env=clean_environment(SLURM_CONF=self.cluster.environment["SLURM_CONF"]))
        first = printed.splitlines()[0].split(";")[0]
        return [word.split()[1] for word in first.split(", ")], printed

    def wait_for(self, job, state="COMPLETED", seconds=60):
        def over():
            return self.cluster.job(job)["JobState"] not in (
                "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED", "SUSPENDED")
        until(over, seconds, f"the end of job {job}\n{self.logs()}")
        self.assertEqual(self.cluster.job(job)["JobState"], state, self.logs())

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

    def freeze_in_the_middle(self, out):
        """Stops the ranks where they are, with some ensembles done and some not; returns their ids."""
        until(lambda: trained(out) > 0, 40, f"the first whole ensemble\n{self.logs()}")
        ranks = self.cluster.processes(program=os.path.basename(BINARY))
        self.assertTrue(ranks, "the job ended before it could be met in the middle")
        for pid in ranks:
            os.kill(pid, signal.SIGSTOP)
        self.addCleanup(lambda: [kill_quietly(pid, signal.SIGCONT) for pid in ranks
                                 if pid in self.cluster.processes(program=os.path.basename(BINARY))])
        self.assertLess(trained(out), ENSEMBLES)
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
        jobs, _ = self.submit(self.study, "--out", out, "--train-time", "1", "--force")
        ranks = self.freeze_in_the_middle(out)
        train = jobs[0]
        # A minute of limit is less than the margin of the warning: it comes at Slurm's next look.
        usr1 = 1 << (signal.SIGUSR1 - 1)

        def warned():
            bits = [line.split()[1] for pid in ranks for line in _status(pid) if "Pnd:" in line]
            return any(int(b, 16) & usr1 for b in bits)
        until(warned, 50, f"the warning at the ranks\n{self.logs()}")
        before = trained(out)
        for pid in ranks:
            os.kill(pid, signal.SIGCONT)
        until(lambda: "is requeued (restart 1" in self.log(out, "train", train), 30, self.logs())
        self.assertIn("ensembles are whole; resume with the same command", self.log(out, "train", train))
        self.assertEqual(self.cluster.job(jobs[1])["JobState"], "PENDING")  # it waits for the requeued one
        until(lambda: self.cluster.job(train)["JobState"] == "PENDING", 30, "the requeued job in the queue")
        self.cluster.call("scontrol", "update", f"JobId={train}", "TimeLimit=5")
        until(lambda: self.cluster.skip_the_wait(train), 30, f"the second start\n{self.logs()}")
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
        until(lambda: self.cluster.job(jobs[0])["JobState"] in ("PENDING", "COMPLETING", "REQUEUED"), 30, self.logs())
        self.assertLess(trained(out), ENSEMBLES)
        self.cluster.return_node("n2")
        until(lambda: self.cluster.skip_the_wait(jobs[0]), 40, f"the second start\n{self.logs()}")
        self.wait_for(jobs[2])
        self.assertEqual(self.cluster.job(jobs[0])["Restarts"], "1")
        self.assertIn(f"of {ENSEMBLES} ensembles are there", self.log(out, "train", jobs[0]))
        self.assert_as_undisturbed(out)

    def test_cancelled_job_is_not_requeued(self):
        out = self.top / "cancelled" / "long"
        jobs, _ = self.submit(self.study, "--out", out)
        until(lambda: self.cluster.processes(program=os.path.basename(BINARY)), 30, self.logs())
        self.cluster.call("scancel", jobs[0])
        self.wait_for(jobs[0], "CANCELLED")
        self.wait_for(jobs[2], "CANCELLED")  # what depends on it goes too
        self.assertEqual(self.cluster.job(jobs[0])["Restarts"], "0")

    def test_array_runs_each_study_and_a_bad_one_holds_only_itself(self):
        folder = self.top / "array"
        folder.mkdir()
        names = ("first.ini", "bad.ini", "odd ; $(touch owned) name")
        for name in names:
            (folder / name).write_text(STUDY.format(seeds=2, widths="5"))
        (folder / names[1]).write_text("[study]\nseeds = none\n")
        (folder / names[2]).write_text(STUDY.format(seeds=2, widths="5").replace("[study]", "[study]\nname = odd"))
        jobs, _ = self.submit(*names, "--training.steps=60", "--data.path=../data/digits", folder=folder)
        for task, state in ((0, "COMPLETED"), (2, "COMPLETED"), (1, "CANCELLED")):
            self.wait_for(f"{jobs[2]}_{task}", state)
        self.assertEqual(self.cluster.job(f"{jobs[0]}_1")["ExitCode"], "2:0")
        for name in ("first", "odd"):
            self.assertTrue((folder / "results" / name / "distances.h5").exists())
        self.assertFalse(list(folder.glob("**/owned")))


def _status(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    try:
        Cluster().stop()
    except Unavailable as reason:
        print(f"slurm.chain is skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
