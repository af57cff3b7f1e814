# SPDX-License-Identifier: BSD-3-Clause
"""Eigenvalues of all seeds on the unit circle, one panel a configuration, with an inset near 1."""
import matplotlib.colors
import numpy as np

from . import canvas

NAME, TITLE = "spectra", "Spectra"
MOST_PANELS = 24
TRUSTED = 0.1       # residual above which an eigenvalue is drawn as a cross
LARGEST_AXIS = 1.6  # half-width of a panel; eigenvalues beyond are counted in its corner
LARGEST_INSET = 0.3  # half-width
LARGEST_POINT = 34  # area of a marker, points², of a mode with all the energy


def draw(results):
    spectra = {n: points(results.spectrum(n)) for n in results.names}
    if not any(len(p["eigenvalue"]) for p in spectra.values()):
        raise canvas.Absent("No ensemble has a spectrum.")
    names = [results.names[i] for i in canvas.evenly(len(results.names), MOST_PANELS)]
    norm, half, zoom = shared_scales(list(spectra.values()))
    figure, axes, panel = panels(len(names))
    for i, (axis, name) in enumerate(zip(axes, names)):
        circle(axis, spectra[name], canvas.label(results.labels[name]), norm, half, zoom, panel)
        if i % panel["columns"] == 0:
            axis.set_ylabel("Im λ")
        else:
            axis.set_yticks([])
    kind = ("held-out" if any(p["heldout"] for p in spectra.values()) else
            "in-sample" if any(np.isfinite(p["residual"]).any() for p in spectra.values()) else None)
    if kind:
        colour_bar(figure, axes, norm, kind)
    rows = [row for name in results.names for row in csv_rows(name, spectra[name])]
    return canvas.Drawing(figure, rows, caption(kind, zoom, len(names), len(results.names)))


def points(group):
    """Eigenvalues of one configuration, flat over seeds and modes, with what colours them."""
    if group is None or "eigenvalues" not in group:
        return {"eigenvalue": np.zeros(0, complex), "residual": np.zeros(0), "amplitude": np.zeros(0),
                "seed": np.zeros(0, int), "mode": np.zeros(0, int), "heldout": False}
    values = group["eigenvalues"]
    here = np.isfinite(values)
    nothing = np.full(values.shape, np.nan)
    held = group.get("residuals_heldout", nothing)
    use_held = bool(np.isfinite(held[here]).any())
    residual = held if use_held else group.get("residuals_insample", nothing)
    seed, mode = np.nonzero(here)
    return {"eigenvalue": values[here], "residual": residual[here], "seed": seed, "mode": mode,
            "amplitude": group.get("amplitudes", nothing)[here], "heldout": use_held,
            "seeds": group.get("seed", np.arange(values.shape[0]))}


def shared_scales(spectra):
    """Colour norm, half-width of the panels and half-width of the inset: the same in all panels."""
    values = np.concatenate([p["eigenvalue"] for p in spectra])
    residuals = canvas.finite(np.concatenate([p["residual"] for p in spectra]))
    residuals = residuals[residuals > 0]
    low, high = np.quantile(residuals, (0.02, 0.98)) if residuals.size else (1e-3, 1.0)
    norm = matplotlib.colors.LogNorm(low, max(high, 3 * low), clip=True)
    reach = max(np.abs(values.real).max(), np.abs(values.imag).max(), 1.0)
    return norm, min(1.08 * reach, LARGEST_AXIS), zoom_width(values)


def zoom_width(values):
    """Half-width of the inset: about half of all eigenvalues, those nearest to 1, lie inside."""
    return min(max(round_up(np.median(np.abs(values - 1))), 1e-4), LARGEST_INSET)


def round_up(value):
    """The next of 1, 2, 5 times a power of ten."""
    if value <= 0:
        return 0.0
    base = 10.0 ** np.floor(np.log10(value))
    return float(base * next(m for m in (1, 2, 5, 10) if value <= m * base * (1 + 1e-9)))


def panels(count):
    """A grid whose panels are twice as wide as high: the circle, and its inset beside it."""
    columns = count if count < 3 else 2 if count == 4 else 3 if count <= 12 else 4
    lines = -(-count // columns)
    width = 4.5 if columns < 3 else 3.3 if columns == 3 else 2.6
    figure, axes = canvas.new_figure(columns * width + 0.6, lines * (width / 2 + 0.42) + 0.6, lines,
                                     columns, squeeze=False)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count]), {"columns": columns, "scale": width / 4.5}


def circle(axis, data, title, norm, half, zoom, panel):
    angle = np.linspace(0, 2 * np.pi, 361)
    inset = axis.inset_axes([0.54, 0.06, 0.44, 0.88])
    for at in (axis, inset):
        at.plot(np.cos(angle), np.sin(angle), color=canvas.MUTED, lw=1, marker="", ls="-", zorder=1)
        at.axhline(0, color=canvas.FAINT, lw=0.6, zorder=0)
        scatter(at, data, norm, panel["scale"])
        at.grid(False)
    axis.set(xlim=(-half, 3.35 * half), ylim=(-half, half), aspect="equal", title=title)
    axis.set_xticks([-1, 0, 1])
    axis.set_xlabel("Re λ", x=1 / 4.35, labelpad=1)  # below the circle
    axis.set_yticks([-1, 0, 1])
    axis.spines["bottom"].set_bounds(-half, half)
    zoom_box(axis, inset, zoom)
    beyond = int(np.sum(np.maximum(abs(data["eigenvalue"].real), abs(data["eigenvalue"].imag)) > half))
    missing = "no spectrum" if not len(data["eigenvalue"]) else f"{beyond} beyond the panel"
    if beyond or not len(data["eigenvalue"]):
        axis.text(0, 0, missing, ha="center", va="center", fontsize=8, color=canvas.MUTED)


def scatter(axis, data, norm, scale):
    """Circles where the residual is trusted, crosses where not, grey where unknown; area by amplitude."""
    residual = data["residual"]
    share = np.sqrt(np.nan_to_num(np.clip(data["amplitude"], 0, 1)))
    area = scale * (7 + (LARGEST_POINT - 7) * share)
    doubtful = residual > TRUSTED
    for chosen, marker, edge in ((doubtful, "x", None), (~doubtful, "o", canvas.MUTED)):
        if chosen.any():
            known = np.isfinite(residual[chosen])[:, None]
            colour = canvas.map_of_colours()(norm(np.nan_to_num(residual[chosen], nan=norm.vmax)))
            colour = np.where(known, colour, matplotlib.colors.to_rgba(canvas.VERDICTS[0][1]))
            extra = {"linewidths": 1.3} if edge is None else {"edgecolors": edge, "linewidths": 0.4}
            value = data["eigenvalue"][chosen]
            axis.scatter(value.real, value.imag, s=area[chosen], c=colour, marker=marker, zorder=3, **extra)


def zoom_box(axis, inset, zoom):
    inset.set(xlim=(1 - 1.5 * zoom, 1 + 0.5 * zoom), ylim=(-zoom, zoom), aspect="equal")
    inset.set_xticks([1 - zoom, 1], [f"{1 - zoom:.6g}", "1"])
    inset.set_yticks([-zoom / 2, zoom / 2], [f"−{zoom / 2:.3g}", f"{zoom / 2:.3g}"])
    inset.yaxis.tick_right()
    inset.tick_params(labelsize=6.5, length=2, pad=1.5)
    for spine in inset.spines.values():
        spine.set(visible=True, color=canvas.MUTED, linewidth=0.6)
    axis.indicate_inset_zoom(inset, edgecolor=canvas.MUTED, linewidth=0.6, alpha=0.8)


def colour_bar(figure, axes, norm, kind):
    mapping = matplotlib.cm.ScalarMappable(norm, canvas.map_of_colours())
    bar = figure.colorbar(mapping, ax=axes, location="bottom", extend="both",
                          shrink=0.5 if len(axes) > 1 else 0.9, aspect=40, pad=0.02)
    bar.set_label(f"{kind} residual  (○ at most {TRUSTED:g}, × above)")
    canvas.log_axis(bar.ax.xaxis)
    bar.outline.set_visible(False)


def csv_rows(name, data):
    for i, value in enumerate(data["eigenvalue"]):
        yield {"configuration": name, "seed": int(data["seeds"][data["seed"][i]]),
               "mode": int(data["mode"][i]), "real": float(value.real), "imag": float(value.imag),
               "residual": float(data["residual"][i]),
               "residual_kind": ("held-out" if data["heldout"] else
                                 "in-sample" if np.isfinite(data["residual"][i]) else "unknown"),
               "amplitude": float(data["amplitude"][i])}


def caption(kind, zoom, shown, count):
    colour = (f"Colour: {kind} residual, the same scale in every panel; crosses have a residual above {TRUSTED:g} and "
              "should not be read one by one" if kind else "Residuals are not known")
    return (f"Koopman eigenvalues of all seeds. {colour}. Size: amplitude (share of the trajectories' energy). "
            f"The inset shows λ = 1 at a half-width of {zoom:g}." + canvas.left_out(shown, count))
