# SPDX-License-Identifier: BSD-3-Clause
"""The weights after each of 100 SGD steps against NumPy, to 1e-6 (float32) and 1e-12 (float64).

Usage: network_reference.py DUMP_TRAINING
"""

import itertools
import sys

import numpy as np

from training import Dump, loss_and_gradient, minibatch, relative

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
RATE, BATCH = 0.1, 20


def sgd(dump, initial, activation):
    w = dump.weights[initial].copy()
    rate = np.asarray(RATE, w.dtype)
    snapshots, losses = [], []
    for step in range(dump.steps):
        x, labels = minibatch(dump, step, BATCH)
        loss, gradient = loss_and_gradient(w, x, labels, dump.sizes, dump.bias, activation)
        w = w - rate * gradient
        snapshots.append(w)
        losses.append(loss)
    return np.array(snapshots, float), np.array(losses, float)


def check(program, keys):
    dump = Dump(program, batch_size=BATCH, learning_rate=RATE, **keys)
    worst = 0.0
    for initial in range(len(dump.weights)):
        snapshots, losses = sgd(dump, initial, keys["activation"])
        worst = max(worst, relative(dump.snapshots[initial], snapshots),
                    float(np.max(np.abs(dump.losses[initial] / losses - 1))))
    passed = worst <= TOLERANCE[keys["precision"]]
    print(f"{'ok  ' if passed else 'FAIL'} {worst:.1e}", *(f"{k}={v}" for k, v in keys.items()))
    return passed


def main(program):
    cases = [dict(precision=p, activation=a, hidden=h, bias=b, density=d, first_layer=layer)
             for p, a, (h, b, d, layer) in itertools.product(
                 TOLERANCE, ("relu", "gelu", "tanh", "sigmoid", "identity"),
                 (("7", 0, 1, "dense"), ("7", 1, 0.2, "dense"), ("7", 1, 0.2, "sparse"), ("9x6", 0, 0.2, "sparse"),
                  ("40", 0, 0.6, "sparse"), ("8x6x5", 1, 1, "dense")))]
    failures = sum(not check(program, keys) for keys in cases)
    print(f"{len(cases)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
