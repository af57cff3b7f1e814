// SPDX-License-Identifier: BSD-3-Clause
// Steps that several ways of factorising share: gathering data, handing out rows.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "factorise_ways.hpp"
#include "lapack.hpp"

namespace equikoop {

template <class Real>
std::vector<double> gather_trajectories(const DelayOperator<Real>& z) {
  const DelayShape& shape = z.shape();
  const auto& view = z.trajectories();
  const std::size_t snapshots = shape.initials * shape.times;
  std::vector<double> all(snapshots * shape.features, 0.0);
  for (std::size_t m = 0; m < shape.initials; ++m)
    for (std::size_t t = 0; t < shape.times; ++t)
      std::copy_n(view.starts[m] + t * view.time_stride, view.features,
                  all.data() + (m * shape.times + t) * shape.features + shape.feature_offset);
  if (z.group().size() == 1) return all;
  // Each number is nonzero on one rank alone: the sum is exact.
  const std::size_t row = shape.times * shape.features;
  for (std::size_t m = 0; m < shape.initials; ++m)
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, all.data() + m * row, static_cast<int>(row), MPI_DOUBLE,
                            MPI_SUM, z.group().raw()),
              "gather trajectories");
  return all;
}

template std::vector<double> gather_trajectories(const DelayOperator<float>&);
template std::vector<double> gather_trajectories(const DelayOperator<double>&);

Matrix local_rows_from_root(const Comm& group, const DelayShape& shape, Matrix vectors,
                            std::size_t count) {
  if (!group.is_root()) vectors = Matrix(shape.rows(), count);
  Matrix local(shape.local_rows(), count);
  for (std::size_t j = 0; j < count; ++j) {
    group.broadcast(vectors.column(j));
    for (std::size_t i = 0; i < shape.blocks; ++i)
      std::copy_n(vectors.column(j).data() + i * shape.features + shape.feature_offset,
                  shape.local_features, local.column(j).data() + i * shape.local_features);
  }
  return local;
}

namespace {

/// Directions of the Krylov vectors that are within rounding of the others' span, as a share of
/// the largest eigenvalue of their Gram matrix.
constexpr double k_least_independent = 1e-8;

/// Aᵀ B over all ranks.
Matrix inner_products(const Comm& group, const Matrix& a, const Matrix& b) {
  Matrix c = multiply(a, b, Transpose::yes);
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, c.values.data(), static_cast<int>(c.values.size()),
                          MPI_DOUBLE, MPI_SUM, group.raw()),
            "sum inner products over features");
  return c;
}

/// The part of `w` orthogonal to the orthonormal `u`, its columns scaled to length 1.
Matrix unit_complement(const Comm& group, const Matrix& u, Matrix w) {
  const Matrix inside = multiply(u, inner_products(group, u, w));
  for (std::size_t e = 0; e < w.values.size(); ++e) w.values[e] -= inside.values[e];
  const Matrix gram = inner_products(group, w, w);
  for (std::size_t j = 0; j < w.columns; ++j) {
    const double length = std::sqrt(gram(j, j));
    for (double& value : w.column(j)) value = length > 0.0 ? value / length : 0.0;
  }
  return w;
}

/// Right singular vectors of the coordinates in the columns of Z (the last delay vector of each
/// trajectory is not one), the leading `count`: (k, count), and their singular values.
Svd leading_in(const DelayShape& shape, const Matrix& coordinates, std::size_t count) {
  Matrix now(shape.columns(), coordinates.columns);
  for (std::size_t j = 0; j < now.columns; ++j)
    for (std::size_t m = 0; m < shape.initials; ++m)
      std::copy_n(coordinates.column(j).data() + m * shape.vectors_each(), shape.columns_each(),
                  now.column(j).data() + m * shape.columns_each());
  Svd parts = svd(upper_factor(std::move(now)));
  count = std::min(count, parts.sigma.size());
  Matrix right(coordinates.columns, count);
  for (std::size_t j = 0; j < count; ++j)
    for (std::size_t i = 0; i < right.rows; ++i) right(i, j) = parts.vt(j, i);
  parts.sigma.resize(count);
  return {{}, std::move(parts.sigma), std::move(right)};
}

void append_columns(Matrix& a, const Matrix& b) {
  a.values.insert(a.values.end(), b.values.begin(), b.values.end());
  a.columns += b.columns;
}

}  // namespace

Matrix orthonormalised(const Comm& group, const Matrix& u, double least) {
  const Matrix gram = inner_products(group, u, u);
  SymmetricEigen parts = largest_symmetric(gram, gram.rows);
  std::size_t kept = 0;
  while (kept < parts.values.size() && parts.values[kept] > least * parts.values[0]) ++kept;
  Matrix scaled(gram.rows, kept);
  for (std::size_t j = 0; j < kept; ++j)
    for (std::size_t i = 0; i < gram.rows; ++i)
      scaled(i, j) = parts.vectors(i, j) / std::sqrt(parts.values[j]);
  return multiply(u, scaled);
}

Matrix orthonormal_nearest(const Comm& group, const Matrix& u) {
  const Matrix gram = inner_products(group, u, u);
  const SymmetricEigen parts = largest_symmetric(gram, gram.rows);
  Matrix scaled = parts.vectors;
  for (std::size_t j = 0; j < scaled.columns; ++j)
    for (double& value : scaled.column(j)) value /= std::sqrt(parts.values[j]);
  return multiply(u, multiply(scaled, parts.vectors, Transpose::no, Transpose::yes));
}

template <class Real>
void extend(const DelayOperator<Real>& z, LeftVectors& left, const Matrix& candidates,
            std::size_t count) {
  const Comm& group = z.group();
  left.coordinates = z.project(left.basis);
  if (candidates.columns == 0) return;
  // Twice: the first pass loses orthogonality to `left` where a candidate lies almost inside it.
  Matrix more =
      orthonormalised(group, unit_complement(group, left.basis, candidates), k_least_independent);
  more = orthonormalised(group, unit_complement(group, left.basis, more), k_least_independent);
  const Matrix coordinates = z.project(more);
  // One rank decides, so that the replicated coordinates have the same bits everywhere.
  Svd best;
  std::uint64_t found = 0;
  together(group, [&] {
    if (!group.is_root()) return;
    best = leading_in(z.shape(), coordinates, count);
    found = best.sigma.size();
  });
  group.broadcast(std::span(&found, 1));
  best.sigma.resize(found);
  if (!group.is_root()) best.vt = Matrix(more.columns, found);
  group.broadcast(std::span(best.sigma));
  group.broadcast(std::span(best.vt.values));
  append_columns(left.basis, multiply(more, best.vt));
  append_columns(left.coordinates, multiply(coordinates, best.vt));
  for (const double sigma : best.sigma) left.sigma.push_back(std::min(sigma, left.sigma.back()));
}

template void extend(const DelayOperator<float>&, LeftVectors&, const Matrix&, std::size_t);
template void extend(const DelayOperator<double>&, LeftVectors&, const Matrix&, std::size_t);

std::vector<double> square_roots(std::vector<double> values) {
  for (double& value : values) value = std::sqrt(std::max(0.0, value));
  return values;
}

}  // namespace equikoop
