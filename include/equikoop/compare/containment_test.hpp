// SPDX-License-Identifier: BSD-3-Clause
// Is one configuration's spectrum contained in another's? One-sided distances of all seeds, their
// test and their bound. A factor of a system (semi-conjugacy) has a part of its eigenvalues.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "equikoop/base/random.hpp"

namespace equikoop {

/// One-sided distances c(·→·) (set_distances.hpp, containment) from the spectra a_s of one
/// configuration; only seeds that have one. Paired: equal index means equal seed.
struct OneSidedDistances {
  std::size_t first = 0;   ///< spectra of the configuration asked about
  std::size_t second = 0;  ///< of the one it may be contained in
  bool paired = false;
  std::vector<double> across;  ///< (first, second) c(a_s → b_t)
  std::vector<double> within;  ///< (first, first) c(a_s → a_t), diagonal unused
};

struct ContainmentResult {
  double distance;    ///< mean c(a_s → b_t), over equal seeds if paired
  double floor;       ///< mean c(a_s → a_t) over different seeds
  double excess;      ///< mean c(a_s → b_t) over different seeds, less the floor
  double excess_high; ///< its upper bound at level α, by the jackknife and Student's t
  double p_value;     ///< excess = 0 against excess > 0
  double smallest_p;
};

/// Each spectrum as a target has a score, its mean one-sided distance from the seeds of the first
/// configuration other than its own; the excess is the mean score of b's less that of a's. Null
/// hypothesis of the test: to a's seeds, a spectrum of b is as good a target as another of a, so
/// the labels of the scores are exchangeable (paired: within a seed; all relabelings where they are
/// at most permutations + 1). Else `permutations` are drawn and the observed one counted. The sources
/// are the same in all relabelings, hence the test holds its level only nearly: `equikoop calibrate`
/// measures it. NaN with fewer than 3 seeds. O(seeds² + permutations · seeds).
ContainmentResult containment_test(const OneSidedDistances& d, int permutations, double alpha,
                                   const RandomKey& key);

}  // namespace equikoop
