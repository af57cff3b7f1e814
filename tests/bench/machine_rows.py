# SPDX-License-Identifier: BSD-3-Clause
"""The floors of this machine, for reading the rest."""
import figures

ORDER = 0


def rows(bench):
    megabytes = 64 if bench.quick else 512
    series = bench.measure("machine", 1 if bench.quick else 7, megabytes, bench.folder)
    for name, unit in (("gemm float32", "GFLOP/s"), ("gemm float64", "GFLOP/s"), ("triad", "GB/s"),
                       ("raw write", "MB/s"), ("raw read", "MB/s")):
        yield figures.Figure(f"machine: {name}, one core", unit, series[name])
