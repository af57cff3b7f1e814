#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every public header compiles alone: one translation unit of one #include each, without the build's
precompiled headers, which would hide what a header forgets. EQUIKOOP_BUILD is the build folder."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, main

BUILD = pathlib.Path(os.environ.get("EQUIKOOP_BUILD") or ROOT / "build/native")
INCLUDE = ROOT / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


def compiler_and_paths():
    """The build's compiler, and all that its sources see of include folders and definitions."""
    flags = []
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if "/src/" not in entry["file"]:
            continue
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("/ccache")]
        for at, word in enumerate(words):
            if word.startswith(("-I", "-D", "-std=")):
                flags.append((word,))
            elif word == "-isystem":
                flags.append((word, words[at + 1]))
    return words[0], [word for flag in dict.fromkeys(flags) for word in flag]


def complaints(compiler, flags, text):
    """What the compiler says of a translation unit; empty where it is clean."""
    done = subprocess.run([compiler, *flags, *WARNINGS, "-fsyntax-only", "-x", "c++", "-"], input=text,
                          capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


class Headers(unittest.TestCase):
    def test_each_compiles_alone(self):
        compiler, flags = compiler_and_paths()
        headers = sorted(path.relative_to(INCLUDE) for path in INCLUDE.rglob("*.hpp"))
        self.assertGreater(len(headers), 50)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            told = pool.map(lambda path: complaints(compiler, flags, f'#include "{path}"\n'), headers)
        for header, text in zip(headers, told):
            self.assertEqual(text, "", header)

    def test_a_header_that_leans_on_others_is_found(self):
        compiler, flags = compiler_and_paths()
        self.assertIn("vector", complaints(compiler, flags, "#pragma once\nstd::vector<int> numbers();\n"))


if __name__ == "__main__":
    main()
