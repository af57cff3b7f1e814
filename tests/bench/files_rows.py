# SPDX-License-Identifier: BSD-3-Clause
"""Trajectories written and read through the archive (HDF5 by MPI-IO, SHA-256, fsync before the mark)
by one rank
and by one a core, each its own ensemble, beside a plain file of as many bytes on the same disk. "From disk": the page cache is dropped before."""
import figures

ORDER = 40
GOAL = 0.7  # of the plain file's rate


def rows(bench):
    rounds, megabytes = (1, 8) if bench.quick else (7, 128)
    for ranks in (1, 2):
        series = bench.measure("archive", bench.folder, rounds, megabytes, ranks=ranks)
        for name, raw in (("write", "write + fsync"), ("read, from disk", "read"), ("read, in memory", "read")):
            yield figures.Figure(
                f"files: {name}, {ranks} rank{'s' if ranks > 1 else ''}", "MB/s", series[name], series[f"raw {name}"],
                f"plain file, {raw}", None if bench.quick else ("ratio>=", GOAL), series.checks if name == "write" else [])
