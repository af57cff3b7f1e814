# SPDX-License-Identifier: BSD-3-Clause
"""The Koopman spectrum of networks of width 4096 on two ranks: 40,960 output weights, 10 trajectories of
1000 steps, 32 delays, a delay matrix of 105 GB. Seconds of the program's spectra stage beside the matrix
products of its Lanczos steps at the measured rate, and the memory of both ranks together. Then the same
from pieces read from disk, an eighth of a rank's share at a time, beside the product of the Gram matrix."""
import h5py
import numpy as np

import figures
from machine import peak_memory, wall_seconds

ORDER = 25
RANKS = 2
DELAYS = 32
PAIRS = 36            # of products with the delay matrix and its transpose, as in spectra_rows
SECONDS_GOAL = 120
MEMORY_GOAL = 8e9     # B
STUDY = {"data.source": "gaussian", "data.features": 64, "data.samples": 1500, "study.seeds": 1,
         "study.initials": 10, "training.learning_rate": 0.1, "training.batch_size": 60,
         "koopman.delays": DELAYS, "koopman.rank": 10}


def energy_error(folder):
    """Of the stored squared norm of the delay matrix, against a sum over snapshots by NumPy."""
    with h5py.File(folder / "trajectories.h5") as file:
        weights = file["configurations/base/observables"][0]
    columns = weights.shape[1] - DELAYS - 1
    energy = sum(float(np.square(weights[:, t], dtype=float).sum()) * min(t + 1, DELAYS + 1, columns, columns + DELAYS - t)
                 for t in range(columns + DELAYS))
    with h5py.File(folder / "spectra.h5") as file:
        return abs(file["configurations/base/total_energy"][0] / energy - 1)


def eigenvalues(folder):
    with h5py.File(folder / "spectra.h5") as file:
        return file["configurations/base/eigenvalues"][0]


def streamed(bench, study, folder, width, steps, rate):
    held = eigenvalues(folder)
    share = 4 * 10 * width * 10 * steps / RANKS
    log, _ = bench.equikoop("spectra", study, "--out", folder, "--force", f"--koopman.memory={share / 8 / 2**20}", ranks=RANKS)
    floor = (10 * steps) ** 2 * 10 * width / (1e9 * RANKS * rate)
    apart = np.abs(held[:, None] - eigenvalues(folder)).min(axis=1).max()
    return figures.Figure(f"spectra: width {width} read in pieces, {RANKS} ranks", "s", [wall_seconds(log)], [floor],
                          "GEMM of the Gram matrix", None, [("eigenvalues against those in memory", apart, 1e-9)],
                          f"{1e-9 * peak_memory(log, 'of all'):.2f} GB of memory")


def rows(bench):
    width, steps = (64, 100) if bench.quick else (4096, 1000)
    study, folder = bench.study("wide.ini", STUDY | {"model.width": width, "training.steps": steps}), bench.folder / "wide"
    bench.equikoop("train", study, "--out", folder, ranks=RANKS)
    log, _ = bench.equikoop("spectra", study, "--out", folder, ranks=RANKS)
    rate = bench.measure("machine", 1, 8, bench.folder)["gemm float64"][0]
    columns = 10 * (steps - DELAYS - 1)
    floor = PAIRS * 4e-9 * 10 * width * (DELAYS + 1) * columns / (RANKS * rate)
    goals = (None, None) if bench.quick else (("value<=", SECONDS_GOAL), ("value<=", 1e-9 * MEMORY_GOAL))
    yield figures.Figure(f"spectra: width {width}, {DELAYS} delays, {RANKS} ranks", "s", [wall_seconds(log)], [floor],
                         f"GEMM, {PAIRS} pairs of products", goals[0],
                         [("squared norm of the delay matrix against NumPy", energy_error(folder), 1e-12)])
    yield figures.Figure(f"spectra: memory, width {width}, {RANKS} ranks", "GB", [1e-9 * peak_memory(log, "of all")],
                         [4e-9 * 10 * width * 10 * steps], "raw trajectories", goals[1])
    yield streamed(bench, study, folder, width, steps, rate)
