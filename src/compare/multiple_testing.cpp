// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/multiple_testing.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace equikoop {
namespace {

/// Indices of the tests there are, by increasing p.
std::vector<std::size_t> ranked(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  const auto order = ranked(p_values);
  std::vector<double> adjusted(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  double least = 1.0;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    const double tests = static_cast<double>(order.size());
    least = std::min(least, p_values[i] * (tests / static_cast<double>(rank)));
    adjusted[i] = least;
  }
  return adjusted;
}

std::vector<double> holm(std::span<const double> p_values) {
  const auto order = ranked(p_values);
  std::vector<double> adjusted(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  double greatest = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t i = order[rank];
    const double left = static_cast<double>(order.size() - rank);
    greatest = std::max(greatest, std::min(1.0, p_values[i] * left));
    adjusted[i] = greatest;
  }
  return adjusted;
}

}  // namespace equikoop
