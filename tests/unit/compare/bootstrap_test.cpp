// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using test::noisy_seeds;
using test::seed_distances;

RandomKey key(std::uint64_t item) {
  return {7, Stream::bootstrap, 0, 0, item};
}

/// Seeds with one real eigenvalue, normal(shift, 1): E is known on paper.
std::vector<WeightedSpectrum> normal_seeds(std::size_t seeds, double shift, std::uint64_t item) {
  std::vector<WeightedSpectrum> all(seeds);
  for (std::size_t s = 0; s < seeds; ++s)
    all[s].values = {shift + test::numbers(item + 5000000).normal(s)};
  return all;
}

/// 2 E|X − Y| − E|X − X'| − E|Y − Y'| of normals a shift apart; X − Y is normal(shift, √2).
double true_effect(double shift) {
  const double pi = std::acos(-1.0);
  const double folded =
      2.0 / std::sqrt(pi) * std::exp(-shift * shift / 4.0) + shift * std::erf(shift / 2.0);
  return 2.0 * folded - 4.0 / std::sqrt(pi);
}

struct Coverage {
  int low = 0;   ///< studies whose lower end is at or under the truth
  int high = 0;  ///< upper end at or above it
};

Coverage coverage(bool paired, double shift, std::size_t seeds, int studies) {
  Coverage count;
  for (int study = 0; study < studies; ++study) {
    const auto item = static_cast<std::uint64_t>(2 * study);
    const auto d = seed_distances(normal_seeds(seeds, 0.0, item),
                                  normal_seeds(seeds, shift, item + 1), paired);
    const auto interval = effect_interval(d, 399, 0.9, key(item));
    count.low += interval.low <= true_effect(shift) ? 1 : 0;
    count.high += interval.high >= true_effect(shift) ? 1 : 0;
  }
  return count;
}

TEST(Bootstrap, EndsCoverTheTrueEffectAtAboutTheirLevel) {
  // Each end is a bound at 95 %. Of 300 studies 95 % are 285, and 4 binomial standard deviations
  // 15; BCa is right to O(1/n) only, which the further 3 % allow for.
  for (const bool paired : {true, false}) {
    const auto count = coverage(paired, 2.0, 15, 300);
    EXPECT_GE(count.low, 261);
    EXPECT_GE(count.high, 261);
    EXPECT_LT(count.low + count.high, 600);
  }
}

TEST(Bootstrap, UpperEndIsConservativeWhereNothingDiffers) {
  for (const bool paired : {true, false}) EXPECT_GE(coverage(paired, 0.0, 15, 300).high, 285 - 15);
}

TEST(Bootstrap, DoesNotTakeASeedDrawnTwiceForAgreement) {
  // All distances within and across are 1: every resample has E = 0, unless duplicates count as 0.
  const std::size_t n = 8;
  SeedDistances d{n, n, false, std::vector<double>(n * n, 1.0), std::vector<double>(n * n, 1.0),
                  {}};
  for (std::size_t s = 0; s < n; ++s) d.within_first[s * n + s] = 0.0;
  d.within_second = d.within_first;
  for (const bool paired : {true, false}) {
    d.paired = paired;
    const auto interval = effect_interval(d, 199, 0.9, key(1));
    EXPECT_NEAR(interval.low, 0.0, 1e-13);
    EXPECT_NEAR(interval.high, 0.0, 1e-13);
  }
}

TEST(Bootstrap, ContainsTheEstimateAndNarrowsWithSeeds) {
  double width = 1e9;
  for (const std::size_t seeds : {6U, 24U, 96U}) {
    const auto d = seed_distances(noisy_seeds(seeds, 3, 0.1, 0.0, 1),
                                  noisy_seeds(seeds, 3, 0.1, 0.3, 2), false);
    const auto interval = effect_interval(d, 999, 0.9, key(1));
    const double effect = energy_statistic(d);
    EXPECT_LT(interval.low, effect);
    EXPECT_GT(interval.high, effect);
    EXPECT_LT(interval.high - interval.low, width);
    width = interval.high - interval.low;
  }
}

TEST(Bootstrap, OfIdenticalConfigurationsWithoutNoiseIsZero) {
  const auto a = noisy_seeds(6, 3, 0.0, 0.0, 1);
  const auto interval = effect_interval(seed_distances(a, a, true), 199, 0.9, key(1));
  EXPECT_EQ(interval.low, 0.0);
  EXPECT_EQ(interval.high, 0.0);
}

TEST(Bootstrap, NeedsFiveSeeds) {
  const auto d =
      seed_distances(noisy_seeds(4, 3, 0.1, 0.0, 1), noisy_seeds(4, 3, 0.1, 0.0, 2), true);
  EXPECT_TRUE(std::isnan(effect_interval(d, 99, 0.9, key(1)).high));
  EXPECT_THROW(effect_interval(d, 0, 0.9, key(1)), Error);
}

TEST(StandardError, OfTheMeanOverEqualSeedsIsThatOfAMean) {
  // Distances of equal seeds 1, 2, 3: s = 1, standard error 1/√3.
  const std::vector<WeightedSpectrum> a{{{0.0}, {}, {}}, {{0.0}, {}, {}}, {{0.0}, {}, {}}};
  const std::vector<WeightedSpectrum> b{{{1.0}, {}, {}}, {{2.0}, {}, {}}, {{3.0}, {}, {}}};
  const auto mean = mean_across(seed_distances(a, b, true));
  EXPECT_DOUBLE_EQ(mean.mean, 2.0);
  EXPECT_DOUBLE_EQ(mean.error, 1.0 / std::sqrt(3.0));
}

TEST(StandardError, OfTheFloorMatchesItsSpreadOverStudies) {
  double total = 0.0;
  double squares = 0.0;
  double claimed = 0.0;
  const int studies = 400;
  for (std::uint64_t item = 0; item < studies; ++item) {
    const auto a = normal_seeds(20, 0.0, item);
    const auto floor = mean_within(seed_distances(a, a, true).within_first, 20);
    total += floor.mean;
    squares += floor.mean * floor.mean;
    claimed += floor.error * floor.error;
  }
  const double spread = squares / studies - total / studies * total / studies;
  // The jackknife is biased upwards by O(1/n); the spread of 400 studies is known to 7 %.
  EXPECT_NEAR(claimed / studies / spread, 1.05, 0.25);
}

TEST(StandardError, OfAllPairsMatchesItsSpreadOverStudies) {
  double total = 0.0;
  double squares = 0.0;
  double claimed = 0.0;
  const int studies = 400;
  for (std::uint64_t item = 0; item < studies; ++item) {
    const auto d =
        seed_distances(normal_seeds(12, 0.0, 2 * item), normal_seeds(15, 2.0, 2 * item + 1), false);
    const auto mean = mean_across(d);
    total += mean.mean;
    squares += mean.mean * mean.mean;
    claimed += mean.error * mean.error;
  }
  const double spread = squares / studies - total / studies * total / studies;
  EXPECT_NEAR(claimed / studies / spread, 1.05, 0.25);
}

}  // namespace
}  // namespace equikoop
