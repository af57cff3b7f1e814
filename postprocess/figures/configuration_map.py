# SPDX-License-Identifier: BSD-3-Clause
"""Configurations as a tree (average linkage) and on a map (classical scaling) of their distances."""
import numpy as np

from . import canvas

NAME, TITLE = "configuration_map", "Map of the configurations"
FEWEST = 4
MOST_LEAVES = 80   # above, the tree's lowest branches are folded together


def draw(results):
    count = len(results.names)
    if count < FEWEST:
        raise canvas.Absent(f"A map needs at least {FEWEST} configurations; the study has {count}.")
    kept, distances = usable(results.mean_distances())
    if len(kept) < FEWEST:
        raise canvas.Absent("Too few configurations have a distance to all others for a map.")
    names = [results.names[i] for i in kept]
    places, share = classical_scaling(distances)
    leaves = min(len(kept), MOST_LEAVES)
    figure, (tree, plane) = canvas.new_figure(9.5, max(3.6, 0.9 + 0.17 * leaves), 1, 2,
                                              width_ratios=(1.05, 1))
    order = draw_tree(tree, distances, [f"{i + 1}  {results.labels[n]}" for i, n in zip(kept, names)])
    draw_plane(plane, places, kept, floors=results.floors()[kept])
    rows = [{"configuration": n, "number": int(i) + 1, "x": float(p[0]), "y": float(p[1]),
             "place_in_tree": order.get(j, "")} for j, (n, i, p) in enumerate(zip(names, kept, places))]
    return canvas.Drawing(figure, rows, caption(share, count - len(kept)))


def usable(mean):
    """Configurations that have a distance to all other kept ones, and those distances (zero diagonal)."""
    kept = np.arange(len(mean))
    symmetric = (mean + mean.T) / 2
    np.fill_diagonal(symmetric, 0)
    while len(kept) and not np.isfinite(symmetric[np.ix_(kept, kept)]).all():
        missing = np.isnan(symmetric[np.ix_(kept, kept)]).sum(axis=0)
        kept = np.delete(kept, np.argmax(missing))
    return kept, symmetric[np.ix_(kept, kept)]


def classical_scaling(distances):
    """Torgerson's scaling: places (n, 2) and the share of the squared distances that they show."""
    n = len(distances)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    values, vectors = values[::-1], vectors[:, ::-1]
    vectors = vectors * np.where(vectors[np.abs(vectors).argmax(axis=0), range(n)] < 0, -1, 1)
    positive = np.maximum(values, 0)
    share = positive[:2].sum() / positive.sum() if positive.sum() > 0 else 1.0
    return vectors[:, :2] * np.sqrt(positive[:2]), share


def draw_tree(axis, distances, labels):
    """Returns leaf -> place from the top; empty where leaves are folded together."""
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform
    links = hierarchy.linkage(squareform(distances, checks=False), "average",
                              optimal_ordering=len(labels) <= MOST_LEAVES)
    folded = {"truncate_mode": "lastp", "p": MOST_LEAVES} if len(labels) > MOST_LEAVES else {}
    tree = hierarchy.dendrogram(links, no_plot=True, **folded)
    for x, y in zip(tree["dcoord"], tree["icoord"]):
        axis.plot(x, y, color=canvas.MUTED, lw=1.1, marker="", ls="-")
    leaves = tree["leaves"]
    words = [canvas.label(labels[k]) if k < len(labels) else "several" for k in leaves]
    size = 8 if len(leaves) <= 30 else 6.5
    axis.set_yticks(5 + 10 * np.arange(len(leaves)), words, fontsize=size)
    axis.set(ylim=(10 * len(leaves), 0), xlabel="mean distance", title="Tree (average linkage)")
    axis.set_xlim(1.03 * max(max(x) for x in tree["dcoord"]), 0)
    axis.yaxis.tick_right()
    axis.spines["left"].set_visible(False)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    return {} if folded else {k: i + 1 for i, k in enumerate(leaves)}


def draw_plane(axis, places, kept, floors):
    """Points with their numbers beside them; a number that had to step aside has a line to its point."""
    large = len(kept) <= 40
    axis.scatter(places[:, 0], places[:, 1], s=34 if large else 14, color=canvas.curve(0)["color"], lw=0.5,
                 edgecolors=canvas.PAPER, zorder=3)
    axis.set(aspect="equal", title="Map (classical scaling)", xlabel="first coordinate",
             ylabel="second coordinate")
    axis.set_adjustable("datalim")
    axis.locator_params(nbins=6)
    axis.margins(0.16, 0.26)  # room below the points for the scale bar
    axis.figure.draw_without_rendering()  # the scale of the axes is known from here on
    points = axis.transData.transform(places) * 72 / axis.figure.dpi
    apart = 10 if large else 7
    for i, place, offset in zip(kept, places, step_aside(points, apart) - points):
        line = {"arrowstyle": "-", "color": canvas.MUTED, "lw": 0.5, "shrinkA": 0, "shrinkB": 1}
        axis.annotate(f"{i + 1}", place, offset, textcoords="offset points", ha="center", va="center",
                      fontsize=8 if large else 5.5, zorder=4,
                      arrowprops=line if np.hypot(*offset) > 1.5 * apart else None)
    noise(axis, floors)


def step_aside(points, apart, rounds=300):
    """Places for labels: near their points, at least about `apart` from all points and labels."""
    turn = np.arange(len(points)) * 2.4  # golden angle: equal points send their labels all around
    away = points - points.mean(axis=0) + 1e-3 * np.column_stack((np.cos(turn), np.sin(turn)))
    labels = points + apart * away / np.hypot(*away.T)[:, None]
    for _ in range(rounds):
        force = 0.05 * (points - labels)  # home
        for others, same in ((labels, True), (points, False)):
            gap = labels[:, None] - others[None]
            far = np.hypot(gap[..., 0], gap[..., 1])
            near = np.where((far < apart) & ~(same & np.eye(len(points), dtype=bool)), apart - far, 0)
            force += (gap / np.maximum(far, 1e-3)[..., None] * near[..., None]).sum(axis=1) / 2
        labels = labels + force
    return labels


def noise(axis, floors):
    """A scale bar as long as the median noise floor, below all points."""
    floor = np.median(canvas.finite(floors)) if canvas.finite(floors).size else 0.0
    if floor <= 0:
        return
    axis.apply_aspect()
    axis.autoscale(False)  # the bar takes no room of its own
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    x, y = right - 0.04 * (right - left), low + 0.04 * (high - low)
    axis.plot([x - floor, x], [y, y], color=canvas.INK, lw=2.2, marker="", ls="-", zorder=5)
    axis.annotate("noise floor", (x, y), (0, 4), fontsize=7, textcoords="offset points", ha="right")


def caption(share, dropped):
    words = ("Left: configurations that are alike join early. Right: distances as well as a plane can show "
             f"them ({100 * share:.0f} % of their squares). Numbers are the places in the study. The bar is "
             "as long as the median noise floor.")
    return words + (f" {dropped} configurations without a distance to the others are left out."
                    if dropped else "")
