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
  const std::size_t snapshots = shape.initials * shape.times;
  std::vector<double> all(snapshots * shape.features, 0.0);
  z.for_each_panel([&](const TrajectoryView<Real>& panel, std::size_t first) {
    for (std::size_t m = 0; m < shape.initials; ++m)
      for (std::size_t t = 0; t < shape.times; ++t)
        std::copy_n(
            panel.starts[m] + t * panel.time_stride, panel.features,
            all.data() + (m * shape.times + t) * shape.features + shape.feature_offset + first);
  });
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

/// Directions whose share of the Gram matrix of the candidates is below this are left out: the
/// others' rounding errors would be magnified in them by its inverse square root.
constexpr double k_least_independent = 1e-4;

/// Aᵀ B over all ranks.
Matrix inner_products(const Comm& group, const Matrix& a, const Matrix& b) {
  Matrix c = multiply(a, b, Transpose::yes);
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, c.values.data(), static_cast<int>(c.values.size()),
                          MPI_DOUBLE, MPI_SUM, group.raw()),
            "sum inner products over features");
  return c;
}

void subtract(Matrix& a, const Matrix& b) {
  for (std::size_t e = 0; e < a.values.size(); ++e) a.values[e] -= b.values[e];
}

/// Makes the vectors orthogonal to `known`, whose vectors are orthonormal, and of length 1.
void take_unit_complement(const Comm& group, const Directions& known, Directions& some) {
  const Matrix inside = inner_products(group, known.vectors, some.vectors);
  subtract(some.vectors, multiply(known.vectors, inside));
  subtract(some.products, multiply(known.products, inside));
  const Matrix gram = inner_products(group, some.vectors, some.vectors);
  for (std::size_t j = 0; j < gram.columns; ++j) {
    const double scale = gram(j, j) > 0.0 ? 1.0 / std::sqrt(gram(j, j)) : 0.0;
    for (double& value : some.vectors.column(j)) value *= scale;
    for (double& value : some.products.column(j)) value *= scale;
  }
}

/// An orthonormal basis of the span of the vectors, without directions of little independence:
/// U Q Λ^(-1/2) with UᵀU = Q Λ Qᵀ.
Directions orthonormal_basis(const Comm& group, const Directions& some) {
  const Matrix gram = inner_products(group, some.vectors, some.vectors);
  const SymmetricEigen parts = largest_symmetric(gram, gram.rows);
  std::size_t kept = 0;
  while (kept < parts.values.size() &&
         parts.values[kept] > k_least_independent * parts.values[0])
    ++kept;
  Matrix scaled(gram.rows, kept);
  for (std::size_t j = 0; j < kept; ++j)
    for (std::size_t i = 0; i < gram.rows; ++i)
      scaled(i, j) = parts.vectors(i, j) / std::sqrt(parts.values[j]);
  return {multiply(some.vectors, scaled), multiply(some.products, scaled)};
}

/// The coordinates of the columns of Z: those of all delay vectors without the last of each
/// trajectory.
Matrix columns_of_z(const DelayShape& shape, const Matrix& coordinates) {
  Matrix now(shape.columns(), coordinates.columns);
  for (std::size_t j = 0; j < now.columns; ++j)
    for (std::size_t m = 0; m < shape.initials; ++m)
      std::copy_n(coordinates.column(j).data() + m * shape.vectors_each(), shape.columns_each(),
                  now.column(j).data() + m * shape.columns_each());
  return now;
}

/// And back: `last` (initials, p) are the coordinates of the last delay vectors.
Matrix all_coordinates(const DelayShape& shape, const Matrix& now, const Matrix& last) {
  Matrix all(shape.initials * shape.vectors_each(), now.columns);
  for (std::size_t j = 0; j < now.columns; ++j)
    for (std::size_t m = 0; m < shape.initials; ++m) {
      double* to = all.column(j).data() + m * shape.vectors_each();
      std::copy_n(now.column(j).data() + m * shape.columns_each(), shape.columns_each(), to);
      to[shape.columns_each()] = last(m, j);
    }
  return all;
}

/// Right singular vectors (p, count) of `now` (columns, p), the leading `count` at most, in `vt`,
/// and their singular values.
Svd leading_in(Matrix now, std::size_t count) {
  const std::size_t sides = now.columns;
  Svd parts = svd(upper_factor(std::move(now)));
  count = std::min(count, parts.sigma.size());
  Matrix right(sides, count);
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

Matrix orthonormal_nearest(const Comm& group, const Matrix& u) {
  const Matrix gram = inner_products(group, u, u);
  const SymmetricEigen parts = largest_symmetric(gram, gram.rows);
  Matrix scaled = parts.vectors;
  for (std::size_t j = 0; j < scaled.columns; ++j)
    for (double& value : scaled.column(j)) value /= std::sqrt(parts.values[j]);
  return multiply(u, multiply(scaled, parts.vectors, Transpose::no, Transpose::yes));
}

template <class Real>
void extend(const DelayOperator<Real>& z, LeftVectors& left, Directions candidates,
            std::size_t count) {
  const Comm& group = z.group();
  left.coordinates = z.project(left.basis);
  if (candidates.vectors.columns == 0) return;
  const Directions known{left.basis, columns_of_z(z.shape(), left.coordinates)};
  // Twice: the first pass loses orthogonality to `known` where a candidate lies almost inside it.
  for (int pass = 0; pass < 2; ++pass) {
    take_unit_complement(group, known, candidates);
    candidates = orthonormal_basis(group, candidates);
  }
  // One rank decides, so that the replicated coordinates have the same bits everywhere.
  Svd best;
  std::uint64_t found = 0;
  together(group, [&] {
    if (!group.is_root()) return;
    best = leading_in(candidates.products, count);
    found = best.sigma.size();
  });
  group.broadcast(std::span(&found, 1));
  best.sigma.resize(found);
  if (!group.is_root()) best.vt = Matrix(candidates.vectors.columns, found);
  group.broadcast(std::span(best.sigma));
  group.broadcast(std::span(best.vt.values));
  const Matrix vectors = multiply(candidates.vectors, best.vt);
  append_columns(left.coordinates, all_coordinates(z.shape(), multiply(candidates.products, best.vt),
                                                   z.project_last(vectors)));
  append_columns(left.basis, vectors);
  for (const double sigma : best.sigma) left.sigma.push_back(std::min(sigma, left.sigma.back()));
}

template void extend(const DelayOperator<float>&, LeftVectors&, Directions, std::size_t);
template void extend(const DelayOperator<double>&, LeftVectors&, Directions, std::size_t);

std::vector<double> square_roots(std::vector<double> values) {
  for (double& value : values) value = std::sqrt(std::max(0.0, value));
  return values;
}

}  // namespace equikoop
