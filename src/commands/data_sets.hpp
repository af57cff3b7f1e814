// SPDX-License-Identifier: BSD-3-Clause
// The data sets of a study's configurations, each held once a node however many configurations use it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "equikoop/data/dataset.hpp"
#include "job.hpp"

namespace equikoop {

/// "source SHA-256" of the samples and labels of each data set that a study reads from files, as they are
/// before normalisation; one a line, in the order of the configurations. Read on rank 0, empty on the others.
/// Collective.
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
