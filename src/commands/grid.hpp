// SPDX-License-Identifier: BSD-3-Clause
// The robustness grid of a study: every pair judged anew for other delays, ranks, windows and
// distances. Spectra come from the archive; nothing is fitted here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/compare/all_pairs.hpp"
#include "job.hpp"

namespace equikoop {

/// One way to look at all pairs: an analysis of spectra.h5 and a distance.
struct GridPoint {
  std::size_t analysis = 0;
  std::optional<Metric> metric;  ///< none: the study's own
};

struct GridResult {
  GridPoint point;
  std::vector<PairResult> pairs;  ///< rank 0; as Comparison::pairs
};

/// The name of a metric as in a study file.
std::string metric_name(Metric metric);

/// All points but the main analysis with the study's own distance, which the verdicts come from:
/// analyses × distances, reduced operators for the main analysis alone. Distances equal to the
/// study's own are left out, and Procrustes where it would take minutes, which is said.
std::vector<GridPoint> grid_points(const Job& job, const SpectraArchive& archive);

/// Every pair at every point, by the same tests as the verdicts. Collective.
std::vector<GridResult> compare_grid(const Job& job, const SpectraArchive& archive,
                                     const std::vector<GridPoint>& points);

/// The columns of /pairs that the grid gives: for each distance at the main analysis its distance,
/// effect, p and verdict; and how many of all points agree with the verdict of `pairs`. Rank 0.
std::vector<PairColumn> grid_columns(const std::vector<GridResult>& grid, const std::vector<PairResult>& pairs);

/// /robustness: coordinates of the points, and verdicts and numbers at each. Rank 0.
RobustnessTable robustness_table(const SpectraArchive& archive, const std::vector<GridResult>& grid);

/// The share of points whose verdict is that of pair `index`; NaN without points, and where the pair cannot
/// have a verdict: too few seeds are too few in every analysis.
double agreement(const std::vector<GridResult>& grid, const std::vector<PairResult>& pairs, std::size_t index);

}  // namespace equikoop
