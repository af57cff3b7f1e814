// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "equikoop/base/error.hpp"
#include "labels.hpp"
#include "sums.hpp"

namespace equikoop {
namespace {

using namespace detail;

constexpr double k_rounding = 1e-13;  // of the sum of distances: labels that differ by it are ties
constexpr std::size_t k_most_enumerated_items = 62;

/// The statistic of signs on pairs: q[c] = Σ_{s>t} h_st z_s z_t, proportional to E.
class PairedCase {
 public:
  explicit PairedCase(const SeedDistances& d) : n_(d.first), kernel_(paired_kernel(d)) {
    for (const auto* part : {&d.across, &d.within_first, &d.within_second})
      scale_ = std::accumulate(part->begin(), part->end(), scale_);
  }
  std::size_t items() const { return n_; }
  double distinct() const { return std::ldexp(1.0, static_cast<int>(n_) - 1); }
  BlockRow statistic(const Labels& z) const { return lower_form(kernel_, z); }
  double scale() const { return scale_; }
  void observe(Labels& z) const {
    for (auto& row : z) row.fill(1.0);
  }
  /// Relabeling `index` of the distinct ones: the first seed keeps its labels.
  void enumerate(Labels& z, std::size_t c, std::uint64_t index) {
    for (std::size_t s = 0; s < n_; ++s) z[s][c] = s > 0 && (index >> (s - 1) & 1) ? -1.0 : 1.0;
  }
  void draw(Labels& z, std::uint64_t begin, const RandomKey& key) const {
    draw_signs(z, begin, RandomStream(key));
  }

 private:
  std::size_t n_;
  std::vector<double> kernel_;
  double scale_ = 0.0;
};

/// The statistic of memberships in the first group, E from q = xᵀDx, l = xᵀD1 and 1ᵀD1.
class UnpairedCase {
 public:
  explicit UnpairedCase(const SeedDistances& d)
      : n_(d.first), m_(d.second), pooled_(items() * items()), sums_(items()), order_(items()) {
    for (std::size_t i = 0; i < items(); ++i)
      for (std::size_t j = 0; j < items(); ++j) {
        pooled_[i * items() + j] = entry(d, i, j);
        sums_[i] += pooled_[i * items() + j];
      }
    total_ = sum(sums_);
  }
  std::size_t items() const { return n_ + m_; }
  double distinct() const {
    double count = 1.0;
    for (std::size_t i = 1; i <= n_; ++i)
      count *= static_cast<double>(m_ + i) / static_cast<double>(i);
    return n_ == m_ ? count / 2.0 : count;
  }
  BlockRow statistic(const Labels& x) const {
    const auto n = static_cast<double>(n_);
    const auto m = static_cast<double>(m_);
    BlockRow result = lower_form(pooled_, x);
    const BlockRow linear = linear_form(sums_, x);
    for (std::size_t c = 0; c < k_block; ++c) {
      const double q = 2.0 * result[c];
      result[c] = 2.0 * (linear[c] - q) / (n * m) - q / (n * (n - 1.0)) -
                  (total_ - 2.0 * linear[c] + q) / (m * (m - 1.0));
    }
    return result;
  }
  double scale() const { return total_; }
  void observe(Labels& x) const {
    for (std::size_t i = 0; i < items(); ++i) x[i].fill(i < n_ ? 1.0 : 0.0);
  }
  /// Subsets of size n in the order of their bit patterns; of two halves the one with item 0.
  void enumerate(Labels& x, std::size_t c, std::uint64_t index) {
    const std::size_t fixed = n_ == m_ ? 1 : 0;
    if (index == 0) subset_ = (std::uint64_t{1} << (n_ - fixed)) - 1;
    const std::uint64_t subset = subset_ << fixed | fixed;
    for (std::size_t i = 0; i < items(); ++i) x[i][c] = static_cast<double>(subset >> i & 1);
    const std::uint64_t lowest = subset_ & -subset_;  // next pattern with as many bits
    const std::uint64_t carried = subset_ + lowest;
    if (lowest != 0) subset_ = ((subset_ ^ carried) >> 2) / lowest | carried;
  }
  void draw(Labels& x, std::uint64_t begin, const RandomKey& key) {
    if (!draws_) draws_.emplace(key, n_);
    for (auto& row : x) row.fill(0.0);
    for (std::size_t c = 0; c < k_block; ++c) {
      draws_->start(begin + c);
      std::iota(order_.begin(), order_.end(), std::size_t{0});
      for (std::size_t i = 0; i < n_; ++i) {
        std::swap(order_[i], order_[i + draws_->below(i, static_cast<std::uint32_t>(items() - i))]);
        x[order_[i]][c] = 1.0;
      }
    }
  }

 private:
  double entry(const SeedDistances& d, std::size_t i, std::size_t j) const {
    if (i < n_) return j < n_ ? d.within_first[i * n_ + j] : d.across[i * m_ + j - n_];
    return j < n_ ? d.across[j * m_ + i - n_] : d.within_second[(i - n_) * m_ + j - n_];
  }

  std::size_t n_, m_;
  std::vector<double> pooled_, sums_;
  std::vector<std::size_t> order_;
  double total_ = 0.0;
  std::uint64_t subset_ = 0;
  std::optional<Draws> draws_;
};

/// How many of `total` relabelings reach the observed statistic; fill(labels, begin, count) sets
/// the columns of relabelings `begin` on, of which `count` are looked at.
template <class Case, class Fill>
std::uint64_t count_reaching(const Case& test, std::uint64_t total, double threshold,
                             const Fill& fill) {
  Labels labels(test.items(), BlockRow{});
  std::uint64_t reaching = 0;
  for (std::uint64_t begin = 0; begin < total; begin += k_block) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(k_block, total - begin));
    fill(labels, begin, count);
    const BlockRow statistic = test.statistic(labels);
    for (std::size_t c = 0; c < count; ++c) reaching += statistic[c] >= threshold ? 1 : 0;
  }
  return reaching;
}

template <class Case>
PermutationResult run(Case test, double statistic, int permutations, const RandomKey& key) {
  Labels labels(test.items(), BlockRow{});
  test.observe(labels);
  const double threshold = test.statistic(labels)[0] - k_rounding * test.scale();
  const double most = static_cast<double>(permutations) + 1.0;
  const bool exact = test.distinct() <= most && test.items() <= k_most_enumerated_items;
  std::uint64_t reaching = 0;
  std::uint64_t total = 0;
  if (exact) {
    total = static_cast<std::uint64_t>(std::llround(test.distinct()));
    reaching = count_reaching(test, total, threshold,
                              [&](Labels& x, std::uint64_t begin, std::size_t count) {
                                for (std::size_t c = 0; c < count; ++c) test.enumerate(x, c, begin + c);
                              });
  } else {
    total = static_cast<std::uint64_t>(permutations) + 1;
    reaching = 1 + count_reaching(test, total - 1, threshold,
                                  [&](Labels& x, std::uint64_t begin, std::size_t) { test.draw(x, begin, key); });
  }
  const auto all = static_cast<double>(total);
  return {statistic, static_cast<double>(reaching) / all, 1.0 / all, total, exact};
}

}  // namespace

PermutationResult permutation_test(const SeedDistances& d, int permutations, const RandomKey& key) {
  if (permutations < 1)
    throw Error("permutation test: needs at least 1 permutation, not " +
                std::to_string(permutations));
  if (d.first < 2 || d.second < 2) return {k_none, k_none, k_none, 0, false};
  const double statistic = energy_statistic(d);
  return d.paired ? run(PairedCase(d), statistic, permutations, key)
                  : run(UnpairedCase(d), statistic, permutations, key);
}

}  // namespace equikoop
