# SPDX-License-Identifier: BSD-3-Clause
"""Test accuracy (test loss where there is none) of every seed, and its mean, by configuration."""
import numpy as np

from . import canvas

NAME, TITLE = "accuracy", "Test accuracy"
MOST_LINES = 60


def draw(results):
    if results.trajectories is None:
        raise canvas.Absent(canvas.NO_TRAJECTORIES)
    key = next((k for k in ("test_accuracy", "test_loss") if any_finite(results, k)), None)
    if key is None:
        raise canvas.Absent("No test accuracy was recorded (optimisation problems have none).")
    seeds = {n: seed_means(results.trajectory(n), key) for n in results.names}
    names = [results.names[i] for i in canvas.evenly(len(results.names), MOST_LINES)]
    figure, axis = canvas.new_figure(9, 0.9 + 0.27 * len(names))
    for i, name in enumerate(names):
        line(axis, i, seeds[name], canvas.curve(results.names.index(name)))
    axis.set_yticks(range(len(names)), [canvas.label(results.labels[n]) for n in names])
    axis.set(ylim=(len(names) - 0.4, -0.6), xlabel=f"{key.replace('_', ' ')} after training")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    rows = [row for n in results.names for row in csv_rows(n, results.trajectory(n), key)]
    return canvas.Drawing(figure, rows, caption(key, len(names), len(results.names)))


def any_finite(results, key):
    groups = (results.trajectory(n) for n in results.names)
    return any(g is not None and key in g and np.isfinite(g[key]).any() for g in groups)


def seed_means(group, key):
    """Mean over initials of each seed; seeds without a number are left out."""
    if group is None or key not in group:
        return np.zeros(0)
    values = np.ma.masked_invalid(group[key])
    return np.ma.mean(values, axis=1).compressed()


def line(axis, at, values, style):
    if not len(values):
        axis.text(0.01, at, "none", va="center", fontsize=8, color=canvas.MUTED,
                  transform=axis.get_yaxis_transform())
        return
    rise = 0.12 * ((np.arange(len(values)) % 3) - 1)  # spreads equal values
    axis.scatter(values, at + rise, s=14, color=style["color"], alpha=0.5, lw=0, zorder=2)
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    axis.errorbar(values.mean(), at, xerr=spread, fmt=style["marker"], color=style["color"], ms=6,
                  mec=canvas.INK, mew=0.6, ecolor=canvas.INK, elinewidth=1, capsize=2.5, zorder=3)


def csv_rows(name, group, key):
    if group is None or key not in group:
        return
    for (s, m), value in np.ndenumerate(group[key]):
        yield {"configuration": name, "seed": int(group.get("seed", range(s + 1))[s]),
               "initial": int(group.get("initial", range(m + 1))[m]), key: float(value)}


def caption(key, shown, count):
    return (f"Small points: {key.replace('_', ' ')} of each seed, mean over its initials. Large: mean and "
            "standard deviation over seeds." + canvas.left_out(shown, count))
