// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_factor.hpp"

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>

namespace equikoop {

namespace {

int blas(std::size_t n) {
  return static_cast<int>(n);
}

}  // namespace

KernelFactor::KernelFactor(const Comm& group, const KernelMatrix& kernel, double gamma,
                           std::span<const std::uint8_t> kept)
    : group_(&group), blocks_(kernel.blocks) {
  std::size_t l = 0;
  for (std::size_t b = blocks_.rank; b < blocks_.count(); b += blocks_.ranks) {
    const Range range = blocks_.range(b);
    Matrix& block = panels_.emplace_back(blocks_.pairs - range.begin, range.size());
    for (std::size_t j = range.begin; j < range.end; ++j, ++l) {
      const auto from = kernel.columns.column(kernel.at[l]);
      const auto to = block.column(j - range.begin);
      if (kept[j] != 0)
        for (std::size_t i = range.begin; i < blocks_.pairs; ++i)
          to[i - range.begin] = kept[i] != 0 ? from[i] : 0.0;
      to[j - range.begin] += kept[j] != 0 ? gamma : 1.0;
    }
  }
  for (std::size_t b = 0; b < blocks_.count(); ++b) factor(b);
}

void KernelFactor::factor(std::size_t b) {
  const Range range = blocks_.range(b);
  const std::size_t rows = blocks_.pairs - range.begin, columns = range.size();
  const auto owner = static_cast<int>(blocks_.owner(b));
  int info = 0;
  if (blocks_.mine(b)) {
    Matrix& own = panel(b);
    info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', blas(columns), own.values.data(), blas(rows));
    if (info == 0 && rows > columns)
      cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit,
                  blas(rows - columns), blas(columns), 1.0, own.values.data(), blas(rows),
                  own.values.data() + columns, blas(rows));
  }
  group_->broadcast(std::span(&info, 1), owner);
  if (info != 0)
    throw Error("the kernel matrix is not positive definite to working precision: raise "
                "koopman.regularisation");
  if (range.end == blocks_.pairs) return;
  if (blocks_.ranks == 1) return update(b, panel(b));
  Matrix copy;
  if (!blocks_.mine(b)) copy = Matrix(rows, columns);
  Matrix& shared = blocks_.mine(b) ? panel(b) : copy;
  group_->broadcast(std::span(shared.values), owner);
  update(b, shared);
}

// C -= L L_cᵀ in each own block column c beyond b, L_c its rows of the panel `with` of block b.
void KernelFactor::update(std::size_t b, const Matrix& with) {
  const std::size_t first = blocks_.range(b).begin;
  for (std::size_t c = b + 1; c < blocks_.count(); ++c) {
    if (!blocks_.mine(c)) continue;
    Matrix& to = panel(c);
    const double* from = with.values.data() + (blocks_.range(c).begin - first);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, blas(to.rows), blas(to.columns),
                blas(with.columns), -1.0, from, blas(with.rows), from, blas(with.rows), 1.0,
                to.values.data(), blas(to.rows));
  }
}

void KernelFactor::solve(std::span<const double> w, std::span<double> x) const {
  // L y = w: each rank gathers what its columns subtract from the rows below them.
  std::vector<double> subtract(blocks_.pairs, 0.0), y(w.begin(), w.end());
  std::size_t l = 0;
  for (std::size_t b = 0; b < blocks_.count(); ++b) {
    const Range range = blocks_.range(b);
    double* sum = subtract.data() + range.begin;
    const bool mine = blocks_.mine(b);
    if (blocks_.ranks > 1)
      check_mpi(MPI_Reduce(mine ? MPI_IN_PLACE : sum, sum, blas(range.size()), MPI_DOUBLE, MPI_SUM,
                           static_cast<int>(blocks_.owner(b)), group_->raw()),
                "solve with the kernel matrix");
    if (!mine) continue;
    const Matrix& own = panel(b);
    double* part = y.data() + l;
    for (std::size_t i = 0; i < range.size(); ++i) part[i] -= sum[i];
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, blas(own.columns),
                own.values.data(), blas(own.rows), part, 1);
    if (own.rows > own.columns)
      cblas_dgemv(CblasColMajor, CblasNoTrans, blas(own.rows - own.columns), blas(own.columns), 1.0,
                  own.values.data() + own.columns, blas(own.rows), part, 1, 1.0,
                  subtract.data() + range.end, 1);
    l += range.size();
  }
  // Lᵀ x = y: what is found goes to all.
  for (std::size_t b = blocks_.count(); b-- > 0;) {
    const Range range = blocks_.range(b);
    if (blocks_.mine(b)) {
      const Matrix& own = panel(b);
      l -= range.size();
      double* part = y.data() + l;
      if (own.rows > own.columns)
        cblas_dgemv(CblasColMajor, CblasTrans, blas(own.rows - own.columns), blas(own.columns), -1.0,
                    own.values.data() + own.columns, blas(own.rows), x.data() + range.end, 1, 1.0,
                    part, 1);
      cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, blas(own.columns),
                  own.values.data(), blas(own.rows), part, 1);
      std::copy_n(part, range.size(), x.data() + range.begin);
    }
    if (blocks_.ranks > 1)
      group_->broadcast(x.subspan(range.begin, range.size()), static_cast<int>(blocks_.owner(b)));
  }
}

}  // namespace equikoop
