// SPDX-License-Identifier: BSD-3-Clause
// Row-major matrices as views, and their product through BLAS. The only place that calls cblas.
#pragma once

#include <cblas.h>

#include <cstddef>
#include <type_traits>

namespace equikoop {

/// A (rows, columns) matrix that someone else owns; element (i, j) is data[i·stride + j].
template <class T>
struct Matrix {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  T* row(std::size_t i) const { return data + i * stride; }
  /// Columns begin .. begin+count-1.
  Matrix slice(std::size_t begin, std::size_t count) const {
    return {data + begin, rows, count, stride};
  }
  /// Rows begin .. begin+count-1.
  Matrix band(std::size_t begin, std::size_t count) const {
    return {row(begin), count, columns, stride};
  }
  operator Matrix<const T>() const { return {data, rows, columns, stride}; }
};

enum class Form { plain, transposed };

/// c = alpha·op(a)·op(b) + beta·c, where op transposes or not; c (rows, columns) fixes the sizes.
template <class Real>
void multiply(std::type_identity_t<Real> alpha, Matrix<const std::type_identity_t<Real>> a,
              Form form_a, Matrix<const std::type_identity_t<Real>> b, Form form_b,
              std::type_identity_t<Real> beta, Matrix<Real> c) {
  const auto transpose = [](Form form) { return form == Form::plain ? CblasNoTrans : CblasTrans; };
  const auto whole = [](std::size_t size) { return static_cast<int>(size); };
  const std::size_t inner = form_a == Form::plain ? a.columns : a.rows;
  const auto gemm = [] {
    if constexpr (std::is_same_v<Real, float>)
      return &cblas_sgemm;
    else
      return &cblas_dgemm;
  }();
  gemm(CblasRowMajor, transpose(form_a), transpose(form_b), whole(c.rows), whole(c.columns),
       whole(inner), alpha, a.data, whole(a.stride), b.data, whole(b.stride), beta, c.data,
       whole(c.stride));
}

}  // namespace equikoop
