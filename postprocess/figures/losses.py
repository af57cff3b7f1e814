# SPDX-License-Identifier: BSD-3-Clause
"""Training curves: median and quartiles of the loss over seeds and initials, by configuration."""
import numpy as np
from matplotlib.collections import LineCollection

from . import canvas

NAME, TITLE = "losses", "Training curves"
MOST_PANELS = 24
POINTS = 300       # points of a drawn curve
LOG_SPAN = 5.0     # ratio of the largest to the smallest median above which the axis is logarithmic


def draw(results):
    if results.trajectories is None:
        raise canvas.Absent(canvas.NO_TRAJECTORIES)
    curves = {n: summary(results.trajectory(n)) for n in results.names}
    curves = {n: c for n, c in curves.items() if c is not None}
    if not curves:
        raise canvas.Absent("The trajectories have no losses.")
    few = len(curves) <= canvas.MOST_CURVES
    names = list(curves) if few else [list(curves)[i] for i in canvas.evenly(len(curves), MOST_PANELS)]
    figure, axes = together(results, curves) if few else apart(results, curves, names)
    scale(axes, curves)
    rows = [row for name, c in curves.items() for row in csv_rows(name, c)]
    return canvas.Drawing(figure, rows, caption(curves, len(names)))


def summary(group):
    """Steps, quartiles (3, step) of the smoothed losses, and the window; None without losses."""
    if group is None or "loss" not in group:
        return None
    loss = np.asarray(group["loss"], dtype=float)
    loss = loss.reshape(-1, loss.shape[-1])
    steps = np.asarray(group.get("step", np.arange(loss.shape[-1])))
    loss = loss[np.isfinite(loss).any(axis=1)]
    if not loss.size:
        return None
    window = max(1, loss.shape[1] // 100)
    smooth = moving_mean(loss, window)
    at = np.unique(np.linspace(0, smooth.shape[1] - 1, POINTS).round().astype(int))
    quartiles = np.nanquantile(np.ma.filled(smooth[:, at], np.nan), (0.25, 0.5, 0.75), axis=0)
    return {"step": steps[at + (window - 1) // 2], "quartiles": quartiles, "window": window,
            "trajectories": len(loss)}


def moving_mean(values, window):
    """Mean over `window` neighbouring steps of each row; shorter by window - 1."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    return (total[:, window:] - total[:, :-window]) / window


def together(results, curves):
    figure, axis = canvas.new_figure(9, 3.6)
    handles = []
    for i, (name, c) in enumerate(curves.items()):
        style = canvas.curve(results.names.index(name))
        line, = axis.plot(c["step"], c["quartiles"][1], markevery=(i * 7 % 30, 40), **style)
        axis.fill_between(c["step"], c["quartiles"][0], c["quartiles"][2], alpha=0.18, lw=0,
                          color=style["color"])
        handles.append(line)
    figure.legend(handles, [canvas.label(results.labels[n]) for n in curves], loc="upper right",
                  fontsize=8)
    figure.get_layout_engine().set(rect=(0, 0, legend_room(results, curves), 1))
    axis.set(xlabel="optimiser step", ylabel="training loss")
    return figure, [axis]


def legend_room(results, curves):
    """Share of the width that is left of the legend, from the longest label."""
    return 1 - (0.55 + 0.068 * max(len(results.labels[n]) for n in curves)) / 9


def apart(results, curves, names):
    columns = 4
    lines = -(-len(names) // columns)
    figure, axes = canvas.new_figure(9, 1.5 * lines + 0.5, lines, columns, squeeze=False, sharex=True,
                                     sharey=True)
    for axis in axes.flat[len(names):]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, names):
        others = [np.column_stack((curves[n]["step"], curves[n]["quartiles"][1])) for n in names]
        axis.add_collection(LineCollection(others, colors=canvas.FAINT, linewidths=0.6))
        c, colour = curves[name], canvas.curve(0)["color"]
        axis.plot(c["step"], c["quartiles"][1], color=colour, marker="", ls="-")
        axis.fill_between(c["step"], c["quartiles"][0], c["quartiles"][2], alpha=0.25, lw=0, color=colour)
        axis.set_title(canvas.label(results.labels[name]), fontsize=8)
    figure.supxlabel("optimiser step", fontsize=9)
    figure.supylabel("training loss", fontsize=9)
    return figure, list(axes.flat[:len(names)])


def scale(axes, curves):
    middles = canvas.finite(np.concatenate([c["quartiles"][1] for c in curves.values()]))
    if middles.size and middles.min() > 0 and middles.max() > LOG_SPAN * middles.min():
        for axis in axes:
            axis.set_yscale("log")
        canvas.log_axis(axes[0].yaxis)


def csv_rows(name, c):
    for i, step in enumerate(c["step"]):
        low, middle, high = c["quartiles"][:, i]
        yield {"configuration": name, "step": int(step), "lower_quartile": float(low),
               "median": float(middle), "upper_quartile": float(high)}


def caption(curves, shown):
    windows = sorted({c["window"] for c in curves.values()})
    words = "not smoothed" if windows == [1] else (
        f"each trajectory smoothed by a moving mean over {windows[-1]} steps")
    return ("Minibatch loss before each update: median (line) and quartiles (band) over all seeds and "
            f"initials; {words}; at most {POINTS} steps of each curve are drawn."
            + (" Grey: the other configurations." if len(curves) > canvas.MOST_CURVES else "")
            + canvas.left_out(shown, len(curves)))
