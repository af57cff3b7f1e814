# SPDX-License-Identifier: BSD-3-Clause
"""A few recorded features over training, of the first seed and its first initial (on a grid of starts:
the first off the diagonal)."""
import numpy as np

from . import canvas

NAME, TITLE = "weights", "Trajectories of a few features"
MOST_PANELS = 12
FEATURES = 4   # drawn in each panel: those that move most from first to last snapshot
POINTS = 500   # snapshots drawn and written


def draw(results):
    if results.trajectories is None:
        raise canvas.Absent(canvas.NO_TRAJECTORIES)
    with_data = [n for n in results.names if has_data(results.trajectory(n))]
    if not with_data:
        raise canvas.Absent("No ensemble with recorded features is complete.")
    names = [with_data[i] for i in canvas.evenly(len(with_data), MOST_PANELS)]
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure, axes = canvas.new_figure(3 * max(columns, 2), 1.9 * lines + 0.3, lines, columns,
                                     squeeze=False, sharex=True)
    for axis in axes.flat[len(names):]:
        axis.set_visible(False)
    rows = []
    for axis, name in zip(axes.flat, names):
        rows += panel(axis, name, results.trajectory(name), canvas.label(results.labels[name]))
    figure.supxlabel("optimiser step", fontsize=9)
    figure.supylabel("value of the feature", fontsize=9)
    return canvas.Drawing(figure, rows, caption(len(names), len(with_data)))


def has_data(group):
    return group is not None and "observables" in group and first_complete(group) is not None


def first_complete(group):
    """The first seed whose ensemble is on disk; None if there is none."""
    if 0 in group["observables"].shape:
        return None
    done = group.get("complete", np.ones(group["observables"].shape[0]))
    return int(np.argmax(done)) if np.any(done) else None


def shown_initial(starts):
    """The first of (initial, feature) whose features are not all one number and draw one line; else 0."""
    return int(np.argmax(np.any(starts != starts[:, :1], axis=1)))


def panel(axis, name, group, title):
    seed, data = first_complete(group), group["observables"]
    initial = shown_initial(np.asarray(data[seed, :, 0, :]))
    first, last = data[seed, initial, 0, :], data[seed, initial, data.shape[2] - 1, :]
    moved = np.nan_to_num(np.abs(last.astype(float) - first))
    chosen = np.sort(np.argsort(-moved, kind="stable")[:FEATURES])
    at = np.unique(np.linspace(0, data.shape[2] - 1, POINTS).round().astype(int))
    steps = np.asarray(group.get("time", np.arange(data.shape[2])))[at]
    values = data[seed, initial, :, chosen][at]  # only the chosen columns are read
    for i, feature in enumerate(chosen):
        axis.plot(steps, values[:, i], label=f"{feature}", markevery=(i * 11 % 60, max(len(at) // 6, 1)),
                  **{**canvas.curve(i), "lw": 1.1, "ms": 3.5})
    axis.set_title(title, fontsize=8.5)
    axis.locator_params(nbins=5)
    axis.legend(fontsize=6.5, title="feature", title_fontsize=6.5, loc="best", handlelength=1.8, ncol=2)
    label = int(group.get("seed", range(seed + 1))[seed])
    return [{"configuration": name, "seed": label, "initial": initial, "feature": int(f), "step": int(s),
             "value": float(values[t, i])} for i, f in enumerate(chosen) for t, s in enumerate(steps)]


def caption(shown, count):
    return (f"The {FEATURES} features that move most, first complete seed, first initial (the first "
            f"with features of its own, on a grid of starts); at most {POINTS} "
            "snapshots are drawn. Scales differ between panels." + canvas.left_out(shown, count))
