// SPDX-License-Identifier: BSD-3-Clause
// The data sets of a study's configurations, each held once a node however many configurations use it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "equikoop/data/dataset.hpp"
#include "job.hpp"

namespace equikoop {

/// The SHA-256 of each file that the study's data sets are read from, in the order of the configurations: lines
/// as sha256sum writes them. Read on rank 0, empty on the others. Collective.
std::string digests_of_files(const Job& job);

template <class Real>
class DataSets {
 public:
  /// Reads or makes what `configurations` need and says what was found. Collective.
  DataSets(const Job& job, const std::vector<const Configuration*>& configurations);

  /// The samples of a configuration; null for descent problems.
  const Dataset<Real>* find(const DataOptions& options) const;
  const std::vector<std::pair<DataOptions, Dataset<Real>>>& all() const { return sets_; }

 private:
  std::vector<std::pair<DataOptions, Dataset<Real>>> sets_;
};

}  // namespace equikoop
