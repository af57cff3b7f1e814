// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/scaling.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "equikoop/base/error.hpp"

namespace equikoop {

WeightedSpectrum log_scaled(const WeightedSpectrum& spectrum, double duration) {
  if (!(duration > 0.0) || !std::isfinite(duration))
    throw Error("log scaling: the duration of a step must be positive and finite, not " +
                std::to_string(duration));
  WeightedSpectrum scaled = spectrum;
  for (auto& value : scaled.values) {
    const double modulus = std::max(std::abs(value), k_least_modulus);
    // −0 as imaginary part would put a real negative eigenvalue at −π.
    const double imaginary = value.imag() == 0.0 ? 0.0 : value.imag();
    const double angle = value == 0.0 ? 0.0 : std::atan2(imaginary, value.real());
    value = {std::log(modulus) / duration, angle / duration};
  }
  return scaled;
}

}  // namespace equikoop
