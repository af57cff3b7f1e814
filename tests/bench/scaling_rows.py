# SPDX-License-Identifier: BSD-3-Clause
"""From one rank to two: the same study by the program's own wall time, beside what two copies of a bare
matrix product gain on this machine. And the shared work counter on thousands of ranks, acted out with
the times that `plan` measures."""
import json
import subprocess

import h5py
import numpy as np

import figures
from plan_rows import wall_seconds

ORDER = 50
TRAIN_GOAL = 1.9
SPECTRA_GOAL = 1.7
MANY = 4096
COUNTER_GOAL = 0.95  # of the least time that any order of the units could take
STUDY = {"study.seeds": 6, "study.initials": 10, "model.width": "5 10 40", "training.steps": 1000,
         "training.batch_size": 60, "koopman.delays": 64, "koopman.rank": 10}
# 48 configurations whose ensembles cost from 1 to about 100, 1,200 seeds: 14 ensembles a rank.
UNEVEN = {"study.seeds": 1200, "model.width": "5 10 20 40 80 160", "training.batch_size": "20 60",
          "training.steps": 200, "training.learning_rate": "0.01 0.02 0.05 0.1", "koopman.delays": 8}


def machine_gain(bench, rounds):
    """Rate of two bare products at once over that of one, in turn: the most that two ranks can gain."""
    words = (1, 8, bench.folder)
    gains = []
    for _ in range(rounds):
        one = bench.measure("machine", *words)["gemm float32"][0]
        gains.append(sum(series["gemm float32"][0] for series in bench.measure_twice("machine", *words)) / one)
    return gains


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


def ranks_rows(bench):
    keys = bench.images() | STUDY | ({"study.seeds": 1, "training.steps": 80} if bench.quick else {})
    study = bench.study("scaling.ini", keys)
    seconds = {}
    for turn in range(1 if bench.quick else 3):
        for ranks in (1, 2):
            for stage in ("train", "spectra"):
                log, _ = bench.equikoop(stage, study, "--out", bench.folder / f"scaling-{ranks}", "--force", ranks=ranks)
                seconds.setdefault((stage, ranks), []).append(wall_seconds(log))
    gain = machine_gain(bench, 1 if bench.quick else 3)
    files = [[bench.folder / f"scaling-{ranks}" / name for ranks in (1, 2)] for name in ("trajectories.h5", "spectra.h5")]
    checks = {"train": ("trajectories differ by a bit (h5diff)", same(*files[0]), 0),
              "spectra": ("eigenvalues of 1 and 2 ranks", eigenvalue_error(*files[1]), 1e-12)}
    for stage, least in (("train", TRAIN_GOAL), ("spectra", SPECTRA_GOAL)):
        gains = [one / max(two, 1e-9) for one, two in zip(seconds[stage, 1], seconds[stage, 2])]
        yield figures.Figure(f"scaling: {stage}, 1 to 2 ranks", "x", gains, gain, "two GEMMs at once",
                             None if bench.quick else ("value>=", least), [checks[stage]])


def counter_rows(bench):
    study = bench.study("uneven.ini", bench.images() | UNEVEN)
    plan = json.loads(bench.equikoop("plan", study, "--ranks", MANY, "--json", "--out", bench.folder / "uneven")[0])
    for stage in ("train", "spectra"):
        yield figures.Figure(
            f"scaling: counter, {MANY} ranks, {stage} (simulated)", "s", [plan[f"{stage}_bound_seconds"]],
            [plan[f"{stage}_seconds"]], "with the counter", None if bench.quick else ("ratio>=", COUNTER_GOAL),
            note=f"{100 * plan[f'{stage}_efficiency']:.1f} % of all ranks' time at work, {plan['spectra']} ensembles")


def rows(bench):
    yield from ranks_rows(bench)
    yield from counter_rows(bench)
