# SPDX-License-Identifier: BSD-3-Clause
"""The verdict of every pair at every point of the robustness grid, as one table: a line a pair, the least
robust first; a block of columns a distance, a column an analysis (delays, rank, window)."""
import numpy as np

from . import canvas

NAME, TITLE = "robustness", "Robustness of the verdicts"
MOST_PAIRS = 40
MOST_COLUMNS = 30   # of one table; more distances go into a further table below
NARROWEST = 2.4     # columns that a block's title needs
CELL = 0.24         # inches
TITLES = {"study": "the study's\ndistance", "w1": "W₁", "w2": "W₂", "log": "log λ",
          "amplitude": "amplitude\nweights", "residual": "residual\nweights", "hausdorff": "Hausdorff",
          "procrustes": "Procrustes"}


def draw(results):
    grid = results.distances.robustness
    if grid is None or "verdict" not in grid or not np.size(grid["verdict"]):
        raise canvas.Absent("No robustness grid was computed.")
    shares = np.array([row.get("robustness_share", np.nan) for row in results.pairs])
    lines = lines_of(blocks(results, grid))
    shown = np.argsort(shares, kind="stable")[:max(MOST_PAIRS // len(lines), 8)]
    labels = [canvas.label(results.pair_label(results.pairs[i])) for i in shown]
    width = 0.8 + 0.068 * max(map(len, labels)) + CELL * max(sum(map(span, line)) for line in lines)
    figure, axes = canvas.new_figure(width, len(lines) * (CELL * len(shown) + 1.9), len(lines), squeeze=False)
    for axis, line in zip(axes[:, 0], lines):
        table(axis, line, shown, shares)
        axis.set_yticks(np.arange(len(shown)) + 0.5, labels, fontsize=7)
    return canvas.Drawing(figure, csv_rows(results, grid), caption(len(shown), len(results.pairs)))


def analysis_words(grid, point):
    window = (grid["begin"][point], grid["end"][point])
    part = "" if window == (0, 1) else f", {window[0]:g}–{window[1]:g}"
    return f"{grid['delays_factor'][point]:g}× delays, {grid['rank_factor'][point]:g}× rank{part}"


def blocks(results, grid):
    """(title, words of the columns, (pair, column) verdict codes), the study's own verdict first."""
    own = np.array([[row.get("verdict", 0)] for row in results.pairs])
    found = [("verdict", ["as the study asks"], own)]
    metrics = np.array([str(m) for m in grid["metric"]])
    order = np.lexsort((grid["rank_factor"], grid["delays_factor"], -grid["end"], grid["begin"]))
    for metric in sorted(dict.fromkeys(metrics), key=lambda m: m != "study"):
        at = [p for p in order if metrics[p] == metric]
        found.append((TITLES.get(metric, metric), [analysis_words(grid, p) for p in at], grid["verdict"][at].T))
    return found


def span(block):
    """Columns that a block takes, its gap included."""
    return max(len(block[1]), NARROWEST) + 0.5


def lines_of(found):
    """The blocks in tables of at most MOST_COLUMNS, each of which begins with the verdict."""
    lines = [found[:1]]
    for block in found[1:]:
        if len(lines[-1]) > 1 and sum(map(span, lines[-1])) + span(block) > MOST_COLUMNS:
            lines.append(found[:1])
        lines[-1] = [*lines[-1], block]
    return lines


def table(axis, line, shown, shares):
    left, ticks, words = 0.0, [], []
    for block in line:
        title, columns, codes = block
        start = left + (span(block) - 0.5 - len(columns)) / 2
        for i, pair in enumerate(shown):
            for j in range(len(columns)):
                cell(axis, start + j, i, int(codes[pair, j]))
        axis.text(start + len(columns) / 2, -0.25, title, ha="center", va="bottom", fontsize=7.5, weight="bold")
        ticks += [start + j + 0.5 for j in range(len(columns))]
        words += columns
        left += span(block)
    axis.text(left + 0.6, -0.25, "agree", ha="center", va="bottom", fontsize=7.5, weight="bold")
    for i, pair in enumerate(shown):
        share = f"{100 * shares[pair]:.0f} %" if np.isfinite(shares[pair]) else "–"
        axis.text(left + 1.2, i + 0.5, share, ha="right", va="center", fontsize=7)
    axis.set(xlim=(-0.2, left + 1.4), ylim=(len(shown), -0.2))
    axis.set_xticks(ticks, words, fontsize=6.5, rotation=90)
    axis.tick_params(length=0)
    axis.grid(False)
    axis.spines[:].set_visible(False)


def cell(axis, x, y, code):
    _, colour, _, sign = canvas.VERDICTS[code]
    axis.add_patch(canvas.plt.Rectangle((x, y), 1, 1, facecolor=colour, edgecolor=canvas.PAPER, lw=1))
    axis.text(x + 0.5, y + 0.5, sign, ha="center", va="center", fontsize=7,
              color="#000000" if canvas.is_light(colour) else "#ffffff")


def csv_rows(results, grid):
    return [{"first": row["first"], "second": row["second"], "distance_kind": str(grid["metric"][p]),
             "delays_factor": float(grid["delays_factor"][p]), "rank_factor": float(grid["rank_factor"][p]),
             "begin": float(grid["begin"][p]), "end": float(grid["end"][p]),
             "verdict": canvas.VERDICTS[int(grid["verdict"][p, k])][0],
             **{name: float(grid[name][p, k]) for name in ("distance", "effect", "margin", "p_adjusted")}}
            for k, row in enumerate(results.pairs) for p in range(len(grid["metric"]))]


def caption(shown, count):
    return ("Each pair judged anew by the same tests: with other delays and ranks (columns; multiples of the study's "
            "own) and parts of the training, and with other distances (blocks). “agree” is the share of these "
            "analyses whose verdict is the study's, or – where seeds are too few for any verdict; the least robust pair "
            "comes first. Signs: "
            + ", ".join(f"{sign} {words}" for words, _, _, sign in canvas.VERDICTS.values()) + "."
            + ("" if shown == count else f" Shown are the {shown} least robust of {count} pairs; the CSV has all."))
