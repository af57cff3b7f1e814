// SPDX-License-Identifier: BSD-3-Clause
// The delay matrix written out by its definition, for comparison with the operator.
#pragma once

#include "ensembles.hpp"
#include "equikoop/koopman/matrix.hpp"

namespace equikoop::test {

/// All delay vectors as columns: ((d+1)·D, M·(T-d)), one more a trajectory than Z has.
template <class Real>
Matrix delay_vectors(const Ensemble<Real>& ensemble, std::size_t delays) {
  const TrajectoryShape& s = ensemble.shape;
  const std::size_t each = s.times - delays;
  Matrix z((delays + 1) * s.features, s.initials * each);
  for (std::size_t m = 0; m < s.initials; ++m)
    for (std::size_t t = 0; t < each; ++t)
      for (std::size_t i = 0; i <= delays; ++i)
        for (std::size_t f = 0; f < s.features; ++f)
          z(i * s.features + f, m * each + t) =
              ensemble.values[(m * s.times + t + i) * s.features + f];
  return z;
}

/// Z itself: the delay vectors without the last of each trajectory.
template <class Real>
Matrix delay_matrix(const Ensemble<Real>& ensemble, std::size_t delays) {
  const Matrix all = delay_vectors(ensemble, delays);
  const std::size_t each = ensemble.shape.times - delays;
  Matrix z(all.rows, ensemble.shape.initials * (each - 1));
  for (std::size_t m = 0; m < ensemble.shape.initials; ++m)
    for (std::size_t t = 0; t + 1 < each; ++t)
      for (std::size_t row = 0; row < all.rows; ++row)
        z(row, m * (each - 1) + t) = all(row, m * each + t);
  return z;
}

inline Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t purpose) {
  Matrix a(rows, columns);
  const RandomStream stream = stream_of(purpose);
  for (std::size_t e = 0; e < a.values.size(); ++e) a.values[e] = stream.normal(e);
  return a;
}

/// Aᵀ B by three loops.
inline Matrix inner_products(const Matrix& a, const Matrix& b) {
  Matrix c(a.columns, b.columns);
  for (std::size_t j = 0; j < b.columns; ++j)
    for (std::size_t i = 0; i < a.columns; ++i)
      for (std::size_t l = 0; l < a.rows; ++l) c(i, j) += a(l, i) * b(l, j);
  return c;
}

inline double largest_difference(const Matrix& a, const Matrix& b) {
  if (a.rows != b.rows || a.columns != b.columns) return INFINITY;
  double worst = 0.0;
  for (std::size_t e = 0; e < a.values.size(); ++e)
    worst = std::max(worst, std::abs(a.values[e] - b.values[e]));
  return worst;
}

inline double norm(const Matrix& a) {
  double sum = 0.0;
  for (const double value : a.values) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace equikoop::test
