// SPDX-License-Identifier: BSD-3-Clause
// Blocks cover everything once, whatever the number of parts.
#include "equikoop/base/partition.hpp"

#include <gtest/gtest.h>

namespace equikoop {
namespace {

TEST(Partition, CoversEveryIndexOnceInOrder) {
  for (const std::size_t total : {0, 1, 5, 17, 100})
    for (const std::size_t parts : {1, 2, 3, 7, 20}) {
      std::size_t next = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        const Range range = block(total, parts, part);
        EXPECT_EQ(range.begin, next);
        EXPECT_LE(range.size(), total / parts + 1);
        next = range.end;
      }
      EXPECT_EQ(next, total);
    }
}

}  // namespace
}  // namespace equikoop
