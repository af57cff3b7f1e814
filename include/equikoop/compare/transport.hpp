// SPDX-License-Identifier: BSD-3-Clause
// Wasserstein distances between spectra: exact optimal transport in the complex plane.
#pragma once

#include <vector>

#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop {

/// W_p(a, b) = (min over transports π of Σ π_ij |aᵢ − bⱼ|^p)^(1/p), masses normalised to 1, p =
/// order. Equal counts of uniform masses: the mean matched distance for p = 1 (optimal assignment,
/// O(k³)). Otherwise transport between integer masses: exactly proportional for uniform unequal
/// counts, within 2⁻⁵⁰ of the total for weights. NaN if a spectrum is empty. Throws Error for order
/// < 1 and for spectra that check_spectrum refuses.
double wasserstein(const WeightedSpectrum& a, const WeightedSpectrum& b, int order = 1);

/// The optimal matching of equal counts without masses: element i of a goes to result[i] of b.
/// Throws Error for unequal counts.
std::vector<int> optimal_matching(const WeightedSpectrum& a, const WeightedSpectrum& b,
                                  int order = 1);

}  // namespace equikoop
