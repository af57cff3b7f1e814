// SPDX-License-Identifier: BSD-3-Clause
// The spectra of a study and the distance of any two of them. Knows nothing of pairs of
// configurations and their statistics.
#pragma once

#include <cstddef>
#include <vector>

#include "equikoop/compare/spectrum_set.hpp"
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

}  // namespace equikoop::detail
