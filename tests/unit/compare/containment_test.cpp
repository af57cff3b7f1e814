// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/containment_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "equikoop/compare/set_distances.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using test::noisy_seeds;
using Spectra = std::vector<WeightedSpectrum>;

OneSidedDistances one_sided(const Spectra& a, const Spectra& b, bool paired) {
  OneSidedDistances d{a.size(), b.size(), paired, {}, {}};
  for (const auto& from : a) {
    for (const auto& to : b) d.across.push_back(containment(from, to));
    for (const auto& to : a) d.within.push_back(containment(from, to));
  }
  return d;
}

RandomKey key(std::uint64_t item) { return {77, Stream::containment_test, 0, 0, item}; }

/// A factor of 3 values and its extension of 5; the factor's are moved off the real line by `shift`.
OneSidedDistances factor_and_extension(std::uint64_t item, double shift, bool paired) {
  auto factor = noisy_seeds(10, 3, 0.02, 0.0, 2 * item);
  for (auto& spectrum : factor)
    for (auto& value : spectrum.values) value += std::complex<double>(0.0, shift);
  return one_sided(factor, noisy_seeds(10, 5, 0.02, 0.0, 2 * item + 1), paired);
}

TEST(ContainmentTest, RejectsAFactorInItsExtensionAtAboutTheNominalRate) {
  // 400 studies at α = 0.05: the central 95 % of Binomial(400, 0.05) is 12 to 29.
  for (const bool paired : {true, false}) {
    int rejected = 0;
    for (std::uint64_t item = 0; item < 400; ++item)
      rejected += containment_test(factor_and_extension(item, 0.0, paired), 199, 0.05, key(item)).p_value <= 0.05;
    EXPECT_GE(rejected, 12) << paired;
    EXPECT_LE(rejected, 29) << paired;
  }
}

TEST(ContainmentTest, RejectsWhatIsNotContained) {
  for (const bool paired : {true, false})
    for (std::uint64_t item = 0; item < 20; ++item) {
      const auto out = factor_and_extension(item, 0.08, paired);
      EXPECT_LT(containment_test(out, 999, 0.05, key(item)).p_value, 0.01);
      const auto back = one_sided(noisy_seeds(10, 5, 0.02, 0.0, 2 * item),
                                  noisy_seeds(10, 3, 0.02, 0.0, 2 * item + 1), paired);
      EXPECT_LT(containment_test(back, 999, 0.05, key(item)).p_value, 0.01);
    }
}

TEST(ContainmentTest, UpperBoundFailsAtAboutItsLevel) {
  for (const bool paired : {true, false}) {
    double mean = 0.0;
    std::vector<double> bounds;
    for (std::uint64_t item = 0; item < 400; ++item) {
      const auto r = containment_test(factor_and_extension(item, 0.01, paired), 1, 0.05, key(item));
      mean += r.excess / 400.0;
      bounds.push_back(r.excess_high);
    }
    int below = 0;
    for (const double bound : bounds) below += bound < mean ? 1 : 0;
    EXPECT_LE(below, 29) << paired;  // at most the 97.5 % point of Binomial(400, 0.05)
    EXPECT_GE(below, 4) << paired;
  }
}

TEST(ContainmentTest, EnumeratesTheSwapsOfFewPairs) {
  const auto d = factor_and_extension(1, 0.01, true);
  const auto exact = containment_test(d, 1023, 0.05, key(1));
  EXPECT_EQ(exact.smallest_p, 1.0 / 1024.0);
  const auto drawn = containment_test(d, 900, 0.05, key(1));
  EXPECT_NEAR(drawn.p_value, exact.p_value, 4.0 * std::sqrt(exact.p_value / 900.0) + 1.0 / 901.0);
  EXPECT_EQ(exact.excess, drawn.excess);
}

TEST(ContainmentTest, IsExactlyZeroOfIdenticalSpectra) {
  const auto a = noisy_seeds(6, 4, 0.02, 0.0, 9);
  const auto r = containment_test(one_sided(a, a, true), 99, 0.05, key(1));
  EXPECT_EQ(r.excess, 0.0);
  EXPECT_EQ(r.excess_high, 0.0);
  EXPECT_EQ(r.p_value, 1.0);
  EXPECT_EQ(r.distance, 0.0);
}

TEST(ContainmentTest, NeedsThreeSeeds) {
  const auto r = containment_test(one_sided(noisy_seeds(2, 3, 0.1, 0.0, 1), noisy_seeds(2, 3, 0.1, 0.0, 2), true),
                                  99, 0.05, key(1));
  EXPECT_TRUE(std::isfinite(r.distance));
  EXPECT_TRUE(std::isnan(r.p_value));
  EXPECT_TRUE(std::isnan(r.excess_high));
}

}  // namespace
}  // namespace equikoop
