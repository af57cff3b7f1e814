// SPDX-License-Identifier: BSD-3-Clause
// The few LAPACK and BLAS operations the koopman module needs, on Matrix values. Serial; each
// throws Error naming the routine where LAPACK reports failure.
#pragma once

#include <complex>
#include <vector>

#include "equikoop/koopman/matrix.hpp"

namespace equikoop {

enum class Transpose { no, yes };

/// op(A) op(B).
Matrix multiply(const Matrix& a, const Matrix& b, Transpose of_a = Transpose::no,
                Transpose of_b = Transpose::no);

/// R (min(rows, columns), columns) with A = Q R, by Householder reflections.
Matrix upper_factor(Matrix a);

/// A = U diag(sigma) Vᵀ, thin; sigma decreasing.
struct Svd {
  Matrix u;
  std::vector<double> sigma;
  Matrix vt;
};

/// Divide and conquer, or the QR iteration where that does not converge.
Svd svd(const Matrix& a);

/// The least singular value; A has at least as many rows as columns.
double smallest_singular_value(ComplexMatrix a);

/// The `count` largest eigenvalues of a symmetric matrix, decreasing, with their vectors
/// (n, count); the lower triangle is read.
struct SymmetricEigen {
  std::vector<double> values;
  Matrix vectors;
};
SymmetricEigen largest_symmetric(Matrix a, std::size_t count);

/// X (columns of A, columns of B) minimising ‖A X − B‖; A (m, n) of full column rank, m >= n.
Matrix least_squares(Matrix a, Matrix b);

/// X minimising ‖A X − B‖, of least norm where A is singular to working precision.
ComplexMatrix least_squares(ComplexMatrix a, ComplexMatrix b);

/// A⁻¹ B. Throws Error where A is exactly singular.
ComplexMatrix solve(ComplexMatrix a, ComplexMatrix b);

/// Eigenvalues with unit right (A v = λ v) and left (uᴴ A = λ uᴴ) vectors as columns, in LAPACK's
/// order: conjugates adjacent, the one with positive imaginary part first, exactly conjugate.
struct Eigen {
  std::vector<std::complex<double>> values;
  ComplexMatrix right;
  ComplexMatrix left;
};
Eigen eigen(Matrix a);

}  // namespace equikoop
