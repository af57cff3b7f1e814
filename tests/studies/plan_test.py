#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `equikoop plan` says of memory and bytes is what then happens, in a study whose data set is most
of a rank and in one whose trajectories are; its pilot leaves nothing behind. (Seconds: tests/bench.)"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def peak(log):
    value, unit = re.search(r"peak memory of a rank ([\d.]+) (\w+)", log).groups()
    return float(value) * UNITS[unit]


class Plan(StudyTest):
    def assert_planned(self, ranks, **keys):
        self.study("study.ini", **keys)
        plan = json.loads(self.succeed("plan", "study.ini", "--ranks", str(ranks), "--json", "--out", "out", ranks=1).out)
        self.assertEqual([path.name for path in (self.folder / "out").iterdir()], [".lock"])
        happened = peak(self.succeed("run", "study.ini", "--out", "out", ranks=ranks).out)
        self.assertGreater(happened, 150e6)
        self.assertLess(abs(plan["memory_bytes_per_rank"] / happened - 1), 0.25, (plan["memory_bytes_per_rank"], happened))
        size = (self.folder / "out/trajectories.h5").stat().st_size
        self.assertLess(abs(plan["trajectory_bytes"] - size), 0.02 * size + 1e5)  # and what describes them

    def test_of_a_large_data_set(self):
        self.assert_planned(2, data__samples=60000, data__features=200, training__steps=200)

    def test_of_long_trajectories(self):
        self.assert_planned(1, study__seeds=1, study__initials=10, model__width=20, training__steps=3000,
                            record__observable="all", data__features=64, koopman__delays=4)


if __name__ == "__main__":
    main()
