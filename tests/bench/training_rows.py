# SPDX-License-Identifier: BSD-3-Clause
"""A training step of one of ten networks 784-h-10 (batch 60, float32, output weights recorded at each
step) on one rank, against the matrix products of a dense step; on MNIST and on dense data."""
import statistics

import figures

ORDER = 10
WIDTHS = (5, 10, 40, 400, 1024)
DENSE_GOAL = 1.25  # of first layer and output layer
MNIST_GOAL = {5: 0.75, 10: 0.75, 40: 0.5, 400: 0.5, 1024: 0.5}  # of the first layer alone


def steps(width):
    return max(60, min(1000, 40000 // width))


def first_layer(series):
    """The faster of the products of all ten stacked and of one network at a time."""
    return min((series["first layer, stacked"], series["first layer, one by one"]), key=statistics.median)


def dense(bench, width, rounds, count):
    series = bench.measure("training", "dense", width, rounds, count)
    output = statistics.median(series["output layer"])
    return series, figures.Figure(
        f"training: step, dense data, h = {width}", "us", series["step"],
        [value + output for value in first_layer(series)], "GEMMs of all layers", ("ratio<=", DENSE_GOAL),
        series.checks)


def mnist(bench, width, rounds, count):
    series = bench.measure("training", "mnist", width, rounds, count, bench.mnist)
    return series, figures.Figure(
        f"training: step, MNIST, h = {width}", "us", series["step"], first_layer(series), "GEMMs of first layer",
        ("ratio<=", MNIST_GOAL[width]), series.checks)


def recording(name, series):
    share = [statistics.median(series["step"]) / statistics.median(series["step, nothing recorded"]) - 1]
    return figures.Figure(f"training: share of recording, {name}", "", share, goal=("value<=", 0.05))


def rows(bench):
    rounds = 1 if bench.quick else 5
    for width in (5,) if bench.quick else WIDTHS:
        for name, measure in (("MNIST", mnist if bench.mnist else None), ("dense data", dense)):
            if measure is None:
                yield figures.Skipped(f"training: step, MNIST, h = {width}", "no MNIST (EQUIKOOP_DATA)")
                continue
            series, row = measure(bench, width, rounds, 40 if bench.quick else steps(width))
            yield row
            if width in (5, 40):
                yield recording(f"{name}, h = {width}", series)
