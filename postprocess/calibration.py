#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The figure and the table of `equikoop calibrate`, beside its calibration.csv.

    python3 postprocess/calibration.py results/calibration/calibration.csv

Writes calibration.png and calibration.md there. Exit code 2: no such file, or not one of these.
"""
import csv
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from figures import canvas  # noqa: E402

TEXT = ("scenario",)
COLUMNS = (("significant", "p < α"), ("equivalent", "equivalent"), ("negligible", "negligible"),
           ("non_equivalent", "non-equivalent"), ("bound_fails", "upper end too low"),
           ("not_contained", "not contained"), ("contained_one_way", "contained one way"))


def read(path):
    with open(path, newline="", encoding="utf-8") as stream:
        rows = [{k: v if k in TEXT else float(v) for k, v in row.items()} for row in csv.DictReader(stream)]
    if not rows or "significant" not in rows[0]:
        raise ValueError(f"{path} is not a table of equikoop calibrate")
    return rows


def known(rows):
    """The scenarios whose pairs are equivalent or contained by construction."""
    return [r for r in rows if not r["scenario"].startswith("separated")]


def curves(rows):
    """Power curves: name -> rows by known distance."""
    found = {}
    for row in rows:
        if row["scenario"].startswith("separated"):
            found.setdefault(row["scenario"].partition(", ")[2] or base_words(row), []).append(row)
    return found


def base_words(row):
    return f"{row['seeds']:.0f} seeds, {row['initials']:.0f} initials, noise {row['noise']:g}"


def draw(rows):
    figure, (left, right) = canvas.new_figure(9.2, 3.6, 1, 2, width_ratios=(1, 1.25))
    draw_errors(left, known(rows), rows)
    draw_power(right, curves(rows))
    return figure


def draw_errors(axis, rows, every):
    """Rates that ought to be at α or below, with their intervals."""
    cells = [("false positives,\nidentical", rows[0], "significant"),
             ("equivalence test at\nits margin, identical", rows[0], "bound_fails")]
    cells += [("containment test,\nfactor", r, "not_contained") for r in rows if r["scenario"].startswith("factor")]
    cells += [(f"equivalence test at\nits margin, {r['known_distance']:g} apart", r, "bound_fails")
              for r in every if r["scenario"] == "separated"]
    for i, (_, row, key) in enumerate(cells):
        share, low, high = (100 * row[k] for k in (key, f"{key}_low", f"{key}_high"))
        axis.errorbar(share, i, xerr=[[share - low], [high - share]], **canvas.curve(0), capsize=3)
    axis.axvline(5, color=canvas.MUTED, lw=1, ls="--", marker="")
    axis.set_yticks(range(len(cells)), [c[0] for c in cells], fontsize=7)
    axis.set(xlim=(0, None), ylim=(len(cells) - 0.5, -0.5), xlabel="errors, % of studies (dashed: α)",
             title="Errors")


def draw_power(axis, found):
    for i, (name, rows) in enumerate(found.items()):
        rows = sorted(rows, key=lambda r: r["known_distance"])
        low = [100 * (r["significant"] - r["significant_low"]) for r in rows]
        high = [100 * (r["significant_high"] - r["significant"]) for r in rows]
        axis.errorbar([r["known_distance"] for r in rows], [100 * r["significant"] for r in rows],
                      yerr=[low, high], label=name, capsize=2, **canvas.curve(i))
    axis.set_xscale("log")
    axis.set(ylim=(0, 103), xlabel="known distance of the spectra", ylabel="p < α, % of studies", title="Power")
    canvas.log_axis(axis.xaxis)
    axis.legend(fontsize=7, loc="lower right")


def table(rows):
    lines = ["| scenario | studies | seeds × initials | noise | known W₁ | " + " | ".join(w for _, w in COLUMNS) + " |",
             "|---" * (5 + len(COLUMNS)) + "|"]
    for r in rows:
        cells = [f"{100 * r[k]:.1f} [{100 * r[k + '_low']:.1f}, {100 * r[k + '_high']:.1f}]" for k, _ in COLUMNS]
        distance = "–" if r["known_distance"] != r["known_distance"] else f"{r['known_distance']:.4g}"
        lines.append(f"| {r['scenario']} | {r['studies']:.0f} | {r['seeds']:.0f} × {r['initials']:.0f} | "
                     f"{r['noise']:g} | {distance} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 2:
        print("calibration.py: name the calibration.csv", file=sys.stderr)
        return 2
    path = pathlib.Path(sys.argv[1])
    try:
        rows = read(path)
    except (OSError, ValueError) as error:
        print(f"calibration.py: {error}", file=sys.stderr)
        return 2
    canvas.plt.style.use(canvas.STYLE)
    draw(rows).savefig(path.with_suffix(".png"), dpi=110)
    path.with_suffix(".md").write_text(table(rows), encoding="utf-8")
    print(path.with_suffix(".png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
