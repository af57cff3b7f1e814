// SPDX-License-Identifier: BSD-3-Clause
// Distances of prepared spectra as sets, without their checks: for pairs by the million.
#pragma once

#include <complex>
#include <vector>

#include "equikoop/compare/spectrum_set.hpp"
#include "point_set.hpp"

namespace equikoop::detail {

/// The values whose amplitude is at least `share` of the greatest; all without amplitudes.
std::vector<std::complex<double>> principal(const WeightedSpectrum& spectrum, double share);

/// containment() of values that are all principal; neither empty.
double one_sided(const PointSet& from, const PointSet& to, int order);

/// hausdorff(); neither empty.
double hausdorff(const PointSet& a, const PointSet& b);

}  // namespace equikoop::detail
