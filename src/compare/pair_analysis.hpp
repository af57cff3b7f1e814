// SPDX-License-Identifier: BSD-3-Clause
// One pair of configurations, from its spectra to its numbers. Who computes which pair, and what
// the p-values of all pairs together mean, is elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "equikoop/compare/all_pairs.hpp"
#include "equikoop/compare/seed_distances.hpp"
#include "point_set.hpp"

namespace equikoop::detail {

/// The spectra of a study, checked and made ready for millions of comparisons.
class PreparedStudy {
 public:
  PreparedStudy(const SpectrumSet& spectra, int order, Ground ground);
  std::size_t configurations() const noexcept { return spectra_.size(); }
  std::size_t seeds() const noexcept { return seeds_; }
  int order() const noexcept { return order_; }
  bool by_transport() const noexcept { return ground_ == Ground::transport; }
  const WeightedSpectrum& spectrum(std::size_t c, std::size_t s) const { return spectra_[c][s]; }
  bool has(std::size_t c, std::size_t s) const {
    return !(ground_ == Ground::operators ? spectra_[c][s].reduced.empty()
                                          : spectra_[c][s].empty());
  }
  /// Equal counts without masses: the distance is a matching.
  bool matches(std::size_t a, std::size_t s, std::size_t b, std::size_t t) const;
  /// The distance of seed s of a and seed t of b; NaN where one has no spectrum.
  double distance(std::size_t a, std::size_t s, std::size_t b, std::size_t t) const;
  /// (seed, seed) distances of configurations a and b; a = b: symmetric, diagonal 0.
  std::vector<double> distances(std::size_t a, std::size_t b) const;
  /// One-sided distance of seed s of a into seed t of b, whose distance is `distance`.
  double one_sided_distance(std::size_t a, std::size_t s, std::size_t b, std::size_t t,
                            double distance) const;
  /// (seed, seed) one-sided distances of a configuration into itself; diagonal 0.
  std::vector<double> one_sided_within(std::size_t c, const double* distances) const;
  /// Mean number of eigenvalues, for the cost of a pair.
  double mean_count() const;

 private:
  const PointSet& points(std::size_t c, std::size_t s) const { return points_[c * seeds_ + s]; }

  const SpectrumSet& spectra_;
  int order_;
  Ground ground_;
  std::size_t seeds_;
  std::vector<PointSet> points_;     ///< (configuration, seed)
  std::vector<PointSet> principal_;  ///< (configuration, seed): those one-sided distances start from
  std::vector<char> uniform_;        ///< (configuration, seed): equal masses
};

/// The distances of a pair, of the seeds that take part. `within` (configuration, seed, seed).
SeedDistances select_seeds(const PreparedStudy& study, std::size_t a, std::size_t b,
                           const std::vector<double>& across, const std::vector<double>& within,
                           bool paired);

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
