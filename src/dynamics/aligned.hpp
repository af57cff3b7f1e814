// SPDX-License-Identifier: BSD-3-Clause
// Storage that starts on a cache line, so that no vector of the kernels straddles two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace equikoop {

/// Bytes of a cache line on every machine equikoop is known to run on; also the widest vector.
inline constexpr std::size_t k_cache_line = 64;

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  explicit AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{k_cache_line}));
  }
  void deallocate(T* data, std::size_t) {
    ::operator delete (data, std::align_val_t{k_cache_line});
  }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// The least multiple of `unit` that is at least `count`.
constexpr std::size_t round_up(std::size_t count, std::size_t unit) {
  return (count + unit - 1) / unit * unit;
}

/// Elements between the rows of a matrix with `columns` columns: whole cache lines, and never a
/// multiple of 1 KiB, at which rows compete for the same sets of the cache.
template <class Real>
constexpr std::size_t padded_stride(std::size_t columns) {
  const std::size_t line = k_cache_line / sizeof(Real);
  const std::size_t stride = round_up(columns, line);
  return stride * sizeof(Real) % 1024 == 0 ? stride + line : stride;
}

}  // namespace equikoop
