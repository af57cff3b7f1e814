// SPDX-License-Identifier: BSD-3-Clause
// The Gram matrix C = Z Zᵀ of delayed features. Its blocks C_ij = Σ_t x(t+i) x(t+j)ᵀ obey
// C_{i+1,j+1} = C_ij − head + tail, so only the d+1 lag products C_0j are real work.
#include <cblas.h>

#include <algorithm>

#include "factorise_ways.hpp"
#include "gram.hpp"

namespace equikoop {

namespace {

int blas(std::size_t n) {
  return static_cast<int>(n);
}

/// The blocks C_j0 for the lags j of this rank, (rows, D) column-major, zero elsewhere.
Matrix lag_products(const DelayShape& shape, const std::vector<double>& x, const Comm& group) {
  const std::size_t d = shape.features;
  Matrix lags(shape.rows(), d);
  for (auto j = static_cast<std::size_t>(group.rank()); j < shape.blocks;
       j += static_cast<std::size_t>(group.size())) {
    for (std::size_t m = 0; m < shape.initials; ++m) {
      const double* now = x.data() + m * shape.times * d;  // (T, D) row-major
      cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, blas(d), blas(d),
                  blas(shape.columns_each()), 1.0, now + j * d, blas(d), now, blas(d), 1.0,
                  lags.values.data() + j * d, blas(shape.rows()));
    }
  }
  return lags;
}

/// C += factor · [x(t); x(t+1); ...; x(t+count-1)] x(t)ᵀ below the diagonal block `i`.
struct Corner {
  std::size_t block;     ///< i of the block column being made
  std::size_t snapshot;  ///< t
  double sign;
};

void add_corner(const DelayShape& shape, const std::vector<double>& x, const Corner& corner,
                Matrix& c) {
  const std::size_t d = shape.features;
  const std::size_t height = (shape.blocks - corner.block) * d;
  for (std::size_t m = 0; m < shape.initials; ++m) {
    const double* from = x.data() + (m * shape.times + corner.snapshot) * d;
    cblas_dger(CblasColMajor, blas(height), blas(d), corner.sign, from, 1, from, 1,
               &c(corner.block * d, corner.block * d), blas(c.rows));
  }
}

/// The lower block triangle of C from its first block column.
Matrix gram_of_features(const DelayShape& shape, const std::vector<double>& x, const Matrix& lags) {
  const std::size_t d = shape.features, rows = shape.rows();
  Matrix c(rows, rows);
  std::copy(lags.values.begin(), lags.values.end(), c.values.begin());
  for (std::size_t i = 1; i < shape.blocks; ++i) {
    for (std::size_t f = 0; f < d; ++f) {
      const double* before = &c((i - 1) * d, (i - 1) * d + f);
      std::copy_n(before, rows - i * d, &c(i * d, i * d + f));
    }
    add_corner(shape, x, {i, i - 1, -1.0}, c);
    add_corner(shape, x, {i, shape.columns_each() + i - 1, 1.0}, c);
  }
  return c;
}

}  // namespace

template <class Real>
LeftVectors features_way(const DelayOperator<Real>& z, const FactoriseRequest& request) {
  const DelayShape& shape = z.shape();
  const Comm& group = z.group();
  const std::vector<double> x = gather_trajectories(z);
  Matrix lags = lag_products(shape, x, group);
  for (std::size_t f = 0; f < lags.columns; ++f)
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, lags.column(f).data(), blas(lags.rows), MPI_DOUBLE,
                            MPI_SUM, group.raw()),
              "gather lag products");
  GramEigen parts = decompose_on_root(group, {request.modes, request.every_value, shape.rows()},
                                      [&] { return gram_of_features(shape, x, lags); });
  Matrix basis = local_rows_from_root(group, shape, std::move(parts.vectors), parts.count);
  return {square_roots(std::move(parts.values)), std::move(basis), 0};
}

template LeftVectors features_way(const DelayOperator<float>&, const FactoriseRequest&);
template LeftVectors features_way(const DelayOperator<double>&, const FactoriseRequest&);

}  // namespace equikoop
