# SPDX-License-Identifier: BSD-3-Clause
"""Paragraphs beside the answer: on which clock spectra are compared, what windows of training say,
and the bare distances of a study without replicates. Plain text, from the archives alone."""
import numpy as np

from answer import MOST_LISTED, compared, count, in_numbers, number
from results import DIFFERENT

CLOCKS = {"step": "optimiser steps", "sample": "samples seen", "time": "time (learning rate × steps)"}


def paragraphs(results):
    """(heading, text) of what follows the answer."""
    return [(heading, " ".join(sentences)) for heading, sentences in (
        ("Windows of training", windows(results)),
        ("On which clock", clock(results))) if sentences]


def bare_distances(results):
    """The distances themselves, where no floor and no test stands beside them; else nothing."""
    rows = compared(results)
    if not rows or np.isfinite(results.floors()).any():
        return []
    listed = sorted(rows, key=lambda r: r["mean_distance"])[:MOST_LISTED]
    words = "; ".join(f"{results.labels[r['first']]} and {results.labels[r['second']]} "
                      f"{number(r['mean_distance'], 4)}" for r in listed)
    more = len(rows) - len(listed)
    ratio = rows_ratio(rows)
    return [("Distances without replicates",
             f"One spectrum a configuration allows no test; the distances are: {words}"
             + (f"; and {more} larger" if more else "") + f".{ratio}")]


def rows_ratio(rows):
    values = [r["mean_distance"] for r in rows]
    least, most = min(values), max(values)
    return f" The largest is {number(most / least, 2)} times the smallest." if least > 0 and len(rows) > 1 else ""


def clock(results):
    """How eigenvalues became comparable: as they are, or as rates per unit of a clock."""
    groups = [group for n in results.names if (group := results.spectrum(n)) is not None]
    if groups and all(group.attributes.get("features") == 0 for group in groups):
        return []  # spectra that were imported alone: their step is not known
    if results.setting("compare.scaling", "none") != "log":
        every = {p.get("record.every", "1") for p in map(results.parameters, results.names)}
        steps = (f"{every.pop()} optimiser step" if every == {"1"} else
                 f"{every.pop()} optimiser steps" if len(every) == 1 else
                 f"{' or '.join(sorted(every, key=int))} optimiser steps, by configuration")
        return [f"Eigenvalues are compared as they are, per recorded step ({steps})."]
    name = results.setting("compare.clock", "step")
    spans = np.array([group.attributes.get(f"clock_{name}", np.nan) for group in groups], dtype=float)
    low, high = (number(f(spans)) for f in (np.nanmin, np.nanmax)) if np.isfinite(spans).any() else ("?", "?")
    span = f"{low} in every configuration" if low == high else f"{low} to {high}, by configuration"
    return [f"Eigenvalues are compared as rates, log λ divided by the {CLOCKS.get(name, name)} between two "
            f"snapshots ({span}); distances are in units of one over that."]


def windows(results):
    stored = results.distances.windows
    if stored is None or "within_verdict" not in stored:
        return []
    spans = [f"{a:g}–{b:g}" for a, b in zip(stored["begin"], stored["end"])]
    labels = [results.labels[n] for n in results.names]
    sentences = [f"In {label}, {window_pairs(table, values, spans)}"
                 for label, table, values in zip(labels, stored["within_verdict"], stored["within"])]
    return sentences + across(stored, spans, labels)


def cells(table, values):
    """Rows of the upper triangle as answer.in_numbers takes them, with their places."""
    return [{"first": i, "second": j, "verdict": int(table[i, j]), "mean_distance": values[i, j]}
            for i in range(len(table)) for j in range(i + 1, len(table))]


def window_pairs(table, values, spans):
    rows = cells(np.asarray(table), np.asarray(values))
    different = [f"{spans[r['first']]} and {spans[r['second']]}" for r in rows if r["verdict"] == DIFFERENT]
    named = f" (non-equivalent: {'; '.join(different)})" if 0 < len(different) <= MOST_LISTED else ""
    if len(rows) == 1:
        return f"the pair of windows {in_numbers(rows).removeprefix('1 ')}."
    return f"of {count(len(rows), 'pair')} of windows {in_numbers(rows)}{named}."


def across(stored, spans, labels):
    """Whether the verdicts on the configurations hold in every window."""
    tables, values = np.asarray(stored["across_verdict"]), np.asarray(stored["across"])
    if len(labels) < 2:
        return []
    if (tables == tables[0]).all():
        return [f"The verdicts on the configurations are the same in all {len(spans)} windows."]
    return ["Of the pairs of configurations, " + "; ".join(
        f"in {span}: {in_numbers(cells(table, value))}" for span, table, value in zip(spans, tables, values)) + "."]
