// SPDX-License-Identifier: BSD-3-Clause
// The pseudospectrum of an ensemble on a grid: where in the plane something nearly is an
// eigenvalue. Small matrices only; the points are shared among the ranks.
#pragma once

#include <span>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/koopman/dmd.hpp"

namespace equikoop {

/// τ(z) = min over g of ‖g(z(t+1)) − z g(z(t))‖ / ‖g(z(t))‖ over all pairs, g any linear function of
/// the k coordinates: σ_min of (next − z now) R⁻¹ with now = Q R. Result (imaginary, real) on the
/// square of `axis`, on every rank. An eigenvalue whose residual is r lies where τ ≤ r; a wide basin
/// of small τ means that eigenvalues there move far under small changes of the data.
/// Source: Colbrook & Townsend, Comm. Pure Appl. Math. 77 (2024) 221 (ResDMD, algorithm 3).
/// `pairs` are needed on rank 0 alone. The same bits at any number of ranks of one kind. Collective.
std::vector<double> pseudospectrum(const Comm& group, const SnapshotPairs& pairs,
                                   std::span<const double> axis);

}  // namespace equikoop
