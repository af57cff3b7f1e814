# SPDX-License-Identifier: BSD-3-Clause
"""The Koopman spectrum of one ensemble of the width study (10 trajectories of 1000 steps, rank 10, folds
included) on one rank, beside the bare matrix products of its Lanczos steps, and its memory."""
import figures

ORDER = 20
CASES = {5: (64, 0.30), 10: (32, 0.30), 40: (8, 0.50)}  # width: delays, seconds of one rank (half on two)
MEMORY_GOAL = 1.3                                       # of trajectories and small Gram matrix
PROGRAM_MEMORY = 48e6                                   # libraries and MPI, before any data
OUTPUTS = 10


def steps_of(bench):
    return 120 if bench.quick else 1000


def trained(bench):
    """trajectories.h5 of one seed of the three widths, on MNIST where it is."""
    source = {"data.source": "mnist"} if bench.mnist else {
        "data.source": "gaussian", "data.features": 784, "data.samples": 6000}
    study = bench.study("widths.ini", source | {
        "study.seeds": 1, "study.initials": 10, "model.width": " ".join(map(str, CASES)),
        "training.steps": steps_of(bench), "training.learning_rate": 0.1, "training.batch_size": 60})
    bench.equikoop("train", study, "--out", bench.folder / "widths", ranks=2)
    return bench.folder / "widths" / "trajectories.h5"


def rows(bench):
    path = trained(bench)
    for index, (width, (delays, goal)) in enumerate(CASES.items()):
        series = bench.measure("spectra", path, index, 0, delays, 1 if bench.quick else 7)
        # LAPACK apart, for its memory is not that of the spectrum.
        dense = bench.measure("spectra", path, index, 0, delays, 1, "dense")
        yield figures.Figure(
            f"spectra: width {width}, {delays} delays, one rank", "s", series["spectrum"],
            [36 * pair for pair in series["floor of a pair of products"]], "GEMM, 36 pairs of products",
            None if bench.quick else ("value<=", goal), dense.checks,
            "" if bench.quick else f"LAPACK on the explicit matrix {dense['dense'][0]:.0f} s")
        side = OUTPUTS * width * (delays + 1)
        yield figures.Figure(
            f"spectra: memory, width {width}", "MB", [1e-6 * series["memory"][0]],
            [1e-6 * (series["raw"][0] + 8 * side * side + PROGRAM_MEMORY)], "raw + Gram matrix + libraries",
            None if bench.quick else ("ratio<=", MEMORY_GOAL))
