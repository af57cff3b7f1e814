#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures everything that NAME_rows.py in this folder describes, prints a table, writes JSON.

    bench.py [--quick] [--only REGEX] [--json FILE]

A NAME_rows.py has ORDER (its place in the table) and rows(bench), which yields Figure or Skipped
objects (figures.py). --quick measures so shortly that only the checks mean something. The exit code is
1 if what was timed was wrong; a target that is missed is a row, not an error.
"""
import argparse
import importlib
import json
import pathlib
import platform
import re
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))
import figures
import machine


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seconds: checks, no numbers to quote")
    parser.add_argument("--only", default="", metavar="REGEX", help="modules of rows to measure, for example training")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="where the figures go (default: none)")
    return parser.parse_args()


def modules(only):
    names = [path.stem for path in HERE.glob("*_rows.py") if re.search(only, path.stem)]
    return sorted(map(importlib.import_module, names), key=lambda module: (module.ORDER, module.__name__))


def measure(options, folder):
    bench = machine.Bench(folder, options.quick)
    print(bench.describe())
    print(figures.heading(), flush=True)
    rows = []
    for module in modules(options.only):
        for row in module.rows(bench):
            print(figures.text(row), flush=True)
            rows.append(row)
    return bench, rows


def summary(rows):
    verdicts = [row.verdict for row in rows if isinstance(row, figures.Figure)]
    wrong = [f"{row.name}: {what}" for row in rows if isinstance(row, figures.Figure) for what in row.wrong]
    checks = sum(len(row.checks) for row in rows if isinstance(row, figures.Figure))
    lines = [f"{len(rows)} rows: {verdicts.count('pass')} pass, {verdicts.count('falls short')} fall short; "
             f"{checks} checks, {len(wrong)} wrong"]
    return lines + ["WRONG " + line for line in wrong], bool(wrong)


def main():
    options = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="equikoop-bench-"))
    try:
        bench, rows = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines, failed = summary(rows)
    print("\n".join(lines))
    if options.json:
        options.json.write_text(json.dumps({
            "machine": bench.describe(), "host": platform.node(), "quick": options.quick,
            "figures": [row.as_json() if isinstance(row, figures.Figure) else vars(row) for row in rows],
        }, indent=1) + "\n")
        print(f"{options.json} holds every sample")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
