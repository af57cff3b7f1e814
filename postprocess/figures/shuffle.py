# SPDX-License-Identifier: BSD-3-Clause
"""The published shuffle control of each pair: a count of ties, not a p-value."""
import numpy as np

from . import canvas

NAME, TITLE = "shuffle", "Published shuffle control"
MOST_LINES = 40
FORMS = (("shuffle_fraction", "each eigenvalue swapped alone (published)", "o", 0),
         ("shuffle_fraction_conjugate", "conjugate pairs kept together", "s", 1))


def draw(results):
    rows = [r for r in results.pairs if any(np.isfinite(r.get(k, np.nan)) for k, *_ in FORMS)]
    if not rows:
        raise canvas.Absent("No shuffle control was computed.")
    shown = [rows[i] for i in canvas.evenly(len(rows), MOST_LINES)]
    figure, axis = canvas.new_figure(9, 1.3 + 0.24 * len(shown))
    for key, words, marker, colour in FORMS:
        axis.plot([r.get(key, np.nan) for r in shown], range(len(shown)), ls="none", marker=marker, ms=6,
                  mfc="none" if colour else None, mew=1.4, color=canvas.curve(colour)["color"], label=words,
                  clip_on=False, zorder=3)
    axis.set_yticks(range(len(shown)), [canvas.label(results.pair_label(r)) for r in shown])
    axis.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6), xlabel="share of shuffles that are ties")
    axis.grid(True, axis="y")
    axis.tick_params(axis="y", length=0)
    figure.legend(loc="upper left", ncol=2, fontsize=8, bbox_to_anchor=(0, 1))
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.32 / figure.get_figheight()))
    return canvas.Drawing(figure, [csv_row(r) for r in rows], caption(len(shown), len(rows)))


def csv_row(row):
    return {"first": row["first"], "second": row["second"],
            **{key: row.get(key, np.nan) for key, *_ in FORMS}}


def caption(shown, count):
    return ("A swap of matched eigenvalues can never raise the distance, so the share of shuffles with a "
            "distance no smaller than the true one counts ties. It is not a p-value of equivalence; it "
            "is shown for comparison with published results." + canvas.left_out(shown, count, "pairs"))
