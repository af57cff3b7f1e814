// SPDX-License-Identifier: BSD-3-Clause
// Distances of spectra as sets: Hausdorff, and how far one spectrum is from lying inside another.
#pragma once

#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop {

/// Modes whose amplitude is under this share of the greatest are not principal: they carry noise
/// or rank artefacts rather than the dynamics, and say nothing about containment.
inline constexpr double k_principal_share = 1e-3;

/// Hausdorff distance: the greatest distance from an element of either to the nearest of the other.
/// NaN if a spectrum is empty.
double hausdorff(const WeightedSpectrum& a, const WeightedSpectrum& b);

/// How far a's spectrum is from being contained in b's, as it is when a is a factor of b
/// (semi-conjugacy): each principal eigenvalue of a is assigned to one of b, none used more than
/// ⌈n/m⌉ times for n principal of a and m of b (so: injectively when n ≤ m); the least mean cost
/// (Σ |aᵢ − b_f(i)|^p / n)^(1/p). b's surplus costs nothing. Principal: all without amplitudes,
/// else those of at least `principal_share` of the greatest amplitude. With equal counts and all
/// principal this is W_p: rank or amplitudes must tell factor and extension apart. NaN if a or b is
/// empty.
double containment(const WeightedSpectrum& a, const WeightedSpectrum& b, int order = 1,
                   double principal_share = k_principal_share);

}  // namespace equikoop
