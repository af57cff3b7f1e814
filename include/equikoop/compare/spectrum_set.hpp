// SPDX-License-Identifier: BSD-3-Clause
// What is compared: one set of eigenvalues for each configuration and seed. Not how they were
// found.
#pragma once

#include <complex>
#include <vector>

namespace equikoop {

/// Eigenvalues with optional masses. No values: this ensemble has no spectrum.
struct WeightedSpectrum {
  std::vector<std::complex<double>> values;  ///< (k), finite
  std::vector<double> weights;     ///< (k) masses for transport, not negative; empty: uniform
  std::vector<double> amplitudes;  ///< (k) shares of energy, for one-sided distances; empty: equal
  std::vector<double> reduced{};   ///< (n, n) row-major reduced operator; empty: not known

  bool empty() const noexcept { return values.empty(); }
};

/// What a distance is of: transport between eigenvalues (W_p), the eigenvalues as sets (Hausdorff),
/// or the reduced operators up to rotation (Procrustes over vector fields).
enum class Ground { transport, sets, operators };

/// A study: [configuration][seed].
using SpectrumSet = std::vector<std::vector<WeightedSpectrum>>;

/// Throws Error naming `what` unless values are finite (and below 1e100 in modulus, so that squares
/// are finite too), and weights and amplitudes, where given, are as many as the values, finite and
/// not negative, with a positive sum.
void check_spectrum(const WeightedSpectrum& spectrum, const char* what);

}  // namespace equikoop
