# SPDX-License-Identifier: BSD-3-Clause
"""One distance on one core, and all distances, floors, permutations and controls of a study of 300
configurations with 25 seeds on two ranks; a sample of the distances against SciPy's assignment."""
import h5py
import numpy as np
from scipy.optimize import linear_sum_assignment

import figures
import make_spectra

ORDER = 30
PAIR_GOAL = 1.5   # us, 10 eigenvalues
STUDY_GOAL = 60   # s


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


def rows(bench):
    series = bench.measure("distances", 10, 1 if bench.quick else 9)
    yield figures.Figure("distances: one of two spectra of 10", "us", series["distance"],
                         goal=("value<=", PAIR_GOAL))
    configurations, seeds = (6, 5) if bench.quick else (300, 25)
    folder = bench.folder / "made_up"
    folder.mkdir()
    values = make_spectra.write(folder / "spectra.h5", configurations, seeds)
    study = bench.study("made_up.ini", {"study.seeds": seeds})
    _, seconds = bench.equikoop("distances", study, "--out", folder, ranks=2)
    error = largest_error(folder / "distances.h5", values)
    yield figures.Figure(
        f"distances: {configurations} configurations x {seeds} seeds, 2 ranks", "s", [seconds],
        goal=None if bench.quick else ("value<=", STUDY_GOAL),
        checks=[("distances against SciPy's assignment", error, 1e-14)])
