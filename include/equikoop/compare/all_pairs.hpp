// SPDX-License-Identifier: BSD-3-Clause
// Every configuration of a study against every other: distances, tests, intervals, verdicts. The
// pairs are shared among ranks; what comes out is the same to the last bit at any number of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/compare/spectrum_set.hpp"
#include "equikoop/compare/verdict.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Whether one configuration's spectrum is contained in another's. NaN where there is no number.
struct OneSidedResult {
  double distance;          ///< one-sided, mean as PairResult::mean_distance
  double excess;            ///< over the one-sided distance between the first's own seeds
  double excess_high;       ///< upper bound at level α
  double p_value, p_adjusted;  ///< excess = 0; adjusted over all pairs and both directions
  double p_smallest, margin;
  Verdict verdict;          ///< equivalent: contained; non_equivalent: not contained
};

/// One row of /pairs: configurations first < second. NaN where there is no such number.
struct PairResult {
  std::int32_t first, second;
  double mean_distance, standard_error;
  double floor;                    ///< mean of the two floors
  double effect;                   ///< energy statistic E
  double effect_low, effect_high;  ///< central 1 − 2α interval: each end is a bound at level α
  double p_value, p_adjusted;      ///< permutation test; adjusted over all pairs
  double p_smallest;               ///< the least p possible with these seeds
  double margin;
  double shuffle_fraction;            ///< mean over equal seeds, each eigenvalue swapped alone
  double shuffle_fraction_conjugate;  ///< conjugate pairs kept together
  OneSidedResult first_in_second, second_in_first;
  std::int32_t seeds_first, seeds_second;  ///< spectra there are
  Verdict verdict;
  Reason reason;
  Containment containment;
};

/// What is computed beside the options of a study.
struct CompareScope {
  bool keep_distances =
      true;  ///< all distances of seeds, configurations² · seeds² numbers on rank 0
  bool shuffle_control = true;  ///< the published control; the dearest part of a large study
  bool containment = true;      ///< one-sided distances and their tests
  Ground ground = Ground::transport;
  /// Called on rank 0 with pairs done and pairs in all; may throw on rank 0 to stop all ranks.
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// Called on every rank before each of its pairs; may throw to stop all ranks.
  std::function<void()> heartbeat;
};

/// The result of a study; complete on rank 0, empty on the others.
struct Comparison {
  std::size_t configurations = 0;
  std::size_t seeds = 0;
  std::vector<double> distances;       ///< (configuration, configuration, seed, seed), or empty
  std::vector<double> mean_distance;   ///< (configuration, configuration); diagonal: floor
  std::vector<double> standard_error;  ///< same shape, over seeds
  std::vector<double> floor;           ///< (configuration): mean distance of different seeds
  std::vector<PairResult> pairs;       ///< by first, then second
};

/// Compares all pairs with W_p, p = options.order, or another ground of `scope`: Hausdorff, or the
/// Procrustes distance of reduced operators over the root of their size (for symmetric operators
/// that is W_2; the smaller is filled up with zeros). `spectra` [configuration][seed] must be the same
/// on every rank and already scaled and weighted (options.scaling, .clock and .weights are the
/// caller's). Paired: test, interval and means of a pair take the seeds for which both have a
/// spectrum. Collective. Throws Error for spectra that check_spectrum refuses and for unequal seed
/// counts.
Comparison compare_all(const Comm& comm, const SpectrumSet& spectra, const CompareOptions& options,
                       std::uint64_t root_seed, const CompareScope& scope = {});

}  // namespace equikoop
