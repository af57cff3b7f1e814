# SPDX-License-Identifier: BSD-3-Clause
"""A fully connected network trained in plain NumPy, and the dumps of dump_training to compare with.

Independent of the C++ code: written from the definitions (design 4.1), not from the sources.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

erf = np.frompyfunc(__import__("math").erf, 1, 1)

ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)),
                lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "identity": (lambda z: z, np.ones_like),
    "gelu": (lambda z: z * normal_cdf(z),
             lambda z: normal_cdf(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi).astype(z.dtype)),
}


def normal_cdf(z):
    return (0.5 * (1 + erf(z.astype(float) / np.sqrt(2)).astype(float))).astype(z.dtype)


class Dump:
    """What dump_training wrote, in the precision of the training."""

    def __init__(self, program, **keys):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dump.bin"
            arguments = [f"{key}={value}" for key, value in keys.items()]
            subprocess.run([program, str(path), *arguments], check=True)
            values = np.fromfile(path)
        dtype = np.dtype(keys.get("precision", "float64"))
        n, classes, train, initials, parameters, steps, features = values[:7].astype(int)
        at = 7

        def take(*shape):
            nonlocal at
            size = int(np.prod(shape))
            at += size
            return values[at - size:at].reshape(shape)

        self.x = take(train, n).astype(dtype)
        self.labels = take(train).astype(int)
        self.weights = take(initials, parameters).astype(dtype)
        self.snapshots = take(initials, steps, features)
        self.losses = take(initials, steps)
        self.sizes = [n, *map(int, str(keys.get("hidden", "7")).split("x")), classes]
        self.bias = str(keys.get("bias", "0")) == "1"
        self.steps = steps
        assert at == len(values), "dump of an unexpected length"


def unpack(w, sizes, bias):
    """Canonical vector -> [(W, b)], layer by layer: W (out, in), then b (out)."""
    layers, at = [], 0
    for n_in, n_out in zip(sizes, sizes[1:]):
        weights = w[at:at + n_in * n_out].reshape(n_out, n_in)
        at += n_in * n_out
        layers.append((weights, w[at:at + n_out] if bias else None))
        at += n_out if bias else 0
    return layers


def loss_and_gradient(w, x, labels, sizes, bias, activation):
    """Mean negative log-likelihood and its gradient in canonical order."""
    f, slope = ACTIVATIONS[activation]
    layers = unpack(w, sizes, bias)
    inputs, zs = [x], []
    for index, (weights, b) in enumerate(layers):
        z = inputs[-1] @ weights.T + (0 if b is None else b)
        zs.append(z)
        if index + 1 < len(layers):
            inputs.append(f(z))
    shifted = zs[-1] - zs[-1].max(axis=1, keepdims=True)
    p = np.exp(shifted)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    loss = -np.mean(np.log(p[rows, labels]))
    d = p.copy()
    d[rows, labels] -= 1
    d /= np.asarray(len(x), d.dtype)
    parts = []
    for index in reversed(range(len(layers))):
        weights, b = layers[index]
        if b is not None:
            parts.append(d.sum(axis=0))
        parts.append((d.T @ inputs[index]).ravel())
        if index > 0:
            d = (d @ weights) * slope(zs[index - 1])
    return loss, np.concatenate(parts[::-1])


def minibatch(dump, step, size):
    """Fixed order, running on across the end of the training set."""
    rows = (step * size + np.arange(size)) % len(dump.x)
    return dump.x[rows], dump.labels[rows]


def relative(values, reference):
    """Largest over the steps of |values - reference| / |reference| in the Euclidean norm."""
    difference = np.linalg.norm(values - reference, axis=-1)
    return float(np.max(difference / np.linalg.norm(reference, axis=-1)))
