// SPDX-License-Identifier: BSD-3-Clause
#include "matched_pairs.hpp"

#include <algorithm>
#include <numeric>

#include "equikoop/compare/transport.hpp"
#include "ground.hpp"

namespace equikoop::detail {
namespace {

/// Unit of each pair, named by its first.
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

/// Joins pairs whose elements on `side` are conjugates of each other.
void link_conjugates(const MatchedPairs& pairs, std::size_t side, Forest& forest) {
  constexpr double k_rounding = 1e-12;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto value = pairs.element(2 * i + side);
    if (value.imag() <= 0.0) continue;
    const double near = k_rounding * k_rounding * std::norm(value);
    for (std::size_t j = 0; j < pairs.size(); ++j)
      if (std::norm(pairs.element(2 * j + side) - std::conj(value)) <= near) forest.link(i, j);
  }
}

/// The pairs unit by unit.
SwapUnits grouped(const Forest& forest, std::size_t count) {
  SwapUnits units;
  for (std::size_t root = 0; root < count; ++root) {
    if (forest.root(root) != root) continue;
    units.begin.push_back(units.pairs.size());
    for (std::size_t i = 0; i < count; ++i)
      if (forest.root(i) == root) units.pairs.push_back(i);
  }
  units.begin.push_back(count);
  return units;
}

/// Whether pairs i and j could save by trading partners, each on its cheapest side.
bool could_trade(const MatchedPairs& pairs, std::size_t i, std::size_t j) {
  const std::size_t a = 2 * i, b = 2 * j;
  const double kept = pairs.cost(a, a + 1) + pairs.cost(b, b + 1);
  return pairs.cost(a, b) + pairs.cost(a + 1, b + 1) < kept ||
         pairs.cost(a, b + 1) + pairs.cost(b, a + 1) < kept;
}

/// (unit, unit): whether any of their pairs could trade.
std::vector<char> possible_trades(const SwapUnits& units, const MatchedPairs& pairs) {
  const std::size_t n = units.size();
  std::vector<char> trades(n * n, 0);
  for (std::size_t u = 0; u < n; ++u)
    for (std::size_t v = 0; v < u; ++v)
      for (std::size_t i = units.begin[u]; i < units.begin[u + 1]; ++i)
        for (std::size_t j = units.begin[v]; j < units.begin[v + 1]; ++j)
          if (could_trade(pairs, units.pairs[i], units.pairs[j]))
            trades[u * n + v] = trades[v * n + u] = 1;
  return trades;
}

/// Units in the order of a walk along possible trades, each walk from the unit of most; those
/// without any at the end.
std::vector<std::size_t> walk(const std::vector<char>& trades, std::size_t n) {
  std::vector<int> degree(n);
  for (std::size_t u = 0; u < n; ++u)
    degree[u] = std::accumulate(&trades[u * n], &trades[u * n] + n, 0);
  constexpr int k_reached = -1;
  std::vector<std::size_t> order;
  order.reserve(n);
  const auto reach = [&](std::size_t u) {
    degree[u] = k_reached;
    order.push_back(u);
  };
  for (std::size_t at = 0; order.size() < n;) {
    reach(static_cast<std::size_t>(std::max_element(degree.begin(), degree.end()) - degree.begin()));
    for (; at < order.size(); ++at)
      for (std::size_t v = 0; v < n; ++v)
        if (trades[order[at] * n + v] && degree[v] != k_reached) reach(v);
  }
  return order;
}

}  // namespace

MatchedPairs::MatchedPairs(const WeightedSpectrum& a, const WeightedSpectrum& b, int order)
    : count_(a.values.size()) {
  const auto match = optimal_matching(a, b, order);
  elements_.reserve(2 * count_);
  for (std::size_t i = 0; i < count_; ++i) {
    elements_.push_back(a.values[i]);
    elements_.push_back(b.values[static_cast<std::size_t>(match[i])]);
  }
  costs_ = ground_costs(elements_, elements_, order);
  for (std::size_t i = 0; i < count_; ++i) matched_ += cost(2 * i, 2 * i + 1);
}

SwapUnits swap_units(const MatchedPairs& pairs, ShuffleUnit unit) {
  Forest forest(pairs.size());
  if (unit == ShuffleUnit::conjugate_pair)
    for (const std::size_t side : {0, 1}) link_conjugates(pairs, side, forest);
  const SwapUnits units = grouped(forest, pairs.size());
  SwapUnits ordered;
  for (const std::size_t u : walk(possible_trades(units, pairs), units.size())) {
    ordered.begin.push_back(ordered.pairs.size());
    for (std::size_t i = units.begin[u]; i < units.begin[u + 1]; ++i)
      ordered.pairs.push_back(units.pairs[i]);
  }
  ordered.begin.push_back(pairs.size());
  return ordered;
}

}  // namespace equikoop::detail
