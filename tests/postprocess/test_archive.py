# SPDX-License-Identifier: BSD-3-Clause
"""archive.py: what h5py alone wrote comes back as NumPy arrays; foreign files are refused in one line."""
import importlib.util
import pathlib
import sys
import tempfile
import unittest

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "postprocess")]
import archive  # noqa: E402
import make_archives as make  # noqa: E402


class ArchiveOpens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.study = make.widths(5, 10, 40, without_spectrum=["width=40"])
        cls.folder = make.write_all(cls.study, cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def open(self, name):
        opened = archive.open_archive(self.folder / f"{name}.h5")
        self.addCleanup(opened.close)
        return opened

    def test_spectra_hold_the_eigenvalues_in_the_order_of_the_study(self):
        spectra = self.open("spectra")
        self.assertEqual(spectra.kind, "spectra")
        self.assertEqual(spectra.names, self.study.names)  # HDF5 itself sorts width=10 first
        values = spectra["width=5"]["eigenvalues"]
        self.assertEqual(values.dtype, np.complex128)
        np.testing.assert_array_equal(values, self.study.eigenvalues["width=5"])
        self.assertEqual(spectra["width=5"].axes["eigenvalues"], ("seed", "mode"))

    def test_rows_leave_out_modes_beyond_the_rank(self):
        rows = self.open("spectra").rows()
        self.assertEqual({r["configuration"] for r in rows}, {"width=5", "width=10"})
        self.assertEqual(len(rows), 2 * self.study.seeds * self.study.modes)

    def test_parameters_are_the_attributes_with_a_section(self):
        group = self.open("spectra")["width=10"]
        self.assertEqual(group.parameters, self.study.configurations["width=10"])
        self.assertEqual(group.attributes["delays"], 8)

    def test_pairs_name_their_configurations(self):
        rows, known = self.open("distances").rows(), self.study.pairs()
        self.assertEqual([(r["first"], r["second"]) for r in rows],
                         [(self.study.names[p[0]], self.study.names[p[1]]) for p in known])
        self.assertEqual(rows[0]["mean_distance"], known[0][2])
        self.assertEqual(rows[0]["verdict_text"], make.VERDICTS[known[0][15]])

    def test_observables_stay_on_disk_and_can_be_sliced(self):
        trajectories = self.open("trajectories")
        data = trajectories["width=5"]["observables"]
        self.assertIsInstance(data, h5py.Dataset)
        self.assertEqual(data[0, 0, :, 3].shape, (self.study.steps,))
        self.assertEqual(len(trajectories.rows()), 3 * self.study.seeds * self.study.initials)

    def test_provenance_lists_only_the_runs_that_happened(self):
        told = self.open("spectra").provenance
        self.assertEqual(told["study_text"], self.study.text)
        self.assertEqual([(r["stage"], r["ranks"]) for r in told["runs"]], [("spectra", 2)])

    def test_pandas_and_xarray_follow_where_installed(self):
        spectra = self.open("spectra")
        for package, convert in (("pandas", spectra.to_pandas), ("xarray", spectra.to_xarray)):
            if importlib.util.find_spec(package) is None:
                with self.assertRaises(ImportError):
                    convert()
            else:
                self.assertGreater(len(convert()), 0)


    @unittest.skipIf(importlib.util.find_spec("xarray") is None, "xarray is not installed")
    def test_xarray_has_names_labels_and_units(self):
        spectra = self.open("spectra").to_xarray()["width=10"]
        self.assertEqual(spectra["eigenvalues"].dims, ("seed", "mode"))
        self.assertEqual(spectra["eigenvalues"].attrs["units"], "1")
        np.testing.assert_array_equal(spectra["eigenvalues"].sel(seed=3, mode=2), self.study.eigenvalues["width=10"][3, 2])
        matrix = self.open("distances").to_xarray()["mean_distance"]
        self.assertEqual(matrix.dims, ("configuration", "configuration_2"))
        np.testing.assert_array_equal(matrix.sel(configuration="width=5", configuration_2="width=10"),
                                      self.study.reductions()[0][0, 1])


class ArchiveRefuses(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = pathlib.Path(temporary.name) / "spectra.h5"

    def line(self, kind=None):
        with self.assertRaises(archive.ArchiveError) as caught:
            archive.open_archive(self.path, kind)
        self.assertNotIn("\n", str(caught.exception))
        self.assertIn(str(self.path), str(caught.exception))
        return str(caught.exception)

    def test_another_major_version(self):
        make.write_spectra(make.widths(5, version="2.0"), self.path)
        self.assertIn("format version is 2.0", self.line())

    def test_a_later_minor_version_is_read(self):
        make.write_spectra(make.widths(5, version="1.7"), self.path)
        archive.open_archive(self.path).close()

    def test_a_foreign_hdf5_file(self):
        h5py.File(self.path, "w").close()
        self.assertIn("filetype is 'absent'", self.line())

    def test_a_file_that_is_not_hdf5(self):
        self.path.write_text("width,loss\n")
        self.assertIn("not a readable HDF5 file", self.line())

    def test_a_truncated_file(self):
        make.write_spectra(make.widths(5), self.path)
        self.path.write_bytes(self.path.read_bytes()[:3000])
        self.assertIn("not a readable HDF5 file", self.line())

    def test_another_kind_than_asked_for(self):
        make.write_spectra(make.widths(5), self.path)
        self.assertIn("holds spectra, not distances", self.line("distances"))


if __name__ == "__main__":
    unittest.main()
