// SPDX-License-Identifier: BSD-3-Clause
// One pair of configurations, from its spectra to its numbers. Who computes which pair, and what
// the p-values of all pairs together mean, is elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "equikoop/compare/all_pairs.hpp"
#include "equikoop/compare/seed_distances.hpp"
#include "prepared_study.hpp"

namespace equikoop::detail {

/// Mean over different seeds of configuration c that have a spectrum.
Estimate floor_of(const PreparedStudy& study, std::size_t c, const std::vector<double>& within);

/// What all pairs of a study share. `within` and `one_sided` (configuration, seed, seed).
struct PairContext {
  const PreparedStudy& study;
  const std::vector<double>& within;
  const std::vector<double>& one_sided;  ///< empty: no one-sided tests
  const CompareOptions& options;
  std::uint64_t root_seed;
  bool shuffle_control;
};

/// Everything of a pair but adjusted p-values and verdicts.
PairResult analyse_pair(const PairContext& context, std::size_t a, std::size_t b,
                        const std::vector<double>& across);

}  // namespace equikoop::detail
