// SPDX-License-Identifier: BSD-3-Clause
// What of an ensemble's parameters a snapshot holds. Reads the flat block, stores nothing of it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parameters.hpp"

namespace equikoop {

/// Features of the observable of a network with `states` state vectors. Throws UsageError where a
/// subset is larger than the network.
std::size_t observed_features(const RecordOptions& record, const NetworkShape& shape, int states);

template <class Real>
class Observer {
 public:
  /// `blocks`: the parameters and, for `state`, the optimiser's state vectors; read at each call of
  /// observe. Throws UsageError where a subset is larger than the network or a projection's matrix
  /// is too large to hold.
  Observer(const RecordOptions& record, const ParameterLayout& layout,
           std::vector<std::span<const Real>> blocks, std::uint64_t study_seed);

  std::size_t features() const { return features_; }
  /// Whether weights of the first layer are read.
  bool reads_first_layer() const { return reads_first_layer_; }
  /// Writes the observable of `initial` to `values` (features).
  void observe(std::size_t initial, std::span<Real> values);

 private:
  void draw_subset(std::uint64_t study_seed);
  void draw_projection(std::uint64_t study_seed);

  Observable kind_;
  const ParameterLayout& layout_;
  std::vector<std::span<const Real>> blocks_;
  std::size_t features_;
  Range range_;  ///< canonical parameters of output, hidden, all and state
  bool reads_first_layer_;
  std::vector<std::size_t> positions_;  ///< subset: (initial, feature) in the block
  std::vector<Real> projection_;        ///< projection: (feature, parameter)
  std::vector<Real> canonical_;         ///< projection: parameters of one initial
};

}  // namespace equikoop
