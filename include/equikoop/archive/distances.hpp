// SPDX-License-Identifier: BSD-3-Clause
// distances.h5: all distances and conclusions of a study, written at once by rank 0.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "equikoop/archive/archive_file.hpp"

namespace equikoop {

/// A column of /pairs: one number for each pair of configurations.
struct PairColumn {
  std::string name;
  h5::Description description;
  std::vector<double> values;
  bool integer = false;  ///< stored as i4
};

/// A square table over configurations.
struct ConfigurationTable {
  std::string name;
  h5::Description description;
  std::vector<double> values;  ///< (configuration, configuration)
};

/// Symmetric square tables, one after another; a thing against itself has its noise floor as
/// distance, NaN as effect, margin and p, and -1 as verdict.
struct WindowTables {
  std::vector<double> distance, effect, margin, p_adjusted;
  std::vector<std::int32_t> verdict;  ///< codes of /pairs/verdict
};

/// Parts of the training compared, by begin and end (shares of the trajectory).
struct WindowDistances {
  std::vector<double> begin;
  std::vector<double> end;
  WindowTables within;  ///< (configuration, window, window)
  WindowTables across;  ///< (window, configuration, configuration)
};

/// Every pair at every point of the robustness grid: values (point, pair).
struct RobustnessTable {
  std::vector<std::string> metric;            ///< "study": the study's own distance
  std::vector<double> delays, rank;           ///< multiples of the study's
  std::vector<double> begin, end;             ///< window, shares of the trajectory
  std::vector<std::int32_t> verdict;
  std::vector<double> distance, effect, margin, p_adjusted;
};

struct DistancesContent {
  std::vector<std::string> configurations;
  std::size_t seeds = 0;
  std::vector<double> distances;  ///< (configuration, configuration, seed, seed), or empty
  std::vector<ConfigurationTable> tables;
  std::vector<double> floor;      ///< (configuration)
  std::vector<PairColumn> pairs;
  std::vector<std::string> verdicts;  ///< (pair), in words
  WindowDistances windows;            ///< empty: one window
  RobustnessTable robustness;         ///< empty: no grid
  std::vector<std::int32_t> left_out; ///< (configuration, seed) eigenvalues over max_residual; or empty
};

/// Writes the file whole, replacing what was there. `source` is the identity of the spectra file.
/// Collective.
void write_distances(const Comm& comm, const std::string& path, const Study& study,
                     const Provenance& provenance, const std::string& source,
                     const DistancesContent& content);

}  // namespace equikoop
