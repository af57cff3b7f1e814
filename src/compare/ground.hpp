// SPDX-License-Identifier: BSD-3-Clause
// What the distances of this module share: costs in the complex plane and how they are averaged.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop::detail {

using Values = std::span<const std::complex<double>>;

/// |z|^order from |z|².
double power_of_square(double square, int order);

/// |aᵢ − bⱼ|^order: (a, b) row-major.
std::vector<double> ground_costs(Values a, Values b, int order);

/// Whether all masses are equal.
bool uniform(const WeightedSpectrum& spectrum);

/// mean_cost^(1/order).
double root(double mean_cost, int order);

/// W_p through the transport of masses, whatever the counts; neither empty.
double transported(const WeightedSpectrum& a, const WeightedSpectrum& b, int order);

}  // namespace equikoop::detail
