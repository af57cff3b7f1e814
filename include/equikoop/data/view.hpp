// SPDX-License-Identifier: BSD-3-Clause
// A data set as the trainer sees it: spans that someone else owns (one copy a node).
#pragma once

#include <cstdint>
#include <span>

#include "equikoop/data/sparse.hpp"

namespace equikoop {

struct DataShape {
  int features = 0;
  int classes = 0;
  int train = 0;  ///< number of training samples
  int test = 0;   ///< number of test samples
};

template <class Real>
struct DataView {
  DataShape shape;
  std::span<const Real> train;                 ///< (train, features), normalised
  std::span<const Real> test;                  ///< (test, features), normalised
  std::span<const std::uint8_t> train_labels;  ///< (train), in [0, classes)
  std::span<const std::uint8_t> test_labels;   ///< (test)
  Real background = 0;  ///< the most frequent value of `train`, exactly as stored
  double density = 1;   ///< share of `train` that differs from `background`
  SparseRows<Real> sparse_train =
      {};  ///< `train` without its background; empty where that does not pay
  SparseRows<Real> sparse_test = {};  ///< `test` likewise, with the background of `train`

  /// Of values and labels, and of the sparse forms beside them.
  std::size_t dense_bytes() const {
    return train.size_bytes() + test.size_bytes() + train_labels.size_bytes() +
           test_labels.size_bytes();
  }
  std::size_t sparse_bytes() const {
    const auto of = [](const SparseRows<Real>& rows) {
      return rows.begin.size_bytes() + rows.input.size_bytes() + rows.value.size_bytes();
    };
    return of(sparse_train) + of(sparse_test);
  }
};

}  // namespace equikoop
