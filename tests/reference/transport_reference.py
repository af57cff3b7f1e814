#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Distances of random spectra against SciPy's linear_sum_assignment and POT's emd2, to 1e-12.

Usage: transport_reference.py PROGRAM, where PROGRAM prints the cases (transport_dump). Exits with 0
when all agree, 1 when one does not, 77 (skipped) where NumPy, SciPy or POT is missing.
"""
import subprocess
import sys

try:
    import numpy as np
    import ot
    from scipy.optimize import linear_sum_assignment
except ImportError as error:
    print(f"skipped: {error} (needs numpy, scipy and POT: python3-scipy python3-pot)")
    sys.exit(77)

TOLERANCE = 1e-12  # values of order 1: a hundred roundings of sums of at most 80 terms


def read_case(line):
    """(order, weighted, points a, masses a, points b, masses b, W) of one line."""
    fields = line.split()
    order, n, m, weighted = (int(field) for field in fields[:4])
    numbers = np.array([float.fromhex(field) for field in fields[4:]])
    a = numbers[: 3 * n].reshape(n, 3)
    b = numbers[3 * n : 3 * (n + m)].reshape(m, 3)
    return order, weighted, a[:, 0] + 1j * a[:, 1], a[:, 2], b[:, 0] + 1j * b[:, 1], b[:, 2], numbers[-1]


def reference(order, weighted, a, mass_a, b, mass_b):
    """The distances that independent programs find."""
    cost = np.abs(a[:, None] - b[None, :]) ** order
    found = [ot.emd2(mass_a / mass_a.sum(), mass_b / mass_b.sum(), cost, numItermax=1_000_000)]
    if not weighted and len(a) == len(b):
        found.append(cost[linear_sum_assignment(cost)].mean())
    return [value ** (1.0 / order) for value in found]


def main():
    output = subprocess.run(sys.argv[1:2], check=True, capture_output=True, text=True).stdout
    worst, checks, cases = 0.0, 0, output.splitlines()
    for number, line in enumerate(cases):
        *case, ours = read_case(line)
        for theirs in reference(*case):
            checks += 1
            error = abs(ours - theirs)
            worst = max(worst, error)
            if not error <= TOLERANCE:
                print(f"case {number}: {ours!r} where the reference gives {theirs!r}")
    print(f"{len(cases)} cases, {checks} checks, worst difference {worst:.1e} (allowed {TOLERANCE:.0e})")
    return 0 if len(cases) == 1000 and worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
