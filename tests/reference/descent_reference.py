#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Evaluates the descent problems a second time and compares with a dump of the program.

usage: descent_reference.py DUMP_PROGRAM [--table]

Trajectories are computed one number at a time, in other forms of the equations than the program's,
in double precision and with 50 digits; snapshots and losses must agree to 1e-14 of a trajectory's
largest number. With --table also the DMD eigenvalues of the published tan study (4 delays, full
rank), in double precision and with 50 digits, and the distances of the three methods.
Exit code 77: Python lacks NumPy. Not a test of the program's own DMD.
"""
import itertools
import json
import math
import os
import subprocess
import sys

try:
    import numpy as np
except ImportError:  # another interpreter may have it
    other = os.environ.get("EQUIKOOP_PYTHON", "/usr/bin/python3")
    if os.environ.get("EQUIKOOP_REFERENCE_RETRIED") or not os.path.exists(other):
        print("skipped: no Python with NumPy; set EQUIKOOP_PYTHON")
        sys.exit(77)
    os.environ["EQUIKOOP_REFERENCE_RETRIED"] = "1"
    os.execv(other, [other] + sys.argv)
try:
    import mpmath
    mpmath.mp.dps = 50
except ImportError:
    mpmath = None

TOLERANCE = 1e-14


class Double:
    """Arithmetic in double precision: the C library's functions."""
    tan, exp, log, sqrt, cos, sin = math.tan, math.exp, math.log, math.sqrt, math.cos, math.sin
    number = staticmethod(float)


def fifty_digits():
    class Many:
        """Arithmetic with 50 digits, on the same starting doubles."""
        tan, exp, log, sqrt = mpmath.tan, mpmath.exp, mpmath.log, mpmath.sqrt
        cos, sin = mpmath.cos, mpmath.sin
        number = mpmath.mpf
    return Many


def rounded_tan():
    class Rounded(Double):
        """Double precision with a correctly rounded tangent: does a root depend on the library?"""
        tan = staticmethod(lambda x: float(mpmath.tan(x)))
    return Rounded


def hessian(case, a):
    """Q diag Q^T with Q the ordered product of plane rotations."""
    n = case["dimension"]
    c, s = a.cos(a.number(case["rotation"])), a.sin(a.number(case["rotation"]))
    q = [[a.number(int(i == j)) for j in range(n)] for i in range(n)]
    for i, j in itertools.combinations(range(n), 2):
        turn = [[a.number(int(k == m)) for m in range(n)] for k in range(n)]
        turn[i][i], turn[i][j], turn[j][i], turn[j][j] = c, -s, s, c
        q = [[sum(q[r][k] * turn[k][m] for k in range(n)) for m in range(n)] for r in range(n)]
    return [[sum(q[i][k] * a.number(case["hessian"][k]) * q[j][k] for k in range(n))
             for j in range(n)] for i in range(n)]


def problem(case, a):
    """f and its gradient, as functions of a list."""
    if case["loss"] == "quadratic":
        h = hessian(case, a)
        grad = lambda x: [sum(hij * xj for hij, xj in zip(row, x)) for row in h]
        return lambda x: sum(xi * gi for xi, gi in zip(x, grad(x))) / 2, grad
    term, slope = {
        "tan": (a.tan, lambda x: 1 + a.tan(x) ** 2),
        "square": (lambda x: x ** 2, lambda x: x + x),
        "quartic": (lambda x: x ** 4, lambda x: 4 * x ** 3),
    }[case["loss"]]
    return lambda x: sum(term(xi) for xi in x), lambda x: [slope(xi) for xi in x]


def starts(case, low, high):
    side = round(case["initials"] ** (1 / case["dimension"]))
    return itertools.product(np.linspace(low, high, side).tolist(), repeat=case["dimension"])


def clip(value, low, high):
    return min(max(value, low), high)


def mirror(case, a, f, grad, x):
    low, rate = 1 / a.number(case["steps"]), a.number(case["rate"])
    while True:
        yield x, f(x)
        g = grad(x)
        if case["regulariser"] == "entropy":
            y = [a.exp(a.log(xi) - rate * gi) for xi, gi in zip(x, g)]
        else:
            y = [xi / (1 + rate * gi * xi) for xi, gi in zip(x, g)]
        x = [clip(yi, low, 1) for yi in y]


def reparameterised(case, a, f, grad, u):
    steps, rate = a.number(case["steps"]), a.number(case["rate"])
    if case["regulariser"] == "entropy":
        low, high, x_of, slope = 2 / a.sqrt(steps), 2, lambda v: (v / 2) ** 2, lambda v: v / 2
    else:
        low, high, x_of, slope = -a.log(steps), 0, a.exp, a.exp
    while True:
        x = [x_of(ui) for ui in u]
        yield u, f(x)
        u = [clip(ui - rate * gi * slope(ui), low, high) for ui, gi in zip(u, grad(x))]


def heavy_ball(case, a, f, grad, x):
    """x(t+1) = x(t) - rate grad + beta (x(t) - x(t-1)), where no projection comes between."""
    rate, low = a.number(case["rate"]), 1 / a.number(case["steps"])
    beta = a.number(case["momentum"]) if case["method"] == "momentum" else a.number(0)
    v = [a.number(0)] * len(x)
    while True:
        yield (x + v if case["state"] else x), f(x)
        v = [gi + beta * vi for gi, vi in zip(grad(x), v)]
        x = [xi - rate * vi for xi, vi in zip(x, v)]
        if case["loss"] != "quadratic":
            x = [clip(xi, low, 1) for xi in x]


def bisection(case, a, f, lower, upper):
    root = None
    while True:
        z = [(p + q) / 2 for p, q in zip(lower, upper)]
        if root is not None:
            z = root
        value = f(z)
        yield z, value
        if value == 0:
            root = z if case["hold"] else [0.0] * len(z)
        elif value < 0:
            lower = z
        else:
            upper = z


def trajectory(case, a, initial):
    """One trajectory: states (steps, features) and losses (steps)."""
    f, grad = problem(case, a)
    pick = lambda low, high: [a.number(v) for v in list(starts(case, low, high))[initial]]
    if case["method"] == "bisection":
        walk = bisection(case, a, f, pick(-4 / 3, -1 / 3), pick(1 / 7, 8 / 7))
    elif case["method"] == "ogd":
        ends = (-2.3, -0.1)
        if case["regulariser"] == "entropy":
            ends = (2 * math.sqrt(0.1), 2 * math.sqrt(0.9))
        walk = reparameterised(case, a, f, grad, pick(*ends))
    else:
        rule = mirror if case["method"] == "omd" else heavy_ball
        walk = rule(case, a, f, grad, pick(0.1, 0.9))
    states, losses = zip(*itertools.islice(walk, case["steps"]))
    return states, losses


def ensemble(case, a):
    return [trajectory(case, a, m) for m in range(case["initials"])]


def as_array(trajectories, part):
    return np.array([[np.array(s, dtype=float) for s in t[part]] for t in trajectories])


def difference(found, expected):
    """Largest difference, relative to the largest number of each trajectory."""
    scale = np.abs(expected).reshape(len(expected), -1).max(axis=1)
    error = np.abs(found - expected).reshape(len(expected), -1).max(axis=1)
    return float((error / scale).max())


def read_dump(program):
    """Pairs (case, states (M, T, F), losses (M, T)) from the program's lines."""
    lines = iter(subprocess.run([program], check=True, capture_output=True, text=True)
                 .stdout.splitlines())
    for line in lines:
        case = json.loads(line)
        rows = np.array([[float(v) for v in next(lines).split()]
                         for _ in range(case["initials"])])
        yield (case, rows[:, :-case["steps"]].reshape(case["initials"], case["steps"], -1),
               rows[:, -case["steps"]:])


def compare(case, states, losses, a, label):
    reference = ensemble(case, a)
    worst = max(difference(states, as_array(reference, 0)),
                difference(losses, as_array(reference, 1)))
    ok = worst <= TOLERANCE
    print(f"{case['name']:32s} {label:12s} {worst:8.1e} {'' if ok else 'TOO LARGE'}")
    return ok


def check_all(cases):
    good = True
    if mpmath is None:
        print("mpmath is absent (python3-mpmath): nothing is checked with 50 digits")
    for case, states, losses in cases:
        good &= compare(case, states, losses, Double, "double")
        if mpmath is None:
            continue
        # A bisection with 50 digits never meets the root that one in doubles meets.
        a, label = (rounded_tan(), "rounded tan") if case["method"] == "bisection" else (
            fifty_digits(), "50 digits")
        good &= compare(case, states, losses, a, label)
    return good


def main():
    cases = list(read_dump(sys.argv[1]))
    good = check_all(cases)
    if "--table" in sys.argv:
        import descent_table
        descent_table.print_table([c for c in cases if c[0]["loss"] == "tan"
                                   and c[0]["regulariser"] == "log_barrier"])
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
