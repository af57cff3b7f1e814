// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/shuffle_control.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "random_spectra.hpp"

namespace equikoop {
namespace {

using test::random_spectrum;

const RandomKey k_key{1, Stream::permutation_test, 0, 0, 0};

double fraction(const WeightedSpectrum& a, const WeightedSpectrum& b, ShuffleUnit unit,
                int order = 1, int draws = 100) {
  const auto fractions = shuffle_fractions(a, b, order, draws, k_key);
  return unit == ShuffleUnit::eigenvalue ? fractions.alone : fractions.together;
}

/// The definition: swap by every subset of `groups` (bit masks of matched pairs) and recompute.
double by_definition(const WeightedSpectrum& a, const WeightedSpectrum& b, int order,
                     const std::vector<unsigned>& groups) {
  const auto match = optimal_matching(a, b, order);
  const double truth = wasserstein(a, b, order);
  const std::size_t subsets = std::size_t{1} << groups.size();
  std::size_t ties = 0;
  for (std::size_t subset = 0; subset < subsets; ++subset) {
    auto x = a;
    auto y = b;
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (std::size_t i = 0; i < match.size(); ++i)
        if ((subset >> g & 1) && (groups[g] >> i & 1))
          std::swap(x.values[i], y.values[static_cast<std::size_t>(match[i])]);
    ties += truth <= wasserstein(x, y, order) * (1.0 + k_tie_tolerance) ? 1 : 0;
  }
  return static_cast<double>(ties) / static_cast<double>(subsets);
}

std::vector<unsigned> single(std::size_t k) {
  std::vector<unsigned> groups;
  for (std::size_t i = 0; i < k; ++i) groups.push_back(1U << i);
  return groups;
}

/// Conjugate pairs at 2i, 2i + 1.
WeightedSpectrum conjugate_pairs(std::size_t pairs, std::uint64_t item) {
  WeightedSpectrum s;
  for (auto value : random_spectrum(pairs, item).values) {
    value = {value.real(), std::abs(value.imag())};
    s.values.push_back(value);
    s.values.push_back(std::conj(value));
  }
  return s;
}

TEST(ShuffleControl, OfIdenticalSpectraIsOne) {
  for (const std::size_t k : {1, 2, 10, 20}) {
    const auto a = random_spectrum(k, k);
    EXPECT_EQ(fraction(a, a, ShuffleUnit::eigenvalue), 1.0);
    EXPECT_EQ(fraction(a, a, ShuffleUnit::conjugate_pair), 1.0);
  }
}

TEST(ShuffleControl, CountsTiesAsItsDefinitionDoes) {
  for (std::size_t k = 1; k <= 8; ++k)
    for (std::uint64_t item = 0; item < 15; ++item)
      for (int order = 1; order <= 2; ++order) {
        const auto a = random_spectrum(k, item);
        const auto b = random_spectrum(k, item + 50);
        ASSERT_EQ(fraction(a, b, ShuffleUnit::eigenvalue, order),
                  by_definition(a, b, order, single(k)));
      }
}

TEST(ShuffleControl, OfTwoLongParallelPairsIsOneHalf) {
  // The pairs 0–1 and i–(1 + i), i = 0.1: swapping one alone makes both matches 0.1 long.
  const WeightedSpectrum a{{{0.0, 0.0}, {0.0, 0.1}}, {}, {}};
  const WeightedSpectrum b{{{1.0, 0.0}, {1.0, 0.1}}, {}, {}};
  EXPECT_EQ(fraction(a, b, ShuffleUnit::eigenvalue), 0.5);
}

TEST(ShuffleControl, OfWellSeparatedShortPairsIsOne) {
  auto a = random_spectrum(10, 3);
  for (std::size_t i = 0; i < 10; ++i) a.values[i] += 10.0 * static_cast<double>(i);
  auto b = a;
  for (auto& value : b.values) value += 0.1;
  EXPECT_EQ(fraction(a, b, ShuffleUnit::eigenvalue), 1.0);
}

/// Above and below the real axis, so far that pairs match pair to pair: the groups are known.
void expect_pairs_together(std::size_t pairs, std::uint64_t item) {
  auto a = conjugate_pairs(pairs, item);
  auto b = conjugate_pairs(pairs, item + 100);
  std::vector<unsigned> groups;
  for (std::size_t i = 0; i < 2 * pairs; ++i) {
    const double away = i % 2 == 0 ? 3.0 : -3.0;
    a.values[i] += std::complex<double>(0.0, away);
    b.values[i] += std::complex<double>(0.0, away);
    if (i % 2 == 0) groups.push_back(3U << i);
  }
  const double together = fraction(a, b, ShuffleUnit::conjugate_pair);
  ASSERT_EQ(together, by_definition(a, b, 1, groups)) << pairs << " pairs, item " << item;
  if (2 * pairs <= k_most_enumerated_units) {
    EXPECT_GE(together, fraction(a, b, ShuffleUnit::eigenvalue));
  }
}

TEST(ShuffleControl, KeepsConjugatePairsTogether) {
  for (std::uint64_t item = 0; item < 30; ++item) expect_pairs_together(4, item);
}

TEST(ShuffleControl, TakesMorePairsThanFourVectorsHold) {
  for (std::uint64_t item = 0; item < 5; ++item) expect_pairs_together(9, item);
}

TEST(ShuffleControl, DrawnSwapsApproachTheEnumeratedOnes) {
  // The two long parallel pairs beside 18 short ones that never save: still one half.
  WeightedSpectrum a, b;
  a.values = {{0.0, 0.0}, {0.0, 0.1}};
  b.values = {{1.0, 0.0}, {1.0, 0.1}};
  for (int i = 1; i <= 18; ++i) {
    a.values.emplace_back(10.0 * i, 0.0);
    b.values.emplace_back(10.0 * i, 0.01);
  }
  const int draws = 4000;
  // Binomial with p = 1/2: 5 standard deviations.
  EXPECT_NEAR(fraction(a, b, ShuffleUnit::eigenvalue, 1, draws), 0.5, 5 * 0.5 / std::sqrt(draws));
}

TEST(ShuffleControl, NeedsEqualCounts) {
  EXPECT_TRUE(
      std::isnan(fraction(random_spectrum(3, 1), random_spectrum(4, 1), ShuffleUnit::eigenvalue)));
  EXPECT_TRUE(std::isnan(fraction({}, {}, ShuffleUnit::eigenvalue)));
}

}  // namespace
}  // namespace equikoop
