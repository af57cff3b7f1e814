// SPDX-License-Identifier: BSD-3-Clause
// The permutation test of the effect: do labels of configurations matter to the distances of seeds?
// Works on the distances alone; spectra are never compared again.
#pragma once

#include <cstdint>

#include "equikoop/base/random.hpp"
#include "equikoop/compare/seed_distances.hpp"

namespace equikoop {

struct PermutationResult {
  double statistic;   ///< E of the labels as they are
  double p_value;     ///< share of relabelings, this one counted, whose E is at least as large
  double smallest_p;  ///< the least p this number of seeds and relabelings can give
  std::uint64_t relabelings;  ///< distinct (exact) or drawn and the observed one (random)
  bool exact;
};

/// Tests E = 0 against E > 0 (energy_statistic). Null hypothesis, paired: the labels of the two
/// spectra of each seed are exchangeable (2^(n−1) distinct relabelings); else: the labels of all
/// n + m spectra are. All relabelings are enumerated if they are not more than permutations + 1;
/// otherwise `permutations` are drawn at random from `key`, the observed one counted
/// (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010), which keeps the test valid.
/// Relabelings equal to the observed up to rounding count as ties. NaN with fewer than 2 seeds.
/// O(permutations · seeds²).
PermutationResult permutation_test(const SeedDistances& d, int permutations, const RandomKey& key);

}  // namespace equikoop
