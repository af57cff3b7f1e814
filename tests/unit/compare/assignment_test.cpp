// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

double total(const std::vector<double>& cost, const std::vector<int>& column) {
  double sum = 0.0;
  for (std::size_t i = 0; i < column.size(); ++i)
    sum += cost[i * column.size() + static_cast<std::size_t>(column[i])];
  return sum;
}

double brute_force(const std::vector<double>& cost, std::size_t n) {
  std::vector<int> column(n);
  std::iota(column.begin(), column.end(), 0);
  double best = std::numeric_limits<double>::infinity();
  do best = std::min(best, total(cost, column));
  while (std::next_permutation(column.begin(), column.end()));
  return best;
}

bool is_permutation_of_indices(std::vector<int> column) {
  std::sort(column.begin(), column.end());
  for (std::size_t i = 0; i < column.size(); ++i)
    if (column[i] != static_cast<int>(i)) return false;
  return true;
}

TEST(Assignment, AgreesWithBruteForceOnSmallCases) {
  for (std::size_t n = 1; n <= 7; ++n)
    for (std::uint64_t item = 0; item < 100; ++item) {
      const auto stream = test::numbers(item * 10 + n);
      std::vector<double> cost(n * n);
      for (std::size_t k = 0; k < cost.size(); ++k) cost[k] = stream.uniform(k, -1.0, 1.0);
      const auto column = optimal_assignment(cost, n);
      ASSERT_TRUE(is_permutation_of_indices(column));
      ASSERT_NEAR(total(cost, column), brute_force(cost, n), 1e-14);  // 7 sums of numbers under 1
    }
}

TEST(Assignment, SurvivesDegenerateTies) {
  for (std::size_t n = 1; n <= 7; ++n)
    for (std::uint64_t item = 0; item < 100; ++item) {
      const auto stream = test::numbers(item * 10 + n);
      std::vector<double> cost(n * n);
      for (std::size_t k = 0; k < cost.size(); ++k)
        cost[k] = static_cast<double>(stream.below(k, 3));
      const auto column = optimal_assignment(cost, n);
      ASSERT_TRUE(is_permutation_of_indices(column));
      ASSERT_EQ(total(cost, column), brute_force(cost, n));
    }
}

TEST(Assignment, FindsAPlantedOptimumAtEverySize) {
  for (const std::size_t n : {1, 3, 4, 5, 8, 12, 13, 16, 17, 31, 32, 33, 64, 150}) {
    const auto planted = test::numbers(n).permutation(static_cast<std::uint32_t>(n));
    std::vector<double> cost(n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        cost[i * n + j] = (planted[i] == j ? 0.0 : 1.0) + static_cast<double>(i + 2 * j);
    const auto column = optimal_assignment(cost, n);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(column[i], static_cast<int>(planted[i])) << n;
  }
}

TEST(Assignment, RefusesAWrongSize) {
  EXPECT_THROW(optimal_assignment(std::vector<double>(5), 2), Error);
  EXPECT_TRUE(optimal_assignment({}, 0).empty());
}

}  // namespace
}  // namespace equikoop
