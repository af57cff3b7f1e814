# SPDX-License-Identifier: BSD-3-Clause
"""What `equikoop plan` says before, beside what then happens on two ranks: wall time of both stages by
their own phases, and the largest peak memory of a rank."""
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
    return figures.Figure(name, unit, [happened], [planned], "as planned", ("within", within))


def rows(bench):
    studies = {"width study on images": bench.images() | SPARSE, "adam, dense data": DENSE}
    for title, keys in studies.items():
        if bench.quick:
            keys = keys | {"study.seeds": 1, "training.steps": 60}
        study = bench.study("planned.ini", {"koopman.rank": 10, "training.batch_size": 60} | keys)
        folder = bench.folder / ("planned-" + title.split()[0])
        plan = json.loads(bench.equikoop("plan", study, "--ranks", RANKS, "--json", "--out", folder)[0])
        trained, _ = bench.equikoop("train", study, "--out", folder, ranks=RANKS)
        analysed, _ = bench.equikoop("spectra", study, "--out", folder, ranks=RANKS)
        size = (folder / "trajectories.h5").stat().st_size
        right = [("bytes of trajectories.h5 against plan", abs(size / plan["trajectory_bytes"] - 1), 0.5 if bench.quick else 0.02)]
        goal = not bench.quick
        for stage, log in (("train", trained), ("spectra", analysed)):
            row = compared(f"plan: seconds to {stage}, {title}" if stage == "train" else f"plan: seconds of spectra, {title}",
                           "s", wall_seconds(log), plan[f"{stage}_seconds"], TIME_WITHIN)
            row.checks, row.goal = right, row.goal if goal else None
            yield row
        memory = compared(f"plan: memory of a rank, {title}", "MB", 1e-6 * max(map(peak_memory, (trained, analysed))),
                          1e-6 * plan["memory_bytes_per_rank"], MEMORY_WITHIN)
        memory.goal = memory.goal if goal else None
        yield memory
