// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/binomial.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace equikoop {
namespace {

TEST(BinomialRate, HasTheExactInterval) {
  const auto none = binomial_rate(0, 10);
  EXPECT_EQ(none.share, 0.0);
  EXPECT_EQ(none.low, 0.0);
  EXPECT_NEAR(none.high, 1.0 - std::pow(0.025, 0.1), 1e-12);
  const auto all = binomial_rate(10, 10);
  EXPECT_NEAR(all.low, std::pow(0.025, 0.1), 1e-12);
  EXPECT_EQ(all.high, 1.0);
  const auto some = binomial_rate(5, 100);  // published tables: 1.64 % to 11.28 %
  EXPECT_NEAR(some.low, 0.0164, 5e-5);
  EXPECT_NEAR(some.high, 0.1128, 5e-5);
}

TEST(BinomialRate, OfNoTrialsIsNoNumber) { EXPECT_TRUE(std::isnan(binomial_rate(0, 0).share)); }

}  // namespace
}  // namespace equikoop
