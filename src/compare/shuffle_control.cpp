// SPDX-License-Identifier: BSD-3-Clause
// After a swap the old matching still stands at its old cost. It is optimal, so that W_true is not
// above W_shuffled, exactly if no cycle of trades among the matched pairs saves anything. So the
// swaps are walked as a tree with the shortest paths among the pairs decided so far: a branch ends
// at its first saving cycle, and counts whole where the rest cannot save on whatever side. That
// replaces an assignment for each of the 2^k swaps.
#include "equikoop/compare/shuffle_control.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ground.hpp"
#include "matched_pairs.hpp"

namespace equikoop {
namespace {

using detail::MatchedPairs;

/// Which way round a matched pair stands: as it is, swapped, or whichever is cheaper.
enum Side : std::size_t { k_kept = 0, k_swapped = 1, k_either = 2 };

/// What it costs more if the left element of pair i takes the right one of pair j: (k, k) for each
/// pair of sides of i and j.
class TradeCosts {
 public:
  TradeCosts(const MatchedPairs& pairs, int order) : k_(pairs.first.size()) {
    auto all = pairs.first;
    all.insert(all.end(), pairs.second.begin(), pairs.second.end());
    const auto ground = detail::ground_costs(all, all, order);
    const auto cost = [&](std::size_t i, std::size_t j) { return ground[i * 2 * k_ + j]; };
    for (auto& matrix : matrices_) matrix.resize(k_ * k_);
    for (std::size_t i = 0; i < k_; ++i) {
      const double kept = cost(i, k_ + i);
      total_ += kept;
      for (std::size_t j = 0; j < k_; ++j) {
        at(k_kept, k_kept, i, j) = cost(i, k_ + j) - kept;
        at(k_kept, k_swapped, i, j) = cost(i, j) - kept;
        at(k_swapped, k_kept, i, j) = cost(k_ + i, k_ + j) - kept;
        at(k_swapped, k_swapped, i, j) = cost(k_ + i, j) - kept;
      }
    }
    for (std::size_t side = 0; side < 2; ++side) take_cheaper(side);
    for (std::size_t e = 0; e < k_ * k_; ++e)
      matrix(k_either, k_either)[e] =
          std::min(matrix(k_kept, k_either)[e], matrix(k_swapped, k_either)[e]);
  }
  double operator()(std::size_t side_i, std::size_t side_j, std::size_t i, std::size_t j) const {
    return matrices_[side_i * 3 + side_j][i * k_ + j];
  }
  double matched() const { return total_; }

 private:
  std::vector<double>& matrix(std::size_t i, std::size_t j) { return matrices_[i * 3 + j]; }
  double& at(std::size_t side_i, std::size_t side_j, std::size_t i, std::size_t j) {
    return matrix(side_i, side_j)[i * k_ + j];
  }
  void take_cheaper(std::size_t side) {
    for (std::size_t e = 0; e < k_ * k_; ++e) {
      matrix(side, k_either)[e] = std::min(matrix(side, k_kept)[e], matrix(side, k_swapped)[e]);
      matrix(k_either, side)[e] = std::min(matrix(k_kept, side)[e], matrix(k_swapped, side)[e]);
    }
  }

  std::size_t k_;
  std::array<std::vector<double>, 9> matrices_;
  double total_ = 0.0;  ///< cost of the optimal matching
};

/// Walks the swaps of matched pairs.
class SwapTree {
 public:
  SwapTree(const MatchedPairs& pairs, int order)
      : pairs_(pairs),
        k_(pairs.first.size()),
        cost_(pairs, order),
        side_(k_, k_either),
        paths_((static_cast<std::size_t>(pairs.units()) + 1) * k_ * k_),
        scratch_(k_ * k_),
        out_(k_),
        in_(k_) {}

  /// The share of all swaps that tie; swapping everything changes nothing, so one unit stays.
  double fraction() {
    if (never_saves(0)) return 1.0;
    return extend(0, k_kept) ? count(1) / std::ldexp(1.0, pairs_.units() - 1) : 0.0;
  }

  double sampled_fraction(int draws, const RandomStream& stream) {
    if (never_saves(0)) return 1.0;
    const auto units = static_cast<std::uint64_t>(pairs_.units());
    int ties = 0;
    for (int draw = 0; draw < draws; ++draw) {
      bool tie = true;
      for (int u = 0; u < pairs_.units() && tie; ++u) {
        const auto element =
            static_cast<std::uint64_t>(draw) * units + static_cast<std::uint64_t>(u);
        tie = extend(u, stream.bits(element) >> 63);
      }
      ties += tie ? 1 : 0;
    }
    return static_cast<double>(ties) / draws;
  }

 private:
  /// Swaps of the units from `unit` on under which the old matching stays optimal.
  double count(int unit) {
    const int left = pairs_.units() - unit;
    if (left == 0) return 1.0;
    if (left > 1 && never_saves(unit)) return std::ldexp(1.0, left);
    double ties = 0.0;
    for (const std::size_t side : {k_kept, k_swapped})
      if (extend(unit, side)) ties += count(unit + 1);
    return ties;
  }

  std::size_t begin(int unit) const {
    return static_cast<std::size_t>(pairs_.begin[static_cast<std::size_t>(unit)]);
  }
  double* level(int unit) { return &paths_[static_cast<std::size_t>(unit) * k_ * k_]; }

  /// Adds `unit` on `side` to the shortest paths among the units before; false: a cycle saves.
  bool extend(int unit, std::size_t side) {
    return grow(level(unit), level(unit + 1), begin(unit), begin(unit + 1), side);
  }

  /// No cycle saves whatever the sides of the units from `unit` on.
  bool never_saves(int unit) {
    return grow(level(unit), scratch_.data(), begin(unit), k_, k_either);
  }

  /// `to` = the shortest paths `from` of pairs 0 .. old-1, extended by pairs old .. end-1.
  bool grow(const double* from, double* to, std::size_t old, std::size_t end, std::size_t side) {
    for (std::size_t i = 0; i < old; ++i) std::copy_n(from + i * k_, old, to + i * k_);
    for (std::size_t x = old; x < end; ++x) {
      side_[x] = side;
      if (!add(to, x)) return false;
    }
    return true;
  }

  /// Extends `paths`, the shortest paths among pairs 0..x-1, by pair x; false: a cycle saves.
  bool add(double* paths, std::size_t x) {
    constexpr double k_none = std::numeric_limits<double>::infinity();
    std::fill_n(out_.begin(), x, k_none);
    for (std::size_t i = 0; i < x; ++i) {
      const double step = cost_(side_[x], side_[i], x, i);
      for (std::size_t j = 0; j < x; ++j) out_[j] = std::min(out_[j], step + paths[i * k_ + j]);
      in_[i] = cost_(side_[i], side_[x], i, x);
    }
    double cycle = 0.0;
    for (std::size_t i = 0; i < x; ++i) cycle = std::min(cycle, out_[i] + in_[i]);
    if (cycle < -k_tie_tolerance * cost_.matched()) return false;
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
  TradeCosts cost_;
  std::vector<std::size_t> side_;  ///< (k)
  std::vector<double> paths_;      ///< (units + 1, k, k): level u holds the paths of units before u
  std::vector<double> scratch_;    ///< (k, k)
  std::vector<double> out_, in_;   ///< (k) shortest paths from and to the pair being added
};

}  // namespace

double shuffle_fraction(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                        int order, int draws, const RandomKey& key) {
  if (a.empty() || a.values.size() != b.values.size())
    return std::numeric_limits<double>::quiet_NaN();
  const auto pairs = detail::matched_pairs(a, b, unit, order);
  SwapTree tree(pairs, order);
  return pairs.units() <= k_most_enumerated_units ? tree.fraction()
                                                  : tree.sampled_fraction(draws, RandomStream(key));
}

}  // namespace equikoop
