// SPDX-License-Identifier: BSD-3-Clause
// Dynamic mode decomposition in the coordinates of a factorisation: pairs of successive delay
// vectors, the reduced operator between them, its modes. All of it small, serial and replicated.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "equikoop/koopman/factorise.hpp"
#include "equikoop/koopman/matrix.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Pairs of successive delay vectors in k coordinates, one a row: now (rows, k), next (rows, k).
/// Rows may be compressed: any inner product of columns is that of the original pairs.
struct SnapshotPairs {
  Matrix now;
  Matrix next;
};

/// The pairs of each trajectory, compressed: one matrix (rows, 2K) a trajectory, columns 0..K-1
/// `now`, K..2K-1 `next`. It is the triangular factor of the QR decomposition of the tall matrix of
/// all T-d-1 pairs, hence every least-squares fit, residual norm and energy over any set of
/// trajectories is that of the original pairs to rounding, without squaring anything.
struct CompressedPairs {
  std::vector<Matrix> trajectories;
  std::size_t modes = 0;  ///< K
};

CompressedPairs compress(const Factorisation& factorisation);

/// The pairs of the trajectories `which` in the first `rank` coordinates.
SnapshotPairs pairs_of(const CompressedPairs& compressed, std::span<const std::size_t> which,
                       std::size_t rank);

/// The same pairs in the coordinates of the columns of `basis` (k, r).
SnapshotPairs in_basis(const SnapshotPairs& pairs, const Matrix& basis);

/// The matrix A (k, k) with next ≈ A now, pair by pair. `now` must have full column rank.
/// standard: least squares, A = Y' Y⁺, which is Uᵀ Z' V S⁻¹ of the truncated decomposition; by QR
/// on Y itself, so an error stays eps·cond(Y) and not its square.
/// total_least_squares, forward_backward: Dawson, Hemati, Williams & Rowley, Exp. Fluids 57 (2016)
/// 42, sections 2.3 and 2.4; unbiased where noise sits on both snapshots of a pair.
/// Forward-backward takes of the two square roots of each eigenvalue the one nearer to the forward
/// fit. Where the product of both fits has no unique real root (a negative eigenvalue, a defective
/// one) the forward fit is returned. Throws Error where no backward fit exists.
Matrix reduced_operator(const SnapshotPairs& pairs, Regression regression);

/// Eigenvalues and eigenvectors of a reduced operator: A right = right Λ, leftᴴ A = Λ leftᴴ, unit
/// columns. Ordered by decreasing modulus; conjugates adjacent, positive imaginary part first.
struct ModeSet {
  std::vector<std::complex<double>> eigenvalues;
  ComplexMatrix right;
  ComplexMatrix left;
};

/// Order of eigenvalues as whole conjugate pairs, which must be adjacent: by decreasing modulus, then
/// decreasing real part.
std::vector<std::size_t> order_by_modulus(const std::vector<std::complex<double>>& values);

ModeSet modes_of(const Matrix& reduced_operator);

}  // namespace equikoop
