// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/assignment.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>

#include "equikoop/base/error.hpp"
#include "padded_assignment.hpp"

namespace equikoop {
namespace {

using namespace detail;

template <class Vectors>
void fill_and_solve(std::span<const double> cost, std::size_t n, const AssignmentBuffers& w,
                    Vectors vectors) {
  double* const padded = reinterpret_cast<double*>(w.cost);
  const std::size_t width = static_cast<std::size_t>(vectors) * k_lanes;
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(cost.begin() + static_cast<std::ptrdiff_t>(i * n), n, padded + i * width);
    std::fill(padded + i * width + n, padded + (i + 1) * width, k_infinity);
  }
  solve_assignment(w, static_cast<int>(n), vectors);
}

template <int V>
std::vector<int> on_stack(std::span<const double> cost, std::size_t n) {
  StackProblem<V> problem;
  fill_and_solve(cost, n, problem.buffers(), std::integral_constant<int, V>{});
  return {problem.column_of, problem.column_of + n};
}

std::vector<int> on_heap(std::span<const double> cost, std::size_t n) {
  const std::size_t v = (n + 3) / 4;
  const auto lanes = std::make_unique<Lanes[]>((n + 2) * v);
  const auto marks = std::make_unique<Marks[]>(2 * v);
  std::vector<int> row_of(n), column_of(n), scanned(n);
  std::vector<double> length(n);
  Lanes* const rest = lanes.get() + n * v;
  fill_and_solve(cost, n,
                 {lanes.get(), rest, rest + v, marks.get(), marks.get() + v, row_of.data(),
                  column_of.data(), scanned.data(), length.data()},
                 static_cast<int>(v));
  return column_of;
}

}  // namespace

std::vector<int> optimal_assignment(std::span<const double> cost, std::size_t n) {
  if (cost.size() != n * n)
    throw Error("optimal assignment: the cost matrix has " + std::to_string(cost.size()) +
                " entries where " + std::to_string(n) + " rows need " + std::to_string(n * n));
  if (n == 0) return {};
  if (n <= 4) return on_stack<1>(cost, n);
  if (n <= 8) return on_stack<2>(cost, n);
  if (n <= 12) return on_stack<3>(cost, n);
  if (n <= 16) return on_stack<4>(cost, n);
  return on_heap(cost, n);
}

}  // namespace equikoop
