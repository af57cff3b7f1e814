// SPDX-License-Identifier: BSD-3-Clause
// What a snapshot holds, and how snapshots reach their sink.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "dynamics/recorder.hpp"
#include "equikoop/base/error.hpp"
#include "toy.hpp"

namespace equikoop {
namespace {

/// 12·5 weights in the hidden layer, 5·4 in the output layer.
constexpr std::size_t k_hidden = 60, k_output = 20, k_all = 80;

toy::Run<double> recorded(Observable observable, int size = 16, int initials = 3, int seed = 0) {
  const toy::Data<double> data;
  Configuration c = toy::configuration();
  c.record.observable = observable;
  c.record.size = size;
  return toy::train<double>(toy::study(initials), c, data.view(), seed);
}

std::vector<double> vector_of(std::span<const double> values) {
  return {values.begin(), values.end()};
}

TEST(Observables, HiddenAndOutputMakeUpAll) {
  const auto all = recorded(Observable::all);
  const auto hidden = recorded(Observable::hidden);
  const auto output = recorded(Observable::output);
  EXPECT_EQ(all.features, k_all);
  EXPECT_EQ(hidden.features, k_hidden);
  EXPECT_EQ(output.features, k_output);
  for (std::size_t m = 0; m < 3; ++m) {
    auto joined = vector_of(hidden.snapshot(m, 4));
    for (const double value : output.snapshot(m, 4)) joined.push_back(value);
    EXPECT_EQ(joined, vector_of(all.snapshot(m, 4)));
  }
}

TEST(Observables, SubsetTakesTheSameAscendingWeightsOfEveryTrajectory) {
  const auto all = recorded(Observable::all);
  const auto subset = recorded(Observable::subset);
  ASSERT_EQ(subset.features, 16U);
  std::vector<std::size_t> indices;
  for (const double value : subset.snapshot(0, 0)) {
    const auto weights = all.snapshot(0, 0);
    const auto found = std::find(weights.begin(), weights.end(), value);
    ASSERT_NE(found, weights.end());
    indices.push_back(static_cast<std::size_t>(found - weights.begin()));
  }
  EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  EXPECT_EQ(std::adjacent_find(indices.begin(), indices.end()), indices.end());
  const auto other_seed_all = recorded(Observable::all, 16, 3, 5);
  const auto other_seed = recorded(Observable::subset, 16, 3, 5);
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t f = 0; f < 16; ++f) {
      EXPECT_EQ(subset.snapshot(m, 19)[f], all.snapshot(m, 19)[indices[f]]);
      EXPECT_EQ(other_seed.snapshot(m, 3)[f], other_seed_all.snapshot(m, 3)[indices[f]]);
    }
  }
}

TEST(Observables, SubsetOfEverythingIsEverything) {
  EXPECT_EQ(recorded(Observable::subset, static_cast<int>(k_all)).snapshots,
            recorded(Observable::all).snapshots);
  EXPECT_THROW(recorded(Observable::subset, static_cast<int>(k_all) + 1), UsageError);
}

/// Gaussian entries of variance 1/size keep lengths on average (Johnson-Lindenstrauss): the squared
/// ratio has the standard deviation √(2/size).
TEST(Observables, ProjectionIsLinearAndKeepsLengths) {
  constexpr int k_size = 800;
  const auto all = recorded(Observable::all);
  const auto projected = recorded(Observable::projection, k_size);
  ASSERT_EQ(projected.features, 800U);
  const auto squared = [](std::span<const double> a, std::span<const double> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  };
  const double ratio = squared(projected.snapshot(0, 19), projected.snapshot(1, 0)) /
                       squared(all.snapshot(0, 19), all.snapshot(1, 0));
  EXPECT_NEAR(ratio, 1.0, 5 * std::sqrt(2.0 / k_size));
}

TEST(Observables, ProjectionTooLargeToHoldIsRefused) {
  const NetworkShape shape{{1000, 1000, 10}, false};
  const ParameterLayout layout(shape, 1, single_panel<double>(shape, 1));
  RecordOptions record;
  record.observable = Observable::projection;
  record.size = 2000;
  try {
    Observer<double>(record, layout, {std::span<const double>()}, 1);
    FAIL() << "no error";
  } catch (const UsageError& error) {  // 2^30 bytes of doubles for 1,010,000 parameters: 132
    EXPECT_NE(std::string(error.what()).find("a record.size of at most 132"), std::string::npos) << error.what();
  }
}

TEST(Observables, StateAppendsWhatTheOptimiserRemembers) {
  const toy::Data<double> data;
  Configuration c = toy::configuration();
  c.record.observable = Observable::state;
  const std::pair<OptimizerKind, std::size_t> expected[] = {
      {OptimizerKind::sgd, 1},    {OptimizerKind::mirror, 1},   {OptimizerKind::momentum, 2},
      {OptimizerKind::adam, 3},   {OptimizerKind::nesterov, 2}, {OptimizerKind::adamw, 3},
      {OptimizerKind::rmsprop, 2}};
  for (const auto& [kind, vectors] : expected) {
    c.training.optimizer = kind;
    EXPECT_EQ(feature_count(c, data.shape), vectors * k_all);
  }
}

/// Five snapshots of one feature a time: the counter itself.
TEST(Recorder, HandsOnEverySnapshotOnceInOrderOfTime) {
  const NetworkShape shape{{1, 125000}, false};
  const ParameterLayout layout(shape, 2, single_panel<float>(shape, 2));
  std::vector<float> block(layout.size());
  std::vector<float> seen[2];
  std::vector<std::size_t> chunks;
  const SnapshotSink<float> sink = [&](std::size_t first, std::size_t count,
                                       std::span<const float> values) {
    EXPECT_EQ(first, seen[0].size());
    chunks.push_back(count);
    for (std::size_t m = 0; m < 2; ++m) {
      for (std::size_t i = 0; i < count; ++i) {
        seen[m].push_back(values[(m * count + i) * shape.parameters() + 17]);
      }
    }
  };
  RecordOptions record;
  record.observable = Observable::all;
  Observer<float> observer(record, layout, {std::span<const float>(block)}, 1);
  Recorder<float> recorder(std::move(observer), 2, 5, sink);
  for (int t = 0; t < 5; ++t) {
    for (std::size_t m = 0; m < 2; ++m) {
      block[layout.position(m, 17)] = static_cast<float>(10 * m + static_cast<std::size_t>(t));
    }
    if (t == 3) block[layout.position(1, 40)] = INFINITY;
    recorder.record();
  }
  recorder.finish();
  EXPECT_EQ(chunks, (std::vector<std::size_t>{2, 2, 1}));  // 1 MB a snapshot, 2 MB a chunk
  EXPECT_EQ(seen[0], (std::vector<float>{0, 1, 2, 3, 4}));
  EXPECT_EQ(seen[1], (std::vector<float>{10, 11, 12, 13, 14}));
  EXPECT_EQ(recorder.first_bad()[0], -1);
  EXPECT_EQ(recorder.first_bad()[1], 3);
}

}  // namespace
}  // namespace equikoop
