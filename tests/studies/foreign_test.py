#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Trajectories that another program wrote are treated like our own; ours need not have trained."""
import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

# Linear dynamics with these eigenvalues, seen through a random orthogonal map.
EIGENVALUES = {"slow": [0.99, 0.9, 0.8], "fast": [0.97, 0.85, 0.7]}


def trajectories(eigenvalues, seeds=2, initials=4, times=30, features=6):
    random = numpy.random.default_rng(7)
    values = numpy.empty((seeds, initials, times, features))
    for seed in range(seeds):
        frame = numpy.linalg.qr(random.normal(size=(features, 3)))[0]
        for initial in range(initials):
            start = random.uniform(0.5, 1.5, size=3)
            for t in range(times):
                values[seed, initial, t] = frame @ (start * numpy.power(eigenvalues, t))
    return values


class Foreign(StudyTest):
    def setUp(self):
        super().setUp()
        self.ini = self.folder / "mine.ini"
        self.ini.write_text("[koopman]\ndelays = 2\nrank = 3\n")
        self.out = self.folder / "results"
        self.out.mkdir()

    def write(self, values, index=True, **options):
        """All that the README asks of another program."""
        with h5py.File(self.out / "trajectories.h5", "w") as file:
            file.attrs["filetype"] = "equikoop trajectories"
            file.attrs["format_version"] = "1.0"
            for number, (name, data) in enumerate(values.items()):
                group = file.create_group(f"configurations/{name}")
                if index:
                    group.attrs["index"] = number
                group.create_dataset("observables", data=data, **options)

    def eigenvalues(self, name):
        with h5py.File(self.out / "spectra.h5") as file:
            return file[f"configurations/{name}/eigenvalues"][...]

    def stage(self, stage, *words, ranks=2):
        return self.run_program(stage, self.ini, "--out", self.out, *words, ranks=ranks)

    def assert_spectra(self):
        result = self.stage("spectra")
        self.assertEqual((result.code, result.err), (0, ""))
        for name, expected in EIGENVALUES.items():
            for row in self.eigenvalues(name):
                # Exact data: the error is the condition of three modes times double rounding.
                numpy.testing.assert_allclose(numpy.sort(row.real)[::-1], expected, atol=1e-9)
        result = self.stage("distances")
        self.assertEqual((result.code, result.err), (0, ""))
        with h5py.File(self.out / "distances.h5") as file:
            self.assertEqual([n.decode() for n in file["configuration"]], ["slow", "fast"])
            a, b = EIGENVALUES.values()
            expected = numpy.abs(numpy.array(a) - b).mean()
            numpy.testing.assert_allclose(file["pairs/mean_distance"][0], expected, atol=1e-9)

    def test_minimal_file_in_double_precision(self):
        self.write({name: trajectories(values) for name, values in EIGENVALUES.items()})
        self.assert_spectra()
        status = self.succeed("status", self.out, ranks=1).out
        self.assertIn("4 of 4 ensembles", status)

    def test_compressed_chunks_of_the_other_byte_order(self):
        self.write({name: trajectories(values).astype(">f8") for name, values in EIGENVALUES.items()},
                   compression="gzip", chunks=(1, 2, 7, 3), shuffle=True)
        self.assert_spectra()

    def test_order_of_configurations_may_be_left_out(self):
        self.write({name: trajectories(values) for name, values in sorted(EIGENVALUES.items())}, index=False)
        result = self.stage("spectra")
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertEqual(self.eigenvalues("fast").shape, (2, 3))

    def test_status_before_the_spectra_names_the_next_command(self):
        self.write({"one": trajectories([0.9, 0.8, 0.7])})
        self.assertIn(f"next: equikoop spectra STUDY --out {self.out}",
                      self.succeed("status", self.out, ranks=1).out)

    def test_file_written_again_makes_old_spectra_stale(self):
        self.write({"one": trajectories([0.9, 0.8, 0.7])})
        self.assertEqual(self.stage("spectra", "-q").code, 0)
        self.write({"one": trajectories([0.95, 0.8, 0.7])})
        self.assert_refused(self.stage("spectra", "-q"), 2, "other trajectories", "--force")

    def test_configurations_of_unequal_seeds_are_refused(self):
        self.write({"one": trajectories([0.9, 0.8, 0.7], seeds=3), "two": trajectories([0.9, 0.8, 0.7], seeds=2)})
        self.assert_refused(self.stage("spectra", "-q"), 1, "configuration two has 2 seeds", "one has 3")

    def test_wrong_number_of_dimensions(self):
        self.write({"one": trajectories([0.9, 0.8, 0.7])[0]})
        self.assert_refused(self.stage("spectra", "-q"), 1, "configuration one", "[seed, initial, time, feature]")

    def test_no_observables(self):
        self.write({})
        with h5py.File(self.out / "trajectories.h5", "r+") as file:
            file.create_group("configurations/empty").attrs["index"] = 0
        self.assert_refused(self.stage("spectra", "-q"), 1, "trajectories.h5", "observables")

    def test_no_configurations(self):
        self.write({})
        self.assert_refused(self.stage("spectra", "-q"), 1, "trajectories.h5", "configurations")

    def test_training_does_not_overwrite_it(self):
        self.write({name: trajectories(values) for name, values in EIGENVALUES.items()})
        before = (self.out / "trajectories.h5").read_bytes()
        self.ini = self.study()
        self.assert_refused(self.stage("train", "-q"), 2, "was not written for this study", "--out")
        self.assertEqual((self.out / "trajectories.h5").read_bytes(), before)


if __name__ == "__main__":
    main()
