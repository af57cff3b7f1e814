// SPDX-License-Identifier: BSD-3-Clause
// Random numbers by purpose: each is a pure function of (study seed, stream, seed, initial, item,
// element), so results do not depend on who computes them or when. No engine, no state.
#pragma once

#include <Random123/boxmuller.hpp>
#include <Random123/philox.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace equikoop {

/// What a stream is for. Changing the use of one never moves another; values are part of the
/// archive format and never reused.
enum class Stream : std::uint64_t {
  base_initialisation = 1,
  perturbation = 2,
  data_order = 3,
  synthetic_data = 4,
  observable_subset = 5,
  teacher = 6,
  label_noise = 7,
  permutation_test = 8,
  bootstrap = 9,
  descent_start = 10,
  krylov_start = 11,
  containment_test = 12,
  procrustes_start = 13,
  calibration = 14,
};

/// Where a stream starts. `seed` and `initial` are the indices of the study; `item` separates
/// what else has to be separate inside a stream (an epoch, a pair of configurations, a class).
struct RandomKey {
  std::uint64_t study_seed = 0;
  Stream stream = Stream::base_initialisation;
  std::uint64_t seed = 0;
  std::uint64_t initial = 0;
  std::uint64_t item = 0;
};

/// Philox4x64-10 (Salmon et al., SC 2011) as a function of the element index.
class RandomStream {
 public:
  explicit RandomStream(const RandomKey& key) : key_(key) {}

  /// 64 random bits.
  std::uint64_t bits(std::uint64_t element) const { return block(element / 4).v[element % 4]; }

  /// bits(first), bits(first + 1), ...: at a quarter of the cost.
  void fill(std::uint64_t first, std::span<std::uint64_t> words) const {
    for (std::size_t i = 0; i < words.size();) {
      const auto four = block((first + i) / 4);
      for (std::uint64_t lane = (first + i) % 4; lane < 4 && i < words.size(); ++lane) words[i++] = four.v[lane];
    }
  }

  /// Uniform in [0, 1), 53 bits.
  double uniform(std::uint64_t element) const {
    return static_cast<double>(bits(element) >> 11) * 0x1.0p-53;
  }
  /// Uniform in [low, high).
  double uniform(std::uint64_t element, double low, double high) const {
    return low + (high - low) * uniform(element);
  }
  /// Standard normal (Box-Muller on pairs of elements).
  double normal(std::uint64_t element) const {
    const auto four = block(element / 4);
    const std::uint64_t lane = element % 4;
    const auto pair = lane < 2 ? r123::boxmuller(four.v[0], four.v[1])
                               : r123::boxmuller(four.v[2], four.v[3]);
    return lane % 2 == 0 ? pair.x : pair.y;
  }
  /// Uniform integer in [0, bound). The bias of at most bound/2^64 is below anything observable.
  std::uint64_t below(std::uint64_t element, std::uint64_t bound) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits(element)) * bound) >> 64);
  }
  /// A permutation of 0..n-1: the order of n random keys, ties by index.
  std::vector<std::uint32_t> permutation(std::uint32_t n) const {
    std::vector<std::uint64_t> keys(n);
    for (std::uint32_t i = 0; i < n; ++i) keys[i] = bits(i);
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
    return order;
  }

 private:
  r123::Philox4x64::ctr_type block(std::uint64_t index) const {
    const r123::Philox4x64::ctr_type counter{{index, key_.initial, key_.seed, key_.item}};
    const r123::Philox4x64::key_type key{
        {key_.study_seed, static_cast<std::uint64_t>(key_.stream)}};
    return r123::Philox4x64{}(counter, key);
  }

  RandomKey key_;
};

}  // namespace equikoop
