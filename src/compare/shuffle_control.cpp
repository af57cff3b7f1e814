// SPDX-License-Identifier: BSD-3-Clause
// After a swap the old matching still stands at its old cost. It is optimal, so that W_true is not
// above W_shuffled, exactly if no cycle of reassignments among the matched pairs saves anything:
// the swaps are walked as a tree, with the shortest paths among the pairs decided so far, and a
// branch ends at its first saving cycle. That replaces an assignment for each of the 2^k swaps.
#include "equikoop/compare/shuffle_control.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "equikoop/compare/assignment.hpp"
#include "equikoop/compare/transport.hpp"
#include "ground.hpp"

namespace equikoop {
namespace {

using Values = std::vector<std::complex<double>>;

/// Links two elements of `values` as one unit where they are conjugates; units is a forest.
void link_conjugates(const Values& values, std::vector<int>& units) {
  const auto find = [&](int i) {
    while (units[static_cast<std::size_t>(i)] != i) i = units[static_cast<std::size_t>(i)];
    return i;
  };
  constexpr double k_rounding = 1e-12;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].imag() <= 0.0) continue;
    for (std::size_t j = 0; j < values.size(); ++j) {
      if (values[j].imag() >= 0.0) continue;
      if (std::abs(values[j] - std::conj(values[i])) > k_rounding * std::abs(values[i])) continue;
      units[static_cast<std::size_t>(find(static_cast<int>(j)))] = find(static_cast<int>(i));
    }
  }
}

/// The matched pairs in units that swap together, units consecutive.
struct MatchedPairs {
  Values first, second;    ///< (k) matched elements
  std::vector<int> begin;  ///< (units + 1): pairs of unit u are begin[u] .. begin[u+1] - 1
};

MatchedPairs matched_pairs(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                           int order) {
  const auto match = optimal_matching(a, b, order);
  const std::size_t k = match.size();
  Values partner(k);
  for (std::size_t i = 0; i < k; ++i) partner[i] = b.values[static_cast<std::size_t>(match[i])];
  std::vector<int> unit_of(k);
  std::iota(unit_of.begin(), unit_of.end(), 0);
  if (unit == ShuffleUnit::conjugate_pair) {
    link_conjugates(a.values, unit_of);
    link_conjugates(partner, unit_of);
  }
  for (std::size_t i = 0; i < k; ++i)
    while (unit_of[i] != unit_of[static_cast<std::size_t>(unit_of[i])])
      unit_of[i] = unit_of[static_cast<std::size_t>(unit_of[i])];
  MatchedPairs pairs;
  for (std::size_t root = 0; root < k; ++root) {
    if (unit_of[root] != static_cast<int>(root)) continue;
    pairs.begin.push_back(static_cast<int>(pairs.first.size()));
    for (std::size_t i = 0; i < k; ++i) {
      if (unit_of[i] != static_cast<int>(root)) continue;
      pairs.first.push_back(a.values[i]);
      pairs.second.push_back(partner[i]);
    }
  }
  pairs.begin.push_back(static_cast<int>(k));
  return pairs;
}

/// Walks the swaps of matched pairs.
class SwapTree {
 public:
  SwapTree(const MatchedPairs& pairs, int order)
      : pairs_(pairs), k_(pairs.first.size()), swapped_(k_, 0), out_(k_), in_(k_) {
    Values all = pairs.first;
    all.insert(all.end(), pairs.second.begin(), pairs.second.end());
    ground_ = detail::ground_costs(all, all, order);
    for (std::size_t i = 0; i < k_; ++i) matched_ += ground_[i * 2 * k_ + k_ + i];
    paths_.resize((pairs.begin.size() + 1) * k_ * k_);
  }

  double fraction() {
    const auto units = static_cast<int>(pairs_.begin.size()) - 1;
    if (never_saves()) return 1.0;
    if (!extend(0, 0)) return 0.0;  // no cycle inside an unswapped matching but by rounding
    return count(1) / std::ldexp(1.0, units - 1);
  }

  double sampled_fraction(int draws, const RandomStream& stream) {
    if (never_saves()) return 1.0;
    const auto units = static_cast<int>(pairs_.begin.size()) - 1;
    int ties = 0;
    for (int draw = 0; draw < draws; ++draw) {
      bool tie = true;
      for (int u = 0; u < units && tie; ++u) {
        const auto element = static_cast<std::uint64_t>(draw) * static_cast<std::uint64_t>(units) +
                             static_cast<std::uint64_t>(u);
        tie = extend(u, static_cast<int>(stream.bits(element) >> 63));
      }
      ties += tie ? 1 : 0;
    }
    return static_cast<double>(ties) / draws;
  }

 private:
  /// Swaps of the units from `unit` on under which the old matching stays optimal.
  double count(int unit) {
    if (unit + 1 == static_cast<int>(pairs_.begin.size())) return 1.0;
    double ties = 0.0;
    for (int side = 0; side < 2; ++side)
      if (extend(unit, side)) ties += count(unit + 1);
    return ties;
  }

  /// Adds `unit` on `side` to the shortest paths among earlier units; false: a cycle saves.
  bool extend(int unit, int side) {
    const auto u = static_cast<std::size_t>(unit);
    double* const paths = &paths_[(u + 1) * k_ * k_];
    const auto old = static_cast<std::size_t>(pairs_.begin[u]);
    const double* const before = &paths_[u * k_ * k_];
    for (std::size_t i = 0; i < old; ++i) std::copy_n(before + i * k_, old, paths + i * k_);
    for (auto x = old; x < static_cast<std::size_t>(pairs_.begin[u + 1]); ++x) {
      swapped_[x] = side;
      const auto cost = [&](std::size_t i, std::size_t j) { return swapped_cost(i, j); };
      if (!add(paths, x, cost)) return false;
    }
    return true;
  }

  /// No cycle saves even with the cheapest side of every pair: all swaps tie.
  bool never_saves() {
    const auto cost = [&](std::size_t i, std::size_t j) {
      const double* const row = &ground_[i * 2 * k_];
      const double* const other = &ground_[(k_ + i) * 2 * k_];
      return std::min(std::min(row[j], row[k_ + j]), std::min(other[j], other[k_ + j])) -
             row[k_ + i];
    };
    for (std::size_t x = 0; x < k_; ++x)
      if (!add(paths_.data(), x, cost)) return false;
    return true;
  }

  /// What it costs more if the left element of pair i takes the right one of pair j.
  double swapped_cost(std::size_t i, std::size_t j) const {
    const std::size_t left = swapped_[i] ? k_ + i : i;
    const std::size_t right = swapped_[j] ? j : k_ + j;
    return ground_[left * 2 * k_ + right] - ground_[i * 2 * k_ + k_ + i];
  }

  /// Extends `paths`, the shortest paths among pairs 0..x-1, by pair x; false: a cycle saves.
  template <class Cost>
  bool add(double* paths, std::size_t x, const Cost& cost) {
    constexpr double k_none = std::numeric_limits<double>::infinity();
    std::fill_n(out_.begin(), x, k_none);
    for (std::size_t i = 0; i < x; ++i) {
      const double step = cost(x, i);
      for (std::size_t j = 0; j < x; ++j) out_[j] = std::min(out_[j], step + paths[i * k_ + j]);
      in_[i] = cost(i, x);
    }
    double cycle = 0.0;
    for (std::size_t i = 0; i < x; ++i) cycle = std::min(cycle, out_[i] + in_[i]);
    if (cycle < -k_tie_tolerance * matched_) return false;
    for (std::size_t i = 0; i < x; ++i) {
      double best = k_none;
      for (std::size_t j = 0; j < x; ++j) best = std::min(best, paths[i * k_ + j] + in_[j]);
      for (std::size_t j = 0; j < x; ++j)
        paths[i * k_ + j] = std::min(paths[i * k_ + j], best + out_[j]);
      paths[i * k_ + x] = best;
    }
    std::copy_n(out_.begin(), x, paths + x * k_);
    paths[x * k_ + x] = 0.0;
    return true;
  }

  const MatchedPairs& pairs_;
  std::size_t k_;
  std::vector<double> ground_;  ///< (2k, 2k): first elements, then second ones
  double matched_ = 0.0;        ///< Σ cost of the optimal matching
  std::vector<int> swapped_;    ///< (k)
  std::vector<double> paths_;   ///< (units + 2, k, k): level u + 1 holds the paths up to unit u
  std::vector<double> out_, in_;
};

}  // namespace

double shuffle_fraction(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                        int order, int draws, const RandomKey& key) {
  if (a.empty() || a.values.size() != b.values.size())
    return std::numeric_limits<double>::quiet_NaN();
  const auto pairs = matched_pairs(a, b, unit, order);
  SwapTree tree(pairs, order);
  const auto units = static_cast<int>(pairs.begin.size()) - 1;
  return units <= k_most_enumerated_units ? tree.fraction()
                                          : tree.sampled_fraction(draws, RandomStream(key));
}

}  // namespace equikoop
