// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/containment_test.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "labels.hpp"
#include "sums.hpp"

namespace equikoop {
namespace {

using namespace detail;

constexpr double k_rounding = 1e-13;  // of the sum of scores: labels that differ by it are ties
constexpr std::size_t k_fewest = 3;   // seeds whose jackknife has a spread
constexpr std::size_t k_most_enumerated = 40;

using Scores = std::vector<double>;

/// Σ over sources s of each target's column, the target's own seed left out where there is one.
Scores target_sums(const std::vector<double>& d, std::size_t rows, std::size_t columns, bool own) {
  Scores sums(columns, 0.0);
  for (std::size_t s = 0; s < rows; ++s)
    for (std::size_t t = 0; t < columns; ++t)
      if (!own || s != t) sums[t] += d[s * columns + t];
  return sums;
}

double at(const OneSidedDistances& d, std::size_t s, std::size_t t) {
  return d.across[s * d.second + t];
}

/// Scores of both kinds of targets.
struct Targets {
  Scores own, other;
  double excess() const { return mean(other) - mean(own); }
};

Targets targets(const OneSidedDistances& d) {
  Targets result{target_sums(d.within, d.first, d.first, true),
                 target_sums(d.across, d.first, d.second, d.paired)};
  const auto sources = static_cast<double>(d.first);
  for (double& score : result.own) score /= sources - 1.0;
  for (double& score : result.other) score /= d.paired ? sources - 1.0 : sources;
  return result;
}

/// The excess without seed s of the first configuration, and of the second too if paired.
Scores without_sources(const OneSidedDistances& d) {
  const std::size_t n = d.first, m = d.second;
  double own = 0.0, other = 0.0;
  for (std::size_t s = 0; s < n; ++s) {
    for (std::size_t t = 0; t < n; ++t) own += s != t ? d.within[s * n + t] : 0.0;
    for (std::size_t t = 0; t < m; ++t) other += !d.paired || s != t ? at(d, s, t) : 0.0;
  }
  const auto left = static_cast<double>(n - 1);
  Scores values;
  for (std::size_t s = 0; s < n; ++s) {
    double own_left = own, other_left = other;
    for (std::size_t t = 0; t < n; ++t)
      if (s != t) own_left -= d.within[s * n + t] + d.within[t * n + s];
    for (std::size_t t = 0; t < m; ++t)
      if (!d.paired || s != t) other_left -= at(d, s, t) + (d.paired ? at(d, t, s) : 0.0);
    const double pairs = left * (left - 1.0);
    values.push_back(other_left / (d.paired ? pairs : left * static_cast<double>(m)) -
                     own_left / pairs);
  }
  return values;
}

/// The excess without each target of the second configuration.
Scores without_targets(const Targets& scores) {
  const double own = mean(scores.own);
  const double total = sum(scores.other);
  Scores values;
  for (double score : scores.other)
    values.push_back((total - score) / static_cast<double>(scores.other.size() - 1) - own);
  return values;
}

double upper_bound(const OneSidedDistances& d, const Targets& scores, double alpha) {
  double variance = jackknife_variance(without_sources(d));
  if (!d.paired) variance += jackknife_variance(without_targets(scores));
  const auto freedom = static_cast<double>(std::min(d.first, d.second) - 1);
  const boost::math::students_t student(freedom);
  return scores.excess() + boost::math::quantile(student, 1.0 - alpha) * std::sqrt(variance);
}

struct Count {
  std::uint64_t reaching, total;
};

/// The signs of relabelings `begin`, `begin` + 1, ... of all there are.
void enumerate_signs(Labels& signs, std::uint64_t begin) {
  std::array<std::uint64_t, k_block> words;
  std::iota(words.begin(), words.end(), begin);
  set_signs(signs, 0, words);
}

/// Signs on the differences of each seed.
Count count_signs(const Targets& scores, int permutations, const RandomKey& key) {
  const std::size_t n = scores.own.size();
  Scores flipped(n);  // the differences where a set bit means a swap
  double observed = 0.0, scale = 0.0;
  for (std::size_t t = 0; t < n; ++t) {
    flipped[t] = scores.own[t] - scores.other[t];
    observed -= flipped[t];
    scale += std::abs(scores.other[t]) + std::abs(scores.own[t]);
  }
  const double threshold = observed - k_rounding * scale;
  const bool exact = n <= k_most_enumerated && std::ldexp(1.0, static_cast<int>(n)) <= permutations + 1.0;
  const std::uint64_t drawn = exact ? std::uint64_t{1} << n : static_cast<std::uint64_t>(permutations);
  const RandomStream stream(key);
  Count count{exact ? 0U : 1U, exact ? drawn : drawn + 1};
  Labels signs(n);
  for (std::uint64_t begin = 0; begin < drawn; begin += k_block) {
    if (exact)
      enumerate_signs(signs, begin);
    else
      draw_signs(signs, begin, stream);
    const auto sums = linear_form(flipped, signs);
    const auto columns = std::min<std::uint64_t>(k_block, drawn - begin);
    for (std::size_t c = 0; c < columns; ++c) count.reaching += sums[c] >= threshold ? 1 : 0;
  }
  return count;
}

/// Random divisions of the pooled scores: their number is too large to enumerate but for few seeds,
/// where the observed one is counted as well.
Count count_splits(const Targets& scores, int permutations, const RandomKey& key) {
  Scores pooled = scores.other;
  pooled.insert(pooled.end(), scores.own.begin(), scores.own.end());
  const std::size_t m = scores.other.size();
  const double total = sum(pooled);
  const double threshold =
      sum(scores.other) - k_rounding * std::abs(total);
  Draws draws(key, m);
  Count count{1, static_cast<std::uint64_t>(permutations) + 1};
  for (std::uint64_t i = 1; i < count.total; ++i) {
    draws.start(i);
    double sum = 0.0;
    for (std::size_t k = 0; k < m; ++k) {
      const auto left = static_cast<std::uint32_t>(pooled.size() - k);
      std::swap(pooled[k], pooled[k + draws.below(k, left)]);
      sum += pooled[k];
    }
    count.reaching += sum >= threshold ? 1 : 0;
  }
  return count;
}

double mean_distance(const OneSidedDistances& d) {
  if (!d.paired) return mean(d.across);
  double total = 0.0;
  for (std::size_t s = 0; s < d.first; ++s) total += at(d, s, s);
  return total / static_cast<double>(d.first);
}

}  // namespace

ContainmentResult containment_test(const OneSidedDistances& d, int permutations, double alpha,
                                   const RandomKey& key) {
  ContainmentResult result{k_none, k_none, k_none, k_none, k_none, k_none};
  if (d.first == 0 || d.second == 0) return result;
  result.distance = mean_distance(d);
  if (std::min(d.first, d.second) < k_fewest) return result;
  const Targets scores = targets(d);
  const Count count = d.paired ? count_signs(scores, permutations, key)
                               : count_splits(scores, permutations, key);
  result.floor = mean(scores.own);
  result.excess = scores.excess();
  result.excess_high = upper_bound(d, scores, alpha);
  result.p_value = static_cast<double>(count.reaching) / static_cast<double>(count.total);
  result.smallest_p = 1.0 / static_cast<double>(count.total);
  return result;
}

}  // namespace equikoop
