#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A stranger's path: a model that NumPy trains is recorded in two configurations, analysed, reported.
Also the recorder's own promises, the PyTorch example where PyTorch is there, and the tutorial."""
import pathlib
import subprocess
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main

POSTPROCESS = ROOT / "postprocess"
sys.path.insert(0, str(POSTPROCESS))
from recorder import Recorder, named  # noqa: E402


def script(path, *words, **options):
    return subprocess.run([sys.executable, "-W", "error::RuntimeWarning", str(path), *map(str, words)],
                          capture_output=True, text=True, timeout=300, check=False, **options)


class StrangersPath(StudyTest):
    def analyse(self, out):
        ini = POSTPROCESS / "examples/recorded.ini"
        for stage in ("spectra", "distances"):
            self.succeed(stage, ini, "--out", out, "-q")
        done = script(POSTPROCESS / "report.py", out)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return (out / "report.html").read_text(encoding="utf-8")

    def test_record_spectra_distances_report_tutorial(self):
        out = self.folder / "results"
        example = POSTPROCESS / "examples/numpy_softmax.py"
        done = script(example, out)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        before = (out / "trajectories.h5").read_bytes()
        self.assertEqual(script(example, out).returncode, 0)  # all is there: nothing is trained again
        self.assertEqual((out / "trajectories.h5").read_bytes(), before)
        self.assertIn("12 of 12 ensembles", self.succeed("status", out, ranks=1).out)

        text = self.analyse(out)
        self.assertIn("Does momentum change how a softmax model trains?", text)
        self.assertIn("figure-losses", text)
        self.assertIn("optimizer=momentum", text)
        self.assertNotIn("More seeds are needed", text)  # the first study of a stranger can be decided
        with h5py.File(out / "spectra.h5") as file:
            for group in file["configurations"].values():
                self.assertEqual(group["rank"][...].tolist(), [6] * 6)
                # Training that converges: a mode near 1, none that grows faster than noise allows.
                self.assertTrue((abs(abs(group["eigenvalues"][:, 0]) - 1) < 0.1).all())
        with h5py.File(out / "distances.h5") as file:
            self.assertGreater(file["pairs/mean_distance"][0], 0)
        done = script(POSTPROCESS / "tutorial.py", out)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn("optimizer=sgd | optimizer=momentum", done.stdout)
        for package in ("pandas", "xarray"):
            print(*[line for line in done.stdout.splitlines() if line.startswith(f"{package} is skipped")])

    def test_pytorch_example(self):
        out = self.folder / "results"
        done = script(POSTPROCESS / "examples/torch_cnn.py", out)
        if done.returncode == 77:
            print("skipped:", done.stdout.strip())
            return
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        with h5py.File(out / "trajectories.h5") as file:
            data = file["configurations/optimizer=adam/observables"]
            self.assertEqual(data.shape, (2, 3, 60, 4 * 16 * 4 + 4))
            loss = file["configurations/optimizer=adam/loss"][...].mean(axis=(0, 1))
            self.assertLess(loss[-10:].mean(), 0.7 * loss[:10].mean())
        self.assertIn("optimizer=adam", self.analyse(out))


class RecorderPromises(StudyTest):
    def recorder(self, **changes):
        options = {"seeds": 2, "initials": 2, "snapshots": 3, "every": 2, "dtype": "f8", **changes}
        return Recorder(str(self.folder / "new/trajectories.h5"), changes.pop("configuration", "one"),
                        **{k: v for k, v in options.items() if k != "configuration"})

    def train(self, recorder, steps=6):
        for seed, initial in recorder.todo():
            for step in range(steps):
                recorder.step({"a": numpy.full((2, 2), 10.0 * seed + initial + step / 10), "b": [step]}, 1 / (1 + step))

    def test_numbers_arrive_where_they_belong(self):
        with self.recorder() as recorder:
            self.train(recorder)
            group = recorder.group
            expected = [[[[10 * s + m + t / 10] * 4 + [t] for t in (1, 3, 5)] for m in (0, 1)] for s in (0, 1)]
            numpy.testing.assert_allclose(group["observables"][...], expected, rtol=1e-15)
            numpy.testing.assert_array_equal(group["loss"][1, 1], 1 / (1 + numpy.arange(6)))
            self.assertEqual(group["time"][...].tolist(), [2, 4, 6])
            self.assertEqual(group["complete"][...].tolist(), [1, 1])

    def test_a_loop_that_was_killed_goes_on(self):
        program = f"""
import os, sys; sys.path.insert(0, {str(POSTPROCESS)!r})
from recorder import Recorder
with Recorder({str(self.folder / "t.h5")!r}, "one", 2, 2, 50) as recorder:
    for seed, initial in recorder.todo():
        for step in range(50):
            if [str(seed), str(initial), str(step)] == sys.argv[1:]: os._exit(9)
            recorder.step([float(100 * seed + 10 * initial + step)])
"""
        run = lambda *die: subprocess.run([sys.executable, "-c", program, *die], check=False).returncode  # noqa: E731
        self.assertEqual(run("0", "0", "20"), 9)
        with h5py.File(self.folder / "t.h5") as file:
            self.assertFalse(file["configurations/one/done"][...].any())
        self.assertEqual(run("1", "0", "20"), 9)
        with h5py.File(self.folder / "t.h5") as file:
            self.assertEqual(file["configurations/one/done"][...].tolist(), [[1, 1], [0, 0]])
            self.assertEqual(file["configurations/one/complete"][...].tolist(), [1, 0])
            self.assertEqual(numpy.isnan(file["configurations/one/loss"][...]).sum(), 200)
            self.assertEqual(file["configurations/one/observables"].shape, (2, 2, 50, 1))
        self.assertEqual(run(), 0)
        with h5py.File(self.folder / "t.h5") as file:
            data = file["configurations/one/observables"][..., 0]
            expected = numpy.add.outer(numpy.add.outer([0, 100], [0, 10]), numpy.arange(50))
            numpy.testing.assert_array_equal(data, expected)
            self.assertEqual(file["configurations/one/complete"][...].tolist(), [1, 1])

    def test_selection_and_nested_names(self):
        tree = {"layers": [{"w": numpy.ones((1, 2)), "b": 3.0}, {"w": numpy.zeros(1)}]}
        self.assertEqual([name for name, _ in named(tree)], ["layers.0.w", "layers.0.b", "layers.1.w"])
        self.assertEqual([name for name, _ in named([("fc.weight", numpy.ones(2)), ("fc.bias", numpy.ones(1))])],
                         ["fc.weight", "fc.bias"])
        with self.recorder(select=r"\.w$", every=1) as recorder:
            for _ in recorder.todo():
                for _ in range(3):
                    recorder.step(tree)
            self.assertEqual(recorder.group["observables"].shape[-1], 3)

    def test_tensors_of_any_precision(self):
        try:
            import torch
        except ImportError:
            self.skipTest("PyTorch is not installed")
        for kind in (torch.bfloat16, torch.float32, torch.float64):  # NumPy has no bfloat16
            weight = torch.nn.Parameter(torch.full((2, 1), 0.1, dtype=kind))
            (name, values), = named([("fc.weight", weight)])
            self.assertEqual((name, values.tolist()), ("fc.weight", [weight[0, 0].item()] * 2))

    def test_divergence_is_flagged(self):
        with self.recorder(every=1) as recorder:
            for seed, initial in recorder.todo():
                for step in range(3):
                    recorder.step([numpy.nan if (seed, initial, step) == (1, 0, 1) else 1.0])
            self.assertEqual(recorder.group["diverged_at"][...].tolist(), [[-1, -1], [2, -1]])

    def test_mistakes_are_told(self):
        with self.recorder() as recorder:
            with self.assertRaisesRegex(ValueError, "outside of todo"):
                recorder.step([1.0])
            with self.assertRaisesRegex(ValueError, "has 5 steps, expected 6"):
                self.train(recorder, steps=5)
        with self.assertRaisesRegex(ValueError, "choose another path or configuration"):
            self.recorder(seeds=3)
        with self.recorder(configuration="two", select="nothing") as recorder:
            with self.assertRaisesRegex(ValueError, "no parameter's name holds 'nothing'"):
                self.train(recorder)
            self.assertEqual(recorder.group.attrs["index"], 1)


if __name__ == "__main__":
    main()
