#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""equikoop export: the numbers of the archives come back from npy, CSV, netCDF and compressed HDF5."""
import csv
import pathlib
import shutil
import subprocess
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main

sys.path.insert(0, str(ROOT / "postprocess"))
import archive  # noqa: E402

NAMES = ("trajectories", "spectra", "distances")


class Export(StudyTest):
    def setUp(self):
        super().setUp()
        self.ini = self.study(koopman__windows="0:1 0:0.5", compare__permutations=99)
        self.out = self.folder / "results"
        self.succeed("run", self.ini, "--out", self.out, "-q", ranks=1)

    def export(self, *words):
        return self.succeed("export", self.out, *words, ranks=1).out

    def datasets(self, name, folder=None):
        """{path: values} of every dataset of numbers or text outside /provenance."""
        with h5py.File((folder or self.out) / f"{name}.h5") as file:
            found = {}
            file.visititems(lambda path, node: found.update({path: node[...]}) if isinstance(node, h5py.Dataset) else None)
            return {path: values for path, values in found.items() if not path.startswith("provenance")}

    def test_npy_csv_netcdf_and_archive(self):  # one study for all: it takes longer than the exports
        self.check_npy()
        self.check_csv()
        self.check_netcdf()
        self.check_archive()
        self.check_refusals()

    def check_npy(self):
        self.assertIn("(npy)", self.export())
        count = 0
        for name in NAMES:
            for path, values in self.datasets(name).items():
                inner = path.removeprefix("configurations/")
                found = numpy.load(self.out / "export" / name / f"{inner}.npy")
                numpy.testing.assert_array_equal(found, values.astype(found.dtype) if found.dtype.kind == "S" else values)
                count += 1
        self.assertEqual(count, len(list((self.out / "export").rglob("*.npy"))))
        self.assertGreater(count, 60)

    def check_csv(self):
        self.export("--format", "csv", "--out", self.folder / "csv")

        def rows(name):
            with open(self.folder / "csv" / f"{name}.csv", newline="", encoding="utf-8") as stream:
                return list(csv.DictReader(stream))

        with h5py.File(self.out / "spectra.h5") as file:
            groups = file["configurations"]
            modes = rows("spectra/seed_mode")
            self.assertEqual({r["analysis"] for r in modes}, {"", "window=0:0.5"} | {
                f"delays=1x,rank=0.5x,window={w}" for w in ("0:1", "0:0.5")})
            for name, group in groups.items():
                own = [r for r in modes if r["configuration"] == name and r["analysis"] == ""]
                values = [complex(float(r["eigenvalues_real"]), float(r["eigenvalues_imag"])) for r in own]
                numpy.testing.assert_array_equal(values, group["eigenvalues"][...].ravel())
                numpy.testing.assert_array_equal([float(r["amplitudes"]) for r in own], group["amplitudes"][...].ravel())
        with h5py.File(self.out / "trajectories.h5") as file:
            group = file["configurations/width=5"]
            own = [r for r in rows("trajectories/seed_initial_step") if r["configuration"] == "width=5"]
            numpy.testing.assert_array_equal(numpy.array([r["loss"] for r in own], "f4"), group["loss"][...].ravel())
            self.assertEqual([int(r["step"]) for r in own[:3]], [0, 1, 2])
        with h5py.File(self.out / "distances.h5") as file:
            own = rows("distances/configuration_configuration_seed_seed")
            numpy.testing.assert_array_equal([float(r["distances"]) for r in own], file["distances"][...].ravel())
            self.assertEqual(own[0]["configuration"], "width=5")
            self.assertEqual(own[-1]["configuration_2"], "width=10")
            self.assertEqual({r["seed_2"] for r in own}, {"0", "1"})
            pairs = rows("distances/pairs_pair")
            self.assertEqual(float(pairs[0]["mean_distance"]), file["pairs/mean_distance"][0])

    def check_netcdf(self):
        self.export("--format", "netcdf", "--out", self.folder / "nc")
        with h5py.File(self.folder / "nc/spectra.nc") as file, h5py.File(self.out / "spectra.h5") as own:
            group = file["configurations/width=10"]
            numpy.testing.assert_array_equal(group["eigenvalues_real"][...] + 1j * group["eigenvalues_imag"][...],
                                             own["configurations/width=10/eigenvalues"][...])
            self.assertEqual([d[0].name.rsplit("/", 1)[1] for d in group["eigenvalues_real"].dims], ["seed", "mode"])
            self.assertEqual(file["provenance/runs/stage"].asstr()[...].tolist(), ["spectra"])
        if shutil.which("ncdump") is None:
            print("ncdump (netcdf-bin) is not installed: the reading by netCDF is skipped")
        else:
            for name in NAMES:
                done = subprocess.run(["ncdump", "-h", f"{self.folder}/nc/{name}.nc"], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertFalse("phony_dim" in done.stdout, name)
            text = subprocess.run(["ncdump", "-v", "configuration,mean_distance", f"{self.folder}/nc/distances.nc"],
                                  capture_output=True, text=True, check=True).stdout
            self.assertIn("double mean_distance(configuration, configuration_2)", text)
            self.assertIn('configuration = "width=5", "width=10"', text)

    def check_archive(self):
        self.export("--archive", "--out", self.folder / "packed")
        for name in NAMES:
            packed, whole = self.folder / f"packed/{name}.h5", self.out / f"{name}.h5"
            found = self.datasets(name, self.folder / "packed")
            for path, values in self.datasets(name).items():
                self.assertEqual((found[path].dtype, found[path].tobytes()), (values.dtype, values.tobytes()), path)
            with archive.open_archive(packed) as a, archive.open_archive(whole) as b:
                self.assertEqual((a.attributes, a.names), (b.attributes, b.names))
                self.assertEqual(a.provenance, b.provenance)
        with h5py.File(self.folder / "packed/trajectories.h5") as file:
            data = file["configurations/width=10/observables"]
            self.assertEqual((data.compression, data.shuffle, data.fletcher32), ("gzip", True, True))
            self.assertEqual([d[0].name.rsplit("/", 1)[1] for d in data.dims], ["seed", "initial", "time", "feature"])
            where, size = data.id.get_chunk_info(0).byte_offset, data.id.get_chunk_info(0).size
        result = self.succeed("distances", self.ini, "--out", self.folder / "packed", ranks=1)
        self.assertIn("up to date", result.out)
        (self.folder / "packed/spectra.h5").unlink()
        self.succeed("spectra", self.ini, "--out", self.folder / "packed", "-q", ranks=2)
        self.assert_same_data(self.out / "spectra.h5", self.folder / "packed/spectra.h5")
        with open(self.folder / "packed/trajectories.h5", "r+b") as file:  # one flipped byte is found
            file.seek(where + size // 2)
            byte = file.read(1)[0]
            file.seek(where + size // 2)
            file.write(bytes([byte ^ 0x40]))
        (self.folder / "packed/spectra.h5").unlink()
        self.assert_refused(self.run_program("spectra", self.ini, "--out", self.folder / "packed", "-q", ranks=1), 1,
                            "trajectories.h5")

    def check_refusals(self):
        run = lambda *words: self.run_program("export", *words, ranks=1)  # noqa: E731
        self.assert_refused(run(self.folder / "none"), 2, "is not a folder of results")
        self.assert_refused(run(self.out, "--format", "xls"), 2, "--format xls: expected npy, csv or netcdf")
        self.assert_refused(run(self.out, "--archive", "--out", self.out), 2, "the folder of the results itself")
        (self.folder / "empty").mkdir()
        self.assert_refused(run(self.folder / "empty"), 2, "holds none of trajectories.h5")
        (self.out / "spectra.h5").write_bytes((self.out / "spectra.h5").read_bytes()[:2000])
        self.assert_refused(run(self.out), 1, "spectra.h5")


if __name__ == "__main__":
    main()
