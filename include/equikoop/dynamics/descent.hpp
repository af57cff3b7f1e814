// SPDX-License-Identifier: BSD-3-Clause
// Small optimisation problems as ensembles: mirror descent, gradient descent and bisection in a few
// dimensions, whose spectra are known or computable to many digits. Not networks (trainer).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "equikoop/dynamics/ensemble.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Throws UsageError unless `configuration` is a descent problem that can be run: float64, a grid
/// that `initials` fills, a Hessian of the right size, a loss that the method can use.
void check_descent(const Study& study, const Configuration& configuration);

/// Features of a snapshot: the dimension; twice that for momentum with `observable = state`,
/// which records (x, v). Every other observable means the position.
std::size_t descent_feature_count(const Configuration& configuration);

/// Optimiser steps done at each snapshot: 0, every, 2·every, …; steps / every of them. Unlike a
/// network's, a trajectory begins with its start: `steps` = T means T states and T − 1 updates
/// between them, as in arXiv 2302.09160 (T = 100): only with the start has the delay data
/// the published condition, 7e7 (omd) and 2e8 (ogd).
std::vector<std::int64_t> descent_times(const Configuration& configuration);

/// Runs the trajectories of one (configuration, seed); design 4.2, arXiv 2302.09160.
///
/// State t is observed before update t, in the method's own coordinates: x (omd, gd, momentum),
/// u (ogd; x(u) with `coordinates = primal`), the midpoint z (bisection). `losses` (initial, steps) holds f of each state;
/// `test_loss` and `test_accuracy` are NaN; `diverged_at` is the updates done when the state or
/// its loss first was not finite.
///
/// f is Σ tan x, Σ x², Σ x⁴, or ½ xᵀHx with H = Q diag(hessian) Qᵀ, Q the product of rotations by
/// `rotation` in every coordinate plane. With η = learning_rate and the projection P onto the box
/// [1/steps, 1] in each coordinate:
///
///   omd        ∇R(y) = ∇R(x) − η ∇f(x),  x ← P(y)
///              log_barrier, R = −Σ log x:      y = 1 / (1/x + η ∂f)
///              entropy, R = Σ (x log x − x):   y = x exp(−η ∂f)
///   ogd        u ← P(u − η x'(u) ∂f(x(u))), P onto the box's preimage
///              log_barrier: x = eᵘ,   u in [−log steps, 0]
///              entropy:     x = u²/4, u in [2/√steps, 2]
///   bisection  z = (a + b)/2; b ← z where Σ tan z > 0, a ← z where < 0, both as whole vectors
///   gd         x ← P(x − η ∇f)
///   momentum   v ← βv + ∇f, x ← P(x − ηv), v = 0 at first (heavy ball; β = training.momentum)
///
/// A regulariser's omd and ogd follow one flow as η → 0: gradient flow in u moves x by
/// ẋ = −x'(u)² ∂f, mirror flow by ẋ = −∂f / R''(x), and x'(u)² = 1/R''(x), which is x² for eᵘ and
/// x for u²/4 (Amid and Warmuth, NeurIPS 2020; Ghai, Lu and Hazan, NeurIPS 2022). One step differs
/// by O(η²). gd and momentum on the quadratic loss have no box: their spectrum is the oracle.
/// The projection in Bregman's sense of a separable R onto a box is the plain one, by coordinates.
///
/// Starts: x from [0.1, 0.9], u from [−2.3, −0.1] (entropy: [2√0.1, 2√0.9]), a from [−4/3, −1/3]
/// with b from [1/7, 8/7]. `grid`: k points in each coordinate, the last coordinate fastest,
/// k^dimension = initials; it does not depend on the seed, so several seeds give identical
/// ensembles (distance exactly 0). `random`: uniform, by (seed, initial, coordinate). `matched`: as
/// random, and ogd starts at the u of omd's x. In all of them a coordinate of a and of b lie at the same fraction of their ranges.
///
/// bisection where f(z) = 0 exactly: `on_root = zero` records z once and 0 ever after, as the
/// published code does; `hold` keeps z. A difference of two coordinates is constant until then: in
/// the published study the zeros make 4 of the 10 eigenvalues 0 in one Jordan block (fourth roots
/// of rounding in double precision), and with `hold` the delay data has rank 6.
///
/// Throws UsageError as check_descent, and whatever `sink` or `after_step` throw.
EnsembleOutcome<double> descend_ensemble(const Study& study, const Configuration& configuration,
                                         int seed, const SnapshotSink<double>& sink,
                                         const StepHook& after_step);

}  // namespace equikoop
