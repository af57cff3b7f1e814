// SPDX-License-Identifier: BSD-3-Clause
// How many modes are kept: the rank rules, and the floor under all of them.
#pragma once

#include <cstddef>
#include <span>

#include "equikoop/koopman/delay_operator.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Below this, a singular value of Z is indistinguishable from rounding. Two sources:
/// - Storage. Each number is stored with relative error at most u = stored_epsilon/2, so the
///   stored matrix is Z + E with ‖E‖₂ <= ‖E‖_F <= u·‖Z‖_F, and by Weyl's inequality no singular
///   value moves by more than that.
/// - Arithmetic. An SVD in double perturbs Z by about eps·‖Z‖₂ times a factor that grows like the
///   norm of a random matrix of its shape: (√rows + √columns)·eps·sigma_1, sigma_1 <= ‖Z‖_F.
/// The larger of both. `total_energy` is ‖Z‖_F².
double noise_floor(const DelayShape& shape, double total_energy, double stored_epsilon);

/// The singular value under which a matrix (rows, columns) of unknown white noise is best cut to
/// zero: ω(β)·median(sigma), β = min/max of the sides, ω(β) ≈ 0.56β³ − 0.95β² + 1.82β + 1.43.
/// `sigma` must hold all min(rows, columns) values.
/// Source: Gavish & Donoho, IEEE Trans. Inf. Theory 60 (2014) 5040, eqs. 4 and 5. The noise of a
/// delay matrix is repeated along its anti-diagonals, hence not white: the rule is a convention
/// there, not an optimum.
double gavish_donoho_threshold(std::span<const double> sigma, std::size_t rows,
                               std::size_t columns);

/// The rank kept and how many modes the rule wanted but the noise floor refused.
struct RankChoice {
  int rank = 0;
  int noise_cut = 0;
};

/// What a rank rule looks at.
struct RankInput {
  std::span<const double> sigma;  ///< decreasing
  double total_energy = 0.0;
  double noise_floor = 0.0;
  std::size_t rows = 0;     ///< of Z
  std::size_t columns = 0;  ///< of Z
};

/// Applies the rank rule of `options`: the first `rank` modes; the fewest whose squared singular
/// values reach the share `energy` of total_energy (at most `rank`); those above the threshold of
/// Gavish and Donoho (at most `rank`); or all (`full`, whatever `rank` says). Singular values at or
/// below the noise floor are never kept.
RankChoice choose_rank(const RankInput& input, const KoopmanOptions& options);

}  // namespace equikoop
