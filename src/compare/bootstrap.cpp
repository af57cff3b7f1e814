// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/bootstrap.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <string>

#include "equikoop/base/error.hpp"
#include "labels.hpp"
#include "sums.hpp"

namespace equikoop {
namespace {

using namespace detail;

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// By bisection: exact to rounding where it matters, and only a few are needed for an interval.
double normal_quantile(double p) {
  double low = -9.0;
  double high = 9.0;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// The normal score of an end at share p, moved outwards for few seeds: a bootstrap of n spreads less
/// than its estimate by √((n − 1)/n), and the tails of the estimate are Student's. Hesterberg, Am.
/// Stat. 69 (2015) 371, section 5.3.
double expanded_quantile(double p, double n) {
  const boost::math::students_t student(n - 1.0);
  return std::sqrt(n / (n - 1.0)) * boost::math::quantile(student, p);
}

/// Linear interpolation between order statistics at (n − 1)·p; puts `values` in another order.
double quantile(std::vector<double>& values, double p) {
  const double position = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto at = values.begin() + below;
  std::nth_element(values.begin(), at, values.end());
  const double above = at + 1 == values.end() ? *at : *std::min_element(at + 1, values.end());
  return *at + (position - static_cast<double>(below)) * (above - *at);
}

/// Times that each seed is drawn in a block of resamples; whole numbers fit a first-level cache.
using Times = std::vector<std::array<std::uint16_t, k_block>>;

/// x[s, c] = times that seed s is drawn in resample `begin` + c.
void draw(Labels& x, Times& times, std::uint64_t begin, Draws& draws) {
  const auto n = static_cast<std::uint32_t>(x.size());
  times.assign(n, {});
  for (std::size_t c = 0; c < k_block; ++c) {
    draws.start(begin + c);
    for (std::uint32_t i = 0; i < n; ++i) ++times[draws.below(i, n)][c];
  }
  for (std::size_t s = 0; s < n; ++s) std::copy(times[s].begin(), times[s].end(), x[s].begin());
}

/// Σ_{s≠t} x_s x_t of each column: the weight of pairs of different seeds.
BlockRow pair_weight(const Labels& x) {
  BlockRow squares{};
  const auto n = static_cast<double>(x.size());
  for (const auto& row : x)
    for (std::size_t c = 0; c < k_block; ++c) squares[c] += row[c] * row[c];
  for (double& s : squares) s = n * n - s;
  return squares;
}

/// Mean of d over pairs of different seeds in each column; not finite where there is none.
BlockRow mean_of_different(const std::vector<double>& d, const Labels& x) {
  BlockRow mean = lower_form(d, x);
  const BlockRow weight = pair_weight(x);
  for (std::size_t c = 0; c < k_block; ++c) mean[c] *= 2.0 / weight[c];
  return mean;
}

/// Effects of the resamples.
std::vector<double> resampled_effects(const SeedDistances& d, int resamples, RandomKey key) {
  const auto kernel = d.paired ? paired_kernel(d) : std::vector<double>{};
  Labels x(d.first), y(d.paired ? 0 : d.second);
  Times times;
  Draws first(key, d.first);
  key.initial = 1;
  Draws second(key, d.second);
  const auto total = static_cast<std::size_t>(resamples);
  const double weight = 2.0 / (static_cast<double>(d.first) * static_cast<double>(d.second));
  std::vector<double> effects;
  for (std::size_t begin = 0; begin < total; begin += k_block) {
    draw(x, times, begin, first);
    BlockRow effect;
    if (d.paired) {
      effect = mean_of_different(kernel, x);
    } else {
      draw(y, times, begin, second);
      effect = bilinear_form(d.across, x, y);
      const BlockRow a = mean_of_different(d.within_first, x);
      const BlockRow b = mean_of_different(d.within_second, y);
      for (std::size_t c = 0; c < k_block; ++c) effect[c] = weight * effect[c] - a[c] - b[c];
    }
    for (std::size_t c = 0; c < std::min(k_block, total - begin); ++c)
      if (std::isfinite(effect[c])) effects.push_back(effect[c]);
  }
  return effects;
}

/// Sums of squares and cubes of the influence of each seed, by the jackknife.
struct Influence {
  double squares = 0.0;
  double cubes = 0.0;
  void add(const std::vector<double>& left_out) {
    const auto n = static_cast<double>(left_out.size());
    const double centre = mean(left_out);
    for (double value : left_out) {
      const double u = (n - 1.0) * (centre - value) / n;  // per sample: sizes may differ
      squares += u * u;
      cubes += u * u * u;
    }
  }
  double acceleration() const {
    return squares > 0.0 ? cubes / (6.0 * std::pow(squares, 1.5)) : 0.0;
  }
};

/// Mean of a symmetric (n, n) matrix without diagonal, over pairs of different seeds, with each seed
/// left out in turn.
std::vector<double> means_without(const std::vector<double>& d, std::size_t n) {
  auto values = row_sums(d, n, n);
  const double total = sum(values);
  const auto left = static_cast<double>(n - 1);
  for (double& v : values) v = (total - 2.0 * v) / (left * (left - 1.0));
  return values;
}

/// Unpaired effects with each of n seeds left out, but for the mean within the other configuration,
/// which is the same in all; across (seed of this one, seed of the other) has element strides.
std::vector<double> effects_without(const std::vector<double>& within, std::size_t n,
                                    const std::vector<double>& across, std::size_t m,
                                    std::size_t stride, std::size_t other_stride) {
  auto effects = means_without(within, n);
  const double total = sum(across);
  for (std::size_t s = 0; s < n; ++s) {
    double gone = 0.0;
    for (std::size_t t = 0; t < m; ++t) gone += across[s * stride + t * other_stride];
    effects[s] = 2.0 * (total - gone) / static_cast<double>((n - 1) * m) - effects[s];
  }
  return effects;
}

double acceleration(const SeedDistances& d) {
  const std::size_t n = d.first;
  const std::size_t m = d.second;
  Influence influence;
  if (d.paired) {
    influence.add(means_without(paired_kernel(d), n));
  } else {
    influence.add(effects_without(d.within_first, n, d.across, m, m, 1));
    influence.add(effects_without(d.within_second, m, d.across, n, 1, m));
  }
  return influence.acceleration();
}

/// Normal score of the share of resamples below the effect, ties by half; kept finite.
double bias(const std::vector<double>& effects, double effect) {
  const auto below = std::count_if(effects.begin(), effects.end(), [&](double e) { return e < effect; });
  const auto upto = std::count_if(effects.begin(), effects.end(), [&](double e) { return e <= effect; });
  const auto n = static_cast<double>(effects.size());
  const double share = 0.5 * static_cast<double>(below + upto) / n;
  return normal_quantile(std::clamp(share, 0.5 / n, 1.0 - 0.5 / n));
}

}  // namespace

Interval effect_interval(const SeedDistances& d, int resamples, double level,
                         const RandomKey& key) {
  if (resamples < 1)
    throw Error("bootstrap: needs at least 1 resample, not " + std::to_string(resamples));
  if (std::min(d.first, d.second) < k_fewest_resampled_seeds) return {k_none, k_none};
  auto effects = resampled_effects(d, resamples, key);
  if (effects.empty()) return {k_none, k_none};
  const double shift = bias(effects, energy_statistic(d));
  const double bend = acceleration(d);
  const auto seeds = static_cast<double>(std::min(d.first, d.second));
  const auto end = [&](double p) {
    const double z = shift + expanded_quantile(p, seeds);
    return quantile(effects, normal_cdf(shift + z / std::max(1.0 - bend * z, 0.1)));
  };
  return {end(0.5 - 0.5 * level), end(0.5 + 0.5 * level)};
}

}  // namespace equikoop
