// SPDX-License-Identifier: BSD-3-Clause
// The sparse form holds what differs from the background, and nothing else.
#include "equikoop/data/sparse.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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
  std::vector<double> again(values.size(), -0.5);
  for (std::size_t s = 0; s < k_samples; ++s) {
    for (std::size_t k = 0; k < rows.blocks(); ++k) {
      const std::size_t segment = s * rows.blocks() + k;
      for (std::size_t e = rows.begin[segment]; e < rows.begin[segment + 1]; ++e) {
        EXPECT_EQ(rows.input[e] / rows.block, k);
        again[s * k_inputs + rows.input[e]] += rows.value[e];
      }
    }
  }
  EXPECT_EQ(again, values);
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
