// SPDX-License-Identifier: BSD-3-Clause
// The transportation problem against the assignment of its single units, which knows no masses.
#include "compare/transport_solver.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "equikoop/base/assignment.hpp"
#include "equikoop/base/error.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using Masses = std::vector<std::int64_t>;

struct Problem {
  Masses supply, capacity;
  std::vector<double> cost;  ///< (supply, capacity)
};

/// Distances of points of a lattice, as many of them equal as its size is small; masses from 0.
Problem problem(std::size_t rows, std::size_t columns, std::uint64_t lattice, std::uint64_t item) {
  const auto numbers = test::numbers(item);
  Problem p{Masses(rows), Masses(columns), {}};
  std::uint64_t at = 0;
  std::vector<std::pair<double, double>> points(rows + columns);
  for (auto& [x, y] : points) {
    x = static_cast<double>(numbers.below(at++, lattice));
    y = static_cast<double>(numbers.below(at++, lattice));
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      p.cost.push_back(std::hypot(points[i].first - points[rows + j].first, points[i].second - points[rows + j].second));
  for (auto& mass : p.supply) mass = static_cast<std::int64_t>(numbers.below(at++, 5));
  p.supply[0] += 1;
  // The same masses dealt out to columns: both sides sum to the same.
  for (auto left = std::accumulate(p.supply.begin(), p.supply.end(), std::int64_t{0}); left > 0; --left)
    ++p.capacity[numbers.below(at++, columns)];
  return p;
}

/// Each unit is a row or a column of its own; units of no cost fill what is left of the columns.
double by_units(const Problem& p) {
  std::vector<std::size_t> rows, columns;
  for (std::size_t i = 0; i < p.supply.size(); ++i) rows.insert(rows.end(), static_cast<std::size_t>(p.supply[i]), i);
  for (std::size_t j = 0; j < p.capacity.size(); ++j)
    columns.insert(columns.end(), static_cast<std::size_t>(p.capacity[j]), j);
  const std::size_t n = columns.size();
  std::vector<double> cost(n * n, 0.0);
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < n; ++c) cost[r * n + c] = p.cost[rows[r] * p.capacity.size() + columns[c]];
  const auto match = assign(cost, n);
  double total = 0.0;
  for (std::size_t r = 0; r < rows.size(); ++r) total += cost[r * n + static_cast<std::size_t>(match[r])];
  return total / static_cast<double>(rows.size());
}

double solved(const Problem& p) {
  return detail::transport(p.cost, p.supply, p.capacity);
}

TEST(TransportSolver, AgreesWithTheAssignmentOfSingleUnits) {
  for (std::uint64_t item = 0; item < 400; ++item) {
    const std::uint64_t lattice = item % 2 == 0 ? 3 : 1000;  // many equal costs, or hardly any
    auto p = problem(1 + item % 9, 1 + item % 7, lattice, item);
    ASSERT_NEAR(solved(p), by_units(p), 1e-13 * static_cast<double>(lattice)) << item;
    for (auto& capacity : p.capacity) ++capacity;
    ASSERT_NEAR(solved(p), by_units(p), 1e-13 * static_cast<double>(lattice)) << item << ", to spare";
  }
}

TEST(TransportSolver, TakesMoreColumnsThanAreUnrolled) {
  for (std::uint64_t item = 0; item < 10; ++item) {
    const auto p = problem(25, 30 + item, 12, item);
    ASSERT_NEAR(solved(p), by_units(p), 1e-12);
  }
}

TEST(TransportSolver, EndsWhereEveryCostIsTheSame) {
  auto p = problem(20, 20, 1, 1);
  std::fill(p.cost.begin(), p.cost.end(), 0.7);
  EXPECT_NEAR(solved(p), 0.7, 1e-15);
}

TEST(TransportSolver, RefusesColumnsThatAreTooSmall) {
  auto p = problem(3, 3, 10, 1);
  p.supply[0] += 1;
  EXPECT_THROW(solved(p), Error);
}

}  // namespace
}  // namespace equikoop
