// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/set_distances.hpp"

#include <algorithm>
#include <limits>

#include "ground.hpp"
#include "prepared_sets.hpp"
#include "transport_solver.hpp"

namespace equikoop {
namespace {

using Points = std::vector<std::complex<double>>;
using detail::PointSet;

/// More elements than `to` has: each of those takes ⌈n/m⌉.
double shared_cost(const PointSet& from, const PointSet& to, int order) {
  std::vector<double> cost;
  for (int i = 0; i < from.size(); ++i)
    for (int j = 0; j < to.size(); ++j) {
      const double dx = from.real()[i] - to.real()[j], dy = from.imaginary()[i] - to.imaginary()[j];
      cost.push_back(detail::power_of_square(dx * dx + dy * dy, order));
    }
  const auto n = static_cast<std::size_t>(from.size()), m = static_cast<std::size_t>(to.size());
  const std::vector<std::int64_t> supply(n, 1), capacity(m, static_cast<std::int64_t>((n + m - 1) / m));
  return detail::transport(cost, supply, capacity);
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

double one_sided(const PointSet& from, const PointSet& to, int order) {
  const double cost = from.size() <= to.size() ? matched_cost(from, to, order) / from.size()
                                               : shared_cost(from, to, order);
  return root(cost, order);
}

double hausdorff(const PointSet& a, const PointSet& b) {
  return std::max(farthest_from(a, b), farthest_from(b, a));
}

}  // namespace detail

double hausdorff(const WeightedSpectrum& a, const WeightedSpectrum& b) {
  check_spectrum(a, "first spectrum");
  check_spectrum(b, "second spectrum");
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  return detail::hausdorff(PointSet(a.values), PointSet(b.values));
}

double containment(const WeightedSpectrum& a, const WeightedSpectrum& b, int order,
                   double principal_share) {
  check_spectrum(a, "first spectrum");
  check_spectrum(b, "second spectrum");
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  return detail::one_sided(PointSet(detail::principal(a, principal_share)), PointSet(b.values), order);
}

}  // namespace equikoop
