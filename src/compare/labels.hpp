// SPDX-License-Identifier: BSD-3-Clause
// Relabelings and resamplings of seeds in blocks, and the quadratic forms of their statistics.
// One term of a sum is added for all columns of a block at a time: vectorised, in a fixed order,
// so that a result is the same on every machine and at every number of ranks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "equikoop/base/random.hpp"

namespace equikoop::detail {

inline constexpr std::size_t k_block = 64;  ///< 50 seeds × 64 columns stay in a first-level cache
/// Aligned: a vector of a cache line that crosses two is loaded twice.
struct alignas(64) BlockRow : std::array<double, k_block> {};

/// x (items, k_block): a sign, a membership or a multiplicity of each item in each column.
using Labels = std::vector<BlockRow>;

/// x[first + s, c] = 1 where bit s of words[c] is set, else −1; up to 64 items.
void set_signs(Labels& x, std::size_t first, std::span<const std::uint64_t, k_block> words);

/// Random signs of all items; column c is relabeling `begin` + c of the stream.
void draw_signs(Labels& x, std::uint64_t begin, const RandomStream& stream);

/// q[c] = Σ_{s>t} d[s,t]·x[s,c]·x[t,c]   d (n, n)
BlockRow lower_form(std::span<const double> d, const Labels& x);

/// q[c] = Σ_s Σ_t d[s,t]·x[s,c]·y[t,c]   d (x items, y items)
BlockRow bilinear_form(std::span<const double> d, const Labels& x, const Labels& y);

/// q[c] = Σ_s w[s]·x[s,c]
BlockRow linear_form(std::span<const double> w, const Labels& x);

/// Independent integers below a bound, two from each 64 random bits, drawn `each` per column.
class Draws {
 public:
  Draws(const RandomKey& key, std::size_t each);
  /// Draw i of a column, below `bound`; the bias of at most bound/2³² is under any resolution here.
  std::uint32_t below(std::size_t i, std::uint32_t bound) const {
    const std::uint64_t word = words_[i / 2];
    const auto half = static_cast<std::uint32_t>(i % 2 == 0 ? word : word >> 32);
    return static_cast<std::uint32_t>((std::uint64_t{half} * bound) >> 32);
  }
  /// Takes the numbers of column `column` of the stream.
  void start(std::uint64_t column);

 private:
  RandomStream stream_;
  std::vector<std::uint64_t> words_;
};

}  // namespace equikoop::detail
