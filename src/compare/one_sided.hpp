// SPDX-License-Identifier: BSD-3-Clause
// One-sided distances of prepared spectra, without their checks: for pairs by the million.
#pragma once

#include <complex>
#include <vector>

#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop::detail {

/// The values whose amplitude is at least `share` of the greatest; all without amplitudes.
std::vector<std::complex<double>> principal(const WeightedSpectrum& spectrum, double share);

/// containment() of values that are all principal; neither empty.
double one_sided(const std::vector<std::complex<double>>& from,
                 const std::vector<std::complex<double>>& to, int order);

}  // namespace equikoop::detail
