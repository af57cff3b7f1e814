// SPDX-License-Identifier: BSD-3-Clause
// Four IDX files as one data set: sizes that agree, labels in range, the shape a name promises.
#pragma once

#include <cstdint>

#include "equikoop/data/raw.hpp"
#include "equikoop/data/search.hpp"

namespace equikoop {

/// Finds, reads and checks the four files; keeps the first options.samples and
/// options.test_samples (0: all). mnist and fashion are 28 x 28, digits 8 x 8, all with 10 classes;
/// other sources have as many classes as the largest training label + 1. Throws UsageError where
/// files are missing or fewer than asked for, Error naming file and offset where they are wrong.
RawData<std::uint8_t> read_idx_family(const DataOptions& options, const DataSearch& search);

/// The same shape from the headers (and the training labels where the classes are not known).
DataShape describe_idx_family(const DataOptions& options, const DataSearch& search);

}  // namespace equikoop
