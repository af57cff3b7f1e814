#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What --json prints is the file's content, one object a line and nothing else; status --watch looks
until the study is whole. (plan and status once: tests/install/documents_test.py.)"""
import csv
import json
import pathlib
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

WORDS = {0: "undecided", 1: "equivalent", 2: "non-equivalent", 3: "different but negligible"}


def numbers_of_pairs(path):
    """Every column of numbers in /pairs."""
    with h5py.File(path) as file:
        return {name: node[...] for name, node in file["pairs"].items() if node.dtype.kind in "fi" and name != "pair"}


class Json(StudyTest):
    def test_verdicts_are_those_of_the_file(self):
        self.study("study.ini", study__seeds=4, study__question="Does \"width\" matter?")
        found = json.loads(self.succeed("run", "study.ini", "--out", "out", "--json").out)
        self.assertEqual(found["question"], "Does \"width\" matter?")
        self.assertEqual([one["name"] for one in found["configurations"]], ["width=5", "width=10"])
        columns = numbers_of_pairs(self.folder / "out/distances.h5")
        pair, = found["pairs"]
        self.assertEqual((pair["first"], pair["second"]), ("width=5", "width=10"))
        self.assertEqual(pair["verdict"], WORDS[columns.pop("verdict")[0]])
        self.assertTrue(pair["verdict_text"].startswith(pair["verdict"]))
        for name in ("first", "second"):
            columns.pop(name)
        self.assertGreater(len(columns), 25)
        for name, (value,) in columns.items():  # to the last bit; NaN is null
            self.assertEqual(pair[name], None if value != value else value, name)
        with self.subTest("the same object where the file is up to date, at another number of ranks"):
            again = self.succeed("distances", "study.ini", "--out", "out", "--json", ranks=1).out
            self.assertEqual(json.loads(again), found)

    def test_a_study_of_one_configuration_has_no_pairs(self):
        self.study("study.ini", model__width=5)
        found = json.loads(self.succeed("run", "study.ini", "--json", ranks=1).out)
        self.assertEqual((len(found["configurations"]), found["pairs"]), (1, []))

    def test_error_rates_are_those_of_the_table(self):
        self.study("study.ini", study__initials=2)
        found = json.loads(self.succeed("calibrate", "study.ini", "--out", "out", "--calibrate.studies=2",
                                        "--calibrate.power_studies=1", "--json").out)
        with open(self.folder / "out/calibration.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([one["name"] for one in found["scenarios"]], [row["scenario"] for row in rows])
        for one, row in zip(found["scenarios"], rows):
            self.assertEqual(one["significant"],
                             [float(row[f"significant{end}"]) for end in ("", "_low", "_high")])

    def test_errors_stay_lines(self):
        self.assert_refused(self.run_program("distances", "none.ini", "--json", ranks=1), 2, "none.ini")
        self.study("study.ini")
        for command in ("train", "spectra"):
            self.assert_refused(self.run_program(command, "study.ini", "--json", ranks=1), 2, "--json goes with")


class Watch(StudyTest):
    def test_it_ends_when_the_study_is_whole(self):
        self.study("study.ini")
        self.succeed("train", "study.ini", "--out", "out", "-q")
        watch = self.start("status", "out", "--watch", "--json", ranks=1)
        first = json.loads(watch.stdout.readline())
        self.assertTrue(first["trajectories.h5"]["whole"])
        self.assertFalse(first["spectra.h5"]["there"])
        self.assertIsNone(watch.poll(), "it waits for the other stages")
        for stage in ("spectra", "distances"):
            self.succeed(stage, "study.ini", "--out", "out", "-q")
        result = self.finish(watch)
        self.assertEqual((result.code, result.err), (0, ""))
        looks = [first, *map(json.loads, result.out.splitlines())]
        self.assertTrue(looks[-1]["distances.h5"]["whole"])
        self.assertEqual([look for look in looks[:-1] if look["distances.h5"]["whole"]], [])
        self.assertIn("report.py out", looks[-1]["next"])

    def test_a_whole_study_is_looked_at_once(self):
        self.study("study.ini")
        self.succeed("run", "study.ini", "--out", "out", "-q")
        text = self.succeed("status", "out", "--watch", ranks=1).out
        self.assertEqual(text.count("trajectories.h5"), 1)
        self.assertEqual(text, self.succeed("status", "out", ranks=1).out)


if __name__ == "__main__":
    main()
