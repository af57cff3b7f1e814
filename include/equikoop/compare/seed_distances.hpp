// SPDX-License-Identifier: BSD-3-Clause
// The distances among the seeds of two configurations: all that effect, test and interval need.
#pragma once

#include <cstddef>
#include <vector>

namespace equikoop {

/// Distances of the spectra a_s of one configuration and b_t of another; only seeds that have one.
/// Paired: equal index means equal seed (same random streams), and both counts are equal.
struct SeedDistances {
  std::size_t first = 0;   ///< spectra of the first configuration
  std::size_t second = 0;  ///< of the second
  bool paired = false;
  std::vector<double> across;         ///< (first, second) W(a_s, b_t)
  std::vector<double> within_first;   ///< (first, first) W(a_s, a_t), symmetric, diagonal 0
  std::vector<double> within_second;  ///< (second, second)
};

/// A mean with its standard error over seeds; NaN where there are too few.
struct Estimate {
  double mean;
  double error;
};

/// Mean distance across: over equal seeds if paired, error s/√n; else over all pairs of seeds,
/// error by the two-sample delete-one jackknife (Arvesen, Ann. Math. Statist. 40, 1969), since the
/// n·m distances share their seeds.
Estimate mean_across(const SeedDistances& d);

/// Mean over different seeds of one configuration, (n, n): its noise floor; jackknife error.
Estimate mean_within(const std::vector<double>& distances, std::size_t n);

/// The effect: the energy statistic E = 2·mean W(a,b) − mean W(a,a') − mean W(b,b') over different
/// seeds (Székely & Rizzo, J. Statist. Plann. Inference 143, 2013, as a U-statistic: unbiased, so
/// below 0 half the time when nothing differs). Paired, the mean across leaves out equal seeds too:
/// swapping labels within a pair does not change W(a_s, b_s), and shared streams make it smaller
/// than W(a_s, b_t), which would hide a difference. NaN with fewer than 2 seeds.
double energy_statistic(const SeedDistances& d);

/// Paired: h_st = W(a_s,b_t) + W(a_t,b_s) − W(a_s,a_t) − W(b_s,b_t), (n, n) symmetric, diagonal 0:
/// E is its mean over s ≠ t, and swapping the labels of seed s turns the signs of its row and
/// column.
std::vector<double> paired_kernel(const SeedDistances& d);

}  // namespace equikoop
