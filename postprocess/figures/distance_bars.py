# SPDX-License-Identifier: BSD-3-Clause
"""Mean distance of each pair with its standard error, beside the noise floor; verdict marked."""
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import canvas

NAME, TITLE = "distance_bars", "Distances beside the noise floor"
MOST_BARS = 40


def draw(results):
    if not results.pairs:
        raise canvas.Absent("The study has one configuration: there is no pair to compare.")
    order = sorted(results.pairs, key=lambda r: -np.nan_to_num(r["mean_distance"], nan=-1))
    shown = [order[i] for i in two_ends(len(order), MOST_BARS)]
    floors = results.floors()
    figure, axis = canvas.new_figure(9, 1.3 + 0.3 * len(shown))
    for i, row in enumerate(shown):
        bar(axis, i, row, floors[[row["first_index"], row["second_index"]]])
    axis.set_yticks(range(len(shown)), [canvas.label(results.pair_label(r)) for r in shown])
    axis.set(ylim=(len(shown) - 0.4, -0.6), xlabel=canvas.distance_words(results))
    axis.set_xlim(left=0)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    if len(shown) < len(order):
        axis.axhline(MOST_BARS * 3 // 4 - 0.5, color=canvas.MUTED, lw=0.8, ls=(0, (1, 2)))
    known = bool(np.isfinite(floors).any())
    figure.legend(handles=legend(shown, known), loc="upper left", ncol=6, bbox_to_anchor=(0, 1),
                  fontsize=8)
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.32 / figure.get_figheight()))
    rows = [csv_row(r, floors) for r in order]
    return canvas.Drawing(figure, rows, caption(results, known, len(shown), len(order)))


def two_ends(count, limit):
    """The largest three quarters and the smallest quarter, where not all fit."""
    if count <= limit:
        return list(range(count))
    return list(range(limit * 3 // 4)) + list(range(count - limit + limit * 3 // 4, count))


def bar(axis, at, row, floors):
    words, colour, marker, _ = canvas.verdict_style(row)
    known = canvas.finite(floors)
    if known.size:
        low, high, middle = known.min(), known.max(), known.mean()
        axis.barh(at, middle, height=0.78, color=canvas.FAINT, alpha=0.75, zorder=1, linewidth=0)
        axis.barh(at, high - low, left=low, height=0.78, color=canvas.MUTED, alpha=0.35, zorder=1.5,
                  linewidth=0)
        axis.plot([middle] * 2, [at - 0.39, at + 0.39], color=canvas.MUTED, lw=1.2, marker="", ls="-",
                  zorder=2)
    if not np.isfinite(row["mean_distance"]):
        axis.text(0.01, at, "not compared: a spectrum is missing", va="center", fontsize=8,
                  color=canvas.MUTED, transform=axis.get_yaxis_transform())
        return
    axis.barh(at, row["mean_distance"], height=0.3, color=colour, alpha=0.85, zorder=3, linewidth=0)
    axis.errorbar(row["mean_distance"], at, xerr=np.nan_to_num(row.get("standard_error", 0.0)),
                  fmt=marker, color=colour, mec=canvas.INK, mew=0.6, ecolor=canvas.INK, elinewidth=1,
                  capsize=2.5, ms=6, zorder=4)


def legend(rows, floors):
    styles = dict.fromkeys(canvas.verdict_style(r) for r in rows)
    marks = [Line2D([], [], marker=m, color=c, ls="-", lw=3, mec=canvas.INK, mew=0.6, label=w)
             for w, c, m, _ in styles]
    return marks + bool(floors) * [Patch(color=canvas.FAINT, label="noise floor"),
                                   Patch(color=canvas.MUTED, alpha=0.45, label="between the two floors")]


def csv_row(row, floors):
    return {"first": row["first"], "second": row["second"], "mean_distance": row["mean_distance"],
            "standard_error": row.get("standard_error", np.nan),
            "floor_first": float(floors[row["first_index"]]),
            "floor_second": float(floors[row["second_index"]]),
            "verdict": int(row.get("verdict", 0)), "verdict_text": canvas.verdict_style(row)[0]}


def caption(results, floors, shown, count):
    if not floors:
        return ("Bars: distance of each pair. With one seed a configuration there is neither a standard error nor a "
                "noise floor." + canvas.left_out(shown, count, "pairs"))
    words = ("Bars: mean distance with its standard error over seeds. Grey behind each: the noise floor, "
             "the distance that two seeds of one configuration have from each other (mean of the two "
             "configurations' floors; darker: from the lower to the higher).")
    if results.flag("compare.paired", ""):
        words += (" Seeds are paired: a bar is the mean over equal seeds, which share their random streams "
                  "and can therefore be closer than two seeds of one configuration.")
    if shown < count:
        words += (f" Shown are the {MOST_BARS * 3 // 4} largest and the {shown - MOST_BARS * 3 // 4} "
                  f"smallest of {count} distances; the CSV has all.")
    return words
