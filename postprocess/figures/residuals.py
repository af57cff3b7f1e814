# SPDX-License-Identifier: BSD-3-Clause
"""How far the eigenvalues can be trusted (residuals) and how much they carry (amplitudes)."""
import numpy as np

from . import canvas

NAME, TITLE = "residuals", "Residuals and amplitudes"
MOST_LINES = 40
KINDS = (("residuals_heldout", "held-out", "o", -0.16), ("residuals_insample", "in-sample", "s", 0.16))
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def draw(results):
    groups = {n: results.spectrum(n) for n in results.names if results.spectrum(n) is not None}
    numbers = {n: quantiles(g) for n, g in groups.items()}
    if not any(numbers.values()):
        raise canvas.Absent("The spectra have no residuals.")
    names = [list(groups)[i] for i in canvas.evenly(len(groups), MOST_LINES)]
    figure, (left, right) = canvas.new_figure(10, max(1.2 + 0.36 * len(names), 3.0), 1, 2,
                                              width_ratios=(3, 2))
    residual_lines(left, names, numbers, [canvas.label(results.labels[n]) for n in names])
    amplitude_curves(right, results, groups, names)
    rows = [row for n in groups for row in csv_rows(n, numbers[n])]
    return canvas.Drawing(figure, rows, caption(len(names), len(results.names)))


def quantiles(group):
    """kind -> (quantiles of the residual over seeds and modes, number of eigenvalues)."""
    found = {}
    for key, words, _, _ in KINDS:
        values = canvas.finite(group.get(key, ()))
        if values.size:
            found[words] = (np.quantile(values, QUANTILES), values.size)
    return found


def residual_lines(axis, names, numbers, labels):
    for i, name in enumerate(names):
        for _, words, marker, shift in KINDS:
            if words in numbers[name]:
                q = np.maximum(numbers[name][words][0], 1e-16)  # a logarithmic axis has no zero
                colour = canvas.curve(0 if words == "held-out" else 1)["color"]
                axis.plot(q[[0, 4]], [i + shift] * 2, color=colour, lw=0.9, marker="", ls="-")
                axis.plot(q[[1, 3]], [i + shift] * 2, color=colour, lw=3, marker="", ls="-")
                axis.plot(q[2], i + shift, color=colour, marker=marker, ms=6, mec=canvas.INK, mew=0.6,
                          ls="none", label=words if words not in axis.get_legend_handles_labels()[1]
                          else None)
    axis.set_yticks(range(len(names)), labels)
    axis.set(xscale="log", ylim=(len(names) - 0.4, -0.6), xlabel="residual of an eigenvalue",
             title="Residuals")
    canvas.log_axis(axis.xaxis)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.legend(loc="lower right", ncol=2, bbox_to_anchor=(1.02, 1.0), borderaxespad=0.1)


def amplitude_curves(axis, results, groups, names):
    few = len(names) <= canvas.MOST_CURVES
    for name in names:
        values = groups[name].get("amplitudes")
        if values is None or not np.isfinite(values).any():
            continue
        with_numbers = np.isfinite(values).any(axis=0)
        middle = np.nanmedian(values[:, with_numbers], axis=0)
        style = canvas.curve(results.names.index(name)) if few else {
            "color": canvas.MUTED, "marker": "", "linestyle": "-", "alpha": 0.5, "lw": 0.8}
        axis.plot(np.flatnonzero(with_numbers) + 1, np.maximum(middle, 1e-16), **style)
    axis.set(yscale="log", xlabel="mode, by decreasing modulus", ylabel="amplitude (median over seeds)",
             title="Amplitudes")
    canvas.log_axis(axis.yaxis)
    axis.xaxis.set_major_locator(canvas.matplotlib.ticker.MaxNLocator(integer=True))
    if few:
        axis.legend([canvas.label(results.labels[n]) for n in names], fontsize=7.5, loc="upper left",
                    bbox_to_anchor=(1, 1))


def csv_rows(name, numbers):
    for kind, (q, count) in numbers.items():
        yield {"configuration": name, "residual": kind, "eigenvalues": count,
               **{f"quantile_{p:g}": float(v) for p, v in zip(QUANTILES, q)}}


def caption(shown, count):
    return ("Left: residuals over all seeds and modes (marker: median, thick: quartiles, thin: 5 to 95 %); "
            "in-sample residuals are flattered where delayed features outnumber snapshots, held-out ones "
            "are not. Right: share of the trajectories' energy that each mode carries."
            + canvas.left_out(shown, count))
