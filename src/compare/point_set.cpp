// SPDX-License-Identifier: BSD-3-Clause
#include "point_set.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "ground.hpp"
#include "padded_assignment.hpp"

namespace equikoop::detail {
namespace {

/// Four coordinates; those of a point set are not aligned to whole vectors.
inline Lanes load(const double* values) {
  Lanes result;
  std::memcpy(&result, values, sizeof result);
  return result;
}

constexpr int k_most_unrolled = 8;  // vectors: 32 eigenvalues, 8 kB of costs

/// cost (b, 4·vectors) = |aᵢ − bⱼ|^order, nothing in the rows that a does not have.
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
  for (int i = a.size(); i < b.size(); ++i) {
    double* const row = cost + static_cast<std::ptrdiff_t>(i) * width;
    for (int j = 0; j < width; ++j) row[j] = j < b.size() ? 0.0 : k_infinity;
  }
}

template <class Vectors>
inline double solve_points(const PointSet& a, const PointSet& b, int order,
                           const AssignmentBuffers& w, std::span<int> match, Vectors vectors) {
  double* const cost = reinterpret_cast<double*>(w.cost);
  fill_costs(a, b, order, cost, vectors);
  solve_assignment(w, b.size(), vectors);
  double total = 0.0;
  for (int i = 0; i < a.size(); ++i)
    total += cost[static_cast<std::ptrdiff_t>(i) * vectors * k_lanes + w.column_of[i]];
  if (!match.empty()) std::copy_n(w.column_of, a.size(), match.begin());
  return total;
}

template <int V>
double solve(const PointSet& a, const PointSet& b, int order, std::span<int> match,
             std::integral_constant<int, V> vectors) {
  StackProblem<V> problem;
  return solve_points(a, b, order, problem.buffers(), match, vectors);
}

double solve(const PointSet& a, const PointSet& b, int order, std::span<int> match, int vectors) {
  HeapProblem problem(static_cast<std::size_t>(b.size()));
  return solve_points(a, b, order, problem.buffers(), match, vectors);
}

}  // namespace

PointSet::PointSet(std::span<const std::complex<double>> values)
    : size_(static_cast<int>(values.size())),
      real_(static_cast<std::size_t>(k_lanes * vectors_of(values.size())), k_infinity),
      imaginary_(real_.size(), 0.0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    real_[i] = values[i].real();
    imaginary_[i] = values[i].imag();
  }
}

double matched_cost(const PointSet& a, const PointSet& b, int order, std::span<int> match) {
  if (a.size() == 0) return 0.0;
  return with_vectors<k_most_unrolled>(vectors_of(static_cast<std::size_t>(b.size())), [&](auto vectors) { return solve(a, b, order, match, vectors); });
}

double farthest_from(const PointSet& a, const PointSet& b) {
  double farthest = 0.0;
  for (int i = 0; i < a.size(); ++i) {
    Lanes nearest = Lanes{} + k_infinity;
    for (int j = 0; j < b.size(); j += k_lanes) {
      const Lanes dx = load(b.real() + j) - a.real()[i];
      const Lanes dy = load(b.imaginary() + j) - a.imaginary()[i];
      nearest = least(nearest, dx * dx + dy * dy);
    }
    farthest = std::max(farthest, smallest(nearest));
  }
  return std::sqrt(farthest);
}

}  // namespace equikoop::detail
