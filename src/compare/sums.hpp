// SPDX-License-Identifier: BSD-3-Clause
// Sums over seeds that several statistics take, always in the same order.
#pragma once

#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

namespace equikoop::detail {

/// Where there is no number.
inline constexpr double k_none = std::numeric_limits<double>::quiet_NaN();

inline double sum(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0);
}

inline double mean(const std::vector<double>& v) {
  return sum(v) / static_cast<double>(v.size());
}

/// Σ_t d[s, t]   d (rows, columns)
inline std::vector<double> row_sums(const std::vector<double>& d, std::size_t rows, std::size_t columns) {
  std::vector<double> sums(rows, 0.0);
  for (std::size_t s = 0; s < rows; ++s)
    for (std::size_t t = 0; t < columns; ++t) sums[s] += d[s * columns + t];
  return sums;
}

/// Σ_s d[s, t]   d (rows, columns)
inline std::vector<double> column_sums(const std::vector<double>& d, std::size_t rows, std::size_t columns) {
  std::vector<double> sums(columns, 0.0);
  for (std::size_t s = 0; s < rows; ++s)
    for (std::size_t t = 0; t < columns; ++t) sums[t] += d[s * columns + t];
  return sums;
}

/// (n − 1)/n · Σ (θ_i − θ̄)² of the delete-one values θ
inline double jackknife_variance(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double centre = mean(values);
  double squares = 0.0;
  for (const double v : values) squares += (v - centre) * (v - centre);
  return (n - 1.0) / n * squares;
}

}  // namespace equikoop::detail
