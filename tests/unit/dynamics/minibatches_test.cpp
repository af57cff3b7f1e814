// SPDX-License-Identifier: BSD-3-Clause
// Which samples a step sees.
#include "dynamics/minibatches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr RandomKey k_key{1, Stream::data_order, 0};

/// Ten samples of one feature, whose value is the sample's number.
struct Numbered {
  std::vector<double> x = std::vector<double>(10);
  std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(10);
  Numbered() {
    std::iota(x.begin(), x.end(), 0.0);
    std::iota(labels.begin(), labels.end(), std::uint8_t{0});
  }
  DataView<double> view() const { return {{1, 10, 10, 0}, x, {}, labels, {}, 0.0, 1.0}; }
};

std::vector<int> samples(Minibatches<double>& batches, std::size_t step) {
  const Batch<double> batch = batches.at(step);
  std::vector<int> numbers;
  for (std::size_t i = 0; i < batch.x.rows; ++i) {
    numbers.push_back(static_cast<int>(*batch.x.row(i)));
    EXPECT_EQ(batch.labels[i], numbers.back());
  }
  return numbers;
}

std::vector<int> epoch(Minibatches<double>& batches, std::size_t first, std::size_t steps) {
  std::vector<int> all;
  for (std::size_t step = first; step < first + steps; ++step) {
    for (const int sample : samples(batches, step)) all.push_back(sample);
  }
  return all;
}

TEST(Minibatches, InFixedOrderRunOnAcrossTheEndOfTheTrainingSet) {
  const Numbered data;
  const DataView<double> view = data.view();
  Minibatches<double> batches(view, Order::fixed, 4, k_key);
  EXPECT_EQ(samples(batches, 0), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(samples(batches, 1), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(samples(batches, 2), (std::vector<int>{8, 9, 0, 1}));
  EXPECT_EQ(samples(batches, 5), (std::vector<int>{0, 1, 2, 3}));
}

TEST(Minibatches, AreValidTogetherWithTheNext) {
  const Numbered data;
  const DataView<double> view = data.view();
  for (const Order order : {Order::fixed, Order::shuffled}) {
    Minibatches<double> batches(view, order, 4, k_key), again(view, order, 4, k_key);
    for (std::size_t step = 0; step < 9; ++step) {
      const Batch<double> batch = batches.at(step);
      batches.at(step + 1);
      const std::vector<int> expected = samples(again, step);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(*batch.x.row(i), expected[i]);
        EXPECT_EQ(batch.labels[i], expected[i]);
      }
    }
  }
}

TEST(Minibatches, ShuffledSeeEverySampleOnceAnEpochInAnotherOrderEachTime) {
  const Numbered data;
  const DataView<double> view = data.view();
  Minibatches<double> batches(view, Order::shuffled, 5, k_key);
  const std::vector<int> first = epoch(batches, 0, 2);
  const std::vector<int> second = epoch(batches, 2, 2);
  EXPECT_NE(first, second);
  for (std::vector<int> seen : {first, second}) {
    std::sort(seen.begin(), seen.end());
    for (int i = 0; i < 10; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  }
}

TEST(Minibatches, ShuffledDropWhatABatchDoesNotFill) {
  const Numbered data;
  const DataView<double> view = data.view();
  Minibatches<double> batches(view, Order::shuffled, 4, k_key);
  std::vector<int> seen = epoch(batches, 0, 2);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  // Step 2 begins the second epoch: its permutation is the one of item 1.
  RandomKey key = k_key;
  key.item = 1;
  EXPECT_EQ(samples(batches, 2)[0], static_cast<int>(RandomStream(key).permutation(10)[0]));
}

TEST(Minibatches, RefuseABatchLargerThanTheTrainingSet) {
  const Numbered data;
  const DataView<double> view = data.view();
  for (const Order order : {Order::fixed, Order::shuffled}) {
    EXPECT_NO_THROW(Minibatches<double>(view, order, 10, k_key));
    EXPECT_THROW(Minibatches<double>(view, order, 11, k_key), UsageError);
  }
}

}  // namespace
}  // namespace equikoop
