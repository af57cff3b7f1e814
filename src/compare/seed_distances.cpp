// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/seed_distances.hpp"

#include <cmath>
#include <utility>

#include "sums.hpp"

namespace equikoop {
namespace {

using namespace detail;

/// The mean with each row left out in turn.
std::vector<double> leave_out(std::vector<double> sums, double total, double left) {
  for (double& s : sums) s = (total - s) / left;
  return sums;
}

/// Over equal seeds: independent of each other.
Estimate mean_of_pairs(const SeedDistances& d) {
  const auto n = static_cast<double>(d.first);
  double total = 0.0;
  for (std::size_t s = 0; s < d.first; ++s) total += d.across[s * d.first + s];
  double squares = 0.0;
  for (std::size_t s = 0; s < d.first; ++s) {
    const double deviation = d.across[s * d.first + s] - total / n;
    squares += deviation * deviation;
  }
  return {total / n, d.first < 2 ? k_none : std::sqrt(squares / (n - 1.0) / n)};
}

}  // namespace

Estimate mean_across(const SeedDistances& d) {
  if (d.first == 0 || d.second == 0) return {k_none, k_none};
  if (d.paired) return mean_of_pairs(d);
  const auto n = static_cast<double>(d.first);
  const auto m = static_cast<double>(d.second);
  const double total = sum(d.across);
  if (d.first < 2 || d.second < 2) return {total / (n * m), k_none};
  const auto rows = leave_out(row_sums(d.across, d.first, d.second), total, (n - 1.0) * m);
  const auto columns = leave_out(column_sums(d.across, d.first, d.second), total, n * (m - 1.0));
  return {total / (n * m), std::sqrt(jackknife_variance(rows) + jackknife_variance(columns))};
}

Estimate mean_within(const std::vector<double>& distances, std::size_t n) {
  if (n < 2) return {k_none, k_none};
  const double total = sum(distances);
  const auto count = static_cast<double>(n);
  const double mean = total / (count * (count - 1.0));
  if (n < 3) return {mean, k_none};
  auto sums = row_sums(distances, n, n);
  for (double& s : sums) s *= 2.0;  // a seed stands in a row and in a column
  const auto values = leave_out(std::move(sums), total, (count - 1.0) * (count - 2.0));
  return {mean, std::sqrt(jackknife_variance(values))};
}

std::vector<double> paired_kernel(const SeedDistances& d) {
  const std::size_t n = d.first;
  std::vector<double> kernel(n * n, 0.0);
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t t = 0; t < s; ++t)
      kernel[s * n + t] = kernel[t * n + s] = d.across[s * n + t] + d.across[t * n + s] -
                                              d.within_first[s * n + t] -
                                              d.within_second[s * n + t];
  return kernel;
}

double energy_statistic(const SeedDistances& d) {
  if (d.first < 2 || d.second < 2) return k_none;
  const auto n = static_cast<double>(d.first);
  const auto m = static_cast<double>(d.second);
  if (d.paired) return sum(paired_kernel(d)) / (n * (n - 1.0));
  return 2.0 * sum(d.across) / (n * m) - sum(d.within_first) / (n * (n - 1.0)) -
         sum(d.within_second) / (m * (m - 1.0));
}

}  // namespace equikoop
