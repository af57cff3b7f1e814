# SPDX-License-Identifier: BSD-3-Clause
"""Where in the plane something nearly is an eigenvalue: the pseudospectrum of each configuration's
first seed (ResDMD)."""
import numpy as np

from . import canvas

NAME, TITLE = "pseudospectrum", "Pseudospectra"
MOST_PANELS = 6
LEVELS = (-3, -2.5, -2, -1.5, -1, -0.5, 0)  # log10 of the residual


def draw(results):
    found = [n for n in results.names if (g := results.spectrum(n)) is not None
             and "pseudospectrum" in g and np.isfinite(g["pseudospectrum"]).any()]
    if not found:
        raise canvas.Absent("No pseudospectrum was asked for (koopman.pseudospectrum).")
    shown = [found[i] for i in canvas.evenly(len(found), MOST_PANELS)]
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    figure, places = canvas.new_figure(3.3 * across + 0.9, 3.2 * down + 0.3, down, across, squeeze=False,
                                       sharex=True, sharey=True)
    for axis in places.ravel()[len(shown):]:
        axis.set_axis_off()
    figure.supxlabel("Re λ", fontsize=9)
    figure.supylabel("Im λ", fontsize=9)
    for axis, name in zip(places.ravel(), shown):
        filled = draw_one(axis, results.spectrum(name), results.labels[name])
    bar = figure.colorbar(filled, ax=places.ravel().tolist(), shrink=0.8, aspect=30)
    bar.set_ticks(LEVELS[::2], labels=[canvas.power(10.0**level) for level in LEVELS[::2]])
    bar.set_label("least residual")
    bar.outline.set_visible(False)
    return canvas.Drawing(figure, [r for n in found for r in csv_rows(n, results.spectrum(n))],
                          caption(len(shown), len(found)))


def draw_one(axis, group, label):
    real, imaginary = group["real"], group["imaginary"]
    level = np.log10(np.maximum(group["pseudospectrum"], 1e-16))
    filled = axis.contourf(real, imaginary, level, levels=LEVELS, extend="both", cmap=canvas.map_of_colours())
    turn = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(turn), np.sin(turn), color=canvas.FAINT, lw=0.8, marker="", ls="-")
    values = np.asarray(group["eigenvalues"][0])
    values = values[np.isfinite(values.real)]
    axis.plot(values.real, values.imag, ls="none", marker="o", ms=4, color="#ffffff", mec="#1b1b1f", mew=0.8)
    axis.set_aspect("equal")
    axis.set_title(canvas.label(label), fontsize=9)
    axis.grid(False)
    return filled


def csv_rows(name, group):
    for i, j in np.ndindex(group["pseudospectrum"].shape):
        yield {"configuration": name, "real": float(group["real"][j]), "imag": float(group["imaginary"][i]),
               "residual": float(group["pseudospectrum"][i, j])}


def caption(shown, count):
    return ("Colour: the least residual |g(next) − z g| / |g| that any function of the kept modes reaches at z, "
            "for the first seed; points: its eigenvalues. An isolated deep basin is an eigenvalue to trust; a "
            "wide one says that eigenvalues in it move far under small changes of the data."
            + canvas.left_out(shown, count))
