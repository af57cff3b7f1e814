# SPDX-License-Identifier: BSD-3-Clause
"""What all figures share: the style, colours and markers, safe labels, and saving one drawing as
PDF, PNG, CSV and inline SVG with the same bytes each time. Draws nothing of its own."""
import csv
import dataclasses
import io
import pathlib
import re

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)
import numpy as np  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.backends.backend_pdf import FigureCanvasPdf  # noqa: E402
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402

STYLE = pathlib.Path(__file__).parent.parent / "equikoop.mplstyle"
INK, MUTED, FAINT, PAPER = "#1b1b1f", "#6b6b76", "#d4d4db", "#fefefe"
VARIABLES = {INK: "var(--ink)", MUTED: "var(--muted)", FAINT: "var(--faint)", PAPER: "var(--card)"}
VERDICTS = {  # code of distances.h5 -> words, colour, marker, sign
    0: ("undecided", "#7a7a85", "D", "?"),
    1: ("equivalent", "#009E73", "o", "≈"),
    2: ("non-equivalent", "#D55E00", "s", "≠"),
    3: ("different but negligible", "#56B4E9", "^", "≃"),
}
NO_TRAJECTORIES = ("trajectories.h5 is not in the folder: training curves, test accuracies and weights are not "
                   "shown.")
NOT_COMPARED = ("not compared", "#7a7a85", "x", "–")
MOST_CURVES = 7         # colours of the style; more configurations go to small panels
LARGEST_SVG = 1_500_000  # bytes; above, the report shows the PNG
PIXELS_PER_INCH = 112   # of a figure in the page


class Absent(Exception):
    """There is nothing to draw; the reason, in words, for the report."""


@dataclasses.dataclass
class Drawing:
    figure: matplotlib.figure.Figure
    rows: list      # the numbers drawn, one dict a row
    caption: str    # plain text: what is shown, what was left out or smoothed


def new_figure(width, height, *shape, **options):
    """A figure (inches) with a grid of axes, laid out once when it is saved."""
    return plt.subplots(*shape, figsize=(width, height), layout="constrained", **options)


def label(text):
    """A study's own name, safe as a Matplotlib text: no mathematics, no control characters."""
    clean = "".join(c if c.isprintable() else " " for c in str(text)).replace("$", r"\$")
    return " " + clean if clean.startswith("_") else clean


def curve(position):
    """Colour, marker and line of the configuration at this place; they repeat after seven."""
    cycle = plt.rcParams["axes.prop_cycle"].by_key()
    at = position % len(cycle["color"])
    colour = cycle["color"][at]
    return {"color": colour if colour.startswith("#") else f"#{colour}",
            "marker": cycle["marker"][at], "linestyle": cycle["linestyle"][at]}


def verdict_style(row):
    """Words, colour, marker and sign of a pair's verdict."""
    if not np.isfinite(row.get("mean_distance", np.nan)):
        return NOT_COMPARED
    return VERDICTS.get(int(row.get("verdict", 0)), VERDICTS[0])


def map_of_colours():
    """cividis without its ends, which are lost on a light and on a dark page."""
    colours = matplotlib.colormaps["cividis"](np.linspace(0.1, 0.9, 256))
    return matplotlib.colors.ListedColormap(colours)


def is_light(colour):
    """Whether black letters can be read on it better than white ones."""
    return np.dot(matplotlib.colors.to_rgb(colour), (0.3, 0.59, 0.11)) >= 0.5


def distance_words(results):
    """What a distance is measured in: eigenvalues have no unit, their logarithms are rates."""
    if results.setting("compare.scaling", "none") != "log":
        return "mean distance (plane of λ)"
    return f"mean distance (plane of log λ per {results.setting('compare.clock', 'step')})"


def log_axis(axis):
    """A logarithmic axis with few ticks, also over less than a decade."""
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high / low) if low > 0 else 0
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5) if decades < 2 else (1,)))
    axis.set_minor_locator(matplotlib.ticker.NullLocator())
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: power(value)))


def power(value):
    """0.02 or 10⁻⁵; plain letters, because mathematical text is slow to set."""
    if 1e-3 <= value < 1e5:
        return f"{value:g}"
    factor, exponent = f"{value:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return ("" if factor == "1" else f"{factor}·") + f"10{raised}"


def evenly(count, limit):
    """At most `limit` positions out of `count`, evenly spread, first and last kept."""
    if count <= limit:
        return list(range(count))
    return sorted({round(i * (count - 1) / (limit - 1)) for i in range(limit)})


def left_out(shown, count, what="configurations"):
    """The sentence that says what a figure leaves out; empty when it shows all."""
    return "" if shown == count else f" Shown are {shown} of {count} {what}; the CSV has all."


def finite(values):
    values = np.asarray(values, dtype=float).ravel()
    return values[np.isfinite(values)]


def save(drawing, folder, name):
    """Writes NAME.png, NAME.pdf and NAME.csv; returns the SVG, or None where it is too large.
    The canvases are used directly: savefig would draw everything once more for each format."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = drawing.figure
    figure.set(facecolor="white", dpi=plt.rcParams["savefig.dpi"])
    FigureCanvasAgg(figure).print_png(folder / f"{name}.png", metadata={"Software": "equikoop"},
                                      pil_kwargs={"compress_level": 2})
    figure.set_layout_engine("none")  # laid out once, by the drawing above
    FigureCanvasPdf(figure).print_pdf(folder / f"{name}.pdf", metadata={"CreationDate": None})
    write_rows(folder / f"{name}.csv", drawing.rows)
    figure.set_facecolor("none")
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    plt.close(figure)
    return inline_svg(buffer.getvalue(), name)


def write_rows(path, rows):
    """CSV with every digit; the columns are the union of the rows' keys, in order."""
    columns = list(dict.fromkeys(k for row in rows for k in row))
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def inline_svg(svg, name):
    """The SVG as an element of an HTML page: own ids, no metadata, colours of the page's theme."""
    if len(svg) > LARGEST_SVG:
        return None
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<title>.*?</title>", "", svg, flags=re.S)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg).replace("url(#", f"url(#{name}-")
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    width = float(re.search(r'<svg[^>]*? width="([\d.]+)pt"', svg).group(1)) / 72 * PIXELS_PER_INCH
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, 1)
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', rf'\1 style="width: {width:.0f}px"', svg, 1)
