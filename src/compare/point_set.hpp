// SPDX-License-Identifier: BSD-3-Clause
// Spectra prepared for many comparisons: real and imaginary parts apart, padded to whole vectors.
// Without masses: those go through transport_solver.hpp.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace equikoop::detail {

/// n points; beyond them the real part is infinite, so that padded columns cost infinity.
class PointSet {
 public:
  explicit PointSet(std::span<const std::complex<double>> values);
  int size() const noexcept { return size_; }
  const double* real() const noexcept { return real_.data(); }
  const double* imaginary() const noexcept { return imaginary_.data(); }

 private:
  int size_;
  std::vector<double> real_, imaginary_;
};

/// Σ |aᵢ − b_σ(i)|^order over the optimal injection σ of a, not the larger. `match`, where given,
/// receives σ (a).
double matched_cost(const PointSet& a, const PointSet& b, int order, std::span<int> match = {});

/// The greatest distance from an element of a to the nearest of b; neither empty.
double farthest_from(const PointSet& a, const PointSet& b);

}  // namespace equikoop::detail
