# SPDX-License-Identifier: BSD-3-Clause
"""The verdict of each pair at every point of the robustness grid: a heat map a pair, distances by
analyses (delays, rank, window)."""
import numpy as np

from . import canvas

NAME, TITLE = "robustness", "Robustness of the verdicts"
MOST_PAIRS = 12


def draw(results):
    grid = results.distances.robustness
    if grid is None or "verdict" not in grid or not np.size(grid["verdict"]):
        raise canvas.Absent("No robustness grid was computed.")
    metrics, analyses = axes_of(grid)
    shown = [results.pairs[i] for i in canvas.evenly(len(results.pairs), MOST_PAIRS)]
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    width, height = max(0.22 * len(analyses) + 1.4, 2.6), 0.24 * len(metrics) + 1.8
    figure, places = canvas.new_figure(min(width * across + 1, 11), height * down + 0.8, down, across,
                                       squeeze=False, sharex=True, sharey=True)
    for axis in places.ravel()[len(shown):]:
        axis.set_axis_off()
    for axis, row in zip(places.ravel(), shown):
        draw_pair(axis, row, table_of(grid, results.pairs.index(row), metrics, analyses), metrics, analyses,
                  [results.labels[row[k]] for k in ("first", "second")])
    return canvas.Drawing(figure, csv_rows(results, grid), caption(len(shown), len(results.pairs)))


def analysis_words(grid, point):
    window = (grid["begin"][point], grid["end"][point])
    part = "" if window == (0, 1) else f", {window[0]:g}–{window[1]:g}"
    return f"{grid['delays_factor'][point]:g}× delays, {grid['rank_factor'][point]:g}× rank{part}"


def axes_of(grid):
    metrics = list(dict.fromkeys(str(m) for m in grid["metric"]))
    metrics.sort(key=lambda m: m != "study")
    analyses = list(dict.fromkeys(analysis_words(grid, p) for p in range(len(grid["metric"]))))
    return metrics, analyses


def table_of(grid, pair, metrics, analyses):
    """(metric, analysis) verdict codes; NaN where there is no such point."""
    table = np.full((len(metrics), len(analyses)), np.nan)
    for point, metric in enumerate(grid["metric"]):
        table[metrics.index(str(metric)), analyses.index(analysis_words(grid, point))] = grid["verdict"][point, pair]
    return table


def draw_pair(axis, row, table, metrics, analyses, labels):
    own = int(row.get("verdict", 0))
    for (i, j), code in np.ndenumerate(table):
        if np.isnan(code):
            continue
        _, colour, _, sign = canvas.VERDICTS[int(code)]
        axis.add_patch(canvas.plt.Rectangle((j, i), 1, 1, color=colour, ec=canvas.PAPER, lw=1,
                                            alpha=1 if int(code) == own else 0.75))
        axis.text(j + 0.5, i + 0.5, sign, ha="center", va="center", color="#ffffff", fontsize=7)
    share = row.get("robustness_share", np.nan)
    axis.set(xlim=(0, len(analyses)), ylim=(len(metrics), 0))
    axis.set_title(f"{canvas.label(labels[0])}\n{canvas.label(labels[1])}\n{canvas.VERDICTS[own][0]}"
                   + (f", {100 * share:.0f} % agree" if np.isfinite(share) else ""), fontsize=7.5)
    axis.set_xticks(np.arange(len(analyses)) + 0.5, analyses, fontsize=6, rotation=90)
    axis.set_yticks(np.arange(len(metrics)) + 0.5, metrics, fontsize=7)
    axis.tick_params(length=0)
    axis.grid(False)
    axis.spines[:].set_visible(False)


def csv_rows(results, grid):
    return [{"first": row["first"], "second": row["second"], "distance_kind": str(grid["metric"][p]),
             "delays_factor": float(grid["delays_factor"][p]), "rank_factor": float(grid["rank_factor"][p]),
             "begin": float(grid["begin"][p]), "end": float(grid["end"][p]),
             "verdict": canvas.VERDICTS[int(grid["verdict"][p, k])][0],
             **{name: float(grid[name][p, k]) for name in ("distance", "effect", "margin", "p_adjusted")}}
            for k, row in enumerate(results.pairs) for p in range(len(grid["metric"]))]


def caption(shown, count):
    return ("Each pair judged anew by the same tests for other delays, ranks, parts of the training "
            "(columns; multiples of the study's own) and distances (rows; “study”: the study's own). Signs: "
            + ", ".join(f"{sign} {words}" for words, _, _, sign in canvas.VERDICTS.values())
            + ". The empty cell of the study's own analysis is the verdict in the title."
            + canvas.left_out(shown, count, "pairs"))
