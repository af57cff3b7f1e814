// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/rank.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {

namespace {

std::size_t count_above(std::span<const double> sigma, double threshold) {
  return static_cast<std::size_t>(
      std::count_if(sigma.begin(), sigma.end(), [&](double s) { return s > threshold; }));
}

std::size_t count_for_energy(const RankInput& input, double share) {
  double kept = 0.0;
  std::size_t count = 0;
  while (count < input.sigma.size() && kept < share * input.total_energy) {
    kept += input.sigma[count] * input.sigma[count];
    ++count;
  }
  return count;
}

std::size_t wanted(const RankInput& input, const KoopmanOptions& options) {
  const auto most = std::min(static_cast<std::size_t>(options.rank), input.sigma.size());
  switch (options.rank_rule) {
    case RankRule::number:
      return most;
    case RankRule::energy:
      return std::min(most, count_for_energy(input, options.energy));
    case RankRule::gavish_donoho:
      return std::min(most, count_above(input.sigma, gavish_donoho_threshold(
                                                         input.sigma, input.rows, input.columns)));
    case RankRule::full:
      return input.sigma.size();
  }
  return most;
}

}  // namespace

double noise_floor(const DelayShape& shape, double total_energy, double stored_epsilon) {
  const double norm = std::sqrt(total_energy);
  const double arithmetic = std::numeric_limits<double>::epsilon() *
                            (std::sqrt(double(shape.rows())) + std::sqrt(double(shape.columns())));
  return norm * std::max(0.5 * stored_epsilon, arithmetic);
}

double gavish_donoho_threshold(std::span<const double> sigma, std::size_t rows,
                               std::size_t columns) {
  const std::size_t count = std::min(rows, columns);
  if (sigma.size() != count)
    throw Error("rank rule gavish_donoho: every singular value is needed, not the leading ones");
  if (count == 0) return 0.0;
  std::vector<double> sorted(sigma.begin(), sigma.end());
  std::sort(sorted.begin(), sorted.end());
  const double median = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
  const double beta = double(count) / double(std::max(rows, columns));
  return median * (((0.56 * beta - 0.95) * beta + 1.82) * beta + 1.43);
}

RankChoice choose_rank(const RankInput& input, const KoopmanOptions& options) {
  const std::size_t want = wanted(input, options);
  const std::size_t kept = std::min(want, count_above(input.sigma, input.noise_floor));
  return {static_cast<int>(kept), static_cast<int>(want - kept)};
}

}  // namespace equikoop
