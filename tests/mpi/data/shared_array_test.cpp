// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/shared_array.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace equikoop::test {
namespace {

class SharedArrayTest : public testing::Test {
 protected:
  Comm comm_{MPI_COMM_WORLD};
  Comm node_ = comm_.split_node();
};

TEST_F(SharedArrayTest, WhatOneRankWritesAllRanksRead) {
  SharedArray<double> array(node_, 100);
  for (int writer = 0; writer < node_.size(); ++writer) {
    if (node_.rank() == writer) array.values()[99] = 10.5 + writer;
    array.sync();
    EXPECT_EQ(array.values()[99], 10.5 + writer);
    array.sync();
  }
}

TEST_F(SharedArrayTest, StartsAtZero) {
  const SharedArray<std::uint8_t> array(node_, 12345);
  EXPECT_EQ(array.values().size(), 12345U);
  EXPECT_EQ(std::count(array.values().begin(), array.values().end(), 0), 12345);
}

TEST_F(SharedArrayTest, MayBeEmpty) {
  const SharedArray<float> array(node_, 0);
  EXPECT_TRUE(array.values().empty());
  EXPECT_TRUE(SharedArray<float>().values().empty());
}

TEST_F(SharedArrayTest, MovesWithItsMemory) {
  SharedArray<int> first(node_, 8);
  if (node_.is_root()) first.values()[7] = 42;
  first.sync();
  SharedArray<int> second(std::move(first));
  EXPECT_EQ(second.values()[7], 42);
  SharedArray<int> third(node_, 3);
  third = std::move(second);
  EXPECT_EQ(third.values().size(), 8U);
  EXPECT_EQ(third.values()[7], 42);
}

TEST_F(SharedArrayTest, TooLittleSharedMemoryIsOneLineOnEveryRank) {
  if (node_.size() == 1) GTEST_SKIP() << "a single rank takes ordinary memory";
  try {
    const SharedArray<double> array(node_, std::size_t{1} << 50);
    ADD_FAILURE() << "9 PB of shared memory were found";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/dev/shm has "), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("--shm-size"), std::string::npos);
  }
}

TEST_F(SharedArrayTest, AnErrorOfAllRanksUnwindsPastAWindow) {
  EXPECT_THROW(
      {
        const SharedArray<double> array(node_, 10);
        throw Error("all ranks fail");
      },
      Error);
  node_.barrier();
}

TEST(SharedMemory, IsNotCheckedWhereThereIsNoSuchFolder) {
  EXPECT_NO_THROW(require_shared_memory(std::size_t{1} << 60, "/nowhere/at/all"));
}

}  // namespace
}  // namespace equikoop::test
