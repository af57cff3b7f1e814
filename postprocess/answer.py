# SPDX-License-Identifier: BSD-3-Clause
"""The answer in words: which choices mattered, which did not, how sure, and what was excluded.
Every sentence follows from numbers of the archives; nothing is estimated here. Plain text."""
import math

import numpy as np

from results import DIFFERENT, EQUIVALENT, NEGLIGIBLE, STATEFUL, UNDECIDED

DOUBTFUL_RESIDUAL = 0.1  # an eigenvalue with a larger held-out residual is not read on its own
MOST_LISTED = 6          # pairs named one by one in a sentence
NEGLIGIBLE_WORDS = "different by less than the margin"


def answer(results):
    """Paragraphs as (heading, sentences)."""
    return [(heading, " ".join(sentences)) for heading, sentences in (
        ("In short", headline(results) + in_short_choices(results) + robust_words(results)),
        ("Which choices mattered", choice_sentences(results)),
        ("Which spectrum is contained in which", containments(results)),
        ("How sure", certainty(results)),
        ("What was excluded", exclusions(results)),
        ("Read with care", cautions(results))) if sentences]


def number(value, digits=3):
    return "unknown" if value is None or not np.isfinite(value) else f"{value:.{digits}g}"


def count(n, what, plural=None):
    return f"{n} {what}" if n == 1 else f"{n} {plural or what + 's'}"


def compared(results):
    return [r for r in results.pairs if np.isfinite(r["mean_distance"])]


def tally(rows):
    codes = [int(r.get("verdict", UNDECIDED)) for r in rows]
    return {code: codes.count(code) for code in (DIFFERENT, EQUIVALENT, NEGLIGIBLE, UNDECIDED)}


def headline(results):
    rows = compared(results)
    if len(results.names) < 2:
        return ["The study has one configuration, so there is nothing to compare."]
    if not rows:
        return ["No pair of configurations could be compared: spectra are missing."]
    numbers = tally(rows)
    words = {DIFFERENT: "train with non-equivalent dynamics", EQUIVALENT: "are equivalent within the margin",
             NEGLIGIBLE: f"are {NEGLIGIBLE_WORDS}", UNDECIDED: "are undecided"}
    parts = [f"{n} {words[code]}" for code, n in numbers.items() if n]
    which = "" if len(rows) == len(results.pairs) else " that could be compared"
    if len(parts) == 1:
        code = next(c for c, n in numbers.items() if n)
        subject = "The pair" if len(rows) == 1 else f"All {len(rows)} pairs"
        verb = words[code] if len(rows) > 1 else (
            words[code].replace("are", "is", 1).replace("train", "trains", 1))
        return [f"{subject} of configurations{which} {verb}."]
    return [f"Of {len(rows)} pairs of configurations{which}, {', '.join(parts[:-1])} and {parts[-1]}."
            .replace(" 1 are ", " 1 is ").replace(" 1 train ", " 1 trains ")]


def in_short_choices(results):
    """Which choices mattered and which did not, by name, from the pairs that differ in one alone."""
    choices = results.choices()
    words = {"mattered": [], "mattered in part": [], "did not matter": [], "is undecided": []}
    for choice in choices:
        rows = [r for r in compared(results) if differs_only(r, choice, choices)]
        if not rows:
            continue
        numbers = tally(rows)
        if numbers[DIFFERENT]:
            words["mattered" if numbers[DIFFERENT] == len(rows) else "mattered in part"].append(choice)
        elif numbers[EQUIVALENT] + numbers[NEGLIGIBLE] == len(rows):
            words["did not matter"].append(choice)
        else:
            words["is undecided"].append(choice)
    return [f"{joined(names).capitalize()} {verb}." for verb, names in words.items() if names
            ] if len(choices) > 1 else []


def joined(names):
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def robust_words(results):
    """How many other analyses agree with the verdicts."""
    rows = [r for r in compared(results) if np.isfinite(r.get("robustness_share", np.nan))]
    if not rows:  # no analysis can decide
        return []
    shares = [r["robustness_share"] for r in rows]
    points = int(max(r["robustness_points"] for r in rows))
    middle = f"{100 * np.median(shares):.0f} %"
    least = min(rows, key=lambda r: r["robustness_share"])
    if len(rows) == 1:
        return [f"The verdict is the same in {middle} of {points} other analyses (delays, ranks, parts of the "
                "training, distances)."]
    if min(shares) == 1:
        return [f"All {points} other analyses (delays, ranks, parts of the training, distances) give the same verdicts."]
    return [f"Of {points} other analyses (delays, ranks, parts of the training, distances), {middle} give the same "
            f"verdict for the median pair, and {100 * min(shares):.0f} % for the least robust "
            f"({results.labels[least['first']]} and {results.labels[least['second']]})."]


def containments(results):
    """Pairs of which one has a part of the other's eigenvalues, as a factor of a system has."""
    sentences = []
    found = [r for r in compared(results) if int(r.get("containment", 0)) in (1, 2)]
    for row in found[:MOST_LISTED]:
        names = [results.labels[row[k]] for k in ("first", "second")]
        inner, outer = names if int(row["containment"]) == 1 else reversed(names)
        sentences.append(f"The spectrum of {inner} is contained in that of {outer}, and not the other way round: "
                         f"{inner} may be a factor of {outer}, the same dynamics with less detail (semi-conjugate).")
    if len(found) > MOST_LISTED:
        sentences.append(f"So it is for {len(found) - MOST_LISTED} further pairs (figures/pairs.csv).")
    return sentences


def choice_sentences(results):
    """One sentence for each choice, from the pairs that differ in nothing else."""
    choices = results.choices()
    sentences, alone = [], set()
    for choice in choices:
        rows = [r for r in compared(results) if differs_only(r, choice, choices)]
        alone.update((r["first"], r["second"]) for r in rows)
        if rows:
            sentences.append(one_choice(results, choice, rows))
    mixed = [r for r in compared(results) if (r["first"], r["second"]) not in alone]
    if mixed and choices:
        same = [r for r in mixed if all(v[r["first"]] == v[r["second"]] for v in choices.values())]
        several = [r for r in mixed if r not in same]
        sentences += [f"{len(several)} further pairs differ in several choices; {in_numbers(several)}."
                      ] if several else []
        sentences += [f"Control: {count(len(same), 'pair')} of identical configurations; "
                      f"{in_numbers(same)}."] if same else []
    elif mixed:
        sentences.append(f"Of {count(len(mixed), 'pair')}, {in_numbers(mixed)}. "
                         + exceptions(results, mixed))
    return sentences


def differs_only(row, choice, choices):
    return all((values[row["first"]] != values[row["second"]]) == (name == choice)
               for name, values in choices.items())


def one_choice(results, choice, rows):
    numbers, total = tally(rows), len(rows)
    alike = numbers[EQUIVALENT] + numbers[NEGLIGIBLE]
    that = f"{'the pair' if total == 1 else f'all {total} pairs'} that differ{'s' * (total == 1)} in it alone"
    name = f"The choice of {choice}"
    if numbers[DIFFERENT] == total:
        return (f"{name} mattered: {that} {'is' if total == 1 else 'are'} non-equivalent "
                f"({ratios(rows)}{p_values(rows)}).")
    if alike == total:
        return (f"{name} did not matter: {that} {'is' if total == 1 else 'are'} {alike_words(numbers)} "
                f"({ratios(rows)}{intervals(rows)}).")
    if total == 1:
        return (f"Whether the choice of {choice} matters is undecided: {that} is neither significantly "
                f"different nor within the margin ({ratios(rows)}{p_values(rows)}).")
    if numbers[DIFFERENT] == 0:
        return (f"Whether the choice of {choice} matters is undecided: of {total} pairs that differ in it "
                f"alone, {in_numbers(rows)} ({ratios(rows)}{p_values(rows, 'least')}). "
                + exceptions(results, rows)).rstrip()
    return (f"{name} mattered in part: of {total} pairs that differ in it alone, {in_numbers(rows)} "
            f"({ratios(rows)}). " + exceptions(results, rows)).rstrip()


def in_numbers(rows):
    words = {DIFFERENT: "non-equivalent", EQUIVALENT: "equivalent", NEGLIGIBLE: NEGLIGIBLE_WORDS,
             UNDECIDED: "undecided"}
    parts = [f"{n} {'is' if n == 1 else 'are'} {words[c]}" for c, n in tally(rows).items() if n]
    if len(parts) == 1 and len(rows) > 1:
        return f"all {parts[0]}"
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def alike_words(numbers):
    words = {EQUIVALENT: "equivalent within the margin", NEGLIGIBLE: NEGLIGIBLE_WORDS}
    return " or ".join(w for code, w in words.items() if numbers[code])


def exceptions(results, rows):
    """Names the pairs of every verdict that few pairs have."""
    words = {DIFFERENT: "Non-equivalent", EQUIVALENT: "Equivalent",
             NEGLIGIBLE: NEGLIGIBLE_WORDS.capitalize(), UNDECIDED: "Undecided"}
    sentences = []
    for code, word in words.items():
        found = [r for r in rows if int(r.get("verdict", UNDECIDED)) == code]
        if 0 < len(found) <= MOST_LISTED and (len(found) < len(rows) or len(rows) == 1):
            pairs = "; ".join(f"{results.labels[r['first']]} and {results.labels[r['second']]}"
                              for r in found)
            sentences.append(f"{word}: {pairs}.")
    return " ".join(sentences)


def ratios(rows):
    known = [r["mean_distance"] / r["floor"] for r in rows if r.get("floor", 0) > 0]
    if not known:
        return "noise floor unknown"
    low, high = number(min(known), 2), number(max(known), 2)
    return f"distance {low if low == high else f'{low} to {high}'} times the noise floor"


def p_values(rows, which="most"):
    known = [r["p_adjusted"] for r in rows if np.isfinite(r.get("p_adjusted", np.nan))]
    if not known:
        return ""
    bound = "" if len(known) == 1 else f"at {which} "
    return f", adjusted p {bound}{number(max(known) if which == 'most' else min(known), 2)}"


def intervals(rows):
    known = [(r["effect_high"], r["margin"]) for r in rows
             if np.isfinite(r.get("effect_high", np.nan)) and np.isfinite(r.get("margin", np.nan))]
    if not known:
        return ""
    high, margin = max(known, key=lambda pair: pair[0] - pair[1])
    return f"; upper end of the effect's interval {number(high)} against a margin of {number(margin)}"


def certainty(results):
    rows = compared(results)
    if not rows:
        return []
    alpha = results.number("compare.alpha", 0.05)
    seeds = sorted({int(r[k]) for r in rows for k in ("seeds_first", "seeds_second") if k in r})
    sentences = [
        f"Seeds are the replicates ({' to '.join(str(s) for s in dict.fromkeys((seeds[0], seeds[-1])))} "
        "for each configuration)." if seeds else "",
        "A pair is non-equivalent when a difference as large as its own would be rare between two alike configurations "
        f"(adjusted p below {number(alpha)}; permutation test of the energy statistic), equivalent when its difference "
        "with all its uncertainty is within the margin (upper end of the effect's interval), and otherwise undecided: a "
        "large p alone never means equivalent."]
    return [s for s in sentences + [smallest_p(results, rows, seeds, alpha), floors(results)] if s]


def smallest_p(results, rows, seeds, alpha):
    """Says so when the seeds are too few for any significant difference."""
    if not seeds or seeds[0] < 1:
        return ""
    few = seeds[0]
    paired = results.flag("compare.paired", "on")
    known = [r["p_smallest"] for r in rows if np.isfinite(r.get("p_smallest", np.nan))]
    least = min(known) if known else 2.0 / (2**few if paired else math.comb(2 * few, few))
    observed = min((r["p_value"] for r in rows if np.isfinite(r.get("p_value", np.nan))), default=1.0)
    if least < alpha or observed < least * (1 - 1e-9):
        return ""
    return (f"With {count(few, 'paired seed' if paired else 'seed')} no p-value can fall below {number(least)}: this "
            f"study cannot show non-equivalence at {number(alpha)}. More seeds are needed.")


def floors(results):
    known = results.floors()
    known = known[np.isfinite(known)]
    if not known.size:
        return "The noise floor is unknown (it needs at least two seeds)."
    low, high = number(known.min()), number(known.max())
    return (f"Two seeds of one configuration are {low if low == high else f'{low} to {high}'} apart: the "
            "noise floor beside which every distance is read.")


def exclusions(results):
    sentences = [diverged(results), missing_spectra(results), cut_modes(results), untrusted(results)]
    failed = len(results.pairs) - len(compared(results))
    if failed:
        sentences.append(f"{count(failed, 'pair')} could not be compared.")
    sentences = [s for s in sentences if s]
    return sentences or (["Nothing: every ensemble has a spectrum, of all its trajectories."]
                         if results.spectra.configurations else [])


def diverged(results):
    found = {n: int(np.sum(results.trajectory(n)["diverged_at"] >= 0)) for n in results.names
             if results.trajectory(n) is not None and "diverged_at" in results.trajectory(n)}
    total = sum(found.values())
    if not total:
        return ""
    where = [f"{results.labels[n]} ({k})" for n, k in found.items() if k]
    return f"{count(total, 'trajectory', 'trajectories')} diverged and were left out: {shortened(where)}."


def missing_spectra(results):
    without = {n: int(np.sum(np.asarray(g["rank"]) == 0)) for n in results.names
               if (g := results.spectrum(n)) is not None and "rank" in g}
    words = [f"{results.labels[n]} ({count(k, 'seed')})" for n, k in without.items() if k]
    return f"No spectrum: {shortened(words)}." if words else ""


def cut_modes(results):
    cut = [int(np.max(g["noise_cut"])) for n in results.names
           if (g := results.spectrum(n)) is not None and g.get("noise_cut") is not None
           and np.size(g["noise_cut"])]
    if not cut or max(cut) == 0:
        return ""
    return (f"Up to {count(max(cut), 'mode')} of an ensemble fell below the noise of the stored precision "
            "and were cut.")


def untrusted(results):
    gone = results.distances.get("eigenvalues_left_out")
    if gone is None:
        return ""
    limit = results.number("compare.max_residual", math.nan)
    if not np.sum(gone):
        return f"No eigenvalue has a residual above {number(limit)}."
    return f"{count(int(np.sum(gone)), 'eigenvalue')} with a residual above {number(limit)} {'was' if np.sum(gone) == 1 else 'were'} left out."


def shortened(words):
    more = len(words) - MOST_LISTED
    return ", ".join(words[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def cautions(results):
    sentences = [doubtful(results)]
    optimizers = {p.get("training.optimizer") for p in map(results.parameters, results.names)}
    observables = {p.get("record.observable") for p in map(results.parameters, results.names)}
    stateful = sorted(optimizers & set(STATEFUL))
    if stateful and observables != {"state"}:
        sentences.append(f"The weights are not the whole state of {', '.join(stateful)}: its memory was "
                         "not recorded (record.observable = state records it).")
    return [s for s in sentences + [mismatch(results)] if s]


def mismatch(results):
    """Says so when a file was not made from the one beside it."""
    for earlier, later in zip(results.archives, results.archives[1:]):
        source, identity = later.attributes.get("source"), earlier.attributes.get("identity")
        if source and identity and source != identity:
            return (f"{later.path.name} was not made from this {earlier.path.name}: they are results of "
                    "different runs.")
    texts = [str(a.provenance["study_text"]) for a in results.archives if "study_text" in a.provenance]
    if len(set(texts)) > 1:  # other programs write trajectories without one
        return ("The files of this folder carry different study texts: they may come from different "
                "versions of the study.")
    return ""


def doubtful(results):
    values = [np.ravel(g["residuals_heldout"]) for n in results.names
              if (g := results.spectrum(n)) is not None and "residuals_heldout" in g]
    values = np.concatenate(values) if values else np.zeros(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return "No held-out residuals were computed: single eigenvalues cannot be verified."
    share = np.mean(values > DOUBTFUL_RESIDUAL)
    words = f"{100 * share:.0f} %" if share >= 0.01 else "fewer than 1 %"
    tail = (f"{words} exceed {DOUBTFUL_RESIDUAL:g} and should not be interpreted one by one." if share
            else f"none exceeds {DOUBTFUL_RESIDUAL:g}.")
    return f"The median held-out residual of an eigenvalue is {number(np.median(values), 2)}; {tail}"
