// SPDX-License-Identifier: BSD-3-Clause
// After a swap the old matching still stands at its old cost. It is optimal, so that W_true is not
// above W_shuffled, exactly if no cycle of trades among the matched pairs saves anything. So the
// swaps are walked as a tree with the shortest paths among the pairs decided so far: a branch ends
// at its first saving cycle, and counts whole where the rest cannot save on whatever side. That
// replaces an assignment for each of the 2^k swaps.
#include "equikoop/compare/shuffle_control.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>

#include "lanes.hpp"
#include "matched_pairs.hpp"

namespace equikoop {
namespace {

using namespace detail;

/// Which way round a matched pair stands: as it is, swapped, or whichever is cheaper.
enum Side : std::size_t { k_kept = 0, k_swapped = 1, k_either = 2 };

/// What it costs more if the left element of pair i takes the right one of pair j; pairs in the
/// order of the walk.
class TradeCosts {
 public:
  TradeCosts(const MatchedPairs& pairs, const SwapUnits& units)
      : k_(pairs.size()), costs_(9 * k_ * k_), saving_(-k_tie_tolerance * pairs.matched()) {
    for (std::size_t i = 0; i < k_; ++i)
      for (std::size_t j = 0; j < k_; ++j) set(pairs, units.pairs[i], units.pairs[j], &costs_[9 * (i * k_ + j)]);
  }
  double operator()(std::size_t i, std::size_t side_i, std::size_t j, std::size_t side_j) const {
    return costs_[9 * (i * k_ + j) + 3 * side_i + side_j];
  }
  /// Whether a cycle of this cost saves: by more than rounding.
  bool saves(double cycle) const { return cycle < saving_; }

 private:
  static void set(const MatchedPairs& pairs, std::size_t i, std::size_t j, double* cost) {
    const double kept = pairs.cost(2 * i, 2 * i + 1);
    for (const std::size_t side_i : {k_kept, k_swapped}) {
      double* const row = cost + 3 * side_i;
      row[k_kept] = pairs.cost(2 * i + side_i, 2 * j + 1) - kept;
      row[k_swapped] = pairs.cost(2 * i + side_i, 2 * j) - kept;
      row[k_either] = std::min(row[k_kept], row[k_swapped]);
    }
    for (std::size_t side_j = 0; side_j < 3; ++side_j)
      cost[3 * k_either + side_j] = std::min(cost[side_j], cost[3 * k_swapped + side_j]);
  }

  std::size_t k_;
  std::vector<double> costs_;  ///< (i, j, side of i, side of j)
  double saving_;
};

/// Walks the swaps. `Vectors`: the number of vectors that hold k numbers, constant where it is small.
template <class Vectors>
class SwapTree {
 public:
  SwapTree(const MatchedPairs& pairs, const SwapUnits& units, Vectors vectors)
      : units_(units),
        k_(pairs.size()),
        vectors_(vectors),
        costs_(pairs, units),
        side_(k_, k_either),
        there_(k_),
        buffer_(std::make_unique<Lanes[]>(((units.size() + 2) * k_ + 2) * width())),
        out_(buffer_.get()),
        back_(out_ + width()),
        scratch_(back_ + width()),
        paths_(scratch_ + k_ * width()) {}

  /// The share of all swaps that tie; swapping everything changes nothing, so one unit stays.
  double fraction() {
    if (never_saves(0)) return 1.0;
    return extend(0, k_kept) ? count(1) / std::ldexp(1.0, static_cast<int>(units_.size()) - 1) : 0.0;
  }

  double sampled_fraction(int draws, const RandomStream& stream) {
    if (never_saves(0)) return 1.0;
    int ties = 0;
    for (int draw = 0; draw < draws; ++draw) {
      const std::uint64_t first = static_cast<std::uint64_t>(draw) * units_.size();
      bool tie = true;
      for (std::size_t u = 0; u < units_.size() && tie; ++u) tie = extend(u, stream.bits(first + u) >> 63);
      ties += tie ? 1 : 0;
    }
    return static_cast<double>(ties) / draws;
  }

 private:
  /// Swaps of the units from `unit` on under which the old matching stays optimal.
  double count(std::size_t unit) {
    const std::size_t left = units_.size() - unit;
    if (left == 0) return 1.0;
    if (left > 1 && never_saves(unit)) return std::ldexp(1.0, static_cast<int>(left));
    double ties = 0.0;
    for (const std::size_t side : {k_kept, k_swapped})
      if (extend(unit, side)) ties += count(unit + 1);
    return ties;
  }

  std::size_t width() const { return static_cast<std::size_t>(vectors_); }
  /// (k, k) the shortest paths among the pairs of units before `unit`; infinite beyond them.
  Lanes* level(std::size_t unit) { return paths_ + unit * k_ * width(); }

  /// Adds `unit` on `side` to the shortest paths among the units before; false: a cycle saves.
  bool extend(std::size_t unit, std::size_t side) {
    return grow(level(unit), level(unit + 1), units_.begin[unit], units_.begin[unit + 1], side);
  }

  /// No cycle saves whatever the sides of the units from `unit` on.
  bool never_saves(std::size_t unit) {
    return grow(level(unit), scratch_, units_.begin[unit], k_, k_either);
  }

  /// `to` = the shortest paths `from` of pairs 0 .. old-1, extended by pairs old .. end-1.
  bool grow(const Lanes* from, Lanes* to, std::size_t old, std::size_t end, std::size_t side) {
    for (std::size_t x = old; x < end; ++x) {
      side_[x] = side;
      if (leaving_saves(from, x)) return false;
      if (x + 1 < k_) add(from, to, x);  // nothing follows the last pair
      from = to;
    }
    return true;
  }

  /// out = the shortest paths from pair x over pairs 0..x-1, back = the steps to x; whether a cycle
  /// through x saves.
  bool leaving_saves(const Lanes* paths, std::size_t x) {
    for (std::size_t i = 0; i < x; ++i) {
      there_[i] = costs_(x, side_[x], i, side_[i]);
      back_[i / k_lanes][i % k_lanes] = costs_(i, side_[i], x, side_[x]);
    }
    for (std::size_t v = 0; v < width(); ++v) {
      Lanes shortest = Lanes{} + k_infinity;
      for (std::size_t i = 0; i < x; ++i) shortest = least(shortest, there_[i] + paths[i * width() + v]);
      out_[v] = shortest;
    }
    return costs_.saves(least_sum(out_, back_));
  }

  /// `to` = the paths `from` and those over pair x, which out and back belong to.
  void add(const Lanes* from, Lanes* to, std::size_t x) {
    out_[x / k_lanes][x % k_lanes] = 0.0;
    for (std::size_t i = 0; i < x; ++i) {
      const double to_x = least_sum(from + i * width(), back_);
      for (std::size_t v = 0; v < width(); ++v)
        to[i * width() + v] = least(from[i * width() + v], to_x + out_[v]);
    }
    std::copy_n(out_, width(), to + x * width());
  }

  /// Smallest a[j] + b[j].
  double least_sum(const Lanes* a, const Lanes* b) const {
    Lanes best = a[0] + b[0];
    for (std::size_t v = 1; v < width(); ++v) best = least(best, a[v] + b[v]);
    return smallest(best);
  }

  const SwapUnits& units_;
  std::size_t k_;
  Vectors vectors_;
  TradeCosts costs_;
  std::vector<std::size_t> side_;    ///< (k)
  std::vector<double> there_;        ///< (k) steps from the pair being added
  std::unique_ptr<Lanes[]> buffer_;  ///< of the following, in rows of whole vectors
  Lanes* out_;                       ///< (k) shortest paths from the pair being added
  Lanes* back_;                      ///< (k) steps to it; beyond the pairs before it, anything finite
  Lanes* scratch_;                   ///< (k, k)
  Lanes* paths_;                     ///< (units + 1, k, k)
};

double fraction(const MatchedPairs& pairs, ShuffleUnit unit, int draws, const RandomKey& key) {
  const SwapUnits units = swap_units(pairs, unit);
  const auto walk = [&](auto vectors) {
    SwapTree tree(pairs, units, vectors);
    return units.size() <= k_most_enumerated_units ? tree.fraction()
                                                   : tree.sampled_fraction(draws, RandomStream(key));
  };
  constexpr int k_most_unrolled = 4;
  return with_vectors<k_most_unrolled>(vectors_of(pairs.size()), walk);
}

}  // namespace

ShuffleFractions shuffle_fractions(const WeightedSpectrum& a, const WeightedSpectrum& b, int order,
                                   int draws, RandomKey key) {
  constexpr double k_none = std::numeric_limits<double>::quiet_NaN();
  if (a.empty() || a.values.size() != b.values.size()) return {k_none, k_none};
  const MatchedPairs pairs(a, b, order);
  key.initial = 1;
  const double alone = fraction(pairs, ShuffleUnit::eigenvalue, draws, key);
  key.initial = 2;
  return {alone, fraction(pairs, ShuffleUnit::conjugate_pair, draws, key)};
}

}  // namespace equikoop
