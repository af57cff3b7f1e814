// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/binomial.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <limits>

namespace equikoop {

Rate binomial_rate(std::int64_t hits, std::int64_t trials, double level) {
  constexpr double k_none = std::numeric_limits<double>::quiet_NaN();
  if (trials <= 0) return {k_none, k_none, k_none};
  using Binomial = boost::math::binomial_distribution<double>;
  const auto n = static_cast<double>(trials);
  const auto k = static_cast<double>(hits);
  const double tail = 0.5 * (1.0 - level);
  return {k / n, Binomial::find_lower_bound_on_p(n, k, tail),
          Binomial::find_upper_bound_on_p(n, k, tail)};
}

}  // namespace equikoop
