# SPDX-License-Identifier: BSD-3-Clause
"""Descent problems through the whole pipeline against what is known: the published tan study in many
digits and evaluated a second time from its starts on, in doubles and with 50 digits; quadratic losses
on paper; and mirror descent against gradient descent as steps shrink."""
import itertools
import pathlib
import sys
import unittest

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
import descent_reference
import descent_table
import equikoop

# NumPy in double precision and least squares with 50 digits agree on these (descent_table.py).
PUBLISHED = {
    "omd": [0.99789999071, 0.99644437482, 0.98379297980, 0.97988323833, 0.93196789381,
            0.92457675591, 0.80117173916, 0.79254077498, 0.56513208103, 0.55814353364],
    "ogd": [1.00047592243, 0.99856215169, 0.99367974078, 0.98665351727, 0.94882125412,
            0.93481682391, 0.81756088015, 0.79991144724, 0.57102256606, 0.55550553827],
    "bisection": [0.98023715415020, 0.17921815266335 + 0.46643968528954j,
                  0.17921815266335 - 0.46643968528954j, 0.43982439501527,
                  -0.20703169902131 + 0.23192098420502j, -0.20703169902131 - 0.23192098420502j],
}
DISTANCES = {("omd", "ogd"): 0.008073247050, ("omd", "bisection"): 0.746023356518,
             ("ogd", "bisection"): 0.753448793102}
# Condition 2e8 times the rounding of doubles is 2e-8 at worst; squaring it would leave nothing.
DIGITS = 1e-9
# A Jordan block of size 4 at 0: fourth roots of rounding errors, in every method.
JORDAN = 5e-4

QUADRATIC = {
    "study.seeds": 1, "study.initials": 27, "study.precision": "float64",
    "model.kind": "descent", "model.method": "gd", "model.loss": "quadratic", "model.dimension": 3,
    "model.hessian": "2,1,0.3", "model.rotation": 0.4,
    "training.learning_rate": 0.1, "training.momentum": 0.8, "training.steps": 60,
    "koopman.delays": 0, "koopman.delays_rule": "fixed", "koopman.rank_rule": "full", "koopman.folds": 0,
}
HESSIAN, RATE, BETA = np.array([2, 1, 0.3]), 0.1, 0.8
EXACT = 1e-10


def spectra(folder):
    """Eigenvalues of each configuration's seed 0, without the places beyond the rank."""
    with h5py.File(folder / "spectra.h5") as file:
        return {name: np.array(group["eigenvalues"][0][:group["rank"][0]])
                for name, group in file["configurations"].items()}


class Published(equikoop.StudyTest):
    def setUp(self):
        super().setUp()
        self.log = self.succeed("run", equikoop.ROOT / "input/published/descent.ini",
                                "--out", self.folder).out

    def test_mirror_and_gradient_descent_keep_nine_digits(self):
        found = spectra(self.folder)
        for method in ("omd", "ogd"):
            np.testing.assert_allclose(found[f"method={method}"], PUBLISHED[method], rtol=0, atol=DIGITS)

    def assert_chain(self, method, states, spectrum):
        found = spectra(self.folder)[f"method={method}"]
        cost, _ = descent_table.matched(spectrum(states), found)
        self.assertLess(cost.max(), DIGITS)

    def test_the_whole_chain_again_in_numpy(self):
        for method in ("omd", "ogd"):
            states = descent_table.published_states(method, descent_reference.Double)
            self.assert_chain(method, states, lambda s: descent_table.spectrum_double(s)[0])

    @unittest.skipUnless(descent_reference.mpmath, "mpmath is not installed (python3-mpmath)")
    def test_the_whole_chain_again_with_fifty_digits(self):
        for method in ("omd", "ogd"):
            states = descent_table.published_states(method, descent_reference.fifty_digits())
            self.assert_chain(method, states, descent_table.spectrum_fifty)

    def test_bisection_has_six_eigenvalues_and_a_jordan_block(self):
        found = spectra(self.folder)["method=bisection"]
        self.assertEqual(len(found), 10)
        cost, _ = descent_table.matched(np.array(PUBLISHED["bisection"]), found[:6])
        self.assertLess(cost.max(), DIGITS)
        self.assertLess(np.abs(found[6:]).max(), JORDAN)

    def test_the_leading_eigenvalue_of_bisection_is_the_one_on_paper(self):
        with h5py.File(self.folder / "trajectories.h5") as file:
            walks = file["configurations/method=bisection/observables"][0]
        self.assertLess(abs(spectra(self.folder)["method=bisection"][0]
                            - descent_table.bisection_oracle(walks.tolist())), EXACT)

    def test_distances_between_methods(self):
        with h5py.File(self.folder / "distances.h5") as file:
            names = [name.decode().removeprefix("method=") for name in file["configuration"]]
            for (first, second), expected in DISTANCES.items():
                found = file["mean_distance"][names.index(first), names.index(second)]
                self.assertAlmostEqual(found, expected, delta=JORDAN if second == "bisection" else DIGITS)

    def test_one_seed_is_no_test(self):
        with h5py.File(self.folder / "distances.h5") as file:
            self.assertEqual(file["pairs/verdict"][:].tolist(), [0, 0, 0])
            self.assertTrue(np.isnan(file["pairs/p_value"][:]).all())

    def test_the_log_holds_eigenvalues_and_distances(self):
        for number in ("+0.99789999", "+1.00047592", "+0.98023715", "distance 0.0080732470"):
            self.assertIn(number, self.log)


class Quadratic(equikoop.StudyTest):
    def eigenvalues(self, **changes):
        path = self.study("quadratic.ini", QUADRATIC, **changes)
        self.succeed("run", path, "--out", self.folder / "out", "--force", ranks=1)
        return spectra(self.folder / "out")["base"]

    def assert_spectrum(self, found, expected):
        self.assertEqual(len(found), len(expected), found)
        cost, _ = descent_table.matched(np.array(expected, dtype=complex), found)
        self.assertLess(cost.max(), EXACT)

    def test_gradient_descent_has_one_minus_rate_times_curvature(self):
        self.assert_spectrum(self.eigenvalues(), 1 - RATE * HESSIAN)

    def test_delays_of_a_linear_map_add_no_eigenvalue(self):
        # Positions are linear observables: products of eigenvalues belong to quadratic ones.
        self.assert_spectrum(self.eigenvalues(koopman__delays=3), 1 - RATE * HESSIAN)

    def momentum_roots(self):
        return np.concatenate([np.roots([1, -(1 + BETA - RATE * h), BETA]) for h in HESSIAN])

    def test_one_delay_sees_the_velocity_of_momentum(self):
        self.assert_spectrum(self.eigenvalues(model__method="momentum", koopman__delays=1),
                             self.momentum_roots())

    def test_recorded_state_of_momentum_needs_no_delay(self):
        self.assert_spectrum(self.eigenvalues(model__method="momentum", record__observable="state"),
                             self.momentum_roots())

    def test_quadratic_observables_see_the_products(self):
        # A second program lifts the positions to x_i and x_i x_j: the archive takes any observable.
        path = self.study("lifted.ini", QUADRATIC)
        out = self.folder / "out"
        self.succeed("train", path, "--out", out, ranks=1)
        i, j = np.triu_indices(len(HESSIAN))
        with h5py.File(out / "trajectories.h5") as file:
            x = file["configurations/base/observables"][...]
        lifted = np.concatenate([x, x[..., i] * x[..., j]], axis=-1)
        foreign = self.folder / "foreign"
        foreign.mkdir()
        with h5py.File(foreign / "trajectories.h5", "w") as file:
            file.attrs.update({"filetype": "equikoop trajectories", "format_version": "1.0"})
            group = file.create_group("configurations/base")
            group.attrs["index"] = 0
            group["observables"] = lifted
        self.succeed("spectra", path, "--out", foreign, ranks=1)
        rates = 1 - RATE * HESSIAN
        self.assert_spectrum(spectra(foreign)["base"], np.concatenate([rates, rates[i] * rates[j]]))

    def test_random_starts_and_a_larger_dimension_have_the_same_rates(self):
        curvatures = [3, 2, 1.2, 0.7, 0.2]
        found = self.eigenvalues(model__dimension=5, model__hessian=",".join(map(str, curvatures)),
                                 model__starts="random", study__initials=12)
        self.assert_spectrum(found, 1 - RATE * np.array(curvatures))

    def test_positions_of_momentum_alone_are_not_its_state(self):
        found = self.eigenvalues(model__method="momentum")
        cost = np.abs(found[:, None] - self.momentum_roots()[None, :]).min(axis=1)
        self.assertGreater(cost.max(), 1e-3)


class ContinuousLimit(equikoop.StudyTest):
    """Mirror descent and gradient descent in u follow one flow: log barrier with x = exp u, entropy with
    x = u^2/4. From the same starts, with u seen as x, their rates differ by the first power of the step."""

    RATES, TIME, SPACING = (0.02, 0.01, 0.005), 1.0, 0.02

    def test_distance_shrinks_with_the_step(self):
        for regulariser in ("log_barrier", "entropy"):
            with self.subTest(regulariser=regulariser):
                self.check(regulariser)

    def check(self, regulariser):
        steps = [round(self.TIME / rate) for rate in self.RATES]
        every = [round(self.SPACING / rate) for rate in self.RATES]
        text = lambda values: " ".join(map(str, values))
        path = self.study("limit.ini", QUADRATIC, **{
            "study.initials": 25, "study.zip": "learning_rate steps every", "model.method": "omd ogd",
            "model.regulariser": regulariser, "model.dimension": 2, "model.hessian": "1,0.5", "model.rotation": 0.3,
            "model.starts": "matched", "model.coordinates": "primal", "training.learning_rate": text(self.RATES),
            "training.steps": text(steps), "record.every": text(every), "koopman.delays": 1,
            "compare.scaling": "log", "compare.clock": "time"})
        out = self.folder / regulariser
        self.succeed("run", path, "--out", out, ranks=1)
        distances = [self.distance(out, rate) for rate in self.RATES]
        for coarse, fine in itertools.pairwise(distances):
            self.assertAlmostEqual(fine / coarse, 0.5, delta=0.03)  # first order; second is 2 % here
        self.assertLess(distances[-1], 0.01)  # of rates between 0.1 and 3

    def distance(self, out, rate):
        with h5py.File(out / "distances.h5") as file:
            names = [name.decode() for name in file["configuration"]]
            first, second = (i for i, name in enumerate(names) if f"={rate}," in name)
            return file["mean_distance"][first, second]


if __name__ == "__main__":
    equikoop.main()
