// SPDX-License-Identifier: BSD-3-Clause
// Vectors as wide as the machine's registers, through the extension that GCC and Clang share: no
// vendor's intrinsics, and correct whatever the width. The code around them says what is computed.
#pragma once

#include <cstddef>
#include <cstring>

namespace equikoop {

#if defined(__AVX512F__)
inline constexpr std::size_t k_vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t k_vector_bytes = 32;
#else
inline constexpr std::size_t k_vector_bytes = 16;
#endif

template <class Real>
struct LanesOf {
  typedef Real type __attribute__((vector_size(k_vector_bytes)));
};
/// k_lanes<Real> numbers; +, −, * work on each of them, and a number beside a vector stands for all.
template <class Real>
using Lanes = typename LanesOf<Real>::type;

template <class Real>
inline constexpr std::size_t k_lanes = k_vector_bytes / sizeof(Real);

/// Loads and stores without any demand on alignment; where there is some, they are as fast.
template <class Real>
inline Lanes<Real> load(const Real* from) {
  Lanes<Real> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class Real>
inline void store(Real* to, const Lanes<Real>& v) {
  std::memcpy(to, &v, sizeof v);
}

}  // namespace equikoop
