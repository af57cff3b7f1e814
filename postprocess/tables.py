# SPDX-License-Identifier: BSD-3-Clause
"""Rows of the report's tables as plain values; page.py turns them into HTML, canvas into CSV."""
import numpy as np

import page
from figures import canvas


def configurations(results):
    choices = results.choices()
    return [configuration(results, name, choices) for name in results.names]


def composed(rows):
    """The same rows for the page: the test accuracy with its deviation in one cell."""
    rows = [dict(row) for row in rows]
    for row in rows:
        deviation = row.pop("accuracy deviation", None)
        if "test accuracy" in row:
            spread_words = "" if deviation is None else f"\u00a0±\u00a0{deviation:.1g}"
            row["test accuracy"] = page.Composed(row["test accuracy"],
                                                 f"{row['test accuracy']:.4f}{spread_words}")
    return rows


def configuration(results, name, choices):
    group, trained = results.spectrum(name), results.trajectory(name)
    row = {"configuration": name, **{choice: values[name] for choice, values in choices.items()}}
    if group is not None and group.attributes.get("features") == 0:  # imported alone
        row["rank"] = spread(group.get("rank"))
    elif group is not None:
        row.update({"features D": group.attributes.get("features"), "delays": group.attributes.get("delays"),
                    "rank": spread(group.get("rank")), "modes cut": spread(group.get("noise_cut")),
                    "trajectories used": used(results, group),
                    "median residual": median(group)})
    if trained is not None and "diverged_at" in trained:
        row["diverged"] = int(np.sum(trained["diverged_at"] >= 0))
    if trained is not None and np.isfinite(trained.get("test_accuracy", np.nan)).any():
        by_seed = np.ma.masked_invalid(trained["test_accuracy"]).mean(axis=1).compressed()
        row["test accuracy"] = float(by_seed.mean())
        row["accuracy deviation"] = float(by_seed.std(ddof=1)) if len(by_seed) > 1 else None
    floor = results.floors()[results.names.index(name)]
    row["noise floor"] = float(floor)
    return row


def spread(values):
    """One number where all seeds agree, else least – most."""
    if values is None or not len(values):
        return None
    low, high = int(np.min(values)), int(np.max(values))
    return low if low == high else f"{low}–{high}"


def used(results, group):
    values = group.get("trajectories_used")
    if values is None:
        return None
    initials = group.attributes.get("initials") or results.number("study.initials", 0)
    total = int(initials) * len(values)
    return f"{int(np.sum(values))} of {total}" if total else int(np.sum(values))


def median(group):
    for key in ("residuals_heldout", "residuals_insample"):
        values = canvas.finite(group.get(key, ()))
        if values.size:
            return float(np.median(values))
    return None


PAIR_COLUMNS = {"margin": "margin", "p_value": "p", "p_adjusted": "adjusted p",
                "robustness_share": "robust share", "residual_first": "residual of A",
                "residual_second": "residual of B",
                "contained_first_in_second": "from A into B",
                "contained_second_in_first": "from B into A"}


def pairs(results):
    """Most different first; a ratio to the floor beside the stored columns."""
    rows = []
    for stored in sorted(results.pairs, key=lambda r: -np.nan_to_num(r.get("effect", 0.0), nan=-1e300)):
        floor = stored.get("floor", 0.0)
        rows.append({
            "A": results.labels[stored["first"]], "B": results.labels[stored["second"]], "verdict": verdict(stored),
            "distance ± s.e.": with_error(stored), "noise floor": floor,
            "distance / floor": stored["mean_distance"] / floor if floor > 0 else None,
            "effect E [interval]": effect(stored),
            **{words: stored.get(key) for key, words in PAIR_COLUMNS.items() if key in stored},
            **({"contained": contained(results, stored)} if "containment" in stored else {})})
    return rows


def contained(results, stored):
    """Which spectrum is a part of which, by name."""
    a, b = results.labels[stored["first"]], results.labels[stored["second"]]
    return ("–", f"{a} in {b}", f"{b} in {a}", "each in the other")[int(stored["containment"])]


def agreement(results):
    """Distance over its own floor, and verdict, of every pair by each further distance."""
    rows = []
    for stored in results.pairs:
        kinds = [k.removeprefix("verdict_") for k in stored
                 if k.startswith("verdict_") and f"distance_{k.removeprefix('verdict_')}" in stored]
        row = {"first": stored["first"], "second": stored["second"], "verdict": verdict(stored)}
        for kind in kinds:
            floor, distance = stored[f"floor_{kind}"], stored[f"distance_{kind}"]
            sign = canvas.VERDICTS[int(stored[f"verdict_{kind}"])][3]
            row[kind] = page.Composed(distance, f"{distance:.3g} {sign}" + (
                f" ({distance / floor:.2g} floors)" if floor > 0 else ""))
        if kinds:
            same = sum(stored[f"verdict_{k}"] == stored["verdict"] for k in kinds)
            row["agree"] = f"{same} of {len(kinds)}" if np.isfinite(stored.get("robustness_share", np.nan)) else "–"
            rows.append(row)
    return rows


def with_error(stored):
    error = stored.get("standard_error", np.nan)
    text = f"{stored['mean_distance']:.3g}" + (f"\u00a0±\u00a0{error:.1g}" if np.isfinite(error) else "")
    return page.Composed(stored["mean_distance"], text)


def effect(stored):
    value, low, high = (stored.get(k, np.nan) for k in ("effect", "effect_low", "effect_high"))
    text = f"{value:.3g}" + (f" [{low:.3g},\u00a0{high:.3g}]" if np.isfinite([low, high]).all() else "")
    return page.Composed(value, text.replace("-", "−"))  # a minus, at which no line is broken


def verdict(stored):
    if not np.isfinite(stored["mean_distance"]):
        return canvas.NOT_COMPARED[0]
    return str(stored.get("verdict_text") or canvas.verdict_style(stored)[0])


def stored_pairs(results):
    """Every stored column of every pair, for the CSV."""
    return [{k: v for k, v in r.items() if not k.endswith("_index")} for r in results.pairs]


def shuffle(results):
    keys = {"shuffle_fraction": "ties, each swapped alone (published)",
            "shuffle_fraction_conjugate": "ties, conjugate pairs together"}
    return [{"first": r["first"], "second": r["second"], **{w: r.get(k) for k, w in keys.items()}}
            for r in results.pairs]


def files(results):
    keys = ("format_version", "creator_version", "git_commit", "created")
    return [{"file": a.path.name, **{k.replace("_", " "): a.attributes.get(k) for k in keys},
             "command line": a.provenance.get("command_line")} for a in results.archives]
