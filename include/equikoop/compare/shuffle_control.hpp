// SPDX-License-Identifier: BSD-3-Clause
// The published shuffle control (arXiv 2302.09160), for continuity. Not a test of equivalence: the
// swapped spectra can always be matched at the old cost, so their distance never exceeds the true
// one, and the fraction below counts ties alone.
#pragma once

#include <cstdint>

#include "equikoop/base/random.hpp"
#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop {

/// What a coin swaps: each matched pair alone (as published), or matched pairs together whose
/// elements are complex conjugates of each other in either spectrum.
enum class ShuffleUnit { eigenvalue, conjugate_pair };

/// Costs that differ by less than this share of the true cost are equal: rounding, not structure.
inline constexpr double k_tie_tolerance = 1e-9;

/// Units up to which all swaps are enumerated (half of them: swapping all changes nothing).
inline constexpr int k_most_enumerated_units = 14;

/// Fractions of the two kinds of swaps.
struct ShuffleFractions {
  double alone;     ///< ShuffleUnit::eigenvalue
  double together;  ///< ShuffleUnit::conjugate_pair
};

/// The fractions of swaps of the optimally matched pairs after which W_true ≤ W_shuffled. Exact over
/// the 2^units swaps up to k_most_enumerated_units; else over `draws` random ones of `key`, whose
/// `initial` is set. The optimal matching where several are equally good is the first found, which
/// can change the fractions. Uniform masses are taken. NaN if counts differ or a spectrum is empty.
ShuffleFractions shuffle_fractions(const WeightedSpectrum& a, const WeightedSpectrum& b, int order,
                                   int draws, RandomKey key);

}  // namespace equikoop
