// SPDX-License-Identifier: BSD-3-Clause
// The kernels that millions of distances go through, against the assignment of base, which shares
// nothing with them, and against their definitions.
#include "compare/point_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "equikoop/base/assignment.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using detail::PointSet;
using Points = std::vector<std::complex<double>>;

/// Points of a lattice with `side` places a side: the smaller, the more costs are equal.
Points lattice(std::size_t count, std::uint64_t side, std::uint64_t item) {
  const auto numbers = test::numbers(item);
  Points points;
  for (std::uint64_t i = 0; i < count; ++i)
    points.emplace_back(static_cast<double>(numbers.below(2 * i, side)), static_cast<double>(numbers.below(2 * i + 1, side)));
  return points;
}

/// Rows that a does not have cost nothing.
double assigned(const Points& a, const Points& b, int order) {
  std::vector<double> cost(b.size() * b.size(), 0.0);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) cost[i * b.size() + j] = std::pow(std::abs(a[i] - b[j]), order);
  const auto column = assign(cost, b.size());
  double total = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) total += cost[i * b.size() + static_cast<std::size_t>(column[i])];
  return total;
}

void expect_optimal(const Points& a, const Points& b, int order) {
  std::vector<int> match(a.size());
  const double total = detail::matched_cost(PointSet(a), PointSet(b), order, match);
  // Up to 150 sums of costs that are right to rounding.
  ASSERT_NEAR(total, assigned(a, b, order), 1e-13 * (1.0 + total)) << a.size() << " into " << b.size();
  double by_match = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    by_match += std::pow(std::abs(a[i] - b[static_cast<std::size_t>(match[i])]), order);
  ASSERT_NEAR(by_match, total, 1e-13 * (1.0 + total));
  std::sort(match.begin(), match.end());
  ASSERT_EQ(std::adjacent_find(match.begin(), match.end()), match.end()) << "two share one";
}

TEST(MatchedCost, IsOptimalAtEverySize) {
  for (const std::size_t n : {1, 3, 4, 5, 8, 9, 12, 13, 16, 17, 31, 32, 33, 64, 150})
    for (std::uint64_t item = 0; item < 10; ++item)
      expect_optimal(lattice(n, 1 << 20, 2 * item), lattice(n, 1 << 20, 2 * item + 1), 1 + static_cast<int>(item % 3));
}

TEST(MatchedCost, SurvivesDegenerateTies) {
  for (std::size_t n = 1; n <= 20; ++n)
    for (std::uint64_t item = 0; item < 40; ++item)
      expect_optimal(lattice(n, 3, 2 * item), lattice(n, 3, 2 * item + 1), 1 + static_cast<int>(item % 2));
}

TEST(MatchedCost, LeavesOutWhatIsTooMany) {
  for (std::size_t m = 1; m <= 14; ++m)
    for (std::size_t n = 1; n <= m; ++n)
      for (const std::uint64_t side : {3, 1000}) expect_optimal(lattice(n, side, 2 * m), lattice(m, side, 2 * m + 1), 1);
}

TEST(MatchedCost, OfNothingIsZero) {
  EXPECT_EQ(detail::matched_cost(PointSet(Points{}), PointSet(Points{}), 1), 0.0);
}

TEST(FarthestFrom, IsTheGreatestOfTheSmallestDistances) {
  for (std::size_t n = 1; n <= 9; ++n)
    for (std::uint64_t item = 0; item < 20; ++item) {
      const auto a = lattice(n, 1000, 2 * item), b = lattice(1 + item % 7, 1000, 2 * item + 1);
      double farthest = 0.0;
      for (const auto& x : a) {
        double nearest = std::numeric_limits<double>::infinity();
        for (const auto& y : b) nearest = std::min(nearest, std::abs(x - y));
        farthest = std::max(farthest, nearest);
      }
      EXPECT_NEAR(detail::farthest_from(PointSet(a), PointSet(b)), farthest, 1e-12 * (1.0 + farthest));
    }
}

}  // namespace
}  // namespace equikoop
