# SPDX-License-Identifier: BSD-3-Clause
"""The DMD spectra and distances of the published tan study, to check a pipeline against.

Used by descent_reference.py --table. Spectra come from NumPy's SVD in double precision and from
least squares with 50 digits (mpmath), once on the doubles of the trajectories and once on
trajectories that were themselves computed with 50 digits.

Bisection has one eigenvalue and a nilpotent block that are known on paper. z1 - z2 stays constant
until the root and is 0 after it, so its best predictor is its last value alone, times
c = 1 - (sum of d^2 over trajectories that reach a root) / (sum of d^2 over columns before it);
the other four delays give a Jordan block of size 4 at 0. In double precision these four
eigenvalues are fourth roots of rounding errors, about 1e-4, and no method can do better. With
on_root = hold the difference never changes: rank 6, and the eigenvalue is 1.
"""
import itertools

import numpy as np
from scipy.optimize import linear_sum_assignment

import descent_reference as reference

DELAYS = 4
BITS = 200  # a state of 50 digits has 166 binary places


def delay_pairs(states):
    """Z and Z' (features, columns) of states indexed [initial][time][feature]; lists of columns."""
    before, after = [], []
    for walk in states:
        columns = [[x for row in walk[t:t + DELAYS + 1] for x in row]
                   for t in range(len(walk) - DELAYS)]
        before += columns[:-1]
        after += columns[1:]
    return before, after


def spectrum_double(states):
    """Eigenvalues and cond(Z); singular values below 1e-14 of the largest are cut."""
    before, after = (np.array(c).T for c in delay_pairs(states))
    u, s, vt = np.linalg.svd(before, full_matrices=False)
    k = int((s > 1e-14 * s[0]).sum())
    a = u[:, :k].T @ after @ vt[:k].T / s[:k]
    return np.linalg.eigvals(a), s


def spectrum_fifty(states):
    """Eigenvalues of Z' Z^T (Z Z^T)^-1 with 50 digits, of which squaring leaves more than 30. Products
    are sums of integers, states in units of 2^-BITS: exact for doubles above 2^-(BITS - 52), and fast."""
    mp = reference.mpmath
    unit = mp.mpf(2) ** BITS
    before, after = (np.array([[int(mp.nint(x * unit)) for x in column] for column in columns],
                              dtype=object) for columns in delay_pairs(states))
    gram, cross = (mp.matrix((c.T @ before).tolist()) for c in (before, after))
    values = mp.eig(cross * mp.inverse(gram), left=False, right=False)
    return np.array([complex(v) for v in values])


def bisection_oracle(states):
    """c of the heading, from the trajectories alone."""
    ends = columns = 0.0
    for walk in states:
        d = [row[0] - row[1] for row in walk]
        last = d[DELAYS:-1]  # last state of each column of Z
        columns += sum(v * v for v in last)
        ends += sum(v * v for v, after in zip(last, d[DELAYS + 1:]) if after == 0)
    return 1 - ends / columns


def published_case(method):
    """The tan study of arXiv 2302.09160 as a case of descent_reference."""
    return {"method": method, "loss": "tan", "regulariser": "log_barrier", "dimension": 2, "initials": 25,
            "steps": 100, "rate": 0.01, "hold": False, "state": False}


def published_states(method, arithmetic):
    """Its trajectories [initial][time][feature], evaluated here."""
    case = published_case(method)
    return [states for states, _ in reference.ensemble(case, arithmetic)]


def ordered(values):
    return np.array(sorted(values, key=lambda v: (-round(abs(v), 9), -v.imag)))


def matched(a, b):
    """Distances |a_i - b_j| in the cheapest matching, and the matched b in the order of a."""
    cost = np.abs(a[:, None] - b[None, :])
    rows, columns = linear_sum_assignment(cost)
    return cost[rows, columns], b[columns]


def print_spectrum(name, states, many):
    double, s = spectrum_double(states)
    double = ordered(double)
    print(f"\n{name}: {len(double)} eigenvalues, cond(Z) = {s[0] / s[-1]:.4e}")
    exact = spectrum_fifty(states) if reference.mpmath and len(double) == len(s) else None
    truth = spectrum_fifty(many) if exact is not None and many is not None else None
    for i, value in enumerate(double):
        line = f"  {value.real:+.14f} {value.imag:+.14f}i"
        if exact is not None:
            line += f"   error of double {abs(value - matched(double, exact)[1][i]):.1e}"
        if truth is not None:
            t = matched(double, truth)[1][i]
            line += f"   of double trajectories too {abs(value - t):.1e}   exact {t.real:+.14f}"
        print(line)
    if name.startswith("bisection"):
        print(f"  on paper: {bisection_oracle(states):.14f} (z1 - z2)")
    return double


def print_distances(spectra):
    print("\nW1 distances (mean over matched modes; sum)")
    for first, second in itertools.combinations(spectra, 2):
        a, b = spectra[first], spectra[second]
        if len(a) == len(b):
            d, _ = matched(a, b)
            print(f"  {first:28s} {second:28s} {d.mean():.12f} {d.sum():.11f}")


def print_table(cases):
    spectra = {}
    for case, states, _ in cases:
        if case["method"] not in ("omd", "ogd", "bisection"):
            continue
        smooth = case["method"] != "bisection"
        many = ([t[0] for t in reference.ensemble(case, reference.fifty_digits())]
                if smooth and reference.mpmath else None)
        spectra[case["name"]] = print_spectrum(case["name"], states.tolist(), many)
    print_distances(spectra)
