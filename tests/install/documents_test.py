#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The documents cannot drift from the program: blocks marked ```sh runnable are run, line by line, in
a folder with a small study.ini; every other equikoop command in them is checked word by word against
the program's own commands, options and keys; and what init, selftest and --json promise holds."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import BINARY, ROOT, StudyTest, environment, main

SKIPPED = ("build", "results", ".git")


def documents():
    return [path for path in sorted(ROOT.rglob("*.md"))
            if not path.relative_to(ROOT).parts[0].startswith(SKIPPED)]


def runnable_blocks(text):
    return re.findall(r"^```sh runnable\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text):
    """Commands of code blocks and table cells: (subcommand, rest of the line)."""
    code = re.findall(r"^ {4}.*", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
    parts = [part.strip() for line in code for part in line.split("&&")]
    found = [re.match(r"(?:(?:mpirun|srun) .*[ /]|\S*/)?equikoop ([^#|>]+)", part) for part in parts]
    return [match[1].split() for match in found if match]


class Documents(StudyTest):
    def setUp(self):
        super().setUp()
        self.study("study.ini")
        words = subprocess.run([BINARY, "--completion", "bash"], capture_output=True, text=True, check=True,
                               env=environment(self.shared)).stdout
        options, names = re.findall(r"compgen -W '([^']*)'", words)
        self.options = {word.rstrip("=") for word in options.split()}
        self.names = set(names.split())

    def test_runnable_blocks_run(self):
        env = environment(self.shared, {"PATH": f"{pathlib.Path(BINARY).parent}:{os.environ['PATH']}"})
        found = 0
        for path in documents():
            for block in runnable_blocks(path.read_text()):
                found += 1
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=self.folder, env=env,
                                      capture_output=True, text=True, timeout=120)
                self.assertEqual(done.returncode, 0, f"{path}:\n{block}\n{done.stdout}{done.stderr}")
        self.assertGreater(found, 2)

    def test_commands_and_options_exist(self):
        found = 0
        for path in documents():
            for words in commands(path.read_text()):
                if not words[0].startswith("-"):
                    self.assertIn(words[0], self.names, f"{path}: equikoop {' '.join(words)}")
                for word in words:
                    if re.match("--[a-z]", word):
                        name = word.split("=")[0].rstrip(".,;:)")
                        if name != "--section.key":
                            self.assertIn(name, self.options, f"{path}: equikoop {' '.join(words)}")
                found += 1
        self.assertGreater(found, 15)

    def test_questions_become_studies(self):
        names = re.findall(r"equikoop init (\S+)", self.succeed("init", ranks=1).out)
        self.assertEqual(names, sorted(path.stem for path in (ROOT / "input/studies").glob("*.ini")))
        self.succeed("init", "width", ranks=1)
        self.assertEqual((self.folder / "width.ini").read_text(), (ROOT / "input/studies/width.ini").read_text())
        self.assert_refused(self.run_program("init", "width", ranks=1), 1, "width.ini", "--force")
        self.assert_refused(self.run_program("init", "wisdom", ranks=1), 2, "wisdom", "equikoop init")

    def test_json_is_for_scripts(self):
        plan = json.loads(self.succeed("plan", "study.ini", "--ranks", "8", "--json", ranks=1).out)
        self.assertEqual((plan["ranks"], plan["networks"], plan["spectra"], plan["pairs"]), (8, 12, 4, 1))
        self.assertAlmostEqual(plan["core_hours"], 8 * (plan["train_seconds"] + plan["spectra_seconds"]) / 3600, 6)
        self.assertRegex(plan["submit"], r"^jobs/submit.sh study.ini --train-ranks 8 ")
        self.succeed("train", "study.ini", "--out", "out", "-q")
        state = json.loads(self.succeed("status", "out", "--json", ranks=1).out)
        self.assertEqual((state["trajectories.h5"]["done"], state["trajectories.h5"]["whole"]), (4, True))
        self.assertFalse(state["spectra.h5"]["there"])
        self.assertIn("equikoop spectra study.ini", state["next"])
        self.assert_refused(self.run_program("train", "study.ini", "--json", ranks=1), 2, "--json")

    def test_selftest_knows_what_is_right(self):
        result = self.succeed("selftest", ranks=2)
        self.assertTrue(result.out.rstrip().splitlines()[-1].startswith("OK"), result.out)
        for word in ("GFLOP/s", "network steps/s", "error"):
            self.assertIn(word, result.out)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["study.ini"], "it cleans up")


if __name__ == "__main__":
    main()
