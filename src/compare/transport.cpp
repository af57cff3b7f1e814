// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/transport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "equikoop/base/error.hpp"
#include "ground.hpp"
#include "point_set.hpp"
#include "transport_solver.hpp"

namespace equikoop {
namespace {

void check_masses(const std::vector<double>& masses, std::size_t count, const std::string& what) {
  if (masses.empty()) return;
  if (masses.size() != count)
    throw Error(what + ": " + std::to_string(masses.size()) + " for " + std::to_string(count) +
                " eigenvalues");
  const bool usable = std::all_of(masses.begin(), masses.end(),
                                  [](double m) { return m >= 0.0 && std::isfinite(m); });
  if (!usable || std::all_of(masses.begin(), masses.end(), [](double m) { return m == 0.0; }))
    throw Error(what + ": must be finite, not negative, and not all zero");
}

void check_order(int order) {
  if (order < 1)
    throw Error("Wasserstein distance: the order must be 1 or more, not " + std::to_string(order));
}

}  // namespace

void check_spectrum(const WeightedSpectrum& spectrum, const char* what) {
  constexpr double k_greatest = 1e100;  // squares stay finite
  for (const auto& value : spectrum.values)
    if (!(std::abs(value) < k_greatest))
      throw Error(std::string(what) + ": an eigenvalue is not finite or above 1e100");
  check_masses(spectrum.weights, spectrum.values.size(), std::string(what) + ": weights");
  check_masses(spectrum.amplitudes, spectrum.values.size(), std::string(what) + ": amplitudes");
}

namespace detail {

double power_of_square(double square, int order) {
  if (order == 1) return std::sqrt(square);
  if (order == 2) return square;
  return std::pow(square, 0.5 * order);
}

std::vector<double> ground_costs(Values a, Values b, int order) {
  std::vector<double> cost(a.size() * b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j)
      cost[i * b.size() + j] = power_of_square(std::norm(a[i] - b[j]), order);
  return cost;
}

bool uniform(const WeightedSpectrum& s) {
  return std::all_of(s.weights.begin(), s.weights.end(),
                     [&](double w) { return w == s.weights.front(); });
}

double root(double mean_cost, int order) {
  if (order == 1) return mean_cost;
  if (order == 2) return std::sqrt(mean_cost);
  return std::pow(mean_cost, 1.0 / order);
}

double transported(const WeightedSpectrum& a, const WeightedSpectrum& b, int order) {
  const std::size_t n = a.values.size();
  const std::size_t m = b.values.size();
  const auto cost = ground_costs(a.values, b.values, order);
  const bool exact = uniform(a) && uniform(b);
  const auto supply = exact ? uniform_units(n, m) : weighted_units(a.weights, n);
  const auto demand = exact ? uniform_units(m, n) : weighted_units(b.weights, m);
  return root(transport(cost, supply, demand), order);
}

}  // namespace detail

double wasserstein(const WeightedSpectrum& a, const WeightedSpectrum& b, int order) {
  check_order(order);
  check_spectrum(a, "first spectrum");
  check_spectrum(b, "second spectrum");
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (a.values.size() != b.values.size() || !detail::uniform(a) || !detail::uniform(b))
    return detail::transported(a, b, order);
  const double total =
      detail::matched_cost(detail::PointSet(a.values), detail::PointSet(b.values), order);
  return detail::root(total / static_cast<double>(a.values.size()), order);
}

std::vector<int> optimal_matching(const WeightedSpectrum& a, const WeightedSpectrum& b, int order) {
  check_order(order);
  if (a.values.size() != b.values.size())
    throw Error("optimal matching: " + std::to_string(a.values.size()) + " eigenvalues against " +
                std::to_string(b.values.size()));
  std::vector<int> match(a.values.size());
  if (!match.empty())
    detail::matched_cost(detail::PointSet(a.values), detail::PointSet(b.values), order, match);
  return match;
}

}  // namespace equikoop
