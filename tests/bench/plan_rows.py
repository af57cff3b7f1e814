# SPDX-License-Identifier: BSD-3-Clause
"""What `equikoop plan` says before, beside what then happens on two ranks: wall time of both stages by
their own phases, and the largest peak memory of a rank; three times each."""
import json

import figures
from machine import peak_memory, wall_seconds

ORDER = 60
RANKS = 2
TIME_WITHIN = 0.30
MEMORY_WITHIN = 0.15

# Two studies that have little in common: data with a background and SGD, dense data and a state.
SPARSE = {"study.seeds": 5, "study.initials": 10, "model.width": "5 10 40", "training.steps": 1000}
DENSE = {"data.source": "gaussian", "data.features": 400, "data.samples": 6000, "study.seeds": 3,
         "study.initials": 10, "model.width": "40 200", "training.steps": 600, "training.optimizer": "adam",
         "training.learning_rate": 0.001, "koopman.delays": 16}


def compared(name, unit, happened, planned, within):
    return figures.Figure(name, unit, happened, planned, "as planned", within and ("within", within))


def rows(bench):
    studies = {"width study on images": bench.images() | SPARSE, "adam, dense data": DENSE}
    rounds, time_within, memory_within = (1, None, None) if bench.quick else (3, TIME_WITHIN, MEMORY_WITHIN)
    for title, keys in studies.items():
        if bench.quick:
            keys = keys | {"study.seeds": 1, "training.steps": 60}
        study = bench.study("planned.ini", {"koopman.rank": 10, "training.batch_size": 60} | keys)
        folder = bench.folder / ("planned-" + title.split()[0])
        plans, seconds, memory = [], {"train": [], "spectra": []}, []
        for _ in range(rounds):
            plans.append(json.loads(bench.equikoop("plan", study, "--ranks", RANKS, "--json", "--out", folder)[0]))
            logs = [bench.equikoop(stage, study, "--out", folder, "--force", ranks=RANKS)[0] for stage in seconds]
            for stage, log in zip(seconds, logs):
                seconds[stage].append(wall_seconds(log))
            memory.append(1e-6 * max(map(peak_memory, logs)))
        size = (folder / "trajectories.h5").stat().st_size
        right = [("bytes of trajectories.h5 against plan", abs(size / plans[0]["trajectory_bytes"] - 1),
                  0.5 if bench.quick else 0.02)]
        for stage, words in (("train", "seconds to train"), ("spectra", "seconds of spectra")):
            row = compared(f"plan: {words}, {title}", "s", seconds[stage],
                           [plan[f"{stage}_seconds"] for plan in plans], time_within)
            row.checks = right
            yield row
        yield compared(f"plan: memory of a rank, {title}", "MB", memory,
                       [1e-6 * plan["memory_bytes_per_rank"] for plan in plans], memory_within)
