# SPDX-License-Identifier: BSD-3-Clause
"""The kernel spectrum of one ensemble on two ranks: n pairs, the eigenvalues of largest modulus of
A v = lambda (G + gamma I) v, beside the memory of its matrices; against LAPACK on fewer pairs."""
import figures
import spectra_rows

ORDER = 21
CONFIGURATION, DELAYS = 1, 32   # width 10: 10 x (1000 - 33) = 9670 pairs
RANKS = 2
MATRICES = 12                   # bytes a pair of pairs: kernel matrix and triangular factor


def rows(bench):
    modes, checked = (8, 300) if bench.quick else (50, 1000)
    path = spectra_rows.trained(bench)
    series = bench.measure("kernel", path, CONFIGURATION, 0, DELAYS, modes, checked, ranks=RANKS)
    pairs = 10 * (spectra_rows.steps_of(bench) - DELAYS - 1)
    yield figures.Figure(f"kernel: {modes} eigenvalues of {pairs} pairs, two ranks", "s", series["seconds"],
                         checks=series.checks)
    yield figures.Figure("kernel: memory a rank", "MB", [1e-6 * series["memory"][0]],
                         [1e-6 * (series["memory before"][0] + MATRICES * pairs * pairs / RANKS)],
                         "12 B n²/ranks + libraries")
