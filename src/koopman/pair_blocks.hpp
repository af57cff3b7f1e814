// SPDX-License-Identifier: BSD-3-Clause
// Who owns which pairs of successive delay vectors where n x n matrices are shared by rows: blocks of
// pairs, dealt to the ranks in turn, so that a factorisation that works through them keeps all busy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "equikoop/base/partition.hpp"

namespace equikoop {

struct PairBlocks {
  /// Pairs of a block: wide enough for matrix products at full speed, narrow enough to share.
  static constexpr std::size_t k_size = 128;

  std::size_t pairs = 0;
  std::size_t ranks = 1;
  std::size_t rank = 0;

  std::size_t count() const noexcept { return (pairs + k_size - 1) / k_size; }
  Range range(std::size_t b) const noexcept {
    return {b * k_size, std::min(pairs, (b + 1) * k_size)};
  }
  std::size_t owner(std::size_t b) const noexcept { return b % ranks; }
  bool mine(std::size_t b) const noexcept { return owner(b) == rank; }

  /// The pairs of this rank in their local order.
  std::vector<std::size_t> own() const {
    std::vector<std::size_t> list;
    for (std::size_t b = rank; b < count(); b += ranks)
      for (std::size_t i = range(b).begin; i < range(b).end; ++i) list.push_back(i);
    return list;
  }
};

}  // namespace equikoop
