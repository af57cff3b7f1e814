// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/permutation.hpp"

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
  return {7, Stream::permutation_test, 0, 0, item};
}

/// d with the labels of the seeds in `swapped` (bit mask) exchanged.
SeedDistances relabeled(std::vector<WeightedSpectrum> a, std::vector<WeightedSpectrum> b,
                        unsigned swapped) {
  for (std::size_t s = 0; s < a.size(); ++s)
    if (swapped >> s & 1) std::swap(a[s], b[s]);
  return seed_distances(a, b, true);
}

/// Null studies: the share of p ≤ α, with spectra of the same law in both configurations.
double false_positives(bool paired, int studies, std::size_t seeds, double common) {
  int rejected = 0;
  for (int study = 0; study < studies; ++study) {
    const auto item = static_cast<std::uint64_t>(3 * study);
    auto a = noisy_seeds(seeds, 3, 0.1, 0.0, item);
    auto b = noisy_seeds(seeds, 3, 0.1, 0.0, item + 1);
    const auto shared = noisy_seeds(seeds, 3, common, 0.0, item + 2);  // streams of equal seeds
    for (std::size_t s = 0; s < seeds; ++s)
      for (std::size_t i = 0; i < 3; ++i) {
        a[s].values[i] += shared[s].values[i];
        b[s].values[i] += shared[s].values[i];
      }
    const auto test = permutation_test(seed_distances(a, b, paired), 199, key(item));
    rejected += test.p_value <= 0.05 ? 1 : 0;
  }
  return static_cast<double>(rejected) / studies;
}

TEST(Energy, IsTwiceAcrossMinusWithin) {
  // One eigenvalue a seed, a = {0, 1}, b = {5, 7}: across 5, 7, 4, 6, within 1 and 2.
  const std::vector<WeightedSpectrum> a{{{0.0}, {}, {}}, {{1.0}, {}, {}}};
  const std::vector<WeightedSpectrum> b{{{5.0}, {}, {}}, {{7.0}, {}, {}}};
  EXPECT_DOUBLE_EQ(energy_statistic(seed_distances(a, b, false)), 2.0 * 5.5 - 1.0 - 2.0);
  EXPECT_DOUBLE_EQ(energy_statistic(seed_distances(a, b, true)),
                   2.0 * (7.0 + 4.0) / 2.0 - 1.0 - 2.0);
}

TEST(Energy, IsUnbiasedWhereNothingDiffers) {
  double total = 0.0;
  double squares = 0.0;
  const int studies = 300;
  for (std::uint64_t item = 0; item < studies; ++item) {
    const auto e = energy_statistic(seed_distances(
        noisy_seeds(6, 3, 0.1, 0.0, 2 * item), noisy_seeds(6, 3, 0.1, 0.0, 2 * item + 1), false));
    total += e;
    squares += e * e;
  }
  EXPECT_LT(std::abs(total), 4.0 * std::sqrt(squares));  // 4 standard errors of the sum
}

TEST(PairedPermutation, AgreesWithRecomputedStatisticsOfAllSwaps) {
  for (std::uint64_t item = 0; item < 10; ++item) {
    const auto a = noisy_seeds(6, 4, 0.1, 0.0, 2 * item);
    const auto b = noisy_seeds(6, 4, 0.1, 0.05, 2 * item + 1);
    const double observed = energy_statistic(seed_distances(a, b, true));
    int reaching = 0;
    for (unsigned swapped = 0; swapped < 64; ++swapped)
      reaching += energy_statistic(relabeled(a, b, swapped)) >= observed - 1e-12 ? 1 : 0;
    const auto test = permutation_test(seed_distances(a, b, true), 999, key(item));
    EXPECT_TRUE(test.exact);
    EXPECT_EQ(test.relabelings, 32U);
    EXPECT_DOUBLE_EQ(test.p_value, reaching / 64.0);
    EXPECT_DOUBLE_EQ(test.statistic, observed);
    EXPECT_DOUBLE_EQ(test.smallest_p, 1.0 / 32.0);
  }
}

TEST(UnpairedPermutation, AgreesWithRecomputedStatisticsOfAllSplits) {
  for (const std::size_t second : {3U, 4U}) {
    auto all = noisy_seeds(4, 4, 0.1, 0.0, 1);
    const auto b = noisy_seeds(second, 4, 0.1, 0.06, 2);
    const double observed = energy_statistic(seed_distances(all, b, false));
    const auto test = permutation_test(seed_distances(all, b, false), 999, key(1));
    all.insert(all.end(), b.begin(), b.end());
    int reaching = 0;
    int splits = 0;
    for (unsigned subset = 0; subset < 1U << all.size(); ++subset) {
      std::vector<WeightedSpectrum> x, y;
      for (std::size_t i = 0; i < all.size(); ++i) (subset >> i & 1 ? x : y).push_back(all[i]);
      if (x.size() != 4) continue;
      ++splits;
      reaching += energy_statistic(seed_distances(x, y, false)) >= observed - 1e-12 ? 1 : 0;
    }
    EXPECT_TRUE(test.exact);
    EXPECT_EQ(test.relabelings, 35U);  // C(7,4), and C(8,4)/2
    EXPECT_DOUBLE_EQ(test.p_value, static_cast<double>(reaching) / splits);
  }
}

TEST(Permutation, DrawnRelabelingsApproachTheEnumeratedOnes) {
  for (const bool paired : {true, false}) {
    const std::size_t seeds = paired ? 14 : 8;  // 8192 and 6435 relabelings
    const auto d = seed_distances(noisy_seeds(seeds, 3, 0.1, 0.0, 5),
                                  noisy_seeds(seeds, 3, 0.1, 0.02, 6), paired);
    const auto exact = permutation_test(d, 8191, key(1));
    const auto drawn = permutation_test(d, 4000, key(1));
    EXPECT_TRUE(exact.exact);
    EXPECT_FALSE(drawn.exact);
    EXPECT_EQ(drawn.relabelings, 4001U);
    const double p = exact.p_value;
    EXPECT_NEAR(drawn.p_value, p, 4.0 * std::sqrt(p * (1.0 - p) / 4000.0) + 1.0 / 4001.0);
  }
}

TEST(Permutation, RejectsAtTheNominalRateWhereNothingDiffers) {
  // 400 studies at α = 0.05: the central 95 % of Binomial(400, 0.05) is 12 to 29.
  const double paired = false_positives(true, 400, 10, 0.1);
  const double unpaired = false_positives(false, 400, 8, 0.0);
  EXPECT_GE(paired, 12.0 / 400.0);
  EXPECT_LE(paired, 29.0 / 400.0);
  EXPECT_GE(unpaired, 12.0 / 400.0);
  EXPECT_LE(unpaired, 29.0 / 400.0);
}

TEST(Permutation, RejectsSeparatedConfigurationsAlways) {
  for (const bool paired : {true, false})
    for (std::uint64_t item = 0; item < 50; ++item) {
      const auto d = seed_distances(noisy_seeds(10, 5, 0.02, 0.0, 2 * item),
                                    noisy_seeds(10, 5, 0.02, 0.05, 2 * item + 1), paired);
      EXPECT_LT(permutation_test(d, 999, key(item)).p_value, 0.05);
    }
}

TEST(PairedPermutation, IsNotBlindedByTheStreamsThatSeedsShare) {
  // Equal seeds are close to each other, but the configurations differ by a shift.
  const auto a = noisy_seeds(10, 3, 0.02, 0.0, 1);
  auto b = a;
  for (auto& spectrum : b)
    for (auto& value : spectrum.values) value += 0.03;
  EXPECT_LT(permutation_test(seed_distances(a, b, true), 999, key(1)).p_value, 0.01);
}

TEST(PairedPermutation, OfIdenticalSpectraTiesEverywhere) {
  const auto a = noisy_seeds(12, 3, 0.1, 0.0, 1);
  EXPECT_EQ(permutation_test(seed_distances(a, a, true), 99, key(1)).p_value, 1.0);
}

TEST(Permutation, TakesMoreThan64Seeds) {
  const auto d =
      seed_distances(noisy_seeds(70, 1, 0.1, 0.0, 1), noisy_seeds(70, 1, 0.1, 0.2, 2), true);
  EXPECT_DOUBLE_EQ(permutation_test(d, 199, key(1)).p_value, 1.0 / 200.0);
}

TEST(Permutation, NeedsTwoSeeds) {
  const auto d =
      seed_distances(noisy_seeds(1, 3, 0.1, 0.0, 1), noisy_seeds(1, 3, 0.1, 0.0, 2), true);
  EXPECT_TRUE(std::isnan(permutation_test(d, 99, key(1)).p_value));
  EXPECT_TRUE(std::isnan(permutation_test(d, 99, key(1)).statistic));
  EXPECT_THROW(permutation_test(d, 0, key(1)), Error);
}

}  // namespace
}  // namespace equikoop
