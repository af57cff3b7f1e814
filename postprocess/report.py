#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes DIR/report.html and DIR/figures/ from the archives of a study.

    python3 postprocess/report.py DIR

Reads DIR/spectra.h5 and DIR/distances.h5, and DIR/trajectories.h5 where it still exists. The page
is one file that works offline. The last line printed is its path. Exit code 2: a file is missing
or the command is wrong; 1: a file cannot be read.
"""
import argparse
import gc
import os
import pathlib
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
try:
    import figures
    import page
    import scope
    import tables
    from answer import answer
    from archive import ArchiveError
    from figures import canvas
    from results import Results
except ImportError as error:
    sys.exit(f"report.py: {error}. Install h5py, matplotlib, numpy and scipy for {sys.executable}, "
             "for example: apt install python3-h5py python3-matplotlib python3-scipy")

HOW_TO_READ = (
    "Two ways to train are equivalent here if their dynamics are topologically conjugate; then their "
    "Koopman operators have the same eigenvalues. So the eigenvalues of every ensemble of trajectories "
    "are estimated (delay-embedded dynamic mode decomposition) and spectra are compared by the "
    "Wasserstein distance.",
    "The noise floor is the mean distance between seeds of one configuration. The effect E is the energy "
    "statistic: twice the mean distance between two configurations, less the two mean distances "
    "within them; it is zero on average when there is no difference. Its interval is a bootstrap over "
    "seeds at the level 1 − 2α, so that its upper end alone errs with probability α. "
    "Adjusted p-values hold the share of "
    "false discoveries over all pairs of the study (Benjamini and Hochberg), or the chance of any (Holm), as "
    "compare.adjust says.")
SHUFFLE_WORDS = (
    "Matched eigenvalues of two spectra are swapped by fair coins and the distance is computed anew. It can "
    "never exceed the true one, because the old matching is still there at the same cost. The "
    "fraction below is therefore a count of ties, not a p-value, and a large one does not show "
    "equivalence. It is kept for comparison with published results; the verdicts do not use it.")
CITATIONS = (
    ("The method: equivalence of training dynamics by Koopman spectra, and the published control",
     "arXiv:2302.09160", "https://arxiv.org/abs/2302.09160"),
    ("Residuals of eigenvalues: Colbrook and Townsend, Rigorous data-driven computation of spectral "
     "properties of Koopman operators for dynamical systems", "arXiv:2111.14889",
     "https://arxiv.org/abs/2111.14889"),
)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Writes DIR/report.html and DIR/figures/.")
    parser.add_argument("folder", metavar="DIR", help="folder with spectra.h5 and distances.h5")
    folder = parser.parse_args(arguments).folder
    gc.set_threshold(100_000)  # figures are many small objects; collecting often costs a tenth
    warnings.filterwarnings("ignore", "Glyph .* missing from current font")
    try:
        with Results(folder) as results:
            path = write(results)
    except FileNotFoundError as error:
        return fail(error, 2)
    except (ArchiveError, OSError) as error:
        return fail(error, 1)
    print(path)
    return 0


def fail(error, code):
    print(f"report.py: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def write(results):
    """Draws every figure, writes their files and the tables' CSV, then the page."""
    folder = results.folder / "figures"
    canvas.plt.style.use(canvas.STYLE)
    drawn = {f.NAME: draw(f, results, folder) for f in figures.ALL}
    canvas.write_rows(folder / "pairs.csv", tables.stored_pairs(results))
    canvas.write_rows(folder / "configurations.csv", tables.configurations(results))
    text = page.document(f"{results.study} · equikoop", body(results, drawn))
    path = results.folder / "report.html"
    part = path.with_name("report.html.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)  # a reader never sees half a page
    return path


def draw(module, results, folder):
    """The figure as HTML, or the words why there is none."""
    try:
        drawing = module.draw(results)
    except canvas.Absent as reason:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("pdf", "png", "csv"):  # an older report's figure would contradict this one
            (folder / f"{module.NAME}.{kind}").unlink(missing_ok=True)
        return page.paragraph(str(reason), "note")
    svg = canvas.save(drawing, folder, module.NAME)
    return page.figure(module.NAME, module.TITLE, svg, folder / f"{module.NAME}.png", drawing.caption)


def body(results, drawn):
    pseudospectra = any("pseudospectrum" in (results.spectrum(n) or {}) for n in results.names)
    sections = list(filter(None, (
        ("distances", "Distances", (drawn["distance_matrix"], drawn["distance_bars"])),
        ("pairs", "Pairs", (pairs_table(results),)),
        results.distances.robustness is not None and (
            "robustness", "Robustness", (drawn["robustness"], agreement_table(results))),
        ("map", "Map of the configurations", (drawn["configuration_map"],)),
        ("spectra", "Spectra", (drawn["spectra"], drawn["residuals"])),
        pseudospectra and ("pseudospectra", "Pseudospectra", (drawn["pseudospectrum"],)),
        results.distances.windows is not None and ("windows", "Windows of training", (drawn["windows"],)),
        ("training", "Training", (drawn["losses"], drawn["accuracy"], drawn["weights"])),
        ("configurations", "Configurations", (configurations_table(results),)),
        ("shuffle", "Published shuffle control", (page.paragraph(SHUFFLE_WORDS), drawn["shuffle"],
                                                  shuffle_table(results))),
        ("provenance", "Provenance", (drawn["timings"], *provenance(results))),
        ("citation", "Method and citation", citation(results)))))
    links = "".join(f'<a href="#{anchor}">{title}</a>' for anchor, title, _ in sections)
    parts = [header(results, links), answer_section(results)]
    parts += [page.section(anchor, title, *content) for anchor, title, content in sections]
    return "<main>\n" + "\n".join(parts) + "\n</main>"


def header(results, links):
    question = results.setting("study.question") or question_of(results)
    words = f'<p class="question">{page.escape(question)}</p>' if question else ""
    pairs, names = len(results.pairs), len(results.names)
    kind = (f"equikoop · {names} configuration{'s' * (names != 1)}, {pairs} pair{'s' * (pairs != 1)}")
    return (f'<header><p class="kind">{kind}</p><h1>{page.escape(results.study)}</h1>{words}'
            f"<nav>{links}</nav></header>")


def question_of(results):
    """The question from the study's own text, where the resolved study leaves it empty."""
    for line in str(results.distances.provenance.get("study_text", "")).splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "question":
            return value.strip()
    return ""


def answer_section(results):
    told = answer(results)
    told = told[:1] + scope.bare_distances(results) + told[1:] + scope.paragraphs(results)
    parts = []
    for i, (heading, text) in enumerate(told):
        parts.append(page.paragraph(text, "first") if i == 0
                     else f"<h3>{page.escape(heading)}</h3>{page.paragraph(text)}")
    return f'<section id="answer"><h2>Answer</h2><div class="answer">{"".join(parts)}</div></section>'


def pairs_table(results):
    rows = tables.pairs(results)
    if not rows:
        return page.paragraph("There is no pair.", "note")
    return page.table(rows) + page.paragraph(
        "Press a head to sort. “From A into B” is the mean distance from each eigenvalue of A's spectrum to its partner "
        "in B's: small in one direction alone suggests that A's spectrum is contained in B's. “Robust share” is "
        "the share of other analyses that give the same verdict.", "note") + all_columns(results, "pairs")


def agreement_table(results):
    rows = tables.agreement(results)
    return page.details("Distances and verdicts by other definitions", page.table(rows)) if rows else ""


def configurations_table(results):
    constants = [{"key": k, "value": v} for k, v in results.constants().items()]
    same = page.details("The same in all configurations", page.table(constants)) if constants else ""
    return (page.table(tables.composed(tables.configurations(results)))
            + all_columns(results, "configurations") + same)


def all_columns(results, name):
    """Where the whole table is; to save, where it is small."""
    link = page.numbers(name, results.folder / "figures" / f"{name}.csv")
    return f'<p class="note">All columns: {link}</p>'


def shuffle_table(results):
    table = page.table(tables.shuffle(results))
    return page.details("The fractions as a table", table) if table else ""


def provenance(results):
    told = results.distances.provenance
    return (page.table(tables.files(results)),
            "<h3>Runs</h3>", page.table(results.runs) or page.paragraph("No runs are recorded.", "note"),
            page.details("Study file", page.pre(told.get("study_text", "absent"))),
            page.details("Every setting, resolved", page.pre(told.get("study_resolved", "absent"))),
            page.details("Libraries", page.pre(told.get("libraries", "absent"))))


def citation(results):
    own = results.distances.attributes
    lines = [f"<li>{page.escape(words)}, <a href=\"{link}\">{name}</a>.</li>"
             for words, name, link in CITATIONS]
    lines.append(f"<li>equikoop {page.escape(own.get('creator_version', ''))}, commit "
                 f"{page.escape(own.get('git_commit', 'unknown'))}.</li>")
    return (*[page.paragraph(words) for words in HOW_TO_READ], f"<ul>{''.join(lines)}</ul>")


if __name__ == "__main__":
    sys.exit(main())
