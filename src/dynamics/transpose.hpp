// SPDX-License-Identifier: BSD-3-Clause
// The transpose of a matrix, in square tiles that stay in registers or the first-level cache.
#pragma once

#include "matrix.hpp"

namespace equikoop {

/// to = fromᵀ   from (rows, columns)   to (columns, rows)
template <class Real>
void transpose(Matrix<const std::type_identity_t<Real>> from, Matrix<Real> to);

}  // namespace equikoop
