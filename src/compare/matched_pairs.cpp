// SPDX-License-Identifier: BSD-3-Clause
#include "matched_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "equikoop/compare/transport.hpp"
#include "ground.hpp"

namespace equikoop::detail {
namespace {

using Points = std::vector<std::complex<double>>;
using Unit = std::vector<std::size_t>;  ///< pairs that swap together

/// A forest of elements: those of one tree are one unit.
class Forest {
 public:
  explicit Forest(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  void link(std::size_t i, std::size_t j) { parent_[root(j)] = root(i); }

 private:
  std::vector<std::size_t> parent_;
};

void link_conjugates(const Points& values, Forest& forest) {
  constexpr double k_rounding = 1e-12;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].imag() <= 0.0) continue;
    for (std::size_t j = 0; j < values.size(); ++j)
      if (std::abs(values[j] - std::conj(values[i])) <= k_rounding * std::abs(values[i]))
        forest.link(i, j);
  }
}

std::vector<Unit> units_of(const Points& first, const Points& second, ShuffleUnit unit) {
  const std::size_t k = first.size();
  Forest forest(k);
  if (unit == ShuffleUnit::conjugate_pair) {
    link_conjugates(first, forest);
    link_conjugates(second, forest);
  }
  std::vector<Unit> units;
  for (std::size_t root = 0; root < k; ++root) {
    if (forest.root(root) != root) continue;
    units.emplace_back();
    for (std::size_t i = 0; i < k; ++i)
      if (forest.root(i) == root) units.back().push_back(i);
  }
  return units;
}

/// Whether pairs i and j could save by trading partners, each on its cheapest side.
bool could_trade(const Points& first, const Points& second, std::size_t i, std::size_t j,
                 int order) {
  const auto cost = [order](const std::complex<double>& x, const std::complex<double>& y) {
    return power_of_square(std::norm(x - y), order);
  };
  const double kept = cost(first[i], second[i]) + cost(first[j], second[j]);
  return cost(first[i], first[j]) + cost(second[i], second[j]) < kept ||
         cost(first[i], second[j]) + cost(first[j], second[i]) < kept;
}

/// Units in the order of a walk along possible trades; those without any at the end.
std::vector<std::size_t> trading_first(const std::vector<Unit>& units, const Points& first,
                                       const Points& second, int order) {
  const std::size_t n = units.size();
  std::vector<char> trades(n * n, 0);
  for (std::size_t u = 0; u < n; ++u)
    for (std::size_t v = 0; v < u; ++v)
      for (const std::size_t i : units[u])
        for (const std::size_t j : units[v])
          if (could_trade(first, second, i, j, order)) trades[u * n + v] = trades[v * n + u] = 1;
  const auto degree = [&](std::size_t u) {
    return std::accumulate(&trades[u * n], &trades[u * n] + n, 0);
  };
  std::vector<std::size_t> starts(n), walk;
  std::iota(starts.begin(), starts.end(), std::size_t{0});
  std::stable_sort(starts.begin(), starts.end(),
                   [&](std::size_t u, std::size_t v) { return degree(u) > degree(v); });
  std::vector<char> reached(n, 0);
  for (const std::size_t start : starts) {
    if (reached[start]) continue;
    reached[start] = 1;
    walk.push_back(start);
    for (std::size_t at = walk.size() - 1; at < walk.size(); ++at)
      for (std::size_t v = 0; v < n; ++v)
        if (trades[walk[at] * n + v] && !reached[v]) {
          reached[v] = 1;
          walk.push_back(v);
        }
  }
  return walk;
}

}  // namespace

MatchedPairs matched_pairs(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                           int order) {
  const auto match = optimal_matching(a, b, order);
  Points partner;
  for (const int j : match) partner.push_back(b.values[static_cast<std::size_t>(j)]);
  const auto units = units_of(a.values, partner, unit);
  MatchedPairs pairs;
  for (const std::size_t u : trading_first(units, a.values, partner, order)) {
    pairs.begin.push_back(static_cast<int>(pairs.first.size()));
    for (const std::size_t i : units[u]) {
      pairs.first.push_back(a.values[i]);
      pairs.second.push_back(partner[i]);
    }
  }
  pairs.begin.push_back(static_cast<int>(match.size()));
  return pairs;
}

}  // namespace equikoop::detail
