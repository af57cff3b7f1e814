// SPDX-License-Identifier: BSD-3-Clause
// Spectra prepared for many comparisons: real and imaginary parts apart, padded to whole vectors.
// For equal counts with uniform masses; everything else goes through transport_solver.hpp.
#pragma once

#include <complex>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "lanes.hpp"

namespace equikoop::detail {

/// n points; beyond them the real part is infinite, so that padded columns cost infinity.
class PointSet {
 public:
  explicit PointSet(std::span<const std::complex<double>> values);
  int size() const noexcept { return size_; }
  int vectors() const noexcept { return static_cast<int>(real_.size()) / k_lanes; }
  const double* real() const noexcept { return real_.data(); }
  const double* imaginary() const noexcept { return imaginary_.data(); }
  Lanes real_lanes(int v) const noexcept { return lanes(real_, v); }
  Lanes imaginary_lanes(int v) const noexcept { return lanes(imaginary_, v); }

 private:
  static Lanes lanes(const std::vector<double>& values, int v) noexcept {
    Lanes result;
    std::memcpy(&result, values.data() + k_lanes * v, sizeof result);
    return result;
  }

  int size_;
  std::vector<double> real_, imaginary_;
};

/// Σ |aᵢ − b_σ(i)|^order over the optimal injection σ of a, not the larger. `match`, where given,
/// receives σ (a).
double matched_cost(const PointSet& a, const PointSet& b, int order, std::span<int> match = {});

/// The greatest distance from an element of a to the nearest of b; neither empty.
double farthest_from(const PointSet& a, const PointSet& b);

}  // namespace equikoop::detail
