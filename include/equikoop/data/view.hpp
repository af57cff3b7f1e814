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
  /// `train` and `test` without the background of `train`, where that pays; the trainer then needs no
  /// dense values.
  SparseRows<Real> sparse_train = {}, sparse_test = {};

  std::size_t bytes() const {
    const auto of = [](const SparseRows<Real>& rows) {
      return rows.begin.size_bytes() + rows.input.size_bytes() + rows.value.size_bytes();
    };
    return train.size_bytes() + test.size_bytes() + train_labels.size_bytes() + test_labels.size_bytes() +
           of(sparse_train) + of(sparse_test);
  }
};

}  // namespace equikoop
