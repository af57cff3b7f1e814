// SPDX-License-Identifier: BSD-3-Clause
// The leading eigenpairs of a Gram matrix on one rank, shared by both Gram ways.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/koopman/matrix.hpp"

namespace equikoop {

struct GramRequest {
  std::size_t modes = 0;     ///< eigenvectors wanted
  bool every_value = false;  ///< all eigenvalues, not the leading ones alone
  std::size_t size = 0;      ///< of the matrix
};

/// Eigenvalues decreasing on every rank; vectors (size, count) on rank 0 alone.
struct GramEigen {
  std::vector<double> values;
  Matrix vectors;
  std::size_t count = 0;
};

/// Rank 0 makes the matrix (lower triangle) and decomposes it: LAPACK, or SLEPc's Krylov-Schur
/// where few eigenpairs of a large matrix are wanted. Collective.
GramEigen decompose_on_root(const Comm& group, const GramRequest& request,
                            const std::function<Matrix()>& make);

}  // namespace equikoop
