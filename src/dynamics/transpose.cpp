// SPDX-License-Identifier: BSD-3-Clause
#include "transpose.hpp"

#include <algorithm>

namespace equikoop {
namespace {

/// Rows and columns of a tile of fixed size, which the compiler unrolls into shuffles.
constexpr std::size_t k_tile = 8;

template <class Real>
void whole_tile(const Real* from, std::size_t from_stride, Real* to, std::size_t to_stride) {
  Real tile[k_tile][k_tile];
  for (std::size_t i = 0; i < k_tile; ++i) {
    for (std::size_t j = 0; j < k_tile; ++j) tile[i][j] = from[i * from_stride + j];
  }
  for (std::size_t j = 0; j < k_tile; ++j) {
    for (std::size_t i = 0; i < k_tile; ++i) to[j * to_stride + i] = tile[i][j];
  }
}

}  // namespace

template <class Real>
void transpose(Matrix<const std::type_identity_t<Real>> from, Matrix<Real> to) {
  const std::size_t rows = from.rows / k_tile * k_tile;
  const std::size_t columns = from.columns / k_tile * k_tile;
  for (std::size_t j = 0; j < columns; j += k_tile) {
    for (std::size_t i = 0; i < rows; i += k_tile) {
      whole_tile(from.row(i) + j, from.stride, to.row(j) + i, to.stride);
    }
  }
  for (std::size_t j = 0; j < from.columns; ++j) {
    for (std::size_t i = j < columns ? rows : 0; i < from.rows; ++i) to.row(j)[i] = from.row(i)[j];
  }
}

template void transpose(Matrix<const float>, Matrix<float>);
template void transpose(Matrix<const double>, Matrix<double>);

}  // namespace equikoop
