// SPDX-License-Identifier: BSD-3-Clause
// Four IDX files as one data set: sizes that agree, labels in range, the shape a name promises.
#pragma once

#include <cstdint>
#include <vector>

#include "equikoop/data/idx.hpp"
#include "equikoop/data/search.hpp"
#include "equikoop/data/view.hpp"

namespace equikoop {

struct IdxFamily {
  IdxFiles files;
  IdxShape train_images, test_images;      ///< as stored; the first of them are used
  DataShape shape;                         ///< of what is used
  std::vector<std::uint8_t> train_labels;  ///< (train)
  std::vector<std::uint8_t> test_labels;   ///< (test)
};

/// Finds the four files and checks that they fit together, by the headers and all labels; the first
/// options.samples and options.test_samples are used (0: all). mnist and fashion are 28 x 28, digits 8 x 8,
/// all with 10 classes; other sources have as many classes as the largest training label + 1. Throws
/// UsageError where files are missing or fewer than asked for, Error naming file and offset where they are
/// wrong. The pixels are read_idx_images' to read.
IdxFamily open_idx_family(const DataOptions& options, const DataSearch& search);

/// The same shape from the headers (and the training labels where the classes are not known).
DataShape describe_idx_family(const DataOptions& options, const DataSearch& search);

}  // namespace equikoop
