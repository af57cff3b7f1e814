// SPDX-License-Identifier: BSD-3-Clause
// The data sets of a study's configurations, each held once a node however many configurations use it.
#pragma once

#include <utility>
#include <vector>

#include "equikoop/data/dataset.hpp"
#include "job.hpp"

namespace equikoop {

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
