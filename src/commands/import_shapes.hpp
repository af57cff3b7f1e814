// SPDX-License-Identifier: BSD-3-Clause
// What imported arrays mean: which axis is which, and the shape of the archive that follows.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/data/array_source.hpp"
#include "equikoop/data/file_pattern.hpp"
#include "equikoop/study/manifest.hpp"

namespace equikoop {

/// The dimensions of what is written; all axes that are not seed, initial or time make the last one.
enum Dimension : std::size_t { k_seeds, k_initials, k_times, k_features, k_dimensions };

/// The files of one array, all of one shape, and what their axes are.
struct ImportedArray {
  FileSet files;
  std::string dataset;
  std::vector<std::size_t> shape;          ///< of each file
  std::vector<Dimension> axes;             ///< of each axis of a file
  bool first_axis_fastest = false;
  std::size_t real_bytes = 8;
  std::array<std::size_t, k_dimensions> extents{1, 1, 1, 1};  ///< of all files together

  /// Where the numbers in the file's path place it: first index in each dimension.
  std::array<std::size_t, k_dimensions> origin(const NumberedFile& file) const;
};

/// One configuration: its observables, and its losses where it has them.
struct ImportedConfiguration {
  ImportSource source;
  ImportedArray observables;
  std::unique_ptr<ImportedArray> loss;
};

/// Opens the head of every file. `folder`: that of the study file. Throws Error.
std::vector<ImportedConfiguration> open_trajectories(const Manifest& manifest, const std::string& folder);

/// The archive that holds them. Throws UsageError where configurations differ in seeds or initials.
TrajectoryLayout layout_of(const Manifest& manifest, const std::vector<ImportedConfiguration>& configurations);

/// Duration of a snapshot on each clock, from `every`, training.batch_size and training.learning_rate.
ClockDurations clock_of(const ImportSource& source);

/// Path, bytes and age of a file: what tells a changed one.
std::string fingerprint(const std::string& path);

}  // namespace equikoop
