// SPDX-License-Identifier: BSD-3-Clause
// What is descended: losses with their gradients, the box, and the starts. How it is descended
// stands in descent_methods.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "equikoop/study/options.hpp"

namespace equikoop::descent {

/// A closed interval, the same for every coordinate. NaN stays NaN under `project`.
struct Interval {
  double low = 0.0;
  double high = 1.0;
  double project(double value) const { return std::clamp(value, low, high); }
};

/// H = Q diag(eigenvalues) Qᵀ (n, n), row-major; Q is the product over planes (i, j), i < j, of
/// rotations by `angle` radians.
std::vector<double> rotated_hessian(std::span<const double> eigenvalues, double angle);

/// f and its gradient; x and the gradient have `dimension` entries.
class Objective {
 public:
  explicit Objective(const ModelOptions& model);
  double value(std::span<const double> x) const;
  void gradient(std::span<const double> x, std::span<double> result) const;

 private:
  DescentLoss loss_;
  std::vector<double> hessian_;  ///< (n, n), quadratic loss only
};

/// Points in each coordinate of a grid of `initials` starts; nothing where no grid fits.
std::optional<int> grid_side(int initials, int dimension);
/// The count of grid points k^dimension nearest to `initials`.
int nearest_grid_size(int initials, int dimension);

/// Which start is meant, and how starts are laid out.
struct Start {
  Starts layout = Starts::grid;
  int dimension = 2;
  int initials = 25;
  std::uint64_t root_seed = 1;
  int seed = 0;
  int initial = 0;

  /// The point of this start in [low, high]^dimension. Two ranges give points at equal fractions.
  std::vector<double> point(Interval range) const;
};

}  // namespace equikoop::descent
