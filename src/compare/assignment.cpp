// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/assignment.hpp"

#include <algorithm>
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
std::vector<int> solved(std::span<const double> cost, std::size_t n, std::integral_constant<int, V> vectors) {
  StackProblem<V> problem;
  fill_and_solve(cost, n, problem.buffers(), vectors);
  return {problem.column_of, problem.column_of + n};
}

std::vector<int> solved(std::span<const double> cost, std::size_t n, int vectors) {
  HeapProblem problem(n);
  fill_and_solve(cost, n, problem.buffers(), vectors);
  return {problem.buffers().column_of, problem.buffers().column_of + n};
}

}  // namespace

std::vector<int> optimal_assignment(std::span<const double> cost, std::size_t n) {
  if (cost.size() != n * n)
    throw Error("optimal assignment: the cost matrix has " + std::to_string(cost.size()) +
                " entries where " + std::to_string(n) + " rows need " + std::to_string(n * n));
  if (n == 0) return {};
  constexpr int k_most_unrolled = 4;
  return with_vectors<k_most_unrolled>(vectors_of(n), [&](auto vectors) { return solved(cost, n, vectors); });
}

}  // namespace equikoop
