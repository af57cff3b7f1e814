// SPDX-License-Identifier: BSD-3-Clause
#include "lapack.hpp"

#define lapack_complex_float std::complex<float>
#define lapack_complex_double std::complex<double>
#include <cblas.h>
#include <fmt/format.h>
#include <lapacke.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "equikoop/base/error.hpp"

namespace equikoop {

namespace {

int blas(std::size_t n) {
  return static_cast<int>(n);
}

/// A leading dimension: LAPACK wants at least 1.
int lead(std::size_t rows) {
  return std::max(1, blas(rows));
}

void check_lapack(lapack_int info, std::string_view routine) {
  if (info != 0) throw Error(fmt::format("LAPACK {} failed with info = {}", routine, info));
}

}  // namespace

Matrix multiply(const Matrix& a, const Matrix& b, Transpose of_a, Transpose of_b) {
  const std::size_t m = of_a == Transpose::no ? a.rows : a.columns;
  const std::size_t inner = of_a == Transpose::no ? a.columns : a.rows;
  const std::size_t n = of_b == Transpose::no ? b.columns : b.rows;
  Matrix c(m, n);
  if (m == 0 || n == 0 || inner == 0) return c;
  cblas_dgemm(CblasColMajor, of_a == Transpose::no ? CblasNoTrans : CblasTrans,
              of_b == Transpose::no ? CblasNoTrans : CblasTrans, blas(m), blas(n), blas(inner), 1.0,
              a.values.data(), lead(a.rows), b.values.data(), lead(b.rows), 0.0, c.values.data(),
              lead(m));
  return c;
}

Matrix upper_factor(Matrix a) {
  const std::size_t height = std::min(a.rows, a.columns);
  std::vector<double> tau(std::max<std::size_t>(1, height));
  if (height > 0)
    check_lapack(LAPACKE_dgeqrf(LAPACK_COL_MAJOR, blas(a.rows), blas(a.columns), a.values.data(),
                                lead(a.rows), tau.data()),
                 "dgeqrf");
  Matrix r(height, a.columns);
  for (std::size_t j = 0; j < a.columns; ++j)
    for (std::size_t i = 0; i < std::min(j + 1, height); ++i) r(i, j) = a(i, j);
  return r;
}

Svd svd(const Matrix& a) {
  const std::size_t count = std::min(a.rows, a.columns);
  Svd result{Matrix(a.rows, count), std::vector<double>(count), Matrix(count, a.columns)};
  if (count == 0) return result;
  Matrix work = a;
  lapack_int info =
      LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', blas(a.rows), blas(a.columns), work.values.data(),
                     lead(a.rows), result.sigma.data(), result.u.values.data(), lead(a.rows),
                     result.vt.values.data(), lead(count));
  if (info > 0) {
    work = a;
    std::vector<double> superdiagonal(count);
    info = LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'S', 'S', blas(a.rows), blas(a.columns),
                          work.values.data(), lead(a.rows), result.sigma.data(),
                          result.u.values.data(), lead(a.rows), result.vt.values.data(),
                          lead(count), superdiagonal.data());
  }
  check_lapack(info, "dgesdd/dgesvd");
  return result;
}

double smallest_singular_value(ComplexMatrix a) {
  if (a.columns == 0) return 0.0;
  std::vector<double> sigma(a.columns), superdiagonal(a.columns);
  check_lapack(LAPACKE_zgesvd(LAPACK_COL_MAJOR, 'N', 'N', blas(a.rows), blas(a.columns),
                              a.values.data(), lead(a.rows), sigma.data(), nullptr, 1, nullptr, 1,
                              superdiagonal.data()),
               "zgesvd");
  return sigma.back();
}

SymmetricEigen largest_symmetric(Matrix a, std::size_t count) {
  const std::size_t n = a.rows;
  SymmetricEigen result{std::vector<double>(n), Matrix(n, count)};
  std::vector<lapack_int> support(2 * std::max<std::size_t>(1, count));
  lapack_int found = 0;
  if (count > 0)
    check_lapack(
        LAPACKE_dsyevr(LAPACK_COL_MAJOR, 'V', 'I', 'L', blas(n), a.values.data(), lead(n), 0.0, 0.0,
                       blas(n - count + 1), blas(n), 0.0, &found, result.values.data(),
                       result.vectors.values.data(), lead(n), support.data()),
        "dsyevr");
  if (static_cast<std::size_t>(found) != count) throw Error("LAPACK dsyevr found too few values");
  result.values.resize(count);
  std::reverse(result.values.begin(), result.values.end());
  for (std::size_t j = 0; j < count / 2; ++j)
    std::swap_ranges(result.vectors.column(j).begin(), result.vectors.column(j).end(),
                     result.vectors.column(count - 1 - j).begin());
  return result;
}

Matrix least_squares(Matrix a, Matrix b) {
  check_lapack(LAPACKE_dgels(LAPACK_COL_MAJOR, 'N', blas(a.rows), blas(a.columns), blas(b.columns),
                             a.values.data(), lead(a.rows), b.values.data(), lead(b.rows)),
               "dgels");
  Matrix x(a.columns, b.columns);
  for (std::size_t j = 0; j < b.columns; ++j)
    std::copy_n(b.column(j).begin(), a.columns, x.column(j).begin());
  return x;
}

ComplexMatrix least_squares(ComplexMatrix a, ComplexMatrix b) {
  std::vector<double> sigma(std::min(a.rows, a.columns));
  lapack_int rank = 0;
  check_lapack(LAPACKE_zgelsd(LAPACK_COL_MAJOR, blas(a.rows), blas(a.columns), blas(b.columns),
                              a.values.data(), lead(a.rows), b.values.data(), lead(b.rows),
                              sigma.data(), std::numeric_limits<double>::epsilon(), &rank),
               "zgelsd");
  ComplexMatrix x(a.columns, b.columns);
  for (std::size_t j = 0; j < b.columns; ++j)
    std::copy_n(b.column(j).begin(), a.columns, x.column(j).begin());
  return x;
}

ComplexMatrix solve(ComplexMatrix a, ComplexMatrix b) {
  std::vector<lapack_int> pivots(a.rows);
  check_lapack(LAPACKE_zgesv(LAPACK_COL_MAJOR, blas(a.rows), blas(b.columns), a.values.data(),
                             lead(a.rows), pivots.data(), b.values.data(), lead(b.rows)),
               "zgesv");
  return b;
}

namespace {

/// dgeev packs a conjugate pair as real part and imaginary part in two columns.
ComplexMatrix unpack(const Matrix& packed, const std::vector<double>& imaginary) {
  ComplexMatrix vectors(packed.rows, packed.columns);
  for (std::size_t j = 0; j < packed.columns; ++j) {
    const bool pair = imaginary[j] != 0.0;
    for (std::size_t i = 0; i < packed.rows; ++i) {
      vectors(i, j) = {packed(i, j), pair ? packed(i, j + 1) : 0.0};
      if (pair) vectors(i, j + 1) = std::conj(vectors(i, j));
    }
    if (pair) ++j;
  }
  return vectors;
}

}  // namespace

Eigen eigen(Matrix a) {
  const std::size_t n = a.rows;
  std::vector<double> real(n), imaginary(n);
  Matrix left(n, n), right(n, n);
  if (n > 0)
    check_lapack(
        LAPACKE_dgeev(LAPACK_COL_MAJOR, 'V', 'V', blas(n), a.values.data(), lead(n), real.data(),
                      imaginary.data(), left.values.data(), lead(n), right.values.data(), lead(n)),
        "dgeev");
  Eigen result{{}, unpack(right, imaginary), unpack(left, imaginary)};
  for (std::size_t i = 0; i < n; ++i) result.values.emplace_back(real[i], imaginary[i]);
  return result;
}

}  // namespace equikoop
