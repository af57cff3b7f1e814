// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/set_distances.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "equikoop/compare/scaling.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using test::random_spectrum;
constexpr double k_rounding = 1e-13;

/// Least mean cost over all injections of a into b, by enumerating the orders of b.
double best_injection(const WeightedSpectrum& a, const WeightedSpectrum& b) {
  std::vector<std::size_t> to(b.values.size());
  std::iota(to.begin(), to.end(), std::size_t{0});
  double best = std::numeric_limits<double>::infinity();
  do {
    double total = 0.0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
      total += std::abs(a.values[i] - b.values[to[i]]);
    best = std::min(best, total);
  } while (std::next_permutation(to.begin(), to.end()));
  return best / static_cast<double>(a.values.size());
}

TEST(Hausdorff, IsTheFarthestNearestNeighbour) {
  const WeightedSpectrum a{{{0.0, 0.0}, {1.0, 0.0}}, {}, {}};
  const WeightedSpectrum b{{{0.0, 0.0}, {1.0, 0.0}, {1.0, 2.0}}, {}, {}};
  EXPECT_EQ(hausdorff(a, b), 2.0);
  EXPECT_EQ(hausdorff(b, a), 2.0);
  EXPECT_EQ(hausdorff(b, b), 0.0);
  EXPECT_TRUE(std::isnan(hausdorff(a, {})));
}

TEST(Containment, AgreesWithAllInjectionsOnSmallCases) {
  for (std::uint64_t item = 0; item < 50; ++item) {
    const auto a = random_spectrum(1 + item % 6, item);
    const auto b = random_spectrum(6, item + 100);
    EXPECT_NEAR(containment(a, b), best_injection(a, b), k_rounding);
  }
}

TEST(Containment, IsZeroOfAFactorInItsExtensionAloneInThatDirection) {
  const auto extension = random_spectrum(10, 1);
  auto factor = extension;
  factor.values.resize(6);
  EXPECT_EQ(containment(factor, extension), 0.0);
  EXPECT_GT(containment(extension, factor), 0.05);
  EXPECT_GT(wasserstein(factor, extension), 0.05);
}

TEST(Containment, LeavesOutModesWithoutEnergy) {
  const auto extension = random_spectrum(10, 1);
  auto factor = extension;
  for (std::size_t i = 6; i < 10; ++i) factor.values[i] = {3.0, 3.0};
  EXPECT_GT(containment(factor, extension), 0.5);
  factor.amplitudes = {1.0, 0.5, 0.2, 0.1, 0.05, 0.01, 1e-5, 1e-6, 1e-7, 0.0};
  EXPECT_EQ(containment(factor, extension), 0.0);
}

TEST(Containment, SharesElementsWhenThereAreTooFew) {
  const WeightedSpectrum a{{0.0, 0.1, 0.2}, {}, {}};
  const WeightedSpectrum b{{0.0, 1.0}, {}, {}};
  // At most ⌈3/2⌉ = 2 elements each: 0 and 0.1 go to 0, 0.2 to 1.
  EXPECT_NEAR(containment(a, b), (0.0 + 0.1 + 0.8) / 3.0, k_rounding);
}

TEST(LogScaling, OfAContractionIsItsRate) {
  const double rate = -0.2;  // e^-12 at the longest step: above the floor
  for (const double step : {0.1, 1.0, 60.0}) {
    const WeightedSpectrum s{{std::exp(rate * step)}, {}, {}};
    EXPECT_NEAR(log_scaled(s, step).values[0].real(), rate, 1e-15 / step);
  }
}

TEST(LogScaling, MakesTheSameFlowAtTwoSpeedsEqual) {
  WeightedSpectrum slow, fast;
  for (int i = 0; i < 5; ++i) {
    const std::complex<double> rate(-0.1 * i, 0.05 * i);
    slow.values.push_back(std::exp(rate));
    fast.values.push_back(std::exp(3.0 * rate));
  }
  EXPECT_GT(wasserstein(slow, fast), 0.1);
  EXPECT_NEAR(wasserstein(log_scaled(slow, 1.0), log_scaled(fast, 3.0)), 0.0, 1e-14);
}

TEST(LogScaling, HasAFloorAndOneBranch) {
  const WeightedSpectrum s{{{0.0, 0.0}, {-1.0, 0.0}, {-1.0, -0.0}, {1e-30, 0.0}}, {}, {}};
  const auto scaled = log_scaled(s, 2.0).values;
  EXPECT_EQ(scaled[0], std::complex<double>(std::log(k_least_modulus) / 2.0, 0.0));
  EXPECT_EQ(scaled[3], scaled[0]);
  EXPECT_NEAR(scaled[1].imag(), std::numbers::pi / 2.0, 1e-15);
  EXPECT_EQ(scaled[1], scaled[2]);
  EXPECT_THROW(log_scaled(s, 0.0), Error);
}

}  // namespace
}  // namespace equikoop
