// SPDX-License-Identifier: BSD-3-Clause
// How far each eigenpair can be trusted: residuals on the data it was fitted to and on data it has
// not seen, and the share of the energy it carries.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "equikoop/koopman/dmd.hpp"

namespace equikoop {

/// r_i = ‖g_i(z(t+1)) − λ_i g_i(z(t))‖ / ‖g_i(z(t))‖ over all pairs, with the eigenfunction
/// g_i(z) = left_iᴴ Uᵀ z. NaN where g_i vanishes on the data.
/// Source: Colbrook & Townsend, Comm. Pure Appl. Math. 77 (2024) 221 (ResDMD), on linear functions
/// of the delay vector.
std::vector<double> residuals(const ModeSet& modes, const SnapshotPairs& pairs);

/// The share of each mode: with Y = W b, W the right eigenvectors, mode i contributes
/// ‖φ_i‖²·Σ|b_i(t)|² over all columns of Z, normalised to sum to 1 over the modes. Modes are not
/// orthogonal: the shares order the modes, they do not split the energy of the data. Least-squares
/// b of least norm where W is singular (defective operators).
std::vector<double> amplitudes(const ModeSet& modes, const SnapshotPairs& pairs);

/// For each reference eigenvalue the index of its partner in `found` by optimal assignment, or -1.
/// Fewer found than reference: the surplus goes to absent partners, all at one cost, so who is left
/// out is optimal.
std::vector<int> partners(std::span<const std::complex<double>> reference,
                          std::span<const std::complex<double>> found);

/// How held-out residuals are made.
struct HeldOut {
  std::size_t rank = 0;  ///< of the refits, k
  int folds = 0;         ///< over trajectories; trajectory m is left out in fold m mod folds
  Regression regression = Regression::standard;
  double noise_floor = 0.0;  ///< singular values of the refits at or below are cut
};

/// Residual of each eigenvalue in `reference` on trajectories its refit has not seen: for every
/// fold, a rank-k decomposition of the other trajectories, its eigenvalues matched to `reference`
/// by optimal assignment, their residuals over the fold's trajectories; averaged over folds.
/// The refit's subspace is sought within the K >= k coordinates at hand, which all trajectories
/// have shaped. With P the projector on their span and δ = ‖(I−P) Z‖ (sigma_K+1 where the K
/// directions are singular vectors), the refit's i-th left singular vector leaves the span by an
/// angle of at most arcsin(δ / sigma_i(refit)): the residuals are those of an exact refit to first
/// order in that ratio. With K = k only the operator is refitted, not its subspace.
/// NaN where nothing can be held out (folds < 2 or one trajectory), or where no refit has an
/// eigenvalue left to match.
std::vector<double> held_out_residuals(const CompressedPairs& compressed, const HeldOut& how,
                                       std::span<const std::complex<double>> reference);

}  // namespace equikoop
