# SPDX-License-Identifier: BSD-3-Clause
"""One distance on one core, and all distances, floors, permutations and controls of a study of 300
configurations with 25 seeds on two ranks; a sample of the distances against SciPy's assignment."""
import h5py
import numpy as np
from scipy.optimize import linear_sum_assignment

import figures
import machine
import make_spectra
from spectra_rows import PROGRAM_MEMORY

ORDER = 30
PAIR_GOAL = 1.5   # us, 10 eigenvalues
STUDY_GOAL = 60   # s
MEMORY_GOAL = 1.3


def reference(a, b):
    cost = np.abs(a[:, None] - b[None, :])
    return cost[linear_sum_assignment(cost)].mean()


def largest_error(path, values, samples=300):
    """The stored distances against SciPy, over entries drawn at random."""
    generator = np.random.default_rng(2)
    configurations, seeds, _ = values.shape
    worst = 0.0
    with h5py.File(path) as f:
        for _ in range(samples):
            a, b = generator.integers(configurations, size=2)
            s, t = generator.integers(seeds, size=2)
            worst = max(worst, abs(f["distances"][a, b, s, t] - reference(values[a, s], values[b, t])))
    return worst


def study(bench, configurations, metrics, title, goal):
    """All that the distances stage does for a made-up study, on two ranks, with these metrics beside its own."""
    configurations, seeds = (6, 5) if bench.quick else (configurations, 25)
    folder = bench.folder / f"made_up_{metrics.replace(' ', '_')}"
    folder.mkdir()
    values = make_spectra.write(folder / "spectra.h5", configurations, seeds)
    file = bench.study("made_up.ini", {"study.seeds": seeds, "compare.metrics": metrics})
    log, seconds = bench.equikoop("distances", file, "--out", folder, "--force", ranks=2)
    checks = [("distances against SciPy's assignment", largest_error(folder / "distances.h5", values), 1e-14)]
    yield figures.Figure(f"distances: {configurations} configurations x {seeds} seeds, 2 ranks{title}", "s", [seconds],
                         checks=checks, goal=None if bench.quick or goal is None else ("value<=", goal))
    written = (folder / "distances.h5").stat().st_size
    yield figures.Figure(f"distances: memory of the larger rank{title}", "MB", [1e-6 * machine.peak_memory(log)],
                         [1e-6 * (written + PROGRAM_MEMORY)], "what is written + libraries",
                         None if bench.quick else ("ratio<=", MEMORY_GOAL))


def rows(bench):
    series = bench.measure("distances", 10, 1 if bench.quick else 9)
    yield figures.Figure("distances: one of two spectra of 10", "us", series["distance"],
                         goal=("value<=", PAIR_GOAL))
    yield from study(bench, 300, "none", "", STUDY_GOAL)
    yield from study(bench, 100, "w1 w2 log amplitude residual hausdorff", ", 5 more distances", None)
