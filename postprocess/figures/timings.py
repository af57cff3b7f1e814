# SPDX-License-Identifier: BSD-3-Clause
"""Wall time of every job that worked on the files, as they recorded it themselves."""
from matplotlib.patches import Patch

from . import canvas

NAME, TITLE = "timings", "Wall time of the stages"
MOST_BARS = 30
STAGES = ("train", "import", "spectra", "distances")


def draw(results):
    runs = [r for r in results.runs if r.get("seconds", 0) > 0]
    if not runs:
        raise canvas.Absent("The files hold no record of the jobs that wrote them.")
    shown = [runs[i] for i in canvas.evenly(len(runs), MOST_BARS)]
    figure, axis = canvas.new_figure(9, 1.0 + 0.3 * len(shown))
    longest = max(r["seconds"] for r in shown)
    for i, run in enumerate(shown):
        axis.barh(i, run["seconds"], height=0.6, color=colour(run["stage"]), linewidth=0, zorder=2)
        axis.annotate(f"{duration(run['seconds'])}  ", (run["seconds"], i), (4, 0), va="center",
                      textcoords="offset points", fontsize=8)
    axis.set_yticks(range(len(shown)), [canvas.label(words(r)) for r in shown])
    axis.set(ylim=(len(shown) - 0.4, -0.6), xlim=(0, 1.12 * longest), xlabel="wall time in seconds")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    stages = list(dict.fromkeys(r["stage"] for r in shown))
    if len(shown) > 4:
        axis.legend(handles=[Patch(color=colour(s), label=s) for s in stages], loc="lower right", fontsize=8)
    total = sum(r["seconds"] * r["ranks"] for r in runs) / 3600
    return canvas.Drawing(figure, runs, caption(total, len(shown), len(runs)))


def colour(stage):
    return canvas.curve(STAGES.index(stage) if stage in STAGES else len(STAGES))["color"]


def words(run):
    ranks, nodes = int(run["ranks"]), int(run["nodes"])
    return (f"{run['stage']} · {ranks} rank{'s' * (ranks != 1)} on {nodes} node{'s' * (nodes != 1)}")


def duration(seconds):
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def caption(total, shown, count):
    return ("Time from the start to the end of each job that worked on the files, in their order; a job that was "
            f"stopped has a bar of its own. Together {total:.2g} rank-hours."
            + canvas.left_out(shown, count, "jobs"))
