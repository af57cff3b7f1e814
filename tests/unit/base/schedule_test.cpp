// SPDX-License-Identifier: BSD-3-Clause
// The simulated work counter on cases whose end is known on paper.
#include "equikoop/base/schedule.hpp"

#include <gtest/gtest.h>

namespace equikoop {
namespace {

constexpr CounterCost k_free{0, 0};

std::vector<TimedUnit> units_of(std::initializer_list<double> seconds, double interval = 0.25) {
  std::vector<TimedUnit> units;
  for (const double s : seconds) units.push_back({s, interval});
  return units;
}

TEST(Schedule, OneRankDoesOneAfterAnother) {
  const auto schedule = simulate_counter(units_of({3, 2, 1}), 1, k_free);
  EXPECT_DOUBLE_EQ(schedule.seconds, 6);
  EXPECT_DOUBLE_EQ(schedule.efficiency, 1);
}

TEST(Schedule, TheNextUnitGoesToWhoIsFree) {
  // 5 | 3 1 1: both ranks end at 5; in the order 1 1 3 5 they end at 4 and 6.
  EXPECT_DOUBLE_EQ(simulate_counter(units_of({5, 3, 1, 1}), 2, k_free).seconds, 5);
  const auto late = simulate_counter(units_of({1, 1, 3, 5}), 2, k_free);
  EXPECT_DOUBLE_EQ(late.seconds, 6);
  EXPECT_DOUBLE_EQ(late.bound, 5);
  EXPECT_DOUBLE_EQ(late.efficiency, 10.0 / 12);
}

TEST(Schedule, MoreRanksThanUnitsWaitForTheLongest) {
  const auto schedule = simulate_counter(units_of({4, 1, 1}), 8, k_free);
  EXPECT_DOUBLE_EQ(schedule.seconds, 4);
  EXPECT_DOUBLE_EQ(schedule.bound, 4);
  EXPECT_DOUBLE_EQ(schedule.efficiency, 6.0 / 32);
}

TEST(Schedule, RankZeroAnswersWhenItLooks) {
  // Two ranks, rank 1 has the first unit and asks at 0.5; rank 0, in its unit of 2, looks each 0.8.
  const auto units = std::vector<TimedUnit>{{0.5, 0.8}, {2, 0.8}, {0.5, 0.8}};
  EXPECT_DOUBLE_EQ(simulate_counter(units, 2, k_free).seconds, 2);
  const auto more = std::vector<TimedUnit>{{0.5, 0.8}, {2, 0.8}, {2, 0.8}};
  EXPECT_DOUBLE_EQ(simulate_counter(more, 2, k_free).seconds, 2.8);
  // One that never looks answers at its end.
  const auto deaf = std::vector<TimedUnit>{{0.5, 0}, {2, 0}, {2, 0}};
  EXPECT_DOUBLE_EQ(simulate_counter(deaf, 2, k_free).seconds, 4);
}

TEST(Schedule, AnswersAreOneAfterAnother) {
  // Three others ask at once, at 0: 1, 2, 3 s until their answers, a unit of 10, no messages' time.
  // Rank 0 begins the fourth unit after the three answers.
  const auto schedule = simulate_counter(units_of({10, 10, 10, 10}), 4, {0, 1});
  EXPECT_DOUBLE_EQ(schedule.seconds, 13);
}

TEST(Schedule, MessagesTakeTheirTimeBothWays) {
  // Requests of rank 1 arrive at 1, after rank 0 took the first unit (2 s, looks at 1 and so on).
  const auto schedule = simulate_counter({{2, 1}, {5, 1}}, 2, {1, 0});
  EXPECT_DOUBLE_EQ(schedule.seconds, 1 + 1 + 5);
}

}  // namespace
}  // namespace equikoop
