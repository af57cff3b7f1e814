// SPDX-License-Identifier: BSD-3-Clause
// A rate counted in independent trials, with what is known of it.
#pragma once

#include <cstdint>

namespace equikoop {

struct Rate {
  double share;
  double low, high;  ///< central interval, exact (Clopper & Pearson, Biometrika 26, 1934)
};

/// `hits` of `trials`, interval at `level`. NaN without trials.
Rate binomial_rate(std::int64_t hits, std::int64_t trials, double level = 0.95);

}  // namespace equikoop
