# SPDX-License-Identifier: BSD-3-Clause
"""The paragraphs beside the answer, and labels of configurations, on numbers made for them."""
import pathlib
import sys
import types
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "postprocess"))
import scope
from results import short_labels


def results(settings=None, windows=None, pairs=(), floors=(np.nan, np.nan), clock=(0.4, 0.4), every=("1", "1")):
    names = ["width=5", "width=40"]
    groups = {n: types.SimpleNamespace(attributes={"clock_time": c}) for n, c in zip(names, clock)}
    return types.SimpleNamespace(
        names=names, labels={n: n for n in names}, pairs=list(pairs), floors=lambda: np.array(floors),
        setting=lambda key, default=None: (settings or {}).get(key, default), spectrum=groups.get,
        parameters=lambda n: {"record.every": every[names.index(n)]},
        distances=types.SimpleNamespace(windows=windows))


def text(paragraphs):
    return " ".join(words for _, words in paragraphs)


class Clock(unittest.TestCase):
    LOG = {"compare.scaling": "log", "compare.clock": "time"}

    def test_plain_eigenvalues_are_per_recorded_step(self):
        self.assertIn("per recorded step (1 optimiser step)", text(scope.paragraphs(results())))
        self.assertIn("(4 optimiser steps)", text(scope.paragraphs(results(every=("4", "4")))))
        self.assertIn("2 or 10 optimiser steps, by configuration",
                      text(scope.paragraphs(results(every=("10", "2")))))

    def test_rates_name_their_clock_and_its_span(self):
        words = text(scope.paragraphs(results(self.LOG)))
        self.assertIn("divided by the time (learning rate × steps)", words)
        self.assertIn("0.4 in every configuration", words)
        self.assertIn("0.1 to 0.4, by configuration", text(scope.paragraphs(results(self.LOG, clock=(0.4, 0.1)))))


class BareDistances(unittest.TestCase):
    PAIRS = [{"first": "width=5", "second": "width=40", "mean_distance": 0.75}]

    def test_distances_stand_in_words_where_no_test_does(self):
        self.assertIn("width=5 and width=40 0.75", text(scope.bare_distances(results(pairs=self.PAIRS))))

    def test_a_floor_makes_them_superfluous(self):
        self.assertEqual(scope.bare_distances(results(pairs=self.PAIRS, floors=(0.1, 0.2))), [])


class Windows(unittest.TestCase):
    def windows(self, late):
        """Three windows and two configurations; the last window's verdict on widths is `late`."""
        within = np.array([[[-1, 2, 2], [2, -1, 1], [2, 1, -1]], [[-1, 1, 1], [1, -1, 1], [1, 1, -1]]])
        across = np.array([[[-1, 1], [1, -1]]] * 2 + [[[-1, late], [late, -1]]])
        return {"begin": [0, 0.1, 0.5], "end": [0.1, 0.5, 1], "within_verdict": within, "across_verdict": across,
                "within": np.full(within.shape, 0.1), "across": np.full(across.shape, 0.1)}

    def test_windows_that_differ_are_named(self):
        words = text(scope.paragraphs(results(windows=self.windows(1))))
        self.assertIn("In width=5, of 3 pairs of windows 2 are non-equivalent and 1 is equivalent "
                      "(non-equivalent: 0–0.1 and 0.1–0.5; 0–0.1 and 0.5–1).", words)
        self.assertIn("In width=40, of 3 pairs of windows all 3 are equivalent.", words)

    def test_verdicts_on_configurations_may_change_with_the_window(self):
        self.assertIn("the same in all 3 windows", text(scope.paragraphs(results(windows=self.windows(1)))))
        self.assertIn("in 0.5–1: 1 is non-equivalent", text(scope.paragraphs(results(windows=self.windows(2)))))


class Labels(unittest.TestCase):
    def test_what_is_set_together_needs_one_name(self):
        self.assertEqual(short_labels(["learning_rate=0.1,steps=40", "learning_rate=0.2,steps=20"]),
                         ["learning_rate=0.1", "learning_rate=0.2"])

    def test_what_is_crossed_needs_all(self):
        names = [f"source={a},width={b},bias={c}" for a in "xy" for b in (1, 2) for c in ("on", "off")]
        self.assertEqual(short_labels(names)[0], "source=x, width=1, bias=on")

    def test_long_names_are_shortened_before_they_are_cut(self):
        names = ["learning_rate=0.05,batch_size=120", "learning_rate=0.05,batch_size=60"]
        self.assertEqual(short_labels(names + ["learning_rate=0.1,batch_size=60"])[0], "lr=0.05, batch=120")

    def test_labels_stay_unique(self):
        names = [f"source={'long' * 20}{i},width={i % 2}" for i in range(4)]
        self.assertEqual(len(set(short_labels(names))), 4)


if __name__ == "__main__":
    unittest.main()
