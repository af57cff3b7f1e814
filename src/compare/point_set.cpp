// SPDX-License-Identifier: BSD-3-Clause
#include "point_set.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>

#include "ground.hpp"
#include "padded_assignment.hpp"

namespace equikoop::detail {
namespace {

constexpr int k_most_stack_vectors = 8;  // 32 eigenvalues: 8 kB of costs

/// cost (n, 4·vectors) = |aᵢ − bⱼ|^order.
template <class Vectors>
inline void fill_costs(const PointSet& a, const PointSet& b, int order, double* cost,
                       Vectors vectors) {
  const int width = k_lanes * vectors;
  const double* const re = b.real();
  const double* const im = b.imaginary();
  for (int i = 0; i < a.size(); ++i) {
    double* const row = cost + static_cast<std::ptrdiff_t>(i) * width;
    const double x = a.real()[i];
    const double y = a.imaginary()[i];
    for (int j = 0; j < width; ++j) {
      const double dx = re[j] - x;
      const double dy = im[j] - y;
      row[j] = dx * dx + dy * dy;
    }
    if (order == 1) {
      for (int j = 0; j < width; ++j) row[j] = std::sqrt(row[j]);
    } else if (order != 2) {
      for (int j = 0; j < width; ++j) row[j] = power_of_square(row[j], order);
    }
  }
}

template <class Vectors>
inline double solve_points(const PointSet& a, const PointSet& b, int order,
                           const AssignmentBuffers& w, std::span<int> match, Vectors vectors) {
  double* const cost = reinterpret_cast<double*>(w.cost);
  fill_costs(a, b, order, cost, vectors);
  const int n = a.size();
  solve_assignment(w, n, vectors);
  double total = 0.0;
  for (int i = 0; i < n; ++i)
    total += cost[static_cast<std::ptrdiff_t>(i) * vectors * k_lanes + w.column_of[i]];
  if (!match.empty()) std::copy_n(w.column_of, n, match.begin());
  return total;
}

template <int V>
double solve_on_stack(const PointSet& a, const PointSet& b, int order, std::span<int> match) {
  StackProblem<V> problem;
  return solve_points(a, b, order, problem.buffers(), match, std::integral_constant<int, V>{});
}

double solve_on_heap(const PointSet& a, const PointSet& b, int order, std::span<int> match) {
  const int vectors = a.vectors();
  const auto n = static_cast<std::size_t>(a.size());
  const auto v = static_cast<std::size_t>(vectors);
  const auto lanes = std::make_unique<Lanes[]>((n + 2) * v);
  const auto marks = std::make_unique<Marks[]>(2 * v);
  std::vector<int> indices(3 * n);
  std::vector<double> length(n);
  Lanes* const rest = lanes.get() + n * v;
  const AssignmentBuffers w{
      lanes.get(),     rest,           rest + v,           marks.get(),
      marks.get() + v, indices.data(), indices.data() + n, indices.data() + 2 * n,
      length.data()};
  return solve_points(a, b, order, w, match, vectors);
}

}  // namespace

PointSet::PointSet(std::span<const std::complex<double>> values)
    : size_(static_cast<int>(values.size())),
      real_((values.size() + 3) / 4 * 4, k_infinity),
      imaginary_(real_.size(), 0.0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    real_[i] = values[i].real();
    imaginary_[i] = values[i].imag();
  }
}

double matched_cost(const PointSet& a, const PointSet& b, int order, std::span<int> match) {
  static_assert(k_most_stack_vectors == 8);
  switch (a.vectors()) {
    case 0:
      return 0.0;
    case 1:
      return solve_on_stack<1>(a, b, order, match);
    case 2:
      return solve_on_stack<2>(a, b, order, match);
    case 3:
      return solve_on_stack<3>(a, b, order, match);
    case 4:
      return solve_on_stack<4>(a, b, order, match);
    case 5:
      return solve_on_stack<5>(a, b, order, match);
    case 6:
      return solve_on_stack<6>(a, b, order, match);
    case 7:
      return solve_on_stack<7>(a, b, order, match);
    case 8:
      return solve_on_stack<8>(a, b, order, match);
    default:
      return solve_on_heap(a, b, order, match);
  }
}

}  // namespace equikoop::detail
