// SPDX-License-Identifier: BSD-3-Clause
// Optimally matched eigenvalues, what they would cost in other partners' company, and the units that
// the shuffle control swaps, in an order that lets its walk end early. Nothing is swapped here.
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "equikoop/compare/shuffle_control.hpp"

namespace equikoop::detail {

/// The k matched pairs of two spectra of equal count.
class MatchedPairs {
 public:
  MatchedPairs(const WeightedSpectrum& a, const WeightedSpectrum& b, int order);
  std::size_t size() const noexcept { return count_; }
  /// Element 2·i + 1 is the partner of element 2·i: those of pair i, from the first and the second.
  const std::complex<double>& element(std::size_t e) const { return elements_[e]; }
  /// |x − y|^order of two elements
  double cost(std::size_t x, std::size_t y) const { return costs_[x * 2 * count_ + y]; }
  /// Σ of the costs of the pairs
  double matched() const noexcept { return matched_; }

 private:
  std::size_t count_;
  std::vector<std::complex<double>> elements_;
  std::vector<double> costs_;  ///< (2 k, 2 k)
  double matched_ = 0.0;
};

/// Pairs in the order of the walk, those of a unit consecutive.
struct SwapUnits {
  std::vector<std::size_t> pairs;  ///< (k)
  std::vector<std::size_t> begin;  ///< (units + 1): unit u has pairs[begin[u]] .. pairs[begin[u+1] − 1]

  std::size_t size() const noexcept { return begin.size() - 1; }
};

/// Those units first that could save by trading partners with another on some sides, neighbours
/// after each other; the independent ones last.
SwapUnits swap_units(const MatchedPairs& pairs, ShuffleUnit unit);

}  // namespace equikoop::detail
