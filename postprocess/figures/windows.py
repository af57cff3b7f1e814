# SPDX-License-Identifier: BSD-3-Clause
"""Mean distances between parts of the training, for each configuration; and between the
configurations, for each part. Noise floors on the diagonals."""
import numpy as np

from . import canvas

NAME, TITLE = "windows", "Distances between windows of training"
MOST_PANELS = 6     # of each of the two rows
MOST_ANNOTATED = 6  # cells a side


def draw(results):
    stored = results.distances.windows
    if stored is None:
        raise canvas.Absent("The study looks at one window of the training.")
    if "within_verdict" not in stored:
        raise canvas.Absent("distances.h5 is from an older version: equikoop distances writes it again.")
    spans = [span(*ends) for ends in zip(stored["begin"], stored["end"])]
    names = [results.labels[n] for n in results.names]
    rows = [(np.asarray(stored["within"]), signs(stored, "within"), names, spans)]
    if len(names) > 1:
        rows.append((np.asarray(stored["across"]), signs(stored, "across"), [f"window {s}" for s in spans], names))
    panels = min(max(len(titles) for _, _, titles, _ in rows), MOST_PANELS)
    figure, axes = canvas.new_figure(2.3 * panels + 1.2, 2.95 * len(rows) + 0.3, len(rows), panels, squeeze=False)
    top = max(np.nanmax(values, initial=0) for values, *_ in rows)
    for line, row in zip(axes, rows):
        colours = draw_row(line, *row, top)
    bar = figure.colorbar(colours, ax=axes, shrink=0.75, aspect=30)
    bar.set_label(canvas.distance_words(results))
    bar.outline.set_visible(False)
    return canvas.Drawing(figure, csv_rows(results, stored, spans), caption(len(names), len(spans)))


def span(begin, end):
    return f"{begin:g}–{end:g}"


def signs(stored, name):
    """The sign of each verdict, as in the matrix of distances; none against itself."""
    codes = np.asarray(stored[f"{name}_verdict"])
    return np.array([canvas.VERDICTS[c][3] if c in canvas.VERDICTS else "" for c in codes.flat]).reshape(codes.shape)


def draw_row(line, values, marks, titles, labels, top):
    """One row of panels, (panel, label, label); returns the last one's colours."""
    for axis in line:
        axis.set_axis_off()
    for axis, i in zip(line, canvas.evenly(len(titles), len(line))):
        axis.set_axis_on()
        colours = draw_panel(axis, values[i], marks[i], labels, top, named=axis is line[0])
        axis.set_title(canvas.label(titles[i]), fontsize=9)
    return colours


def draw_panel(axis, values, marks, labels, top, named):
    count = len(values)
    colours = axis.pcolormesh(np.ma.masked_invalid(values), vmin=0, vmax=top, cmap=canvas.map_of_colours(),
                              edgecolors=canvas.PAPER, linewidth=1, zorder=2)
    axis.set(aspect="equal", ylim=(count, 0), xlim=(0, count))
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    at = np.array(canvas.evenly(count, 12))
    words = [canvas.label(labels[i]) for i in at]
    axis.set_xticks(at + 0.5, words, fontsize=7, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(at + 0.5, words if named else [], fontsize=7)
    for i, j in np.ndindex(values.shape) if count <= MOST_ANNOTATED else ():
        if np.isfinite(values[i, j]):
            light = canvas.is_light(colours.cmap(colours.norm(values[i, j])))
            words = f"{values[i, j]:.2g}" + (f"\n{marks[i, j]}" if marks[i, j] else "")
            axis.text(j + 0.5, i + 0.5, words, ha="center", va="center", fontsize=6.5, zorder=4,
                      color="#000000" if light else "#ffffff", style="italic" if i == j else "normal")
    return colours


COLUMNS = {"mean_distance": "", "effect": "_effect", "margin": "_margin", "p_adjusted": "_p_adjusted",
           "verdict": "_verdict"}


def numbers(stored, name, place):
    return {column: stored[name + ending][place].item() for column, ending in COLUMNS.items()}


def csv_rows(results, stored, spans):
    rows = [{"configuration": name, "window": a, "other configuration": name, "other window": b,
             **numbers(stored, "within", (c, i, j)), "is_noise_floor": int(i == j)}
            for c, name in enumerate(results.names) for i, a in enumerate(spans) for j, b in enumerate(spans)]
    return rows + [
        {"configuration": a, "window": part, "other configuration": b, "other window": part,
         **numbers(stored, "across", (w, i, j)), "is_noise_floor": 0}
        for w, part in enumerate(spans) for i, a in enumerate(results.names)
        for j, b in enumerate(results.names) if i != j]


def caption(configurations, windows):
    words = ("Each window is a part of the training, from and to a share of the trajectory. Mean distance "
             "between the spectra of two windows of one configuration (a panel each)")
    if configurations > 1:
        words += ", and below between two configurations in one window (a panel each)"
    words += (", over equal seeds; on the diagonals, in italics, the noise floor: the mean distance between "
              "different seeds. Verdicts, p-values adjusted within a panel: ≠ non-equivalent, ≈ equivalent, "
              "≃ different but negligible, ? undecided. The study's own verdicts use its first window alone.")
    return (words + canvas.left_out(min(configurations, MOST_PANELS), configurations)
            + canvas.left_out(min(windows, MOST_PANELS), windows, "windows"))
