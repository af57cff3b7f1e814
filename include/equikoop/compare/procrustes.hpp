// SPDX-License-Identifier: BSD-3-Clause
// Procrustes distance over vector fields: two linear operators up to an orthogonal change of
// coordinates, as in DSA (Ostrow et al., NeurIPS 2023). Compares operators, not spectra: unlike
// them it sees non-normality, and it is not invariant under general linear changes of coordinates.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "equikoop/base/random.hpp"

namespace equikoop {

struct ProcrustesResult {
  double distance;  ///< min over orthogonal C of ‖A − C B Cᵀ‖_F
  double angle;     ///< min over C of the angle between A and C B Cᵀ, radians, 0 to π
  std::vector<double> rotation;  ///< (n, n) row-major: the C of both
};

/// Compares A and B (n, n) row-major. The same C serves both numbers, since ‖C B Cᵀ‖ = ‖B‖. Found
/// by ascending ⟨A, C B Cᵀ⟩ plane by plane, each plane solved exactly (a trigonometric polynomial
/// of degree 2), and for n ≤ 20 by Newton's steps in all planes at once, from `starts` random starts of `key` in each of the two components of the
/// orthogonal group, the first at the identity. The problem is not convex: the result is an upper
/// bound, met in practice with a few starts; symmetric operators have no other local minima. For
/// n > 20 the sweeps end after 1000, converged or not. The
/// angle with a zero operator is π/2, between two of them 0. Throws Error for wrong sizes and
/// values not finite.
ProcrustesResult procrustes(std::span<const double> a, std::span<const double> b, std::size_t n,
                            const RandomKey& key, int starts = 8);

}  // namespace equikoop
