// SPDX-License-Identifier: BSD-3-Clause
// The transportation problem behind distances of spectra with masses or of unequal counts. Knows no
// spectra: costs and whole-numbered masses only, so that nothing is lost to rounding but in costs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace equikoop::detail {

/// Mean cost of a unit of supply, Σ cost·flow / Σ supply, in the cheapest flow of all supply into
/// columns of these capacities; cost (rows, columns) row-major, finite, not negative. By the network simplex
/// method on strongly feasible trees (Cunningham, Math. Program. 11, 1976), which cannot cycle. Exact up to
/// the rounding of sums of costs. Throws Error if the columns cannot take the supply.
double transport(std::span<const double> cost, std::span<const std::int64_t> supply,
                 std::span<const std::int64_t> capacity);

/// Whole-numbered masses of `count` equal elements against `other` equal ones: both sides sum to the
/// least common multiple.
std::vector<std::int64_t> uniform_units(std::size_t count, std::size_t other);

/// Masses proportional to `weights` (empty: equal) in units of 2⁻⁵⁰ of their sum.
std::vector<std::int64_t> weighted_units(std::span<const double> weights, std::size_t count);

}  // namespace equikoop::detail
