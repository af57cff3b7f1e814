// SPDX-License-Identifier: BSD-3-Clause
// The sparse form holds what differs from the background, and nothing else.
#include "equikoop/data/sparse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unit/data/dense_values.hpp"

namespace equikoop {
namespace {

TEST(Sparse, FormAndBackgroundGiveTheValuesBack) {
  constexpr std::size_t k_samples = 7, k_inputs = 250;
  std::vector<double> values(k_samples * k_inputs, -0.5);
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = static_cast<double>(i);
  const SparseMatrix<double> matrix(values, k_inputs, -0.5);
  const SparseRows<double> rows = matrix.rows();
  EXPECT_EQ(rows.blocks(), 3U);
  EXPECT_EQ(rows.value.size(), (values.size() + 2) / 3);
  for (std::size_t segment = 0; segment + 1 < rows.begin.size(); ++segment)
    for (std::size_t e = rows.begin[segment]; e < rows.begin[segment + 1]; ++e)
      EXPECT_EQ(rows.input[e] / rows.block, segment % rows.blocks());
  EXPECT_EQ(test::dense_values(rows, -0.5), values);
}

TEST(Sparse, SamplesAreAppended) {
  const std::vector<double> values{0, 2, 0, 3, 4, 0, 0, 0, 0, 0, 5, 6};
  const SparseMatrix<double> whole(values, 4, 0.0);
  std::vector<std::uint64_t> begin(4);
  std::vector<std::uint16_t> input(5);
  std::vector<double> value(5);
  for (std::size_t s = 0; s < 3; ++s)
    fill_sparse<double>(std::span(values).subspan(4 * s, 4), 4, 0.0, std::span(begin).subspan(s, 2), input, value);
  EXPECT_TRUE(std::ranges::equal(whole.rows().begin, begin));
  EXPECT_TRUE(std::ranges::equal(whole.rows().input, input));
  EXPECT_TRUE(std::ranges::equal(whole.rows().value, value));
}

TEST(Sparse, RunsOfBackgroundAreSkippedAndNothingElse) {
  // One entry at every place of three blocks of 67: in and beside runs of eight, in the tail of a block.
  constexpr std::size_t k_inputs = 201;
  for (std::size_t at = 0; at < k_inputs; ++at) {
    std::vector<float> values(k_inputs, 2.0F);
    values[at] = at % 2 == 0 ? 3.0F : std::nanf("");
    const SparseMatrix<float> matrix(values, k_inputs, 2.0F);
    ASSERT_EQ(matrix.rows().input.size(), 1U) << at;
    EXPECT_EQ(matrix.rows().input[0], at);
  }
}

TEST(Sparse, ANaNIsAnEntry) {
  const std::vector<float> values{0, std::nanf(""), 0, 1};
  const SparseMatrix<float> matrix(values, 2, 0.0F);
  EXPECT_EQ(matrix.rows().value.size(), 2U);
  EXPECT_TRUE(std::isnan(matrix.rows().value[0]));
}

TEST(Sparse, PaysWhereMostIsBackground) {
  EXPECT_TRUE(worth_holding_sparse(0.19, 784));
  EXPECT_FALSE(worth_holding_sparse(0.9, 784));
  EXPECT_FALSE(worth_holding_sparse(0.19, 70000));
}

}  // namespace
}  // namespace equikoop
