// SPDX-License-Identifier: BSD-3-Clause
// The canonical order, the flat block, and where initial weights come from.
#include "dynamics/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace equikoop {
namespace {

const NetworkShape k_shape{{30, 20, 8, 5}, true};
constexpr std::size_t k_initials = 3;

ParameterLayout layout_with_panels(std::size_t columns, std::size_t panel) {
  return {k_shape, k_initials, PanelMatrix{30, columns, panel}};
}

/// Canonical weights of every initial, (initial, parameter).
std::vector<std::vector<double>> drawn(const ModelOptions& model, const InitialisationKey& key,
                                       const ParameterLayout& layout) {
  std::vector<double> block(layout.size());
  initialise(layout, model, key, std::span<double>(block));
  std::vector<std::vector<double>> weights(layout.initials());
  for (std::size_t m = 0; m < layout.initials(); ++m) {
    weights[m].resize(layout.shape().parameters());
    layout.gather(std::span<const double>(block), m, {0, layout.shape().parameters()},
                  std::span<double>(weights[m]));
  }
  return weights;
}

double deviation(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST(ParameterLayout, GivesEveryParameterItsOwnPlaceInsideTheBlock) {
  for (const std::size_t panel : {64UL, 24UL}) {
    const ParameterLayout layout = layout_with_panels(64, panel);
    std::set<std::size_t> places;
    for (std::size_t m = 0; m < k_initials; ++m) {
      for (std::size_t i = 0; i < k_shape.parameters(); ++i) places.insert(layout.position(m, i));
    }
    EXPECT_EQ(places.size(), k_initials * k_shape.parameters());
    EXPECT_LT(*places.rbegin(), layout.size());
  }
}

TEST(ParameterLayout, KeepsLaterLayersContiguousAndInCanonicalOrder) {
  const ParameterLayout layout = layout_with_panels(64, 64);
  EXPECT_EQ(layout.position(1, k_shape.begin(2)), layout.weights(2, 1));
  EXPECT_EQ(layout.position(1, k_shape.begin(2) + 7), layout.weights(2, 1) + 7);
  EXPECT_EQ(layout.position(2, k_shape.begin(1) + 20 * 8), layout.bias(1, 2));
}

TEST(ParameterLayout, GatherFollowsTheCanonicalOrderAcrossLayers) {
  const ParameterLayout layout = layout_with_panels(64, 24);
  std::vector<double> block(layout.size());
  for (std::size_t i = 0; i < k_shape.parameters(); ++i) {
    block[layout.position(1, i)] = static_cast<double>(i);
  }
  const Range range{k_shape.weights(0) - 3, k_shape.begin(1) + 4};
  std::vector<double> values(range.size());
  layout.gather(std::span<const double>(block), 1, range, std::span<double>(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<double>(range.begin + i));
  }
}

TEST(Initialisation, LiesInPyTorchsBoundsAndFillsThem) {
  const auto weights = drawn({}, {5, 0, 1e-3}, layout_with_panels(64, 64))[0];
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(k_shape.in(layer)));
    const auto [low, high] = std::minmax_element(
        weights.begin() + static_cast<std::ptrdiff_t>(k_shape.begin(layer)),
        weights.begin() + static_cast<std::ptrdiff_t>(k_shape.begin(layer + 1)));
    EXPECT_GE(*low, -bound);
    EXPECT_LT(*high, bound);
    // Of n draws the largest misses 0.8 of the range with probability 0.9^n: below 1e-2 at n = 45,
    // and the draws are fixed.
    EXPECT_LT(*low, -0.8 * bound);
    EXPECT_GT(*high, 0.8 * bound);
  }
}

TEST(Initialisation, HasTheVarianceOfHeAndGlorotAndNoBias) {
  const ParameterLayout layout = layout_with_panels(64, 64);
  for (const auto rule : {Initialisation::he, Initialisation::glorot}) {
    ModelOptions model;
    model.initialisation = rule;
    const auto weights = drawn(model, {5, 0, 1e-3}, layout)[0];
    const double expected =
        rule == Initialisation::he ? std::sqrt(2.0 / 30.0) : std::sqrt(2.0 / 50.0);
    // The relative standard error of a deviation over n = 600 is 1/√(2n) = 0.029; four of them.
    EXPECT_NEAR(deviation(std::span(weights).first(600)), expected, 0.12 * expected);
    for (std::size_t i = 600; i < 620; ++i) EXPECT_EQ(weights[i], 0.0);
  }
}

TEST(Initialisation, ScaleMultipliesTheBase) {
  const ParameterLayout layout = layout_with_panels(64, 64);
  ModelOptions model;
  const auto base = drawn(model, {5, 0, 1e-3}, layout)[0];
  model.scale = 4.0;
  const auto scaled = drawn(model, {5, 0, 1e-3}, layout)[0];
  for (std::size_t i = 0; i < base.size(); ++i) EXPECT_EQ(scaled[i], 4.0 * base[i]);
}

TEST(Initialisation, PerturbsEachWeightRelativelyByAtMostEpsilon) {
  const auto weights = drawn({}, {5, 0, 1e-3}, layout_with_panels(64, 64));
  double largest = 0.0;
  for (std::size_t m = 1; m < k_initials; ++m) {
    for (std::size_t i = 0; i < weights[0].size(); ++i) {
      const double change = std::abs(weights[m][i] / weights[0][i] - 1.0);
      EXPECT_LE(change, 1e-3 + 1e-15);
      largest = std::max(largest, change);
    }
  }
  EXPECT_GT(largest, 0.99e-3);
  EXPECT_NE(weights[1], weights[2]);
}

TEST(Initialisation, OfInitialZeroDoesNotDependOnThePerturbation) {
  const ParameterLayout layout = layout_with_panels(64, 64);
  EXPECT_EQ(drawn({}, {5, 0, 1e-3}, layout)[0], drawn({}, {5, 0, 0.5}, layout)[0]);
}

TEST(Initialisation, DoesNotDependOnTheStorage) {
  EXPECT_EQ(drawn({}, {5, 2, 1e-3}, layout_with_panels(64, 64)),
            drawn({}, {5, 2, 1e-3}, layout_with_panels(72, 24)));
}

TEST(Initialisation, DiffersBetweenSeeds) {
  const ParameterLayout layout = layout_with_panels(64, 64);
  EXPECT_NE(drawn({}, {5, 0, 1e-3}, layout)[0], drawn({}, {5, 1, 1e-3}, layout)[0]);
}

}  // namespace
}  // namespace equikoop
