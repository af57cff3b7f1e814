// SPDX-License-Identifier: BSD-3-Clause
// The explicit delay matrix through LAPACK: tiny cases, full rank, and the oracle of the tests.
#include <algorithm>

#include "factorise_ways.hpp"
#include "lapack.hpp"

namespace equikoop {

namespace {

/// Zᵀ (columns, rows) or Z (rows, columns) from gathered trajectories (M·T, D). A column of Z is
/// contiguous in them.
Matrix explicit_matrix(const DelayShape& shape, const std::vector<double>& x, bool transposed) {
  const std::size_t rows = shape.rows(), each = shape.columns_each();
  Matrix z = transposed ? Matrix(shape.columns(), rows) : Matrix(rows, shape.columns());
  for (std::size_t column = 0; column < shape.columns(); ++column) {
    const std::size_t snapshot = column / each * shape.times + column % each;
    const double* from = x.data() + snapshot * shape.features;
    if (!transposed) std::copy_n(from, rows, z.column(column).begin());
    for (std::size_t row = 0; transposed && row < rows; ++row) z(column, row) = from[row];
  }
  return z;
}

/// Singular values and left vectors; a wide matrix through the triangular factor of its transpose.
Svd left_decomposition(const DelayShape& shape, const std::vector<double>& x) {
  const bool wide = shape.columns() > shape.rows();
  if (!wide) return svd(explicit_matrix(shape, x, false));
  Svd of_factor = svd(upper_factor(explicit_matrix(shape, x, true)));
  Svd result{Matrix(shape.rows(), of_factor.sigma.size()), std::move(of_factor.sigma), {}};
  for (std::size_t j = 0; j < result.u.columns; ++j)
    for (std::size_t i = 0; i < result.u.rows; ++i) result.u(i, j) = of_factor.vt(j, i);
  return result;
}

}  // namespace

template <class Real>
LeftVectors dense_way(const DelayOperator<Real>& z, const FactoriseRequest& request) {
  const DelayShape& shape = z.shape();
  const Comm& group = z.group();
  const std::vector<double> x = gather_trajectories(z);
  Svd parts;
  parts.sigma.resize(std::min(shape.rows(), shape.columns()));
  together(group, [&] {
    if (group.is_root()) parts = left_decomposition(shape, x);
  });
  group.broadcast(std::span(parts.sigma));
  const std::size_t count = std::min(request.modes, parts.sigma.size());
  Matrix basis = local_rows_from_root(group, shape, std::move(parts.u), count);
  if (!request.every_value) parts.sigma.resize(count);
  return {std::move(parts.sigma), std::move(basis), 0};
}

template LeftVectors dense_way(const DelayOperator<float>&, const FactoriseRequest&);
template LeftVectors dense_way(const DelayOperator<double>&, const FactoriseRequest&);

}  // namespace equikoop
