// SPDX-License-Identifier: BSD-3-Clause
// From stored values to what a network sees, and the value most of them take (the background).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "equikoop/study/options.hpp"

namespace equikoop {

/// Resolves `automatic`: mnist for source mnist, standard for all others. Throws UsageError where
/// a rule for pixels (mnist, unit) meets a synthetic source.
Normalise normalisation_of(const DataOptions& options);

/// How many pixels have each value.
using Histogram = std::array<std::uint64_t, 256>;
Histogram histogram(std::span<const std::uint8_t> pixels);

struct Moments {
  double mean = 0.0;
  double deviation = 1.0;  ///< over n, not n − 1
};

/// Mean and deviation over all features of all training samples, pixels as p/255. Throws Error
/// where all values are the same.
Moments moments(const Histogram& pixels);
Moments moments(std::span<const double> values);

/// What each pixel value becomes. mnist: (p/255 − 0.1307)/0.3081, standard: the same with the
/// moments of `train`, unit: p/255, none: p; each operation in Real, in this order, as PyTorch's
/// ToTensor and Normalize do in float32.
template <class Real>
std::array<Real, 256> pixel_table(Normalise rule, const Histogram& train);

/// table[p] of every pixel. Quick where most pixels are `common`: runs of it are not looked up one by one.
template <class Real>
void look_up(std::span<const std::uint8_t> pixels, const std::array<Real, 256>& table, std::uint8_t common,
             std::span<Real> into);

/// (x − mean)/deviation for rule standard with the moments of `train`, else x.
Moments feature_moments(Normalise rule, std::span<const double> train);

template <class Real>
struct Background {
  Real value = 0;
  double density = 1.0;  ///< share of other values
};

/// The most frequent value (the smallest of several), of one at least.
Background<std::uint8_t> background_of(const Histogram& pixels);
template <class Real>
Background<Real> background_of(std::span<const Real> values);

}  // namespace equikoop
