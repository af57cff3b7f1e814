# SPDX-License-Identifier: BSD-3-Clause
"""What a row of the bench is, and how rows become a table and JSON. Measures nothing."""
import dataclasses
import math
import statistics


@dataclasses.dataclass
class Figure:
    """One quantity with its samples, the floor measured beside it, and what is asked of it.

    `goal`: (kind, bound); kinds "ratio<=" and "ratio>=" bound median / floor median, "value<=" and
    "value>=" the median itself; "within" bounds how far the ratio is from 1. Without a goal the row is for information. `checks` are
    (what, error, bound) of the same run: a figure whose check fails is worth nothing.
    """

    name: str
    unit: str
    values: list
    floor: list = dataclasses.field(default_factory=list)
    floor_name: str = ""
    goal: tuple = None
    checks: list = dataclasses.field(default_factory=list)
    note: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        """Half the range that holds the middle half of the samples, relative to the median."""
        if len(self.values) < 4:
            return (max(self.values) - min(self.values)) / 2 / self.median if self.median else math.nan
        low, _, high = statistics.quantiles(self.values, n=4)
        return (high - low) / 2 / self.median if self.median else math.nan

    @property
    def ratio(self):
        return self.median / statistics.median(self.floor) if self.floor else None

    @property
    def wrong(self):
        return [what for what, error, bound in self.checks if not error <= bound]

    @property
    def verdict(self):
        if self.wrong:
            return "WRONG"
        if self.goal is None:
            return ""
        kind, bound = self.goal
        if kind == "within":
            return "pass" if abs(self.ratio - 1) <= bound else "falls short"
        value = self.ratio if kind.startswith("ratio") else self.median
        return "pass" if (value <= bound if kind.endswith("<=") else value >= bound) else "falls short"

    def as_json(self):
        return dataclasses.asdict(self) | {
            "median": self.median, "spread": self.spread, "ratio": self.ratio, "verdict": self.verdict}


@dataclasses.dataclass
class Skipped:
    """A row that could not be measured here, and why."""

    name: str
    why: str


def number(value):
    return "" if value is None else f"{value:.4g}"


def goal_text(goal):
    if goal is not None and goal[0] == "within":
        return f"ratio 1 +- {goal[1]:g}"
    return "" if goal is None else f"{goal[0].replace('<=', ' <= ').replace('>=', ' >= ')}{goal[1]:g}"


def columns(row):
    if isinstance(row, Skipped):
        return [row.name, "skipped: " + row.why]
    floor = f"{number(statistics.median(row.floor))} ({row.floor_name})" if row.floor else ""
    return [row.name, f"{number(row.median)} {row.unit}", f"{100 * row.spread:.1f} %", floor, number(row.ratio),
            goal_text(row.goal), row.verdict + (f" ({row.note})" if row.note else "")]


HEADINGS = ["figure", "median", "spread", "floor", "ratio", "target", "verdict"]
WIDTHS = [46, 16, 8, 34, 7, 14, 0]


def line(cells):
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip()


def heading():
    return line(HEADINGS)


def text(row):
    return line(columns(row))
