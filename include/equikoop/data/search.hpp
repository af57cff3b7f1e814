// SPDX-License-Identifier: BSD-3-Clause
// Where the files of a data source are. Looks for names only; what stands in them is idx.hpp's.
#pragma once

#include <filesystem>
#include <string>

#include "equikoop/study/options.hpp"

namespace equikoop {

struct DataSearch {
  std::string environment;   ///< value of EQUIKOOP_DATA, or empty
  std::string study_folder;  ///< of the study file; empty: the working folder
};

/// The four files of an IDX data set, each plain or with .gz.
struct IdxFiles {
  std::filesystem::path train_images;
  std::filesystem::path train_labels;
  std::filesystem::path test_images;
  std::filesystem::path test_labels;
};

/// Whether equikoop makes the data itself (gaussian, teacher).
bool is_synthetic(const std::string& source);

/// The first folder that holds all four files, of: options.path and options.path/SOURCE (as given,
/// then beside the study file), and nothing else if a path is given; $EQUIKOOP_DATA/SOURCE;
/// $EQUIKOOP_DATA where its last component is SOURCE, or for mnist; data/SOURCE beside the study
/// file and in three folders above it. Throws UsageError with all places and how to get the files.
IdxFiles find_idx_files(const DataOptions& options, const DataSearch& search);

}  // namespace equikoop
