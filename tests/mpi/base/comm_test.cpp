// SPDX-License-Identifier: BSD-3-Clause
// Sums over ranks.
#include "equikoop/base/comm.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace equikoop {
namespace {

TEST(Comm, SumBeforeIsThatOfTheLowerRanks) {
  const Comm comm(MPI_COMM_WORLD);
  const int rank = comm.rank();
  EXPECT_EQ(comm.sum_before(rank + 1), rank * (rank + 1) / 2);
  EXPECT_EQ(comm.sum_before(std::uint64_t{1} << 40), std::uint64_t(rank) << 40);
}

TEST(Comm, EachNumberIsSummedApart) {
  const Comm comm(MPI_COMM_WORLD);
  std::vector<std::uint64_t> values{1, static_cast<std::uint64_t>(comm.rank()), 0};
  comm.sum_each(std::span(values));
  const auto size = static_cast<std::uint64_t>(comm.size());
  EXPECT_EQ(values, (std::vector<std::uint64_t>{size, size * (size - 1) / 2, 0}));
}

}  // namespace
}  // namespace equikoop
