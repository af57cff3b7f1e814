# SPDX-License-Identifier: BSD-3-Clause
"""The published width study as its file has it (750 networks, 75 spectra): the whole on two ranks, with
distances and report; each stage from one rank to two, each bound to a core as batch systems do, by the
program's own wall time, beside what two copies of a bare matrix product gain on this machine. And the
shared work counter on thousands of ranks, acted out with the times that `plan` measures."""
import json
import os
import shutil
import subprocess
import sys
import time

import h5py
import numpy as np

import figures
from machine import ROOT, wall_seconds

ORDER = 50
TRAIN_GOAL = 1.9
TRAIN_ROUNDS = 11  # neighbours move a pair by as much as 5 %, the goal is 5 % below what there is to gain
SPECTRA_GOAL = 1.7
SPECTRA_ROUNDS = 3
MANY = 4096
COUNTER_GOAL = 0.95  # of the least time that any order of the units could take
WHOLE_GOAL = 30    # s on two ranks
SPECTRA_SECONDS = 14
# 48 configurations whose ensembles cost from 1 to about 100, 1,200 seeds: 14 ensembles a rank.
UNEVEN = {"study.seeds": 1200, "model.width": "5 10 20 40 80 160", "training.batch_size": "20 60",
          "training.steps": 200, "training.learning_rate": "0.01 0.02 0.05 0.1", "koopman.delays": 8}


def machine_gain(bench):
    """Rate of two bare products at once over that of one: the most that two ranks can gain at the time."""
    words = (1, 8, bench.folder)
    one = bench.measure("machine", *words)["gemm float32"][0]
    return sum(series["gemm float32"][0] for series in bench.measure_twice("machine", *words)) / one


def same(first, second):
    return subprocess.run(["h5diff", str(first), str(second), "/configurations", "/configurations"],
                          capture_output=True).returncode


def eigenvalue_error(first, second):
    """The largest difference of stored eigenvalues, of ensembles that each had one rank to themselves."""
    worst = 0.0
    with h5py.File(first) as a, h5py.File(second) as b:
        for name in a["configurations"]:
            worst = max(worst, np.abs(a[f"configurations/{name}/eigenvalues"][...] -
                                      b[f"configurations/{name}/eigenvalues"][...]).max())
    return worst


class WidthStudy:
    """input/published/width.ini, or a corner of it where the bench is quick."""

    def __init__(self, bench):
        self.bench = bench
        self.keys = [f"--{key}={value}" for key, value in bench.images().items()]
        if bench.quick:
            self.keys += ["--study.seeds=1", "--training.steps=80"]

    def run(self, stage, folder, ranks, bound=False):
        """The log, and seconds of the whole command."""
        return self.bench.equikoop(stage, ROOT / "input/published/width.ini", *self.keys, "--out", folder, "--force",
                                   ranks=ranks, bound=bound)


def whole_rows(bench, study, rounds):
    folder = bench.folder / "whole"
    seconds = []
    for _ in range(rounds):
        seconds.append(study.run("run", folder, 2)[1])
        began = time.monotonic()
        bench.run([sys.executable, str(ROOT / "postprocess/report.py"), str(folder)])
        seconds[-1] += time.monotonic() - began
    status = json.loads(bench.equikoop("status", folder, "--verify", "--json")[0].splitlines()[0])
    missing = sum(status[name]["all"] - status[name]["done"] for name in ("trajectories.h5", "spectra.h5", "distances.h5"))
    yield figures.Figure("width study: train, spectra, distances, report", "s", seconds,
                         goal=None if bench.quick else ("value<=", WHOLE_GOAL),
                         checks=[("ensembles and spectra missing", missing, 0)], note="two ranks")


def seconds_of_ranks(bench, study, stage):
    """Wall seconds of a stage on one rank and, right after, on two: a neighbour is then less likely to slow one
    alone. Both start from the same state of the system: its time to drop an old file, or to write what an earlier
    run has left to it, is not the study's; and each finds the memory of the file that has just been dropped."""
    seconds = []
    for ranks in (1, 2):
        folder = bench.folder / f"scaling-{ranks}"
        if stage == "train":
            shutil.rmtree(folder, ignore_errors=True)
        os.sync()
        seconds.append(wall_seconds(study.run(stage, folder, ranks, bound=True)[0]))
    return seconds


def ranks_rows(bench):
    study = WidthStudy(bench)
    yield from whole_rows(bench, study, 1 if bench.quick else 3)
    seconds = {"train": [], "spectra": []}
    gain = []
    for stage, rounds in (("train", TRAIN_ROUNDS), ("spectra", SPECTRA_ROUNDS)):
        for _ in range(1 if bench.quick else rounds):
            seconds[stage].append(seconds_of_ranks(bench, study, stage))
            gain.append(machine_gain(bench))
    files = [[bench.folder / f"scaling-{ranks}" / name for ranks in (1, 2)] for name in ("trajectories.h5", "spectra.h5")]
    checks = {"train": ("trajectories differ by a bit (h5diff)", same(*files[0]), 0),
              "spectra": ("eigenvalues of 1 and 2 ranks", eigenvalue_error(*files[1]), 1e-12)}
    yield figures.Figure("width study: its 75 spectra, two ranks", "s", [two for _, two in seconds["spectra"]],
                         goal=None if bench.quick else ("value<=", SPECTRA_SECONDS), checks=[checks["spectra"]])
    for stage, least in (("train", TRAIN_GOAL), ("spectra", SPECTRA_GOAL)):
        gains = [one / max(two, 1e-9) for one, two in seconds[stage]]
        yield figures.Figure(f"scaling: {stage}, 1 to 2 ranks", "x", gains, gain, "two GEMMs at once",
                             None if bench.quick else ("value>=", least), [checks[stage]])


def counter_rows(bench):
    study = bench.study("uneven.ini", bench.images() | UNEVEN)
    plan = json.loads(bench.equikoop("plan", study, "--ranks", MANY, "--json", "--out", bench.folder / "uneven")[0])
    for stage, before in (("train", plan["read_seconds"]), ("spectra", 0)):
        yield figures.Figure(
            f"scaling: counter, {MANY} ranks, {stage} (simulated)", "s", [plan[f"{stage}_bound_seconds"]],
            [plan[f"{stage}_seconds"] - before], "with the counter", None if bench.quick else ("ratio>=", COUNTER_GOAL),
            note=f"{100 * plan[f'{stage}_efficiency']:.1f} % of all ranks' time at work, {plan['spectra']} ensembles")


def rows(bench):
    yield from ranks_rows(bench)
    yield from counter_rows(bench)
