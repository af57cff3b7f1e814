// SPDX-License-Identifier: BSD-3-Clause
// Which samples each step sees, in fixed or shuffled order.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "aligned.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/data/view.hpp"
#include "first_layer.hpp"

namespace equikoop {

/// Fixed order: step t sees samples (t·batch + i) mod train, so a batch that does not divide the
/// training set runs on across its end. Shuffled order: a fresh permutation each epoch of
/// ⌊train/batch⌋ steps; the samples left over are dropped, as PyTorch's drop_last does.
template <class Real>
class Minibatches {
 public:
  /// `key`: stream data_order of the seed; its item is the epoch. Throws UsageError where a batch
  /// is larger than the training set.
  Minibatches(const DataView<Real>& data, Order order, std::size_t batch_size, RandomKey key);

  /// The batch of step `step`; steps go one by one or are repeated. Valid until the batch after the
  /// next is asked for. Where the data has a sparse form, it names its rows and has no values.
  Batch<Real> at(std::size_t step);

 private:
  std::size_t sample(std::size_t step, std::size_t i);
  Batch<Real> contiguous(std::size_t first) const;
  Batch<Real> rows(std::size_t step);
  bool always_contiguous() const { return order_ == Order::fixed && train_ % batch_size_ == 0; }

  const DataView<Real>& data_;
  Order order_;
  std::size_t batch_size_;
  std::size_t train_;
  std::size_t steps_per_epoch_ = 0;
  RandomKey key_;
  std::uint64_t epoch_ = UINT64_MAX;  ///< of permutation_; the largest: none yet
  std::vector<std::uint32_t> permutation_;
  /// What a batch refers to that does not lie together in the data set.
  struct Gathered {
    AlignedVector<Real> values;         ///< (batch, features); empty where no step needs it
    std::vector<std::uint32_t> rows;    ///< (batch)
    std::vector<std::uint8_t> labels;   ///< (batch)
  };
  std::array<Gathered, 2> gathered_;  ///< of even and of odd steps
};

}  // namespace equikoop
