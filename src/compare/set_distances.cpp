// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/set_distances.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "equikoop/compare/assignment.hpp"
#include "ground.hpp"
#include "one_sided.hpp"
#include "transport_solver.hpp"

namespace equikoop {
namespace {

using Points = std::vector<std::complex<double>>;

double farthest_from(const Points& a, const Points& b) {
  double farthest = 0.0;
  for (const auto& x : a) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& y : b) nearest = std::min(nearest, std::norm(x - y));
    farthest = std::max(farthest, nearest);
  }
  return std::sqrt(farthest);
}

/// n ≤ m: rows of no cost take the surplus columns, which leaves the optimum as it is.
double injected(const std::vector<double>& cost, std::size_t n, std::size_t m) {
  std::vector<double> square(m * m, 0.0);
  std::copy(cost.begin(), cost.end(), square.begin());
  const auto column = optimal_assignment(square, m);
  double total = 0.0;
  for (std::size_t i = 0; i < n; ++i) total += cost[i * m + static_cast<std::size_t>(column[i])];
  return total / static_cast<double>(n);
}

double shared(const std::vector<double>& cost, std::size_t n, std::size_t m) {
  const auto times = static_cast<std::int64_t>((n + m - 1) / m);
  const std::vector<std::int64_t> supply(n, 1), capacity(m, times);
  return detail::mean_cost(cost, detail::transport(cost, supply, capacity));
}

}  // namespace

namespace detail {

Points principal(const WeightedSpectrum& s, double share) {
  if (s.amplitudes.empty()) return s.values;
  const double least = share * *std::max_element(s.amplitudes.begin(), s.amplitudes.end());
  Points kept;
  for (std::size_t i = 0; i < s.values.size(); ++i)
    if (s.amplitudes[i] >= least) kept.push_back(s.values[i]);
  return kept;
}

double one_sided(const Points& from, const Points& to, int order) {
  const auto cost = ground_costs(from, to, order);
  const std::size_t n = from.size();
  const std::size_t m = to.size();
  return root(n <= m ? injected(cost, n, m) : shared(cost, n, m), order);
}

}  // namespace detail

double hausdorff(const WeightedSpectrum& a, const WeightedSpectrum& b) {
  check_spectrum(a, "first spectrum");
  check_spectrum(b, "second spectrum");
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::max(farthest_from(a.values, b.values), farthest_from(b.values, a.values));
}

double containment(const WeightedSpectrum& a, const WeightedSpectrum& b, int order,
                   double principal_share) {
  check_spectrum(a, "first spectrum");
  check_spectrum(b, "second spectrum");
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  return detail::one_sided(detail::principal(a, principal_share), b.values, order);
}

}  // namespace equikoop
