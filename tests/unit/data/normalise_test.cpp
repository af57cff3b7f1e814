// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/normalise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

using Pixels = std::vector<std::uint8_t>;

DataOptions options(const std::string& source, Normalise rule) {
  DataOptions o;
  o.source = source;
  o.normalise = rule;
  return o;
}

TEST(Normalise, MnistInFloatIsPyTorchsToTheLastBit) {
  const auto table = pixel_table<float>(Normalise::mnist, {});
  // torch: (uint8 → float32)/255, sub_(0.1307), div_(0.3081).
  EXPECT_EQ(table[0], -0x1.b264e2p-2F);
  EXPECT_EQ(table[1], -0x1.a55c40p-2F);
  EXPECT_EQ(table[51], 0x1.cca682p-3F);
  EXPECT_EQ(table[128], 0x1.347af4p+0F);
  EXPECT_EQ(table[255], 0x1.69267ap+1F);
}

TEST(Normalise, MnistInDoubleKeepsItsDigits) {
  const auto table = pixel_table<double>(Normalise::mnist, {});
  EXPECT_DOUBLE_EQ(table[0], -0.1307 / 0.3081);
  EXPECT_DOUBLE_EQ(table[51], (0.2 - 0.1307) / 0.3081);
  EXPECT_DOUBLE_EQ(table[255], (1.0 - 0.1307) / 0.3081);
}

TEST(Normalise, StandardUsesTheMomentsOfTheTrainingPixels) {
  // Two of 0 and one of 1: mean 1/3, variance 2/9, so 0 becomes -1/√2 and 1 becomes √2.
  const auto table = pixel_table<double>(Normalise::standard, histogram(Pixels{0, 255, 0}));
  EXPECT_NEAR(table[0], -1.0 / std::sqrt(2.0), 4 * std::numeric_limits<double>::epsilon());
  EXPECT_NEAR(table[255], std::sqrt(2.0), 8 * std::numeric_limits<double>::epsilon());
}

TEST(Normalise, UnitAndNoneNeedNoMoments) {
  EXPECT_EQ(pixel_table<float>(Normalise::unit, {})[51], 51.0F / 255.0F);
  EXPECT_EQ(pixel_table<float>(Normalise::none, {})[51], 51.0F);
}

TEST(Normalise, EveryPixelIsLookedUpWhateverRunsThereAre) {
  const auto table = pixel_table<float>(Normalise::mnist, {});
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t gap = 1; gap < 20; ++gap) {
      Pixels pixels(size, 7);
      for (std::size_t i = gap; i < size; i += gap) pixels[i] = static_cast<std::uint8_t>(i);
      std::vector<float> expected, found(size);
      for (const std::uint8_t pixel : pixels) expected.push_back(table[pixel]);
      look_up<float>(pixels, table, 7, found);
      EXPECT_EQ(found, expected) << size << ", " << gap;
    }
  }
}

TEST(Normalise, AutomaticIsMnistForMnistAndStandardForOthers) {
  EXPECT_EQ(normalisation_of(options("mnist", Normalise::automatic)), Normalise::mnist);
  for (const char* source : {"digits", "fashion", "idx", "gaussian", "teacher"})
    EXPECT_EQ(normalisation_of(options(source, Normalise::automatic)), Normalise::standard);
  EXPECT_EQ(normalisation_of(options("digits", Normalise::mnist)), Normalise::mnist);
}

TEST(Normalise, PixelRulesAreRefusedForSyntheticData) {
  const Failure failed = failure_of([] { normalisation_of(options("gaussian", Normalise::unit)); });
  EXPECT_EQ(failed.code, Exit::usage);
  EXPECT_EQ(
      failed.line,
      "data.normalise = unit is for pixels; source gaussian takes automatic, standard or none");
}

TEST(Normalise, ConstantDataCannotBeStandardised) {
  // 77/255 is not a binary fraction: the mean is rounded and the variance must still count as zero.
  EXPECT_NE(failure_of([] { moments(histogram(Pixels(3, 77))); }).line.find("nothing to standardise"),
            std::string::npos);
  const std::vector<double> same(3, 0.1);
  EXPECT_NE(failure_of([&] { moments(std::span(same)); }).line.find("data.normalise = none"),
            std::string::npos);
}

TEST(Normalise, MomentsOfFeatures) {
  const std::vector<double> values{1, 2, 3, 4};
  const Moments found = moments(std::span(values));
  EXPECT_DOUBLE_EQ(found.mean, 2.5);
  EXPECT_DOUBLE_EQ(found.deviation, std::sqrt(1.25));
}

TEST(Histogram, CountsRunsAndWhatLiesBetweenThem) {
  Pixels pixels(8, 255);                        // a run
  for (int i = 0; i < 27; ++i) pixels.push_back(static_cast<std::uint8_t>(i % 5 == 0 ? 7 : 0));
  pixels.insert(pixels.end(), 16, 3);           // a run that does not begin with a group
  Histogram expected{};
  for (const std::uint8_t pixel : pixels) ++expected[pixel];
  EXPECT_EQ(histogram(pixels), expected);
  EXPECT_EQ(histogram(Pixels{}), Histogram{});
}

TEST(Background, IsTheMostFrequentValueAndItsShare) {
  const auto pixels = background_of(histogram(Pixels{9, 4, 4, 4, 0}));
  EXPECT_EQ(pixels.value, 4);
  EXPECT_DOUBLE_EQ(pixels.density, 0.4);
  const std::vector<float> values{0.5F, -1.0F, 0.5F, 2.0F};
  const auto features = background_of(std::span<const float>(values));
  EXPECT_EQ(features.value, 0.5F);
  EXPECT_DOUBLE_EQ(features.density, 0.5);
}

TEST(Background, OfAllDifferentValuesIsTheSmallest) {
  const std::vector<double> values{3.0, -2.0, 7.0, 1.0};
  const auto found = background_of(std::span<const double>(values));
  EXPECT_EQ(found.value, -2.0);
  EXPECT_DOUBLE_EQ(found.density, 0.75);
}

}  // namespace
}  // namespace equikoop::test
