// SPDX-License-Identifier: BSD-3-Clause
// The eigenvalues of largest modulus of A v = λ (G + γI) v and their vectors.
#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernel_matrix.hpp"

namespace equikoop {

/// Eigenpairs, equal on every rank. Vectors are packed as LAPACK's: a conjugate pair has its real
/// part in one column, its imaginary part in the next.
struct KernelModes {
  std::vector<std::complex<double>> eigenvalues;  ///< decreasing modulus, pairs whole
  Matrix vectors;                                 ///< v: (pairs, k)
  std::vector<double> residuals;                  ///< ‖A v − λ B v‖ / ‖B v‖, B = G + γI
  int products = 0;       ///< with A B⁻¹
  int refused = 0;        ///< eigenvalues that rounding does not tell from 0
};

/// Vectors of the Krylov space before a restart, for each eigenvalue wanted: those of training crowd
/// below 1, and a space of SLEPc's default size (twice the wanted) hardly ever converges to them. Fifty of
/// 9,670 pairs took 990 products with four times the wanted and 749 with ten times.
inline constexpr std::size_t k_krylov_room = 10;

struct KernelProblem {
  double gamma = 0.0;
  std::size_t modes = 10;  ///< a pair that would be split at the end is left out
  Method method = Method::snapshots;
  std::function<void()> pulse = {};
};

/// With w = B v the problem is A B⁻¹ w = λ w: w holds the values of the eigenfunction on the data, so
/// the solver's norm is that of the residual, and A B⁻¹, the prediction one step ahead by kernel ridge
/// regression, is of moderate norm however ill conditioned G is. Pairs whose `kept` is 0 take no part.
/// Krylov-Schur stops at residuals of kernel_tolerance·|λ|. Rounding perturbs the residual of a mode
/// by ε·trace(B)·‖v‖/‖w‖: where |λ| is not above that, the mode is refused. Throws Error where the
/// solver does not converge or B is not positive definite. Collective.
KernelModes kernel_modes(const Comm& group, const KernelMatrix& kernel, const KernelProblem& problem,
                         std::span<const std::uint8_t> kept);

/// The most that rounding perturbs the residual of a mode by, ε·trace(B)/γ, for ‖v‖ ≤ ‖w‖/γ; but never
/// more than a tenth of the 1e-9 to which eigenvalues are promised.
double kernel_tolerance(const KernelMatrix& kernel, double gamma);

/// k values a row for the local pairs: φ(z) = G v and φ(z') = A v, packed as v.
struct KernelValues {
  Matrix now;   ///< (local pairs, k)
  Matrix next;
};
KernelValues values_of(const KernelMatrix& kernel, const Matrix& vectors);

/// The first `count` columns.
Matrix leading_columns(const Matrix& a, std::size_t count);

/// How many of the leading eigenvalues, at most `count`, end with a whole conjugate pair.
std::size_t whole_pairs(std::span<const std::complex<double>> eigenvalues, std::size_t count);

}  // namespace equikoop
