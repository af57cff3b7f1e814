#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The documents cannot drift from the program. Every command of them (indented or ```sh runnable) and
every ```python block is run, page by page and line by line, in a copy of the tree whose program is built; what is not
run is on a list with its reason. Options and keys are checked word by word against the program's own."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import BINARY, ROOT, StudyTest, environment, main

SKIPPED = ("build", "results", ".git")


def documents():
    return [path for path in sorted(ROOT.rglob("*.md"))
            if not path.relative_to(ROOT).parts[0].startswith(SKIPPED)]


STANDS_FOR = {"STUDY": "study.ini", "DIR": "results/quickstart"}
SHORTENED = {  # what takes minutes: with few studies
    "mpirun -n 2 equikoop calibrate input/calibration.ini":
        "--calibrate.studies=20 --calibrate.power_studies=10 --calibrate.power_seeds=5 "
        "--calibrate.power_initials=none --calibrate.power_noise=none --compare.permutations=99",
}
NOT_RUN = {  # command: why not here
    "./tests/run.sh": "runs this test",
    "./tests/run.sh -R 'hostile|slurm'": "runs this test's neighbours",
    "./tests/run.sh --long": "takes an hour",
    "./tests/bench/run.sh": "takes a quarter of an hour; bench.quick runs its rows in small",
    "./tests/bench/run.sh --only 'files|plan'": "the same",
    "cmake --preset release && cmake --build --preset release": "has built the program that is tested, or one like it",
    "cmake --preset release && cmake --build --preset release -j": "the same",
    "cmake --install build/release --prefix PREFIX": "install_test.py installs",
    "equikoop import STUDY --out results/mine": "studies/import_test.py imports what the page shows",
    "python3 postprocess/examples/torch_cnn.py results/cnn": "studies/stranger_test.py, where PyTorch is installed",
    "jobs/submit.sh STUDY --site NAME --train-ranks 256 --train-time 60": "slurm/ submits to a real Slurm",
    "./jobs/run.sh input/studies/learning_rate.ini": "takes a minute; studies/inputs_test.py runs every study file in small",
    "EQUIKOOP_DATA=FOLDER ./jobs/run.sh input/studies/learning_rate.ini --data.source=mnist --out results/lr_mnist":
        "needs MNIST; studies/mnist_test.py",
    "EQUIKOOP_DATA=FOLDER mpirun -n 2 build/native/src/equikoop run input/published/width.ini":
        "needs MNIST; studies/mnist_test.py",
    "jobs/run.sh input/published/descent_random.ini --model.starts=matched --model.coordinates=primal "
    "--out results/matched": "studies/descent_test.py runs the same pair",
}
PRELUDE = {"whole = hashlib": """
import hashlib, h5py
file = h5py.File("results/quickstart/trajectories.h5")
group, seed = next(iter(file["configurations"].values())), 0
"""}


def pieces(text):
    """What a page tells to do, in its order: ("sh" | "python", text)."""
    pattern = r"^```(sh runnable|python)\n(.*?)^```|^ {4}((?:\./|jobs/\w+\.sh|equikoop |mpirun |cmake |python3 |[A-Z_]+=\S+ )[^\n]*)"
    for kind, block, line in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        yield ("python", block) if kind == "python" else ("sh", block or line)


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

    def clone(self):
        """The tree with its program built; python3 and equikoop are found as a user's would be."""
        for name in ("input", "postprocess", "jobs"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("data", "__pycache__"))
        (self.folder / "jobs/setup.sh").write_text("#!/usr/bin/env bash\n# All is built already.\n")
        links = [*(f"build/{preset}/src/equikoop" for preset in ("native", "release")), "bin/equikoop"]
        for link, target in [*((link, BINARY) for link in links), ("bin/python3", sys.executable)]:
            (self.folder / link).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / link).symlink_to(target)
        return environment(self.shared, {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                                         "EQUIKOOP_BUILD": str(self.folder / "build/native"), "EQUIKOOP_RANKS": "2",
                                         "EQUIKOOP_PYTHON": sys.executable})

    def run_piece(self, kind, text, env):
        if kind == "python":
            prelude = "".join(words for begin, words in PRELUDE.items() if text.startswith(begin))
            command = [sys.executable, "-c", prelude + text]
        else:
            command = ["bash", "-euo", "pipefail", "-c", text]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")

    def test_every_command_runs(self):
        env, left, found = self.clone(), set(NOT_RUN), 0
        for path in documents():
            for kind, text in pieces(path.read_text()):
                text = text if kind == "python" else re.sub(r" +# .*", "", text).strip()
                if text in NOT_RUN:
                    left.discard(text)
                    continue
                text = " ".join(filter(None, (text, SHORTENED.get(text))))
                for word, meaning in STANDS_FOR.items():
                    text = re.sub(rf"\b{word}\b", meaning, text)
                with self.subTest(f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"):
                    self.run_piece(kind, text, env)
                found += 1
        self.assertGreater(found, 18)
        self.assertEqual(left, set(), "no page tells to do this any more")

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

    def test_links_lead_somewhere(self):
        found = 0
        for path in documents():
            for link in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
                if not link.startswith("http"):
                    self.assertTrue((path.parent / link).exists(), f"{path}: {link}")
                    found += 1
        self.assertGreater(found, 10)

    def test_one_version_and_one_citation(self):
        version, = re.findall(r"^project\(equikoop VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
        cite = self.succeed("--cite", ranks=1).out
        citation = (ROOT / "CITATION.cff").read_text()
        self.assertIn(f"version: {version}\n", citation)
        self.assertIn(f"## {version}", (ROOT / "CHANGELOG.md").read_text())
        self.assertIn(f"{{{version}}}", cite)
        self.assertIn(version, self.succeed("--version", ranks=1).out)
        for text in (cite, citation, (ROOT / "README.md").read_text()):
            self.assertIn("2302.09160", text)

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
