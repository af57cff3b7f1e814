#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Job scripts without Slurm: what submit.sh would submit and what it refuses, and the stages under
plain bash. EQUIKOOP_BINARY names the program. The scheduler itself is met in chain_test.py."""
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import pending, rank_processes, send, stop, until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("EQUIKOOP_BINARY") or str(ROOT / "build/native/src/equikoop")
STUDY = "[study]\nseeds = 2\ninitials = 2\n[data]\nsource = gaussian\nsamples = 400\nfeatures = 16\n" \
        "classes = 4\n[model]\nwidth = 5 10\n[training]\nsteps = {steps}\nbatch_size = 20\n" \
        "[koopman]\ndelays = 8\nrank = 4\n"
STAGES = ("train", "spectra", "distances")

# Stands in for scontrol: writes down how it was called; `show` says that the job is $STATE.
SCONTROL = """#!/bin/sh
echo "$@" >> "$CALLS"
[ "$1" = show ] && echo "JobId=7 JobState=${STATE:-RUNNING} Reason=None"
exit 0
"""


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="equikoop scripts "))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.study = self.folder / "small.ini"
        self.study.write_text(STUDY.format(steps=60))

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "SBATCH", "EQUIKOOP"))}
        return {**kept, "EQUIKOOP_PROGRAM": BINARY, "EQUIKOOP_RANKS": "2", **more}

    def run_script(self, script, *words, **more):
        return subprocess.run(["bash", ROOT / "jobs" / script, *map(str, words)], cwd=self.folder, text=True,
                              capture_output=True, timeout=300, env=self.environment(**more))

    def dry_run(self, *words):
        """The sbatch lines as lists of words."""
        done = self.run_script("submit.sh", *words, "--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [shlex.split(line) for line in done.stdout.splitlines()]

    # -- submit.sh

    def test_dry_run_prints_a_chain_and_makes_nothing(self):
        before = sorted(self.folder.iterdir())
        train, spectra, distances = self.dry_run("small.ini")
        for stage, line in zip(STAGES, (train, spectra, distances)):
            self.assertEqual(line[0], "sbatch")
            self.assertIn(str(ROOT / f"jobs/{stage}.sbatch"), line)
            self.assertEqual(line[-1], "small.ini")
        self.assertFalse([w for w in train if "dependency" in w])
        self.assertIn("--dependency=afterok:TRAIN", spectra)
        self.assertIn("--kill-on-invalid-dep=yes", spectra)
        self.assertIn("--dependency=afterok:SPECTRA", distances)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_options_reach_their_stage_and_the_rest_reaches_equikoop(self):
        lines = self.dry_run("small.ini", "--train-ranks", 12, "--spectra-time=1:30:00", "--time", 7, "--partition=big",
                             "--account", "a-1", "--sbatch", "--qos=long", "--training.steps=9", "--out", "o p", "--force")
        self.assertIn("--ntasks=12", lines[0])
        self.assertNotIn("--ntasks=12", lines[1])
        self.assertGreater(lines[1].index("--time=1:30:00"), lines[1].index("--time=7"))
        for line in lines:
            for word in ("--partition=big", "--account=a-1", "--qos=long", "--time=7"):
                self.assertIn(word, line)
            self.assertEqual(line[-5:], ["small.ini", "--training.steps=9", "--out", "o p", "--force"])

    def test_several_studies_become_arrays_whose_tasks_wait_for_their_own(self):
        (self.folder / "other.ini").write_text(STUDY)
        lines = self.dry_run("small.ini", "other.ini")
        for line in lines:
            self.assertIn("--array=0-1", line)
            self.assertEqual(line[-2:], ["small.ini", "other.ini"])
        self.assertIn("--dependency=aftercorr:TRAIN", lines[1])

    def test_names_are_words_never_commands(self):
        odd = "a $(touch owned) `touch owned`; touch owned & 'x' \"y\" %j *.ini"
        (self.folder / odd).write_text(STUDY)
        for line in self.dry_run(odd, "--out", "x;touch owned %x"):
            self.assertEqual(line[-3:], [odd, "--out", "x;touch owned %x"])
        self.assertFalse((self.folder / "owned").exists())

    def test_refuses_with_one_line(self):
        (self.folder / "sub").mkdir()
        (self.folder / "sub/small.ini").write_text(STUDY)
        for words, part in (
                (["missing.ini"], "no study file 'missing.ini'"),
                (["small.ini", "--train-ranks", "0"], "number of ranks"),
                (["small.ini", "--train-ranks", "2;ls"], "number of ranks"),
                (["small.ini", "--partition", "a b"], "--partition"),
                (["small.ini", "--time", "soon"], "hh:mm:ss"),
                (["small.ini", "--train-colour", "red"], "unknown option"),
                (["small.ini", "--site", "../x y"], "no site file"),
                (["small.ini", "--site", "nowhere"], "copy jobs/sites/template.sh"),
                (["small.ini", "--sbatch", "rm"], "an option of sbatch"),
                (["small.ini", "a\nb"], "control character"),
                (["small.ini", "sub/small.ini"], "same folder of results"),
                (["small.ini", "--restarts"], "needs a value")):
            done = self.run_script("submit.sh", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual((done.stdout, len(done.stderr.splitlines())), ("", 1), done.stderr)
            self.assertIn(part, done.stderr)

    # -- stages under plain bash

    def test_stages_run_on_a_laptop_like_one_run(self):
        for stage in STAGES:
            done = self.run_script(f"{stage}.sbatch", "small.ini")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        whole = subprocess.run([BINARY, "run", "small.ini", "--out", "whole"], cwd=self.folder, capture_output=True,
                               env=self.environment(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1"))
        self.assertEqual(whole.returncode, 0)
        for name in ("trajectories", "spectra"):
            same = subprocess.run(["h5diff", f"results/small/{name}.h5", f"whole/{name}.h5", "/configurations",
                                   "/configurations"], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((same.returncode, same.stdout), (0, ""), name)

    def test_exit_code_of_equikoop_is_that_of_the_script(self):
        done = self.run_script("train.sbatch", "small.ini", "--training.steps=-1")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.run_script("spectra.sbatch", "small.ini").returncode, 1)

    def test_warned_script_stops_with_85_and_the_same_command_goes_on(self):
        self.study.write_text(STUDY.format(steps=60000) + "[record]\nevery = 50\n")
        for number in (signal.SIGUSR1, signal.SIGTERM):
            out = self.folder / f"signal {number}"
            script = subprocess.Popen(["bash", ROOT / "jobs/train.sbatch", "small.ini", "--out", out], cwd=self.folder,
                                      text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
            self.addCleanup(script.kill)
            until(lambda: (out / "trajectories.h5").exists(), what="the archive", job=script)
            ranks = rank_processes(script.pid)
            stop(ranks)
            self.assertEqual(len(ranks), 2, "the job ended before the signal")
            script.send_signal(number)  # what the script sends on is always USR1
            until(lambda: any(pending(rank, signal.SIGUSR1) for rank in ranks), what="the signal at a rank")
            send(ranks, signal.SIGCONT)
            text, errors = script.communicate(timeout=300)
            self.assertEqual(script.returncode, 85, text + errors)
            self.assertIn("equikoop: stopped in time; resume with the same command", text)

    # -- what a stage does with exit code 85 inside a job; the scheduler is a stand-in

    def run_in_job(self, command="exit 85", words=("small.ini",), **more):
        """train.sbatch as in a job, where the launcher runs `command` instead of equikoop."""
        site = self.folder / "site.sh"
        site.write_text(f"launcher=(bash -c {shlex.quote(command)} --)\n")
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "scontrol").write_text(SCONTROL)
        (tools / "scontrol").chmod(0o755)
        calls = self.folder / "calls"
        calls.write_text("")
        done = self.run_script("train.sbatch", *words, EQUIKOOP_SITE=str(site), CALLS=str(calls), SLURM_JOB_ID="7",
                               SLURM_NTASKS="3", PATH=f"{tools}:{os.environ['PATH']}", **more)
        return done, [line for line in calls.read_text().splitlines() if line.startswith("requeue")]

    def test_85_requeues_the_job(self):
        done, calls = self.run_in_job()
        self.assertEqual((done.returncode, calls), (85, ["requeue 7"]), done.stderr)

    def test_task_of_an_array_requeues_itself_alone(self):
        done, calls = self.run_in_job(SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID="0")
        self.assertEqual((done.returncode, calls), (85, ["requeue 7_0"]), done.stderr)

    def test_restarts_have_a_limit(self):
        self.assertEqual(self.run_in_job(SLURM_RESTART_COUNT="2", EQUIKOOP_RESTARTS="3")[1], ["requeue 7"])
        done, calls = self.run_in_job(SLURM_RESTART_COUNT="3", EQUIKOOP_RESTARTS="3")
        self.assertEqual((done.returncode, calls), (85, []))
        self.assertIn("EQUIKOOP_RESTARTS", done.stdout)

    def test_failures_and_cancelled_jobs_are_not_requeued(self):
        for command, state, code in (("exit 1", "RUNNING", 1), ("exit 137", "RUNNING", 137), ("exit 85", "CANCELLED", 85)):
            done, calls = self.run_in_job(command, STATE=state)
            self.assertEqual((done.returncode, calls), (code, []))

    def test_rank_killed_while_stopping_after_a_warning_is_requeued(self):
        done, calls = self.run_in_job("kill -USR1 $PPID; sleep 0.3; exit 137")
        self.assertEqual((done.returncode, calls), (85, ["requeue 7"]), done.stderr)

    def test_force_is_dropped_when_a_job_goes_on(self):
        words = ("small.ini", "--force", "--study.seeds=3")
        self.assertIn("--force", self.run_in_job('echo "$@"; exit 0', words)[0].stdout)
        resumed = self.run_in_job('echo "$@"; exit 0', words, SLURM_RESTART_COUNT="1")[0].stdout
        self.assertNotIn("--force", resumed)
        self.assertIn("--study.seeds=3", resumed)


if __name__ == "__main__":
    unittest.main(verbosity=2)
