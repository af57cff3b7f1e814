// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/multiple_testing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace equikoop {
namespace {

constexpr double k_none = std::numeric_limits<double>::quiet_NaN();

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-15) << i;
}

TEST(BenjaminiHochberg, AgreesWithAHandComputedExample) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005, 0.5};
  // Sorted 0.005 0.01 0.03 0.04 0.5: times 5/rank 0.025 0.025 0.05 0.05 0.5.
  expect_near(benjamini_hochberg(p), {0.025, 0.05, 0.05, 0.025, 0.5});
}

TEST(BenjaminiHochberg, TakesTheLeastOfLargerRanks) {
  // Sorted 0.03 0.04 0.045: times 3/rank 0.09 0.06 0.045, so all are 0.045.
  const std::vector<double> p{0.045, 0.03, 0.04};
  expect_near(benjamini_hochberg(p), {0.045, 0.045, 0.045});
}

TEST(BenjaminiHochberg, DoesNotCountTestsThatAreNot) {
  const std::vector<double> p{0.01, k_none, 0.5};
  const auto adjusted = benjamini_hochberg(p);
  EXPECT_NEAR(adjusted[0], 0.02, 1e-15);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_EQ(adjusted[2], 0.5);
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

TEST(Holm, AgreesWithAHandComputedExample) {
  // Sorted 0.005 0.01 0.03 0.04: times 4, 3, 2, 1 is 0.02 0.03 0.06 0.04, made monotone.
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  expect_near(holm(p), {0.03, 0.06, 0.06, 0.02});
  const std::vector<double> large{0.9, 0.8};
  expect_near(holm(large), {1.0, 1.0});
}

}  // namespace
}  // namespace equikoop
