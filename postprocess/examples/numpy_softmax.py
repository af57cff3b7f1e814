#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A model that NumPy trains, recorded under two optimisers, ready for equikoop spectra.

    python3 postprocess/examples/numpy_softmax.py results/softmax
    equikoop spectra postprocess/examples/recorded.ini --out results/softmax
    equikoop distances postprocess/examples/recorded.ini --out results/softmax
    python3 postprocess/report.py results/softmax
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from recorder import Recorder  # noqa: E402

SEEDS, INITIALS, STEPS, BATCH = 6, 5, 150, 32
FEATURES, CLASSES, SAMPLES = 12, 3, 960
OPTIMIZERS = {"sgd": {"learning_rate": 0.2, "momentum": 0.0},
              "momentum": {"learning_rate": 0.02, "momentum": 0.9}}


def samples():
    """Gaussian classes: the same data for every run."""
    random = np.random.default_rng(1)
    labels = random.integers(CLASSES, size=SAMPLES)
    return random.normal(size=(SAMPLES, FEATURES)) + random.normal(size=(CLASSES, FEATURES))[labels], labels


def gradient(weights, inputs, labels):
    """Of the mean negative log-likelihood of softmax(inputs · weights); and that loss."""
    scores = inputs @ weights
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(share[np.arange(len(labels)), labels]).mean()
    share[np.arange(len(labels)), labels] -= 1
    return inputs.T @ share / len(labels), loss


def train(recorder, seed, initial, learning_rate, momentum):
    inputs, labels = samples()
    weights = np.random.default_rng(100 + seed).uniform(-1, 1, (FEATURES, CLASSES)) / np.sqrt(FEATURES)
    if initial:  # the seed's base weights, moved a little: one ensemble has one spectrum
        weights *= 1 + 1e-3 * np.random.default_rng((seed, initial)).uniform(-1, 1, weights.shape)
    order = np.random.default_rng(200 + seed).permutation(SAMPLES)
    velocity = np.zeros_like(weights)
    for step in range(STEPS):
        batch = order[np.arange(step * BATCH, (step + 1) * BATCH) % SAMPLES]
        slope, loss = gradient(weights, inputs[batch], labels[batch])
        velocity = momentum * velocity - learning_rate * slope
        weights = weights + velocity
        recorder.step({"weights": weights}, loss)


def main(folder):
    for name, options in OPTIMIZERS.items():
        with Recorder(f"{folder}/trajectories.h5", f"optimizer={name}", SEEDS, INITIALS, STEPS, dtype="f8",
                      parameters={"training.optimizer": name, "training.batch_size": str(BATCH)}) as recorder:
            for seed, initial in recorder.todo():
                train(recorder, seed, initial, **options)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("numpy_softmax.py: give the folder of the results")
    main(sys.argv[1])
