// SPDX-License-Identifier: BSD-3-Clause
// Optimally matched eigenvalues in the units that the shuffle control swaps, in an order that lets
// its walk end early. Nothing is swapped here.
#pragma once

#include <complex>
#include <vector>

#include "equikoop/compare/shuffle_control.hpp"

namespace equikoop::detail {

/// Matched pairs, those of a unit consecutive.
struct MatchedPairs {
  std::vector<std::complex<double>> first, second;  ///< (k) matched elements
  std::vector<int> begin;  ///< (units + 1): pairs of unit u are begin[u] .. begin[u+1] - 1

  int units() const { return static_cast<int>(begin.size()) - 1; }
};

/// The units of a and b, equal counts: those first that could save by trading partners with another
/// on some sides, neighbours after each other; the independent ones last.
MatchedPairs matched_pairs(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                           int order);

}  // namespace equikoop::detail
