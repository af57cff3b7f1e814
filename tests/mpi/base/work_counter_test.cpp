// SPDX-License-Identifier: BSD-3-Clause
// The work counter: every unit once, whoever asks and however long rank 0 is away; nobody is left
// waiting when a rank fails.
#include "equikoop/base/work_counter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop {
namespace {

void pause_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

/// How often each unit was taken, over all ranks.
std::vector<int> summed(const Comm& comm, std::vector<int> own) {
  for (int& count : own) count = comm.sum(count);
  return own;
}

TEST(WorkCounter, GivesEveryUnitOnce) {
  const Comm comm(MPI_COMM_WORLD);
  for (const std::int64_t total : {0, 1, 2, 17}) {
    std::vector<int> own(static_cast<std::size_t>(total));
    WorkCounter counter(comm, total);
    while (const auto unit = counter.take()) ++own.at(static_cast<std::size_t>(*unit));
    counter.finish();
    EXPECT_EQ(summed(comm, own), std::vector<int>(static_cast<std::size_t>(total), 1));
    if (comm.is_root()) {
      EXPECT_EQ(counter.taken(), total);
    }
    EXPECT_FALSE(counter.closed());
    EXPECT_FALSE(counter.take());
  }
}

TEST(WorkCounter, OthersWorkOnWhileRankZeroIsInALongUnit) {
  const Comm comm(MPI_COMM_WORLD);
  WorkCounter counter(comm, 9);
  int own = 0;
  if (comm.is_root()) {
    ASSERT_TRUE(counter.take());
    ++own;
    // The unit ends only when the others have taken all the rest.
    while (comm.size() > 1 && counter.taken() < 9) counter.progress();
  }
  while (counter.take()) ++own;
  counter.finish();
  EXPECT_EQ(comm.sum(own), 9);
  if (comm.is_root() && comm.size() > 1) {
    EXPECT_EQ(own, 1);
  }
}

TEST(WorkCounter, AnswersAfterRankZeroHasFinished) {
  const Comm comm(MPI_COMM_WORLD);
  WorkCounter counter(comm, 5);
  int own = 0;
  if (!comm.is_root()) {
    pause_ms(50);
    while (counter.take()) ++own;
  }
  counter.finish();
  EXPECT_EQ(comm.sum(own), comm.size() > 1 ? 5 : 0);
}

TEST(WorkCounter, RanksThatNeverAskOnlyFinish) {
  const Comm comm(MPI_COMM_WORLD);
  WorkCounter counter(comm, 3);
  int own = 0;
  while (comm.rank() == comm.size() - 1 && counter.take()) ++own;
  counter.finish();
  EXPECT_EQ(comm.sum(own), 3);
}

TEST(WorkCounter, AUnitAskedForIsTheNextTaken) {
  const Comm comm(MPI_COMM_WORLD);
  for (const std::int64_t total : {0, 1, 17}) {
    std::vector<int> own(static_cast<std::size_t>(total));
    WorkCounter counter(comm, total);
    counter.ask();
    while (const auto unit = counter.take()) {
      ++own.at(static_cast<std::size_t>(*unit));
      counter.progress();
      counter.ask();
      counter.ask();  // once is enough
    }
    counter.finish();
    EXPECT_EQ(summed(comm, own), std::vector<int>(static_cast<std::size_t>(total), 1));
  }
}

TEST(WorkCounter, WhoeverAskedNeedNotWaitForRankZero) {
  const Comm comm(MPI_COMM_WORLD);
  WorkCounter counter(comm, 100);
  if (!comm.is_root()) counter.ask();
  comm.barrier();
  if (comm.is_root()) counter.progress();
  comm.barrier();
  // Rank 0 stays away until the others have taken what they asked for.
  if (!comm.is_root()) {
    EXPECT_TRUE(counter.take());
  }
  comm.barrier();
  counter.finish();
}

TEST(WorkCounter, ARankThatAskedMayFailOrHearOfAFailure) {
  const Comm comm(MPI_COMM_WORLD);
  for (int culprit = 0; culprit < comm.size(); ++culprit) {
    WorkCounter counter(comm, 1000);
    EXPECT_TRUE(counter.take() || counter.closed());
    counter.ask();
    if (comm.rank() == culprit) counter.close();
    while (!counter.closed()) counter.progress();
    EXPECT_FALSE(counter.take());
    counter.finish();
  }
}

TEST(WorkCounter, ARankThatClosesStopsAllOthers) {
  const Comm comm(MPI_COMM_WORLD);
  for (int culprit = 0; culprit < comm.size(); ++culprit) {
    WorkCounter counter(comm, std::int64_t{1} << 40);
    if (comm.rank() == culprit) {
      EXPECT_TRUE(counter.take());
      counter.close();
    } else {
      while (!counter.closed() && counter.take()) counter.progress();
      counter.finish();
    }
    EXPECT_TRUE(counter.closed());
    EXPECT_FALSE(counter.take());
  }
}

TEST(WorkCounter, AllMayCloseAtOnce) {
  const Comm comm(MPI_COMM_WORLD);
  WorkCounter counter(comm, 100);
  counter.take();
  counter.close();
  EXPECT_TRUE(counter.closed());
}

TEST(WorkCounter, ErrorOfOneRankReachesAllThroughTogether) {
  const Comm comm(MPI_COMM_WORLD);
  const int culprit = comm.size() - 1;
  EXPECT_THROW(
      {
        WorkCounter counter(comm, 1000);
        together(comm, [&] {
          try {
            do {
              if (comm.rank() == culprit) throw std::runtime_error("disk full");
            } while (counter.take());
            counter.finish();
          } catch (...) {
            counter.close();
            throw;
          }
        });
      },
      Error);
}

}  // namespace
}  // namespace equikoop
