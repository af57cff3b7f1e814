// SPDX-License-Identifier: BSD-3-Clause
#include "labels.hpp"

namespace equikoop::detail {
namespace {

constexpr std::size_t k_strip = 16;  // columns whose sums stay in registers

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

// Whole blocks of four words: a Philox call makes four.
Draws::Draws(const RandomKey& key, std::size_t each) : stream_(key), words_((each + 7) / 8 * 4) {}

void Draws::start(std::uint64_t column) {
  const std::uint64_t first = column * (words_.size() / 4);
  for (std::size_t block = 0; block < words_.size() / 4; ++block) {
    const std::uint64_t element = (first + block) << 2;
    std::uint64_t* const four = &words_[block * 4];
    four[0] = stream_.bits(element);
    four[1] = stream_.bits(element | 1);
    four[2] = stream_.bits(element | 2);
    four[3] = stream_.bits(element | 3);
  }
}

}  // namespace equikoop::detail
