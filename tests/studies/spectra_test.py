#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Spectra of archived trajectories, evaluated again by NumPy from the definition."""
import pathlib
import sys

import h5py
import numpy
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.equikoop import StudyTest, main


def delay_pairs(trajectories, delays):
    """Z and Z' of (initial, time, feature): columns are delay vectors, never across trajectories."""
    before, after = [], []
    for x in trajectories:
        columns = [x[t:t + delays + 1].ravel() for t in range(len(x) - delays)]
        before += columns[:-1]
        after += columns[1:]
    return numpy.array(before).T, numpy.array(after).T


def dmd(trajectories, delays, rank):
    """Eigenvalues of A = Uᵀ Z' V S⁻¹, the singular values and ‖Z‖²."""
    z, z_next = delay_pairs(trajectories.astype(numpy.float64), delays)
    u, s, vh = numpy.linalg.svd(z, full_matrices=False)
    u, s_kept, vh = u[:, :rank], s[:rank], vh[:rank]
    operator = u.T @ z_next @ vh.T / s_kept
    return operator, u, s, (z ** 2).sum(), z, z_next


def matched_difference(a, b):
    cost = numpy.abs(numpy.asarray(a)[:, None] - numpy.asarray(b)[None, :])
    return cost[linear_sum_assignment(cost)].max()


class AgainstNumpy(StudyTest):
    def compare(self, tolerance, **changes):
        """Every ensemble of a study against the definition."""
        ini = self.study(training__steps=80, koopman__delays=6, study__initials=4, **changes)
        out = self.folder / "out"
        self.succeed("run", ini, "--out", out, "-q")
        with h5py.File(out / "trajectories.h5") as trajectories, h5py.File(out / "spectra.h5") as spectra:
            for name, group in spectra["configurations"].items():
                observables = trajectories[f"configurations/{name}/observables"]
                for seed in range(observables.shape[0]):
                    with self.subTest(configuration=name, seed=seed):
                        self.compare_one(observables[seed], group, seed, tolerance)

    def compare_one(self, values, group, seed, tolerance):
        rank = int(group["rank"][seed])
        self.assertGreater(rank, 0)
        operator, u, s, energy, z, z_next = dmd(values, int(group.attrs["delays"]), rank)
        found = group["eigenvalues"][seed][:rank]
        self.assertLess(matched_difference(found, numpy.linalg.eigvals(operator)), tolerance)
        numpy.testing.assert_allclose(group["singular_values"][seed][:rank], s[:rank], rtol=tolerance)
        numpy.testing.assert_allclose(group["total_energy"][seed], energy, rtol=1e-12)
        self.assert_order(found)
        self.assert_residuals(found, group["residuals_insample"][seed][:rank], operator, u, z, z_next, tolerance)
        self.assertAlmostEqual(group["amplitudes"][seed][:rank].sum(), 1, places=12)

    def assert_order(self, values):
        """Decreasing modulus; a conjugate follows its partner, positive imaginary part first."""
        moduli = numpy.abs(values)
        self.assertTrue((moduli[1:] <= moduli[:-1] * (1 + 1e-12)).all())
        i = 0
        while i < len(values):
            if values[i].imag != 0:
                self.assertGreater(values[i].imag, 0)
                self.assertEqual(values[i + 1], values[i].conjugate())
                i += 1
            i += 1

    def assert_residuals(self, values, found, operator, u, z, z_next, tolerance):
        """|g(next) - lambda g| / |g| with g a left eigenvector of A applied to Uᵀz."""
        left_values, left = numpy.linalg.eig(operator.T)
        for value, residual in zip(values, found):
            w = left[:, numpy.abs(left_values - value).argmin()]
            g, g_next = w @ (u.T @ z), w @ (u.T @ z_next)
            expected = numpy.linalg.norm(g_next - value * g) / numpy.linalg.norm(g)
            self.assertAlmostEqual(residual, expected, delta=1e3 * tolerance)

    def test_as_the_program_chooses(self):
        self.compare(1e-9, koopman__rank=4)

    def test_single_precision_data(self):
        self.compare(1e-9, koopman__rank=3, study__precision="float32")

    def test_dense(self):
        self.compare(1e-9, koopman__rank=6, koopman__method="dense", study__precision="float64")

    def test_matrix_free(self):
        self.compare(1e-9, koopman__rank=6, koopman__method="matrix_free", study__precision="float64")

    def test_shuffled_digitless_study_of_tanh(self):
        self.compare(1e-9, koopman__rank=4, model__activation="tanh", training__optimizer="momentum",
                     training__learning_rate=0.05)

    def test_window_is_the_part_of_the_trajectory(self):
        ini = self.study(training__steps=80, koopman__delays=6, koopman__delays_rule="fixed", koopman__rank=3,
                         koopman__windows="0:1 0.5:1", model__width="5")
        self.succeed("run", ini, "--out", "out", "-q")
        with h5py.File(self.folder / "out/trajectories.h5") as file:
            values = file["configurations/base/observables"][1][:, 40:80]
        with h5py.File(self.folder / "out/spectra.h5") as file:
            found = file["configurations/base/analyses/window=0.5:1/eigenvalues"][1]
        self.assertLess(matched_difference(found, numpy.linalg.eigvals(dmd(values, 6, 3)[0])), 1e-9)


if __name__ == "__main__":
    main()
