#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The quickstart, made smaller, from study file to report; and its files as any HDF5 reader sees them."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, environment, main, make_digits

SHORTER = ["--study.seeds=3", "--study.initials=4", "--training.steps=80", "--koopman.delays=16",
           "--koopman.rank=6"]
FILES = ("trajectories.h5", "spectra.h5", "distances.h5")


class Quickstart(StudyTest):
    folder_of_class = None

    @classmethod
    def setUpClass(cls):
        cls.kept = pathlib.Path(tempfile.mkdtemp(prefix="equikoop-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.kept, ignore_errors=True)
        make_digits(cls.kept)
        cls.out = cls.kept / "out"
        cls.first = None

    def setUp(self):
        super().setUp()
        if type(self).first is None:
            type(self).first = self.quickstart()

    def quickstart(self):
        return self.succeed("run", ROOT / "input/quickstart.ini", "--out", self.out, *SHORTER,
                            env={"EQUIKOOP_DATA": str(self.kept)})

    def datasets(self):
        """Every dataset of the three files that is not a dimension scale, with its file open."""
        for name in FILES:
            with h5py.File(self.out / name) as file:
                found = []
                file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
                for item in found:
                    yield item

    def test_says_what_comes_next(self):
        lines = self.first.out.splitlines()
        self.assertTrue(lines[0].startswith("equikoop "), lines[0])
        self.assertEqual(lines[-1], f"next: python3 postprocess/report.py {self.out}")

    def test_draws_no_bar_into_a_pipe(self):
        """Two ranks: the launcher gives rank 0 a terminal, though its own output goes to a pipe."""
        self.assertNotIn("\033", self.first.out)
        self.assertNotIn("ETA", self.first.out)

    def test_second_run_makes_nothing_anew_and_says_so(self):
        before = {name: (self.out / name).read_bytes() for name in FILES}
        again = self.quickstart()
        self.assertIn("train: all 18 ensembles are in", again.out)
        self.assertIn("spectra: all 36 spectra are in", again.out)
        self.assertIn("distances.h5 is up to date", again.out)
        for name, content in before.items():
            self.assertEqual((self.out / name).read_bytes(), content, name)

    def test_digits_are_learned(self):
        with h5py.File(self.out / "trajectories.h5") as file:
            accuracy = file["configurations/source=digits,width=40/test_accuracy"][...]
        self.assertGreater(accuracy.mean(), 0.6)  # 80 steps; guessing gives 0.1

    def test_every_dimension_has_its_scale(self):
        for data in self.datasets():
            if h5py.h5ds.is_scale(data.id) or data.name == "/provenance/runs":
                continue
            with self.subTest(file=data.file.filename, dataset=data.name):
                for size, dimension in zip(data.shape, data.dims):
                    self.assertEqual(len(dimension), 1)
                    self.assertEqual(dimension[0].shape, (size,))

    def test_every_dataset_says_what_it_is(self):
        for data in self.datasets():
            with self.subTest(file=data.file.filename, dataset=data.name):
                self.assertTrue(data.attrs["long_name"])
                self.assertTrue(data.attrs["units"])

    def test_eigenvalues_are_complex_numbers(self):
        with h5py.File(self.out / "spectra.h5") as file:
            values = file["configurations/source=digits,width=5/eigenvalues"]
            self.assertEqual(values.dtype, numpy.complex128)
            self.assertEqual(values.shape, (3, 6))
            self.assertTrue((numpy.abs(values[...]) > 0).all())

    def test_numbers_are_little_endian(self):
        for data in self.datasets():
            for dtype in [data.dtype] if data.dtype.names is None else [data.dtype[n] for n in data.dtype.names]:
                self.assertNotEqual(dtype.byteorder, ">", data.name)

    def test_header_and_provenance(self):
        for name in FILES:
            with self.subTest(file=name), h5py.File(self.out / name) as file:
                self.assertEqual(file.attrs["filetype"], f"equikoop {name[:-3]}")
                self.assertEqual(file.attrs["format_version"], "1.2")
                self.assertRegex(file.attrs["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertIn("2302.09160", file.attrs["references"])
                provenance = file["provenance"]
                text = (ROOT / "input/quickstart.ini").read_text()
                self.assertTrue(provenance.attrs["study_text"].startswith(text))
                self.assertIn("--training.steps=80", provenance.attrs["study_text"])
                self.assertIn("training.steps = 80\n", provenance.attrs["study_resolved"])
                self.assertIn("HDF5 ", provenance.attrs["libraries"])
                runs = provenance["runs"][...]
                used = runs[runs["ranks"] > 0]
                self.assertEqual(len(used), 1)
                self.assertEqual(used["ranks"][0], 2)
                self.assertGreater(used["done"][0], 0)
                self.assertGreaterEqual(used["end"][0], used["start"][0])

    def test_configurations_carry_their_parameters(self):
        with h5py.File(self.out / "trajectories.h5") as file:
            group = file["configurations/source=gaussian,width=10"]
            self.assertEqual(group.attrs["model.width"], "10")
            self.assertEqual(group.attrs["data.source"], "gaussian")
            self.assertEqual(group["observables"].shape, (3, 4, 80, 100))
            self.assertEqual(list(group["time"][:3]), [1, 2, 3])
            self.assertEqual(group["observables"].dims[2][0].name, group["time"].name)
            self.assertTrue((group["complete"][...] == 1).all())

    @unittest.skipUnless(shutil.which("h5dump"), "h5dump is not installed")
    def test_h5dump_reads_every_file(self):
        for name in FILES:
            result = subprocess.run(["h5dump", "-H", str(self.out / name)], capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("DIMENSION_LIST", result.stdout)

    def test_report_is_one_file_with_every_configuration(self):
        result = subprocess.run([sys.executable, str(ROOT / "postprocess/report.py"), str(self.out)],
                                capture_output=True, text=True, env=environment(self.shared))
        self.assertEqual(result.returncode, 0, result.stderr)
        report = self.out / "report.html"
        self.assertIn(str(report), result.stdout)
        page = report.read_text()
        for word in ("width=5", "width=40", "gaussian", "2302.09160"):
            self.assertIn(word, page)
        self.assertNotIn('src="http', page)
        self.assertTrue(list((self.out / "figures").glob("*.csv")))

    def test_status_is_whole(self):
        out = self.succeed("status", self.out, ranks=1).out
        self.assertIn("18 of 18 ensembles", out)
        self.assertIn("36 of 36 spectra", out)
        self.assertIn("distances.h5     whole", out)


if __name__ == "__main__":
    main()
