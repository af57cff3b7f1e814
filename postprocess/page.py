# SPDX-License-Identifier: BSD-3-Clause
"""Small pieces of HTML. Every text that comes from outside passes through escape() here."""
import base64
import dataclasses
import html
import pathlib
import unicodedata

import numpy as np

HERE = pathlib.Path(__file__).parent
LONGEST_WORD = 16  # letters of a cell that is kept on one line
LARGEST_CSV = 100_000  # bytes that are kept in the page
MOST_ROWS = 500  # of a table in the page; the CSV has all


def escape(value):
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls and marks that could turn the text around
    clean = "".join("\ufffd" if unicodedata.category(c) in hidden and c not in "\n\t" else c
                    for c in str(value))
    return html.escape(clean, quote=True)


@dataclasses.dataclass
class Composed:
    """A cell of several numbers, sorted by the first."""
    value: float
    text: str


def cell(value):
    """A number for reading, with the full one for sorting; words as they are."""
    if isinstance(value, Composed) and np.isfinite(value.value):
        return f'<td class="number composed" data-v="{value.value!r}">{escape(value.text)}</td>'
    if value is None or isinstance(value, Composed) or value != value:  # NaN is not itself
        return '<td class="none" data-v="">–</td>'
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return f'<td class="number" data-v="{value!r}">{shown(value)}</td>'
    words = escape(value)
    if len(str(value)) <= LONGEST_WORD:
        return f'<td class="short">{words}</td>'
    return f"<td>{words.replace(',', ',<wbr>')}</td>"


def shown(value):
    return str(value) if isinstance(value, (int, np.integer)) else f"{value:.3g}"


def table(rows, caption=""):
    """A sortable table; the columns are the union of the rows' keys."""
    if not rows:
        return ""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    heads = "".join(f'<th scope="col"><button type="button">{escape(c)}</button></th>' for c in columns)
    lines = []
    for row in rows[:MOST_ROWS]:
        mark = f' class="v-{slug(row["verdict"].split(":")[0])}"' if "verdict" in row else ""
        lines.append(f"<tr{mark}>" + "".join(cell(row.get(c)) for c in columns) + "</tr>")
    cut = "" if len(rows) <= MOST_ROWS else paragraph(
        f"The first {MOST_ROWS} of {len(rows)} rows; the CSV has all.", "note")
    words = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (f'<div class="scroll"><table class="sortable">{words}<thead><tr>{heads}</tr></thead>\n<tbody>'
            + "\n".join(lines) + f"</tbody></table></div>{cut}")


def slug(text):
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in str(text).lower())


def paragraph(text, kind=""):
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def section(anchor, title, *parts):
    different = dict.fromkeys(p for p in parts if p)  # figures that are missing for one reason say it once
    return (f'<section id="{anchor}"><h2>{escape(title)}</h2>\n' + "\n".join(different)
            + "\n</section>")


def details(title, body):
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def pre(text):
    return f"<pre>{escape(text)}</pre>"


def figure(name, title, svg, png, caption):
    """The drawing inline; its files are named below it, its numbers can be saved from the page."""
    told = f'aria-describedby="caption-{name}"'
    if svg is None:
        data = base64.b64encode(pathlib.Path(png).read_bytes()).decode("ascii")
        drawing = f'<img alt="{escape(title)}" {told} src="data:image/png;base64,{data}">'
    else:
        drawing = svg.replace("<svg", f'<svg role="img" aria-label="{escape(title)}" {told}', 1)
    files = " · ".join([*(f"figures/{name}.{kind}" for kind in ("pdf", "png")), numbers(name, png)])
    return (f'<figure id="figure-{name}"><div class="card{" raster" if svg is None else ""}">{drawing}</div>'
            f'<figcaption id="caption-{name}"><strong>{escape(title)}.</strong> {escape(caption)} '
            f'<span class="files">{files}</span></figcaption></figure>')


def numbers(name, beside):
    """The CSV of a figure or table: a download that works offline, or its path where it is large."""
    path = pathlib.Path(beside).with_name(f"{name}.csv")
    if not path.exists() or path.stat().st_size > LARGEST_CSV:
        return f"figures/{name}.csv"
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<a download="{name}.csv" href="data:text/csv;base64,{data}">{name}.csv</a>'


def document(title, body):
    style = (HERE / "report.css").read_text(encoding="utf-8")
    script = (HERE / "report.js").read_text(encoding="utf-8")
    return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f"<title>{escape(title)}</title>\n"
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f'<link rel="icon" href="data:,">\n<style>\n{style}</style>\n</head>\n<body>\n{body}\n'
            f"<script>\n{script}</script>\n</body>\n</html>\n")
