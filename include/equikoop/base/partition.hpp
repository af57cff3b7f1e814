// SPDX-License-Identifier: BSD-3-Clause
// Who owns what: contiguous blocks that differ by at most one. The only place that knows it.
#pragma once

#include <algorithm>
#include <cstddef>

namespace equikoop {

/// A half-open range [begin, end) of indices.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const noexcept { return end - begin; }
  bool empty() const noexcept { return begin == end; }
};

/// Part `part` of `parts` of 0..total-1; empty where there are more parts than items.
constexpr Range block(std::size_t total, std::size_t parts, std::size_t part) {
  const std::size_t base = total / parts;
  const std::size_t extra = total % parts;
  const std::size_t begin = part * base + std::min(part, extra);
  return {begin, begin + base + (part < extra ? 1 : 0)};
}

}  // namespace equikoop
