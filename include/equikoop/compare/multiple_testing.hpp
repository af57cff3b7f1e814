// SPDX-License-Identifier: BSD-3-Clause
// Adjusted p-values over all pairs of a study.
#pragma once

#include <span>
#include <vector>

namespace equikoop {

/// Benjamini & Hochberg (J. R. Statist. Soc. B 57, 1995): rejecting where the result is below q
/// keeps the expected share of false rejections below q (independent or positively dependent
/// tests). NaN (no test) stays NaN and does not count.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

/// Holm (Scand. J. Statist. 6, 1979): rejecting below α keeps the chance of any false rejection
/// below α under any dependence. NaN stays NaN and does not count.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace equikoop
