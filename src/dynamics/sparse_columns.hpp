// SPDX-License-Identifier: BSD-3-Clause
// A minibatch by inputs: which of its samples differ from the background there. What the gradient
// needs, where the product forward goes by samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "aligned.hpp"
#include "equikoop/data/sparse.hpp"

namespace equikoop {

/// Entries of input k are begin(k) .. begin(k + 1) - 1, samples ascending.
template <class Real>
class SparseColumns {
 public:
  SparseColumns(std::size_t inputs, std::size_t max_batch)
      : begin_(inputs + 2), sample_(inputs * max_batch), value_(inputs * max_batch) {}

  /// A counting sort of the entries of `samples`. Allocates nothing.
  void build(const SparseRows<Real>& rows, std::span<const std::uint32_t> samples) {
    const std::size_t blocks = rows.blocks();
    std::fill(begin_.begin(), begin_.end(), 0U);
    // begin_ is shifted by two, so that placing entries leaves the beginnings where they belong.
    for (const std::size_t sample : samples) {
      const std::size_t end = rows.begin[(sample + 1) * blocks];
      for (std::size_t e = rows.begin[sample * blocks]; e < end; ++e) ++begin_[rows.input[e] + 2];
    }
    for (std::size_t k = 2; k < begin_.size(); ++k) begin_[k] += begin_[k - 1];
    for (std::size_t b = 0; b < samples.size(); ++b) {
      const std::size_t end = rows.begin[(samples[b] + 1) * blocks];
      for (std::size_t e = rows.begin[samples[b] * blocks]; e < end; ++e) {
        const std::uint32_t place = begin_[rows.input[e] + 1]++;
        sample_[place] = static_cast<std::uint16_t>(b);
        value_[place] = rows.value[e];
      }
    }
  }

  std::size_t begin(std::size_t input) const { return begin_[input]; }
  const std::uint16_t* samples() const { return sample_.data(); }
  const Real* values() const { return value_.data(); }

 private:
  AlignedVector<std::uint32_t> begin_;
  AlignedVector<std::uint16_t> sample_;
  AlignedVector<Real> value_;
};

}  // namespace equikoop
