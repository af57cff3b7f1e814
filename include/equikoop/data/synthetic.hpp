// SPDX-License-Identifier: BSD-3-Clause
// Data sets that equikoop makes itself, and wrong labels on any. Pure functions of the study's
// root seed: they know no ranks and no files.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "equikoop/data/view.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// A data set before normalisation, in the memory of the one rank that made it.
struct SyntheticData {
  DataShape shape;
  std::vector<double> train;               ///< (train, features)
  std::vector<double> test;                ///< (test, features)
  std::vector<std::uint8_t> train_labels;  ///< (train)
  std::vector<std::uint8_t> test_labels;   ///< (test)
};

/// The shape a synthetic source will have; 0 samples mean 1500, 0 test samples 297 (as many as the
/// digits have). Throws UsageError for sizes that cannot be.
DataShape describe_synthetic(const DataOptions& options);

/// Source `gaussian`: x = mean of its class + N(0, I), class means separation·N(0, I), classes in
/// random order and balanced to one sample. Source `teacher`: x = N(0, I) and the label is
/// argmax W2·relu(W1·x) of a random network with 32 hidden units, each centred by its mean
/// |w|/√(2π) over the inputs so that no class dwarfs the others. Train and test differ only in
/// their samples. Throws UsageError for options that cannot be.
SyntheticData make_synthetic(const DataOptions& options, std::uint64_t root_seed);

/// Replaces each label, with probability `share`, by a class drawn uniformly from all `classes`
/// (its own included), so that the expected share of wrong labels is share·(classes − 1)/classes.
void add_label_noise(std::span<std::uint8_t> labels, double share, int classes,
                     std::uint64_t root_seed);

}  // namespace equikoop
