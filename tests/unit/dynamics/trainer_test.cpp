// SPDX-License-Identifier: BSD-3-Clause
// Ensembles as a whole: lockstep, recording, divergence, testing.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "toy.hpp"

namespace equikoop {
namespace {

template <class Real>
double largest_difference(std::span<const Real> a, std::span<const Real> b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i] - b[i])));
  }
  return largest;
}

TEST(Trainer, GivesTheSameBitsTwice) {
  const toy::Data<float> data;
  const Configuration c = toy::configuration();
  const auto first = toy::train<float>(toy::study(), c, data.view());
  const auto second = toy::train<float>(toy::study(), c, data.view());
  EXPECT_EQ(first.snapshots, second.snapshots);
  EXPECT_EQ(first.outcome.losses, second.outcome.losses);
  EXPECT_EQ(first.outcome.test_loss, second.outcome.test_loss);
}

/// The base of a seed does not depend on how many initials are trained beside it; only the order of
/// summation inside a product may, some 20 steps of rounding at weights of order 1.
TEST(Trainer, StackedInitialsFollowTheirOwnTrajectories) {
  const toy::Data<double> data;
  Configuration c = toy::configuration();
  c.model.hidden = {5, 3};
  const auto together = toy::train<double>(toy::study(4), c, data.view());
  const auto alone = toy::train<double>(toy::study(1), c, data.view());
  ASSERT_EQ(together.count, 20U);
  for (std::size_t t = 0; t < together.count; ++t) {
    EXPECT_LT(largest_difference(together.snapshot(0, t), alone.snapshot(0, t)), 1e-14);
    EXPECT_GT(largest_difference(together.snapshot(1, t), alone.snapshot(0, t)), 1e-6);
  }
  EXPECT_NEAR(together.outcome.test_loss[0], alone.outcome.test_loss[0], 1e-13);
}

TEST(Trainer, RecordsEverySoManySteps) {
  const toy::Data<float> data;
  Configuration c = toy::configuration();
  const auto all = toy::train<float>(toy::study(), c, data.view());
  c.record.every = 6;
  const auto some = toy::train<float>(toy::study(), c, data.view());
  ASSERT_EQ(some.count, 3U);
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t i = 0; i < some.count; ++i) {
      EXPECT_EQ(largest_difference(some.snapshot(m, i), all.snapshot(m, 6 * i + 5)), 0.0);
    }
  }
  EXPECT_EQ(some.outcome.losses, all.outcome.losses);
}

TEST(Trainer, LearnsWhatCanBeLearnt) {
  const toy::Data<float> data;
  Configuration c = toy::configuration();
  c.model.hidden = {40};  // wide enough to learn 90 random labels by heart
  c.training.steps = 3000;
  const auto run = toy::train<float>(toy::study(1), c, data.view());
  constexpr std::ptrdiff_t k_epoch = 90 / 15;  // steps
  const auto& losses = run.outcome.losses;
  EXPECT_LT(std::accumulate(losses.end() - k_epoch, losses.end(), 0.0),
            0.6 * std::accumulate(losses.begin(), losses.begin() + k_epoch, 0.0));
}

TEST(Trainer, ShuffledOrderIsAnotherTrajectoryFromTheSameStart) {
  const toy::Data<float> data;
  Configuration c = toy::configuration();
  c.training.batch_size = 90;  // one batch an epoch: the order of its samples does not matter
  const auto fixed = toy::train<float>(toy::study(), c, data.view());
  c.data.order = Order::shuffled;
  const auto whole = toy::train<float>(toy::study(), c, data.view());
  EXPECT_NEAR(whole.outcome.losses[0], fixed.outcome.losses[0], 1e-6F);
  c.training.batch_size = 15;
  const auto shuffled = toy::train<float>(toy::study(), c, data.view());
  EXPECT_GT(std::abs(shuffled.outcome.losses[0] - fixed.outcome.losses[0]), 1e-3F);
}

TEST(Trainer, SeedOffsetStandsForAnotherSeed) {
  const toy::Data<float> data;
  Configuration c = toy::configuration();
  c.data.order = Order::shuffled;
  const auto third = toy::train<float>(toy::study(), c, data.view(), 3);
  c.seed_offset = 2;
  EXPECT_EQ(toy::train<float>(toy::study(), c, data.view(), 1).snapshots, third.snapshots);
}

TEST(Trainer, NamesTheStepAtWhichATrajectoryDiverges) {
  const toy::Data<float> data;
  Configuration c = toy::configuration();
  // Weights of the first step stay finite (1e36); their products overflow in the second.
  c.training.learning_rate = 1e38;
  const auto run = toy::train<float>(toy::study(), c, data.view());
  EXPECT_TRUE(std::isfinite(run.outcome.losses[0]));
  EXPECT_FALSE(std::isfinite(run.outcome.losses[1]));
  for (const std::int64_t step : run.outcome.diverged_at) EXPECT_EQ(step, 2);
  EXPECT_FALSE(std::isfinite(run.snapshot(0, 19)[0]));

  // A rate that float cannot hold makes the first recorded weights infinite, with a finite loss.
  c.training.learning_rate = 1e39;
  for (const std::int64_t step :
       toy::train<float>(toy::study(), c, data.view()).outcome.diverged_at) {
    EXPECT_EQ(step, 1);
  }
  c.training.learning_rate = 0.1;
  for (const std::int64_t step :
       toy::train<float>(toy::study(), c, data.view()).outcome.diverged_at) {
    EXPECT_EQ(step, -1);
  }
}

TEST(Trainer, TestAccuracyIsAShareOfTheTestSet) {
  const toy::Data<double> data;
  const auto run = toy::train<double>(toy::study(), toy::configuration(), data.view());
  for (std::size_t m = 0; m < 3; ++m) {
    const double hits = run.outcome.test_accuracy[m] * 33;
    EXPECT_NEAR(hits, std::round(hits), 1e-12);
    EXPECT_GT(run.outcome.test_loss[m], 0.0);
  }
}

TEST(Trainer, WithoutATestSetSaysThatItDoesNotKnow) {
  const toy::Data<double> data(1.0, {12, 4, 90, 0});
  const auto run = toy::train<double>(toy::study(), toy::configuration(), data.view());
  EXPECT_TRUE(std::isnan(run.outcome.test_accuracy[0]));
  EXPECT_TRUE(std::isnan(run.outcome.test_loss[0]));
}

TEST(Trainer, StopsWhereTheHookThrows) {
  const toy::Data<float> data;
  int last = 0;
  const StepHook hook = [&](int steps) {
    last = steps;
    if (steps == 7) throw Interrupted("enough");
  };
  EXPECT_THROW(toy::train<float>(toy::study(), toy::configuration(), data.view(), 0, hook),
               Interrupted);
  EXPECT_EQ(last, 7);
}

}  // namespace
}  // namespace equikoop
