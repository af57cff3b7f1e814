#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Studies at the edge of sense: they run to the end and say what they could not do."""
import pathlib
import resource
import subprocess
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import ROOT, StudyTest, environment, main


class Edges(StudyTest):
    def run_small(self, ranks=2, **changes):
        self.out = self.folder / "out"
        result = self.succeed("run", self.study(**changes), "--out", self.out, ranks=ranks)
        self.trajectories = h5py.File(self.out / "trajectories.h5")
        self.spectra = h5py.File(self.out / "spectra.h5")
        self.distances = h5py.File(self.out / "distances.h5")
        for file in (self.trajectories, self.spectra, self.distances):
            self.addCleanup(file.close)
        return result

    def assert_no_nan_among_eigenvalues(self):
        for group in self.spectra["configurations"].values():
            for rank, values in zip(group["rank"], group["eigenvalues"]):
                self.assertTrue(numpy.isfinite(values[:rank]).all())
                self.assertTrue(numpy.isnan(values[rank:].real).all())

    def report_text(self):
        subprocess.run([sys.executable, str(ROOT / "postprocess/report.py"), str(self.out)], check=True,
                       stdout=subprocess.DEVNULL, env=environment(self.shared))
        return (self.out / "report.html").read_text()

    def test_diverged_networks_are_flagged_at_their_step_and_left_out(self):
        result = self.run_small(model__width="5", model__activation="identity",
                                training__learning_rate="0.1 1e6")
        self.assertIn("6 trajectories diverged; they are kept, and left out of the spectra", result.out)
        good, bad = (self.trajectories[f"configurations/learning_rate={lr}"] for lr in ("0.1", "1e6"))
        self.assertTrue((good["diverged_at"][...] == -1).all())
        # The step is that of the first loss (step s is the s-th from 1) or snapshot that is not finite.
        no_loss = ~numpy.isfinite(bad["loss"][...])
        no_weights = ~numpy.isfinite(bad["observables"][...]).all(axis=3)
        first = numpy.minimum(numpy.where(no_loss.any(axis=2), no_loss.argmax(axis=2) + 1, 10**9),
                              numpy.where(no_weights.any(axis=2), bad["time"][...][no_weights.argmax(axis=2)], 10**9))
        self.assertTrue((bad["diverged_at"][...] == first).all())
        self.assertTrue((first < 60).all())

        self.assertIn("2 ensembles have no spectrum (too few finite trajectories)", result.out)
        self.assertTrue((self.spectra["configurations/learning_rate=1e6/rank"][...] == 0).all())
        self.assertTrue((self.spectra["configurations/learning_rate=0.1/trajectories_used"][...] == 3).all())
        self.assert_no_nan_among_eigenvalues()
        self.assertTrue(numpy.isnan(self.distances["distances"][0, 1]).all())
        self.assertEqual(self.distances["pairs/verdict"][0], 0)

    def test_one_diverged_trajectory_leaves_the_others_a_spectrum(self):
        ini, out = self.study(), self.folder / "out"
        self.succeed("train", ini, "--out", out, "-q")
        with h5py.File(out / "trajectories.h5", "r+") as file:
            file["configurations/width=5/diverged_at"][0, 1] = 7
            file["configurations/width=10/observables"][1, 2, 30:] = numpy.nan  # whoever wrote it forgot the flag
        self.succeed("spectra", ini, "--out", out, "-q")
        with h5py.File(out / "spectra.h5") as file:
            self.assertEqual(list(file["configurations/width=5/trajectories_used"]), [2, 3])
            self.assertEqual(list(file["configurations/width=10/trajectories_used"]), [3, 2])
            self.assertTrue((file["configurations/width=5/rank"][...] == 4).all())

    def test_all_diverged_is_said_in_the_report(self):
        self.run_small(model__activation="identity", training__learning_rate="1e6")
        self.assertTrue((self.spectra["configurations/width=5/rank"][...] == 0).all())
        self.assertIn("no spectrum", self.report_text().lower())

    def test_one_seed_gives_distances_without_verdicts(self):
        self.run_small(study__seeds=1)
        self.assertTrue(numpy.isfinite(self.distances["pairs/mean_distance"][0]))
        self.assertIn("too few seeds", self.distances["pairs/verdict_text"][0].decode())

    def test_one_initial_has_a_spectrum_without_held_out_residuals(self):
        self.run_small(study__initials=1)
        self.assertTrue((self.spectra["configurations/width=5/rank"][...] == 4).all())
        self.assertTrue(numpy.isnan(self.spectra["configurations/width=5/residuals_heldout"][...]).all())

    def test_more_memory_than_there_is(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        words = self.command(("train", self.study(model__width=10**7), "-q"), 1)
        process = subprocess.Popen(words, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment(self.shared), preexec_fn=limit)
        self.assert_refused(self.finish(process), 1, "out of memory: give fewer ranks to a node or a smaller study "
                            "(equikoop plan says what one takes)")

    def test_one_configuration_has_no_pairs(self):
        result = self.run_small(model__width="5")
        self.assertIn("0 pairs", result.out)

    def test_more_modes_than_the_data_hold(self):
        # 3 initials of 60 snapshots with 8 delays: at most 153 columns.
        self.run_small(koopman__rank=5000)
        ranks = self.spectra["configurations/width=5/rank"][...]
        self.assertTrue(((ranks > 0) & (ranks <= 153)).all())
        self.assert_no_nan_among_eigenvalues()

    def test_constant_trajectories_keep_one_mode_at_one(self):
        # Every snapshot equals the first to the last bit: the dynamics are the identity on one vector
        # for each initial, and initials differ by the perturbation.
        self.run_small(training__learning_rate="1e-30", study__perturbation=0)
        ranks = self.spectra["configurations/width=5/rank"][...]
        self.assertTrue((ranks == 1).all())
        values = self.spectra["configurations/width=5/eigenvalues"][:, 0]
        # Rounding of the Gram matrix of 153 columns in double precision, with room.
        self.assertLess(abs(values - 1).max(), 1e-12)
        self.assert_no_nan_among_eigenvalues()

    def test_fewest_snapshots_that_the_delays_allow(self):
        self.run_small(training__steps=10, koopman__delays_rule="fixed")
        self.assert_no_nan_among_eigenvalues()

    def test_no_delays(self):
        self.run_small(koopman__delays=0)
        self.assertEqual(self.spectra["configurations/width=10"].attrs["delays"], 0)

    def test_more_ranks_than_ensembles_and_features(self):
        self.run_small(ranks=6, study__seeds=1, model__width="1", data__classes=2, koopman__rank=2)
        self.assertEqual(self.trajectories["configurations/base/observables"].shape[3], 2)
        self.assert_no_nan_among_eigenvalues()


if __name__ == "__main__":
    main()
