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

/// Entries of input k are begin(k) .. end(k) - 1, samples ascending.
template <class Real>
class SparseColumns {
 public:
  /// Entries more than needed: lists a power of two apart would share few sets of the first-level
  /// cache.
  static constexpr std::size_t k_apart = 16;

  SparseColumns(std::size_t inputs, std::size_t max_batch)
      : room_(max_batch + k_apart), end_(inputs), sample_(inputs * room_), value_(inputs * room_) {}

  /// Each input has room for all samples, so that one pass over the entries of `samples` places
  /// them. Allocates nothing.
  void build(const SparseRows<Real>& rows, std::span<const std::uint32_t> samples) {
    const std::size_t blocks = rows.blocks();
    for (std::size_t k = 0; k < end_.size(); ++k) end_[k] = static_cast<std::uint32_t>(begin(k));
    for (std::size_t b = 0; b < samples.size(); ++b) {
      const std::size_t end = rows.begin[(samples[b] + 1) * blocks];
      for (std::size_t e = rows.begin[samples[b] * blocks]; e < end; ++e) {
        const std::uint32_t place = end_[rows.input[e]]++;
        sample_[place] = static_cast<std::uint16_t>(b);
        value_[place] = rows.value[e];
      }
    }
  }

  std::size_t begin(std::size_t input) const { return input * room_; }
  std::size_t end(std::size_t input) const { return end_[input]; }
  const std::uint16_t* samples() const { return sample_.data(); }
  const Real* values() const { return value_.data(); }

 private:
  std::size_t room_;  ///< entries from one input to the next
  AlignedVector<std::uint32_t> end_;
  AlignedVector<std::uint16_t> sample_;
  AlignedVector<Real> value_;
};

}  // namespace equikoop
