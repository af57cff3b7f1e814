// SPDX-License-Identifier: BSD-3-Clause
#include "labels.hpp"

#include <algorithm>
#include <bit>

namespace equikoop::detail {
namespace {

constexpr std::size_t k_strip = 32;  // columns whose sums stay in registers

/// sums[c] += Σ_{t<count} d[t]·x[t, begin + c]
inline void accumulate(const double* d, const Labels& x, std::size_t count, std::size_t begin,
                       std::array<double, k_strip>& sums) {
  std::array<double, k_strip> local = sums;
  for (std::size_t t = 0; t < count; ++t) {
    const double* const column = &x[t][begin];
    for (std::size_t c = 0; c < k_strip; ++c) local[c] += d[t] * column[c];
  }
  sums = local;
}

}  // namespace

BlockRow lower_form(std::span<const double> d, const Labels& x) {
  BlockRow q{};
  const std::size_t n = x.size();
  for (std::size_t begin = 0; begin < k_block; begin += k_strip)
    for (std::size_t s = 1; s < n; ++s) {
      std::array<double, k_strip> sums{};
      accumulate(&d[s * n], x, s, begin, sums);
      for (std::size_t c = 0; c < k_strip; ++c) q[begin + c] += x[s][begin + c] * sums[c];
    }
  return q;
}

BlockRow bilinear_form(std::span<const double> d, const Labels& x, const Labels& y) {
  BlockRow q{};
  for (std::size_t begin = 0; begin < k_block; begin += k_strip)
    for (std::size_t s = 0; s < x.size(); ++s) {
      std::array<double, k_strip> sums{};
      accumulate(&d[s * y.size()], y, y.size(), begin, sums);
      for (std::size_t c = 0; c < k_strip; ++c) q[begin + c] += x[s][begin + c] * sums[c];
    }
  return q;
}

BlockRow linear_form(std::span<const double> w, const Labels& x) {
  BlockRow q{};
  for (std::size_t s = 0; s < x.size(); ++s)
    for (std::size_t c = 0; c < k_block; ++c) q[c] += w[s] * x[s][c];
  return q;
}

void set_signs(Labels& x, std::size_t first, std::span<const std::uint64_t, k_block> words) {
  constexpr auto k_minus_one = std::bit_cast<std::uint64_t>(-1.0);
  const std::size_t count = std::min<std::size_t>(64, x.size() - first);
  for (std::size_t s = 0; s < count; ++s)
    for (std::size_t c = 0; c < k_block; ++c)
      x[first + s][c] = std::bit_cast<double>(k_minus_one ^ words[c] >> s << 63);
}

void draw_signs(Labels& x, std::uint64_t begin, const RandomStream& stream) {
  const std::size_t each = (x.size() + 63) / 64;
  std::vector<std::uint64_t> drawn(each * k_block);
  stream.fill(begin * each, drawn);
  for (std::size_t w = 0; w < each; ++w) {
    std::array<std::uint64_t, k_block> words{};
    for (std::size_t c = 0; c < k_block; ++c) words[c] = drawn[c * each + w];
    set_signs(x, w * 64, words);
  }
}

// Whole blocks of four words: a Philox call makes four.
Draws::Draws(const RandomKey& key, std::size_t each) : stream_(key), words_((each + 7) / 8 * 4) {}

void Draws::start(std::uint64_t column) {
  stream_.fill(column * words_.size(), words_);
}

}  // namespace equikoop::detail
