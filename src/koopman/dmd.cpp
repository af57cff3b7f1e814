// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/dmd.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "lapack.hpp"

namespace equikoop {

namespace {

/// The pairs of trajectory m side by side: (T-d-1, 2K).
Matrix tall_pairs(const Factorisation& f, std::size_t m) {
  const std::size_t each = f.shape.columns_each();
  const std::size_t modes = f.modes();
  Matrix tall(each, 2 * modes);
  for (std::size_t j = 0; j < modes; ++j) {
    const double* from = f.coordinates.column(j).data() + m * f.shape.vectors_each();
    std::copy_n(from, each, tall.column(j).begin());
    std::copy_n(from + 1, each, tall.column(modes + j).begin());
  }
  return tall;
}

Matrix side_by_side(const Matrix& a, const Matrix& b) {
  Matrix both(a.rows, a.columns + b.columns);
  std::copy(a.values.begin(), a.values.end(), both.values.begin());
  std::copy(b.values.begin(), b.values.end(),
            both.values.begin() + static_cast<std::ptrdiff_t>(a.values.size()));
  return both;
}

Matrix transposed(const Matrix& a) {
  Matrix t(a.columns, a.rows);
  for (std::size_t j = 0; j < a.columns; ++j)
    for (std::size_t i = 0; i < a.rows; ++i) t(j, i) = a(i, j);
  return t;
}

Matrix standard_fit(const SnapshotPairs& pairs) {
  return transposed(least_squares(pairs.now, pairs.next));
}

// The k leading right singular vectors of [now next] are [B1; B2]; A = B2 B1⁻¹.
Matrix total_least_squares_fit(const SnapshotPairs& pairs) {
  const std::size_t k = pairs.now.columns;
  const Svd both = svd(upper_factor(side_by_side(pairs.now, pairs.next)));
  Matrix b1(k, k), b2(k, k);  // transposed: rows of vt
  for (std::size_t j = 0; j < k; ++j) {
    for (std::size_t i = 0; i < k; ++i) {
      b1(i, j) = both.vt(i, j);
      b2(i, j) = both.vt(i, k + j);
    }
  }
  return transposed(least_squares(b1, b2));
}

ComplexMatrix to_complex(const Matrix& a) {
  ComplexMatrix c(a.rows, a.columns);
  std::copy(a.values.begin(), a.values.end(), c.values.begin());
  return c;
}

ComplexMatrix multiply(const ComplexMatrix& a, const ComplexMatrix& b) {
  ComplexMatrix c(a.rows, b.columns);
  for (std::size_t j = 0; j < b.columns; ++j)
    for (std::size_t l = 0; l < a.columns; ++l)
      for (std::size_t i = 0; i < a.rows; ++i) c(i, j) += a(i, l) * b(l, j);
  return c;
}

/// Of ±√square the one nearer to `near`.
std::complex<double> nearer_root(std::complex<double> square, std::complex<double> near) {
  const std::complex<double> root = std::sqrt(square);
  return std::abs(root - near) <= std::abs(root + near) ? root : -root;
}

ComplexMatrix transposed(const ComplexMatrix& a) {
  ComplexMatrix t(a.columns, a.rows);
  for (std::size_t j = 0; j < a.columns; ++j)
    for (std::size_t i = 0; i < a.rows; ++i) t(j, i) = a(i, j);
  return t;
}

/// The square root of W diag(squares) W⁻¹ whose eigenvalues are nearest to those of `forward`,
/// which is nearly diagonal in W and so tells the sign of each root.
Matrix square_root_near(const Eigen& squares, const Matrix& forward) {
  const std::size_t k = forward.rows;
  const ComplexMatrix rotated = solve(squares.right, multiply(to_complex(forward), squares.right));
  ComplexMatrix scaled = squares.right;
  for (std::size_t j = 0; j < k; ++j) {
    const auto root = nearer_root(squares.values[j], rotated(j, j));
    for (std::complex<double>& value : scaled.column(j)) value *= root;
  }
  // A W = scaled, hence Wᵀ Aᵀ = scaledᵀ.
  const ComplexMatrix root = transposed(solve(transposed(squares.right), transposed(scaled)));
  Matrix a(k, k);
  for (std::size_t e = 0; e < a.values.size(); ++e) a.values[e] = root.values[e].real();
  return a;
}

// A = (F B⁻¹)^(1/2), F the forward and B the backward fit.
Matrix forward_backward_fit(const SnapshotPairs& pairs) {
  const Matrix forward = standard_fit(pairs);
  const Matrix backward = standard_fit({pairs.next, pairs.now});
  const Eigen squares = eigen(transposed(least_squares(transposed(backward), transposed(forward))));
  const bool has_real_root = std::none_of(
      squares.values.begin(), squares.values.end(),
      [](std::complex<double> square) { return square.imag() == 0.0 && square.real() < 0.0; });
  if (!has_real_root) return forward;
  try {
    return square_root_near(squares, forward);
  } catch (const Error&) {  // W is singular: the product is defective
    return forward;
  }
}

}  // namespace

std::vector<std::size_t> order_by_modulus(const std::vector<std::complex<double>>& values) {
  std::vector<std::size_t> leaders;
  for (std::size_t i = 0; i < values.size(); i += values[i].imag() != 0.0 ? 2 : 1)
    leaders.push_back(i);
  std::stable_sort(leaders.begin(), leaders.end(), [&](std::size_t a, std::size_t b) {
    const double first = std::abs(values[a]), second = std::abs(values[b]);
    return first != second ? first > second : values[a].real() > values[b].real();
  });
  std::vector<std::size_t> order;
  for (const std::size_t i : leaders) {
    order.push_back(i);
    if (values[i].imag() != 0.0) order.push_back(i + 1);
  }
  return order;
}

CompressedPairs compress(const Factorisation& factorisation) {
  CompressedPairs result{{}, factorisation.modes()};
  for (std::size_t m = 0; m < factorisation.shape.initials; ++m) {
    Matrix tall = tall_pairs(factorisation, m);
    result.trajectories.push_back(tall.rows > tall.columns ? upper_factor(std::move(tall))
                                                           : std::move(tall));
  }
  return result;
}

SnapshotPairs pairs_of(const CompressedPairs& compressed, std::span<const std::size_t> which,
                       std::size_t rank) {
  std::size_t rows = 0;
  for (const std::size_t m : which) rows += compressed.trajectories[m].rows;
  SnapshotPairs pairs{Matrix(rows, rank), Matrix(rows, rank)};
  std::size_t row = 0;
  for (const std::size_t m : which) {
    const Matrix& both = compressed.trajectories[m];
    for (std::size_t j = 0; j < rank; ++j) {
      std::copy_n(both.column(j).begin(), both.rows, pairs.now.column(j).data() + row);
      std::copy_n(both.column(compressed.modes + j).begin(), both.rows,
                  pairs.next.column(j).data() + row);
    }
    row += both.rows;
  }
  return pairs;
}

SnapshotPairs in_basis(const SnapshotPairs& pairs, const Matrix& basis) {
  return {multiply(pairs.now, basis), multiply(pairs.next, basis)};
}

Matrix reduced_operator(const SnapshotPairs& pairs, Regression regression) {
  switch (regression) {
    case Regression::standard:
      return standard_fit(pairs);
    case Regression::total_least_squares:
      return total_least_squares_fit(pairs);
    case Regression::forward_backward:
      return forward_backward_fit(pairs);
  }
  return standard_fit(pairs);
}

ModeSet modes_of(const Matrix& reduced_operator) {
  const Eigen raw = eigen(reduced_operator);
  const std::size_t k = reduced_operator.rows;
  ModeSet modes{{}, ComplexMatrix(k, k), ComplexMatrix(k, k)};
  for (const std::size_t i : order_by_modulus(raw.values)) {
    const std::size_t to = modes.eigenvalues.size();
    modes.eigenvalues.push_back(raw.values[i]);
    std::copy_n(raw.right.column(i).begin(), k, modes.right.column(to).begin());
    std::copy_n(raw.left.column(i).begin(), k, modes.left.column(to).begin());
  }
  return modes;
}

}  // namespace equikoop
