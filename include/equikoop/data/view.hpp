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
  SparseRows<Real> sparse_train = {};  ///< `train` without its background; empty where that does not pay
  SparseRows<Real> sparse_test = {};   ///< `test` likewise, with the background of `train`

  /// Of all that it looks into.
  std::size_t bytes() const {
    const auto sum = [](const auto&... spans) { return (spans.size_bytes() + ...); };
    const auto of_rows = [&](const SparseRows<Real>& rows) { return sum(rows.begin, rows.input, rows.value); };
    return sum(train, test, train_labels, test_labels) + of_rows(sparse_train) + of_rows(sparse_test);
  }
};

}  // namespace equikoop
