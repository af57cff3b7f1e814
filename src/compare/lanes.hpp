// SPDX-License-Identifier: BSD-3-Clause
// Vectors of four doubles (compiler vector types), and rows of numbers padded to whole ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace equikoop::detail {

inline constexpr int k_lanes = 4;
using Lanes = double __attribute__((vector_size(32)));
using Marks = long long __attribute__((vector_size(32)));

inline constexpr double k_infinity = std::numeric_limits<double>::infinity();

/// Vectors that hold n numbers.
constexpr int vectors_of(std::size_t n) {
  return static_cast<int>((n + k_lanes - 1) / k_lanes);
}

/// work(vectors), where `vectors` is an integral constant if it is at most Most: loops unroll.
template <int Most, class Work>
auto with_vectors(int vectors, const Work& work) {
  if constexpr (Most == 0) {
    return work(vectors);
  } else {
    return vectors == Most ? work(std::integral_constant<int, Most>{}) : with_vectors<Most - 1>(vectors, work);
  }
}

/// Lane-wise minimum; the first where equal.
inline Lanes least(Lanes a, Lanes b) {
  return b < a ? b : a;
}

/// The smallest lane.
inline double smallest(Lanes a) {
  return std::min(std::min(a[0], a[1]), std::min(a[2], a[3]));
}

}  // namespace equikoop::detail
