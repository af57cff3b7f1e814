// SPDX-License-Identifier: BSD-3-Clause
// The four ways of factorise.hpp, each in its own file, and the steps they share. Every function
// here is collective over the operator's group.
#pragma once

#include <vector>

#include "equikoop/koopman/factorise.hpp"

namespace equikoop {

/// What a way finds: singular values (decreasing) and left vectors (local rows, K).
struct LeftVectors {
  std::vector<double> sigma;
  Matrix basis;
  int products = 0;
  Matrix coordinates = {};  ///< of the delay vectors on `basis`, where they fell out on the way
};

/// The explicit matrix, gathered on every rank, through LAPACK on rank 0. Accurate to eps·sigma_1.
template <class Real>
LeftVectors dense_way(const DelayOperator<Real>& z, const FactoriseRequest& request);

/// Eigenvectors of Z Zᵀ, (rows, rows), from lag products of the raw trajectories.
template <class Real>
LeftVectors features_way(const DelayOperator<Real>& z, const FactoriseRequest& request);

/// Eigenvectors of Zᵀ Z, (columns, columns), from the Gram matrix of the raw snapshots.
template <class Real>
LeftVectors snapshots_way(const DelayOperator<Real>& z, const FactoriseRequest& request);

/// Thick-restart Lanczos bidiagonalisation (SLEPc) on products with Z and Zᵀ. `noise_floor`: no
/// accuracy is asked for below it.
template <class Real>
LeftVectors matrix_free_way(const DelayOperator<Real>& z, const FactoriseRequest& request,
                            double noise_floor);

/// All trajectories with all features, (M·T, D) row-major, on every rank.
template <class Real>
std::vector<double> gather_trajectories(const DelayOperator<Real>& z);

/// The rows of this rank of `vectors` (rows, K), global rows (block, feature), which only rank 0
/// needs to hold; `count` columns.
Matrix local_rows_from_root(const Comm& group, const DelayShape& shape, Matrix vectors,
                            std::size_t count);

/// U (UᵀU)^(-1/2): the nearest orthonormal columns to U (local rows, k), in the same order.
Matrix orthonormal_nearest(const Comm& group, const Matrix& u);

/// Left vectors u (local rows, p) with their products Zᵀ u (columns, p), replicated.
struct Directions {
  Matrix vectors;
  Matrix products;
};

/// Adds to `left` the `count` best left directions in the span of `candidates`; all stay
/// orthonormal. No product with Z is made but for the coordinates of what is in `left` already.
template <class Real>
void extend(const DelayOperator<Real>& z, LeftVectors& left, Directions candidates,
            std::size_t count);

/// Square roots of eigenvalues, those below zero (rounding) as zero.
std::vector<double> square_roots(std::vector<double> values);

}  // namespace equikoop
