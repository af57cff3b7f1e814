// SPDX-License-Identifier: BSD-3-Clause
// A small dense matrix as LAPACK wants it: column-major, contiguous. Storage and indexing only;
// products and factorisations are in src/koopman/lapack.hpp.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace equikoop {

/// A dense (rows, columns) matrix of zeros, column-major.
template <class T>
struct BasicMatrix {
  BasicMatrix() = default;
  BasicMatrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count) {}

  T& operator()(std::size_t i, std::size_t j) { return values[j * rows + i]; }
  const T& operator()(std::size_t i, std::size_t j) const { return values[j * rows + i]; }
  std::span<T> column(std::size_t j) { return {values.data() + j * rows, rows}; }
  std::span<const T> column(std::size_t j) const { return {values.data() + j * rows, rows}; }

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<T> values;
};

using Matrix = BasicMatrix<double>;
using ComplexMatrix = BasicMatrix<std::complex<double>>;

}  // namespace equikoop
