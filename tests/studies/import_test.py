#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""equikoop import: npy, HDF5 and CSV of any order, byte order and size become the same archive; what
is wrong is one line. Linear systems with known eigenvalues are the oracle of what follows."""
import json
import pathlib
import re
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, main

EIGENVALUES = {"slow": [0.99, 0.9, 0.8], "fast": [0.97, 0.85, 0.7]}
SEEDS, INITIALS, TIMES, ROWS, COLUMNS = 2, 3, 24, 2, 3


def trajectories(eigenvalues):
    """(seed, initial, time, row, column) of linear dynamics seen through a random orthogonal map."""
    random = numpy.random.default_rng(7)
    values = numpy.empty((SEEDS, INITIALS, TIMES, ROWS * COLUMNS))
    for seed in range(SEEDS):
        frame = numpy.linalg.qr(random.normal(size=(ROWS * COLUMNS, 3)))[0]
        start = random.uniform(0.5, 1.5, size=(INITIALS, 1, 3))
        values[seed] = start * numpy.power(eigenvalues, numpy.arange(TIMES)[:, None]) @ frame.T
    return values.reshape(SEEDS, INITIALS, TIMES, ROWS, COLUMNS)


DATA = {name: trajectories(values) for name, values in EIGENVALUES.items()}


class Import(StudyTest):
    def ini(self, *sections, name="mine.ini", first="axes = seed initial time row column"):
        text = "[study]\nquestion = Is it the same?\n[koopman]\ndelays = 2\nrank = 3\n[compare]\npermutations = 99\n"
        path = self.folder / name
        path.write_text(f"{text}[import]\n{first}\n" + "\n".join(f"[import {n}]\n{lines}" for n, lines in sections) + "\n")
        return path

    def import_(self, ini, *words, ranks=1):
        return self.run_program("import", ini, "--out", self.folder / "out", "-q", *words, ranks=ranks)

    def imported(self, ini, *words, ranks=1):
        result = self.import_(ini, *words, ranks=ranks)
        self.assertEqual((result.code, result.err), (0, ""), result.out)
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            return {name: (group["observables"][...], group["diverged_at"][...], group["complete"][...].tolist(),
                           group["time"][...].tolist()) for name, group in file["configurations"].items()}

    def assert_imported(self, ini, *words, ranks=1, exact=True):
        for name, (values, diverged, complete, _) in self.imported(ini, *words, ranks=ranks).items():
            expected = DATA[name].reshape(SEEDS, INITIALS, TIMES, -1)
            compare = numpy.testing.assert_array_equal if exact else numpy.testing.assert_allclose
            compare(values, expected if exact else expected.astype("f4"))
            self.assertTrue((diverged == -1).all())
            self.assertEqual(complete, [1] * SEEDS)

    def save_all(self, order="C", dtype="<f8", axes=None):
        for name, data in DATA.items():
            moved = data if axes is None else data.transpose(axes)
            numpy.save(self.folder / f"{name}.npy", numpy.asarray(moved, dtype=dtype, order=order))
        return self.ini(*((name, f"file = {name}.npy") for name in DATA))

    def test_one_array_a_configuration_then_spectra_and_distances(self):
        ini = self.save_all()
        self.assert_imported(ini, ranks=2)
        out = self.folder / "out"
        self.assertIn("4 of 4 whole ensembles match their SHA-256", self.succeed("status", out, "--verify", ranks=1).out)
        for stage in ("spectra", "distances"):
            result = self.run_program(stage, ini, "--out", out, "-q", ranks=1)
            self.assertEqual((result.code, result.err), (0, ""))
        with h5py.File(out / "spectra.h5") as file:
            for name, expected in EIGENVALUES.items():
                for row in file[f"configurations/{name}/eigenvalues"][...]:
                    numpy.testing.assert_allclose(numpy.sort(row.real)[::-1], expected, atol=1e-9)
        with h5py.File(out / "distances.h5") as file:
            a, b = EIGENVALUES.values()
            numpy.testing.assert_allclose(file["pairs/mean_distance"][0], numpy.abs(numpy.subtract(a, b)).mean(), atol=1e-9)

    def test_run_imports_instead_of_training(self):
        result = self.run_program("run", self.save_all(), "--out", self.folder / "out")
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertIn("2 seeds x 3 initials x 24 snapshots x 6 features", result.out)
        self.assertIn("next: python3 postprocess/report.py", result.out)
        again = self.run_program("run", self.save_all(), "--out", self.folder / "out", ranks=1)
        self.assertEqual(again.code, 2)  # the files were written anew, so they may be others
        self.assertIn("not made from these files", again.err)

    def test_fortran_order_and_the_other_byte_order(self):
        self.assert_imported(self.save_all("F", ">f8"), ranks=3)

    def test_axes_in_another_order(self):
        for name, data in DATA.items():
            numpy.save(self.folder / f"{name}.npy", data.transpose(3, 2, 0, 4, 1))  # row time seed column initial
        ini = self.ini(*((n, f"file = {n}.npy") for n in DATA), first="axes = row time seed column initial")
        self.assert_imported(ini)
        for name, data in DATA.items():
            numpy.save(self.folder / f"{name}.npy", numpy.asfortranarray(data.transpose(3, 2, 0, 4, 1)))
        self.assert_imported(ini, "--force")

    def test_single_precision_and_forced_precision(self):
        self.assert_imported(self.save_all(dtype=">f4"), exact=False)
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            self.assertEqual(file["configurations/slow/observables"].dtype, numpy.dtype("<f4"))
        for name in DATA:
            numpy.save(self.folder / f"{name}.npy", DATA[name])
        ini = self.ini(*((n, f"file = {n}.npy") for n in DATA),
                       first="precision = float32\naxes = seed initial time row column")
        self.assert_imported(ini, "--force", exact=False)

    def test_one_file_a_trajectory(self):
        for name, data in DATA.items():
            for seed in range(SEEDS):
                (self.folder / f"{name}/seed{seed + 8}").mkdir(parents=True)  # 8, 9, 10: by number, not by letter
                for initial in range(INITIALS):
                    numpy.save(self.folder / f"{name}/seed{seed + 8}/run_{initial + 9}.npy", data[seed, initial])
        self.assert_imported(self.ini(*((n, f"file = {n}/seed{{seed}}/run_{{initial}}.npy") for n in DATA),
                                      first="axes = time row column"))

    def test_one_file_a_snapshot_names_the_times(self):
        for time in range(TIMES):
            numpy.save(self.folder / f"step_{50 * (time + 1)}.npy", DATA["slow"][:, :, time])
        ini = self.ini(("slow", "file = step_{time}.npy"), first="axes = seed initial row column")
        self.assert_imported(ini)
        self.assertEqual(self.imported(ini)["slow"][3], list(range(50, 50 * TIMES + 1, 50)))
        (self.folder / "step_100.npy").rename(self.folder / "step_101.npy")
        self.assert_refused(self.import_(ini, "--force"), 1, "50, 101 and 150 are not evenly spaced")

    def test_datasets_of_an_hdf5_file_with_losses(self):
        losses = numpy.linspace(2, 1, SEEDS * INITIALS * 50).reshape(SEEDS, INITIALS, 50)
        with h5py.File(self.folder / "all.h5", "w") as file:
            for name, data in DATA.items():
                file.create_dataset(f"runs/{name}/weights", data=data.astype(">f8"), chunks=(1, 2, 5, 1, 2), compression="gzip")
                file[f"runs/{name}/losses"] = losses
        self.assert_imported(self.ini(*((n, f"file = all.h5\ndataset = /runs/{n}/weights\nloss_dataset = /runs/{n}/losses")
                                        for n in DATA)))
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            numpy.testing.assert_array_equal(file["configurations/fast/loss"][...], losses)

    def test_json_says_the_same(self):
        self.save_all()
        path = self.folder / "mine.json"
        path.write_text(json.dumps({
            "study": {"question": "Is it the same?"}, "koopman": {"delays": 2, "rank": 3},
            "import": {"axes": ["seed", "initial", "time", "row", "column"],
                       **{name: {"file": f"{name}.npy", "training.optimizer": name} for name in DATA}}}))
        self.assert_imported(path)
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            self.assertEqual(file["configurations/fast"].attrs["training.optimizer"], "fast")
        path.write_text('{"import": {"slow": {"file": }}')
        self.assert_refused(self.import_(path), 2, "mine.json: line 1: ")
        for deep in ("[" * 300000, '{"import":' * 100000):
            path.write_text(deep)
            self.assert_refused(self.import_(path), 2, "mine.json: brackets within brackets")
        for name in ("slow.npy\n[import fast]", "slow#1.npy"):
            path.write_text(json.dumps({"import": {"slow": {"file": name}}}))
            self.assert_refused(self.import_(path), 2, "mine.json: 'slow", "holds a '#' or a line break")

    def test_values_that_are_not_finite_are_flagged_with_their_step(self):
        data = DATA["slow"].copy()
        data[1, 2, 7, 0, 1] = numpy.nan
        data[1, 2, 9, 1, 1] = numpy.inf
        data[0, 0, 23, 1, 2] = -numpy.inf
        numpy.save(self.folder / "slow.npy", data)
        ini = self.ini(("slow", "file = slow.npy\nevery = 10"))
        self.assertIn("slow: 2 trajectories hold values that are not finite; they are left out of the spectra",
                      self.run_program("import", ini, "--out", "loud").out)
        values, diverged, _, _ = self.imported(ini)["slow"]
        numpy.testing.assert_array_equal(values, data.reshape(values.shape))
        numpy.testing.assert_array_equal(diverged, [[240, -1, -1], [-1, -1, 80]])

    def test_more_features_than_a_slab_holds(self):
        """A snapshot of 18 million float32 is 72 MB: slabs of 64 MiB part its features. The file is larger than the
        memory that a rank may take for it: two slabs, and what MPI and HDF5 take themselves."""
        features, times = 18_000_000, 8
        whole = numpy.lib.format.open_memmap(self.folder / "big.npy", "w+", "<f4", (times, 2, features // 2))
        marks = [(0, 0, 0), (1, 1, 7_999_999), (2, 1, 8_999_999), (2, 0, 8_388_608), (1, 0, 16_777)]
        for place, value in zip(marks, range(1, 6)):
            whole[place] = value
        whole.flush()
        ini = self.ini(("big", "file = big.npy"), first="axes = time row column")
        result = self.run_program("import", ini, "--out", self.folder / "out", ranks=2)
        self.assertEqual((result.code, result.err), (0, ""))
        peak, = re.findall(r"peak memory of a rank ([\d.]+) MiB", result.out)
        self.assertLess(float(peak), 400)
        self.assertGreater(times * features * 4 / 2**20, 500)
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            data = file["configurations/big/observables"]
            self.assertEqual(data.shape, (1, 1, times, features))
            for (time, row, column), value in zip(marks, range(1, 6)):
                self.assertEqual(data[0, 0, time, row * (features // 2) + column], value)
            self.assertEqual(sum(float(data[0, 0, t].sum()) for t in range(times)), 15.0)

    def test_the_same_files_again_are_found_there(self):
        ini = self.save_all()
        self.imported(ini)
        self.assertIn("holds these files already", self.run_program("import", ini, "--out", self.folder / "out", ranks=1).out)
        other = self.ini(("slow", "file = slow.npy"), name="other.ini")
        self.assert_refused(self.import_(other), 2, "not made from these files", "--force")
        self.assertEqual(self.import_(other, "--force").code, 0)

    def test_wrong_files_and_axes_are_one_line(self):
        self.save_all()
        ini = lambda lines, **more: self.ini(("slow", lines), **more)  # noqa: E731
        refused = lambda path, *parts, code=1: self.assert_refused(self.import_(path), code, *parts)  # noqa: E731
        refused(ini("file = none.npy"), "configuration slow", "none.npy: no such file")
        refused(ini("file = none_{seed}.npy"), "no such file")
        refused(ini("file = {sead}.npy"), "{sead}", "only {seed}, {initial}, {time}", code=2)
        refused(ini("file = {" + "a" * 300000 + "}.npy"), "[import slow]: file has 300006 signs, more than any path", code=2)
        refused(ini("every = 2"), "[import slow]: file is missing", code=2)
        refused(ini("fiel = slow.npy"), "unknown key 'fiel'", code=2)
        refused(ini("file = slow.npy\nfile = fast.npy"), "key 'file' is given twice", code=2)
        refused(ini("file = slow.npy\naxes = time feature"), "slow.npy has 5 axes, expected 2", code=2)
        refused(ini("file = slow.npy", first=""), "slow.npy has 5 axes, expected 4 (seed initial time feature)", code=2)
        refused(ini("file = slow.npy\naxes = seed seed time row column"), "axis seed is given twice", code=2)
        refused(ini("file = slow.npy\naxes = row column x y z"), "1 snapshots along time", code=2)
        refused(self.ini(("slow", "file = slow.npy"), ("slow", "file = slow.npy")), "[import slow] is there twice", code=2)
        numpy.save(self.folder / "objects.npy", numpy.array([{}, {}], dtype=object), allow_pickle=True)
        refused(ini("file = objects.npy"), "objects.npy: Python objects ('|O') at byte", "expected f4 or f8")
        whole = (self.folder / "slow.npy").read_bytes()
        billion = re.sub(rb"'shape': \([^)]*\), } *", lambda m: b"'shape': (1000000000,), }".ljust(len(m.group())), whole)
        for content, part in ((b"PK" + whole, "does not begin with \\x93NUMPY at byte 0"),
                              (whole[:-8], "has 6904 bytes of data from byte 128 on where its header promises 6912: truncated"),
                              (whole[:50], "truncated"),
                              (billion, "has 6912 bytes of data from byte 128 on where its header promises 8000000000: truncated")):
            (self.folder / "bad.npy").write_bytes(content)
            refused(ini("file = bad.npy"), "bad.npy: ", part)
        numpy.save(self.folder / "run_0.npy", DATA["slow"][0])
        numpy.save(self.folder / "run_1.npy", DATA["slow"][1, :, :5])
        refused(ini("file = run_{seed}.npy", first="axes = initial time row column"), "run_1.npy has shape (3, 5, 2, 3)")
        (self.folder / "run_1.npy").rename(self.folder / "run_3.npy")
        numpy.save(self.folder / "few.npy", DATA["slow"][:1])
        refused(self.ini(("slow", "file = slow.npy"), ("few", "file = few.npy")), "few has 1 seeds", code=2)
        refused(ini("file = slow.npy\ndataset = /x"), "slow.npy", "not HDF5")
        with h5py.File(self.folder / "all.h5", "w") as file:
            file["whole"] = numpy.arange(6)
        refused(ini("file = all.h5"), "dataset = /group/name", code=2)
        refused(ini("file = all.h5\ndataset = /none"), "all.h5: there is no dataset /none")
        refused(ini("file = all.h5\ndataset = /whole"), "all.h5:/whole: holds neither 4- nor 8-byte")
        self.assertFalse((self.folder / "out/trajectories.h5").exists())

    def test_a_missing_file_of_a_grid_is_named(self):
        for seed, initial in ((0, 0), (0, 1), (1, 1)):
            numpy.save(self.folder / f"s{seed}_i{initial}.npy", DATA["slow"][seed, initial])
        ini = self.ini(("slow", "file = s{seed}_i{initial}.npy"), first="axes = time row column")
        self.assert_refused(self.import_(ini), 1, "3 of 4 files are there, the one of seed 1, initial 0 is missing")

    def test_the_examples_of_the_documentation_work(self):
        page = (ROOT / "include/equikoop/archive/README.md").read_text(encoding="utf-8")
        data = {"adam": DATA["slow"], "sgd": DATA["fast"]}
        numpy.save(self.folder / "adam.npy", data["adam"].reshape(SEEDS, INITIALS, TIMES, -1))
        with h5py.File(self.folder / "runs.h5", "w") as file:
            for path in ("sgd/last_layer/weights", "sgd/weights"):
                file[path] = data["sgd"].reshape(SEEDS, INITIALS, TIMES, -1)
        for kind in ("ini", "json"):
            block, = re.findall(rf"```{kind}\n(.*?)```", page, re.S)
            path = self.folder / f"page.{kind}"
            path.write_text(block)
            for name, (values, *_) in self.imported(path, "--force").items():
                numpy.testing.assert_array_equal(values, data[name].reshape(values.shape))

    def test_studies_are_told_apart(self):
        self.assert_refused(self.run_program("import", self.study(), "-q", ranks=1), 2, "has no [import] section")
        self.assert_refused(self.run_program("train", self.save_all(), "-q", ranks=1), 2, "nothing to train", "equikoop import")


class ImportSpectra(StudyTest):
    SPECTRA = {"a": [[0.5 + 0.5j, 0.5 - 0.5j, 0.99], [0.4 + 0.5j, 0.4 - 0.5j, 0.98]],
               "b": [[0.5 + 0.6j, 0.5 - 0.6j, 0.95], [0.5 + 0.7j, 0.5 - 0.7j, 0.94]]}

    def ini(self, **files):
        path = self.folder / "mine.ini"
        path.write_text("[compare]\npermutations = 99\n[import]\nkind = spectra\n" +
                        "".join(f"[import {name}]\n{lines}\n" for name, lines in files.items()))
        return path

    def spectra_of(self, ini):
        result = self.run_program("import", ini, "--out", self.folder / "out", "-q", "--force", ranks=1)
        self.assertEqual((result.code, result.err), (0, ""))
        with h5py.File(self.folder / "out/spectra.h5") as file:
            return {name: group["eigenvalues"][...] for name, group in file["configurations"].items()}

    def assert_spectra(self, found):
        for name, rows in self.SPECTRA.items():
            for row, expected in zip(found[name], rows):
                numpy.testing.assert_array_equal(numpy.sort_complex(row), numpy.sort_complex(expected))
                self.assertTrue((numpy.diff(abs(row)) <= 1e-15).all())

    def test_npy_in_every_order(self):
        for order in "CF":
            for name, rows in self.SPECTRA.items():
                numpy.save(self.folder / f"{name}.npy", numpy.array(rows, order=order))
                numpy.save(self.folder / f"{name}_t.npy", numpy.asarray(numpy.array(rows).T, order=order))
            self.assert_spectra(self.spectra_of(self.ini(**{n: f"file = {n}.npy" for n in self.SPECTRA})))
            self.assert_spectra(self.spectra_of(self.ini(**{n: f"file = {n}_t.npy\naxes = mode seed" for n in self.SPECTRA})))

    def test_csv_hdf5_and_files_of_seeds_then_distances(self):
        with open(self.folder / "all.csv", "w") as stream:
            stream.write("configuration,seed,real,imag\n")
            for name, rows in self.SPECTRA.items():
                for seed, row in enumerate(rows):
                    stream.writelines(f'"{name}",{seed},{v.real!r},{v.imag!r}\n' for v in numpy.array(row))
        self.assert_spectra(self.spectra_of(self.ini(a="file = all.csv", b="file = all.csv")))
        with h5py.File(self.folder / "all.h5", "w") as file:
            file["x/b"] = numpy.array(self.SPECTRA["b"])
        for seed, row in enumerate(self.SPECTRA["a"]):
            numpy.save(self.folder / f"a{seed + 9}.npy", numpy.array(row))
        ini = self.ini(a="file = a{seed}.npy", b="file = all.h5\ndataset = x/b")
        self.assert_spectra(self.spectra_of(ini))
        result = self.run_program("run", ini, "--out", self.folder / "out")
        self.assertEqual((result.code, result.err), (0, ""))
        with h5py.File(self.folder / "out/distances.h5") as file:
            expected = numpy.mean([(0.1 + 0.1 + 0.04) / 3, (2 * abs(0.1 + 0.2j) + 0.04) / 3])
            numpy.testing.assert_allclose(file["pairs/mean_distance"][0], expected, rtol=1e-12)

    def test_faults_are_one_line(self):
        def refused(text, *parts, code=1):
            (self.folder / "a.csv").write_text(text)
            self.assert_refused(self.run_program("import", self.ini(a="file = a.csv"), "-q", "--out", self.folder / "out", ranks=1),
                                code, "configuration a", *parts)
        refused("real,imag\n0.5,0\n0.5\n", "a.csv: line 3 has 1 cells, the head has 2")
        refused("real,imag\n0.5,x\n", "a.csv: line 2, column imag: 'x' is not a number")
        refused("re,im\n0.5,0\n", "no column 'real' in line 1; there are re, im")
        refused("real,imag\n", "holds no row")
        refused("seed,real,imag\n-1,0.5,0\n", "line 2, column seed: expected a whole number")
        refused("real,imag\ninf,0\n", "line 2: an eigenvalue is infinite")
        refused("configuration,real,imag\nb,1,0\n", "no row of configuration 'a'")
        refused('real,imag\n"0.5,0\n', "line 2: a quote is not closed")
        numpy.save(self.folder / "a.npy", numpy.ones((2, 3, 4)))
        self.assert_refused(self.run_program("import", self.ini(a="file = a.npy"), "-q", "--out", self.folder / "out", ranks=1),
                            2, "a.npy has shape (2, 3, 4); spectra have the axes mode, or seed and mode")


if __name__ == "__main__":
    main()
