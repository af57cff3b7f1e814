#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Studies with a kernel: from training to distances, against SciPy's generalised eigenvalues, on one
rank and on two that share an ensemble; options that a kernel excludes."""
import pathlib
import sys

import h5py
import numpy
import scipy.linalg
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main

REGULARISATION = 1e-3


def gaussian_spectrum(trajectories, delays, rank):
    """The leading eigenvalues of A v = lambda (G + gamma I) v, from delay vectors written out."""
    now, after = [], []
    for x in trajectories.astype(numpy.float64):
        columns = [x[t:t + delays + 1].ravel() for t in range(len(x) - delays)]
        now += columns[:-1]
        after += columns[1:]
    now, after = numpy.array(now), numpy.array(after)
    squares = ((now[:, None] - now[None]) ** 2).sum(2)
    pairs = numpy.sort(squares[numpy.triu_indices(len(now), 1)])
    width2 = pairs[len(pairs) // 2]
    g = numpy.exp(-0.5 * squares / width2)
    a = numpy.exp(-0.5 * ((after[:, None] - now[None]) ** 2).sum(2) / width2)
    values = scipy.linalg.eig(a, g + REGULARISATION * numpy.eye(len(g)), right=False)
    return values[numpy.argsort(-numpy.abs(values))][:rank]


def matched_difference(a, b):
    cost = numpy.abs(numpy.asarray(a)[:, None] - numpy.asarray(b)[None, :])
    return cost[linear_sum_assignment(cost)].max()


class Kernels(StudyTest):
    def kernel_study(self, **changes):
        keys = {"koopman__kernel": "gaussian", "koopman__regularisation": REGULARISATION,
                "koopman__delays": 4, "koopman__rank": 4, "compare__metrics": "w2 amplitude residual procrustes"}
        return self.study(**(keys | changes))

    def assert_spectra(self, out):
        """Every ensemble against the definition."""
        with h5py.File(out / "trajectories.h5") as trajectories, h5py.File(out / "spectra.h5") as spectra:
            for name, group in spectra["configurations"].items():
                observables = trajectories[f"configurations/{name}/observables"]
                self.assertNotIn("reduced", group)
                for seed in range(observables.shape[0]):
                    rank = int(group["rank"][seed])
                    self.assertIn(rank, (3, 4))
                    expected = gaussian_spectrum(observables[seed], int(group.attrs["delays"]), rank)
                    self.assertLess(matched_difference(group["eigenvalues"][seed][:rank], expected), 1e-9)
                    self.assertAlmostEqual(group["amplitudes"][seed][:rank].sum(), 1, places=12)
                    for what in "residuals_insample", "residuals_heldout":
                        self.assertTrue(numpy.isfinite(group[what][seed][:rank]).all(), what)
                    self.assertLess(group["residuals_solver"][seed][:rank].max(), 1e-9)
                    self.assertTrue(numpy.isnan(group["residuals_solver"][seed][rank:]).all())

    def test_study_from_training_to_distances(self):
        ini = self.kernel_study()
        self.succeed("run", ini, "--out", "one", "-q", ranks=1)
        self.succeed("run", ini, "--out", "two", "-q", ranks=2)
        self.assert_spectra(self.folder / "one")
        self.assert_same_data(self.folder / "one/spectra.h5", self.folder / "two/spectra.h5")
        with h5py.File(self.folder / "one/distances.h5") as one, h5py.File(self.folder / "two/distances.h5") as two:
            numpy.testing.assert_array_equal(one["distances"][()], two["distances"][()])
            self.assertTrue(numpy.isfinite(two["distances"][()]).any())

    def test_two_ranks_share_an_ensemble(self):
        ini = self.kernel_study(model__width="5", study__seeds=1, training__steps=150, koopman__method="snapshots")
        self.succeed("train", ini, "--out", "out", "-q")
        found = []
        for ranks in 1, 2:
            result = self.succeed("spectra", ini, "--out", "out", "--force", ranks=ranks)
            self.assertIn(f"({ranks} ranks each)", result.out)
            self.assert_spectra(self.folder / "out")
            with h5py.File(self.folder / "out/spectra.h5") as file:
                found.append({name: file["configurations/base"][name][0] for name in
                              ("eigenvalues", "residuals_insample", "residuals_heldout", "amplitudes")})
        for name, values in found[0].items():
            numpy.testing.assert_allclose(found[1][name], values, rtol=1e-6, atol=1e-9, err_msg=name)

    def test_a_solver_that_does_not_converge_says_how_far_it_came_and_what_helps(self):
        ini = self.kernel_study(model__width="5", study__seeds=1, training__steps=150, koopman__method="snapshots")
        self.succeed("train", ini, "--out", "out", "-q")
        result = self.run_program("spectra", ini, "--out", "out", "--petsc", "-eps_max_it 1 -eps_ncv 8")
        self.assert_refused(result, 1, "of 4 eigenvalues", "the residual of the others came to", "koopman.regularisation")

    def test_residuals_of_the_solver_are_checked(self):
        ini = self.kernel_study(model__width="5", study__seeds=1)
        self.succeed("run", ini, "--out", "out", "-q")
        self.assertIn("whole spectra match", self.succeed("status", self.folder / "out", "--verify", ranks=1).out)
        with h5py.File(self.folder / "out/spectra.h5", "r+") as file:
            file["configurations/base/residuals_solver"][0, 0] *= 1 + 1e-12
        self.assert_refused(self.run_program("status", self.folder / "out", "--verify", ranks=1), 1, "spectra.h5")

    def test_robustness_grid_and_plan(self):
        ini = self.kernel_study(koopman__grid_delays="1 2", koopman__grid_ranks="0.5 1", koopman__kernel="polynomial")
        self.succeed("run", ini, "--out", "out", "-q")
        self.assertIn("memory", self.succeed("plan", ini, ranks=1).out)

    def test_options_that_a_kernel_excludes(self):
        for key, value in ("koopman.rank_rule", "energy"), ("koopman.regression", "forward_backward"), \
                          ("koopman.method", "matrix_free"), ("koopman.pseudospectrum", "10"):
            with self.subTest(key=key):
                result = self.run_program("spectra", self.kernel_study(), f"--{key}={value}", ranks=1)
                self.assert_refused(result, 2, key, "koopman.kernel")


if __name__ == "__main__":
    main()
