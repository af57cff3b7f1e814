# SPDX-License-Identifier: BSD-3-Clause
"""Mean distance between all configurations as a matrix; noise floors on the diagonal."""
import numpy as np

from . import canvas

NAME, TITLE = "distance_matrix", "Distances between configurations"
MOST_ANNOTATED = 12
MOST_LABELLED = 60
MOST_VECTOR = 40  # above, cells are drawn as pixels
LETTER = 0.07     # inches, of a label at 8 points


def draw(results):
    count = len(results.names)
    mean, error = results.mean_distances(), results.standard_errors()
    if not np.isfinite(mean).any():
        raise canvas.Absent("No two ensembles could be compared.")
    labels = [canvas.label(results.labels[n]) for n in results.names]
    cell, room = min(0.62, 7 / count), 0.2 + LETTER * max(map(len, labels))
    figure, axis = canvas.new_figure(cell * count + room + 1.6, max(cell * count + 0.3 + 0.7 * room, 2.6))
    colours = axis.pcolormesh(np.ma.masked_invalid(mean), vmin=0, cmap=canvas.map_of_colours(), zorder=2,
                              edgecolors="none" if count > MOST_VECTOR else canvas.PAPER,
                              linewidth=0 if count > MOST_VECTOR else 1, rasterized=count > MOST_VECTOR)
    axis.set(aspect="equal", ylim=(count, 0), xlim=(0, count))
    axis.grid(False)
    axis.spines[:].set_visible(False)
    name_axes(axis, labels, cell)
    mark_diagonal(axis, count)
    if count <= MOST_ANNOTATED:
        annotate(axis, mean, error, signs(results), colours)
    bar = figure.colorbar(colours, ax=axis, shrink=0.75, aspect=30)
    bar.set_label(canvas.distance_words(results).replace(" (", "\n("))
    bar.outline.set_visible(False)
    return canvas.Drawing(figure, csv_rows(results, mean, error), caption(count))


def name_axes(axis, labels, cell):
    """`cell`: width of a cell in inches, which a level label has to fit."""
    count = len(labels)
    step = -(-count // MOST_LABELLED)
    at = np.arange(0, count, step)
    size = 8 if count <= 25 else 6
    level = LETTER * (1 + max(map(len, labels))) < cell
    turned = {} if level else {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axis.set_xticks(at + 0.5, [labels[i] for i in at], fontsize=size, **turned)
    axis.set_yticks(at + 0.5, [labels[i] for i in at], fontsize=size)
    axis.tick_params(length=0)


def mark_diagonal(axis, count):
    for i in range(count if count <= MOST_VECTOR else 0):
        axis.add_patch(canvas.plt.Rectangle((i + 0.06, i + 0.06), 0.88, 0.88, fill=False, lw=1,
                                            ls=(0, (2, 1.5)), edgecolor="#fffffe", zorder=3))


def signs(results):
    """(first, second) -> sign of the verdict, both ways round."""
    found = {}
    for row in results.pairs:
        sign = canvas.verdict_style(row)[3]
        found[row["first_index"], row["second_index"]] = sign
        found[row["second_index"], row["first_index"]] = sign
    return found


def annotate(axis, mean, error, marks, colours):
    size = 8.5 if len(mean) <= 8 else 7
    for i, j in np.ndindex(mean.shape):
        if not np.isfinite(mean[i, j]):
            axis.text(j + 0.5, i + 0.5, "–", ha="center", va="center", color=canvas.MUTED)
            continue
        words = f"{mean[i, j]:.3g}"
        if np.isfinite(error[i, j]) and i != j and len(mean) <= 6:
            words += f"\n±{error[i, j]:.1g}"
        words += f"\n{marks[i, j]}" if (i, j) in marks else "\nfloor" if i == j else ""
        light = canvas.is_light(colours.cmap(colours.norm(mean[i, j])))
        axis.text(j + 0.5, i + 0.5, words, ha="center", va="center", fontsize=size, zorder=4,
                  color="#000000" if light else "#ffffff", style="italic" if i == j else "normal")


def csv_rows(results, mean, error):
    return [{"first": a, "second": b, "mean_distance": float(mean[i, j]),
             "standard_error": float(error[i, j]), "is_noise_floor": int(i == j)}
            for i, a in enumerate(results.names) for j, b in enumerate(results.names)]


def caption(count):
    words = ("Mean distance between spectra of two configurations; on the diagonal (dashed) the noise "
             "floor: the mean distance between seeds of one configuration.")
    if count <= MOST_ANNOTATED:
        words += " Verdicts: ≠ non-equivalent, ≈ equivalent, ≃ different but negligible, ? undecided."
    return words
