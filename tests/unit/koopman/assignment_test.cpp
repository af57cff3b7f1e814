// SPDX-License-Identifier: BSD-3-Clause
// The optimal assignment against enumeration of all permutations and cases known on paper.
#include "equikoop/base/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "equikoop/base/random.hpp"

namespace equikoop {
namespace {

double total(const std::vector<double>& cost, const std::vector<int>& columns) {
  const std::size_t n = columns.size();
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += cost[i * n + static_cast<std::size_t>(columns[i])];
  return sum;
}

double cheapest_by_enumeration(const std::vector<double>& cost, std::size_t n) {
  std::vector<int> columns(n);
  std::iota(columns.begin(), columns.end(), 0);
  double best = std::numeric_limits<double>::infinity();
  do best = std::min(best, total(cost, columns));
  while (std::next_permutation(columns.begin(), columns.end()));
  return best;
}

bool is_permutation_of_indices(std::vector<int> columns) {
  std::sort(columns.begin(), columns.end());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] != static_cast<int>(i)) return false;
  }
  return true;
}

TEST(Assignment, IsAsCheapAsTheBestOfAllPermutations) {
  for (std::size_t n = 1; n <= 7; ++n) {
    for (std::uint64_t trial = 0; trial < 40; ++trial) {
      const RandomStream stream({.study_seed = 5, .stream = Stream::synthetic_data, .item = trial});
      std::vector<double> cost(n * n);
      for (std::size_t e = 0; e < cost.size(); ++e) cost[e] = stream.uniform(e, -1.0, 1.0);
      const auto columns = assign(cost, n);
      ASSERT_TRUE(is_permutation_of_indices(columns));
      // n additions of numbers below 1 in two orders.
      EXPECT_NEAR(total(cost, columns), cheapest_by_enumeration(cost, n), 1e-14 * double(n));
    }
  }
}

TEST(Assignment, IsAsCheapAsTheBestWhereManyCostsTie) {
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    const RandomStream stream({.study_seed = 6, .stream = Stream::synthetic_data, .item = trial});
    std::vector<double> cost(36);
    for (std::size_t e = 0; e < cost.size(); ++e) cost[e] = double(stream.below(e, 3));
    const auto columns = assign(cost, 6);
    ASSERT_TRUE(is_permutation_of_indices(columns));
    EXPECT_EQ(total(cost, columns), cheapest_by_enumeration(cost, 6));
  }
}

TEST(Assignment, FindsAHiddenPermutationOfThreeHundred) {
  const std::size_t n = 300;
  const RandomStream stream({.study_seed = 7, .stream = Stream::synthetic_data});
  const auto hidden = stream.permutation(n);
  std::vector<double> cost(n * n);
  for (std::size_t e = 0; e < cost.size(); ++e) cost[e] = 1.0 + stream.uniform(e);
  for (std::size_t i = 0; i < n; ++i) cost[i * n + hidden[i]] = 0.5;
  const auto columns = assign(cost, n);
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(columns[i], static_cast<int>(hidden[i]));
}

TEST(Assignment, OfNothingIsNothing) {
  EXPECT_TRUE(assign({}, 0).empty());
}

TEST(Assignment, RefusesCostsThatAreNotFinite) {
  const std::vector<double> cost{0.0, 1.0, std::numeric_limits<double>::quiet_NaN(), 0.0};
  EXPECT_THROW(assign(cost, 2), Error);
}

}  // namespace
}  // namespace equikoop
