// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/transport.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using test::random_spectrum;
using test::random_weighted;

// Values and masses are of order 1: a distance of up to 40 terms is right to about 1e-14.
constexpr double k_rounding = 1e-13;

double brute_force(const WeightedSpectrum& a, const WeightedSpectrum& b, int order) {
  std::vector<std::size_t> to(a.values.size());
  std::iota(to.begin(), to.end(), std::size_t{0});
  double best = std::numeric_limits<double>::infinity();
  do {
    double total = 0.0;
    for (std::size_t i = 0; i < to.size(); ++i)
      total += std::pow(std::abs(a.values[i] - b.values[to[i]]), order);
    best = std::min(best, total);
  } while (std::next_permutation(to.begin(), to.end()));
  return std::pow(best / static_cast<double>(to.size()), 1.0 / order);
}

WeightedSpectrum repeated(const WeightedSpectrum& s, std::size_t times) {
  WeightedSpectrum all;
  for (std::size_t r = 0; r < times; ++r) {
    all.values.insert(all.values.end(), s.values.begin(), s.values.end());
    all.weights.insert(all.weights.end(), s.weights.begin(), s.weights.end());
  }
  return all;
}

/// W_1 on the line: the area between the two distribution functions.
double area_between(const WeightedSpectrum& a, const WeightedSpectrum& b) {
  std::vector<std::pair<double, double>> steps;
  const auto add = [&](const WeightedSpectrum& s, double sign) {
    const double sum = std::accumulate(s.weights.begin(), s.weights.end(), 0.0);
    for (std::size_t i = 0; i < s.values.size(); ++i)
      steps.emplace_back(s.values[i].real(),
                         sign * (s.weights.empty() ? 1.0 / static_cast<double>(s.values.size())
                                                   : s.weights[i] / sum));
  };
  add(a, 1.0);
  add(b, -1.0);
  std::sort(steps.begin(), steps.end());
  double area = 0.0;
  double height = 0.0;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    height += steps[i].second;
    area += std::abs(height) * (steps[i + 1].first - steps[i].first);
  }
  return area;
}

WeightedSpectrum on_the_line(WeightedSpectrum s) {
  for (auto& value : s.values) value = value.real();
  return s;
}

TEST(Transport, AgreesWithBruteForceOnSmallCases) {
  for (std::size_t k = 1; k <= 6; ++k)
    for (int order = 1; order <= 3; ++order)
      for (std::uint64_t item = 0; item < 20; ++item) {
        const auto a = random_spectrum(k, item);
        const auto b = random_spectrum(k, item + 500);
        ASSERT_NEAR(wasserstein(a, b, order), brute_force(a, b, order), k_rounding);
      }
}

TEST(Transport, IsAMetricOnRandomTriples) {
  for (std::uint64_t item = 0; item < 200; ++item)
    for (int order = 1; order <= 2; ++order) {
      const auto a = random_weighted(3 + item % 5, 3 * item);
      const auto b = random_spectrum(2 + item % 7, 3 * item + 1);
      const auto c = random_weighted(4 + item % 3, 3 * item + 2);
      EXPECT_EQ(wasserstein(b, b, order), 0.0);
      EXPECT_NEAR(wasserstein(a, a, order), 0.0, k_rounding);
      EXPECT_NEAR(wasserstein(a, b, order), wasserstein(b, a, order), k_rounding);
      EXPECT_LE(wasserstein(a, c, order),
                wasserstein(a, b, order) + wasserstein(b, c, order) + k_rounding);
      EXPECT_LE(wasserstein(a, b, 1), wasserstein(a, b, 2) + k_rounding);
    }
}

TEST(Transport, OfRealSpectraIsTheAreaBetweenDistributionFunctions) {
  for (std::uint64_t item = 0; item < 200; ++item) {
    const auto a = on_the_line(random_spectrum(10, item));
    const auto b = on_the_line(random_spectrum(7 + item % 4, item + 700));
    const auto c = on_the_line(random_weighted(9, item + 1400));
    EXPECT_NEAR(wasserstein(a, b), area_between(a, b), k_rounding);
    EXPECT_NEAR(wasserstein(a, c), area_between(a, c), k_rounding);
  }
}

TEST(Transport, OfAShiftedSpectrumIsTheShift) {
  const std::complex<double> shift(0.3, -0.4);
  for (const std::size_t k : {1, 4, 10, 40}) {
    for (auto a : {random_spectrum(k, k), random_weighted(k, k)}) {
      auto b = a;
      for (auto& value : b.values) value += shift;
      EXPECT_NEAR(wasserstein(a, b, 1), 0.5, k_rounding);
      EXPECT_NEAR(wasserstein(a, b, 2), 0.5, k_rounding);
    }
  }
}

TEST(Transport, DoesNotChangeWhenEveryPointIsDoubled) {
  for (std::uint64_t item = 0; item < 50; ++item) {
    const auto a = random_spectrum(10, item);
    const auto b = random_spectrum(7, item + 300);
    const auto c = random_spectrum(10, item + 600);
    EXPECT_NEAR(wasserstein(repeated(a, 2), b), wasserstein(a, b), k_rounding);
    EXPECT_NEAR(wasserstein(a, repeated(b, 3)), wasserstein(a, b), k_rounding);
    EXPECT_NEAR(wasserstein(repeated(a, 2), c), wasserstein(a, c), k_rounding);
  }
}

TEST(Transport, TakesEqualMassesAsNone) {
  auto a = random_spectrum(10, 1);
  const auto b = random_spectrum(10, 2);
  const double plain = wasserstein(a, b);
  a.weights.assign(10, 0.37);
  EXPECT_EQ(wasserstein(a, b), plain);
}

TEST(Transport, IgnoresWhatHasNoMass) {
  auto a = random_spectrum(5, 1);
  const auto b = random_spectrum(4, 2);
  const double before = wasserstein(a, b);
  a.values.emplace_back(7.0, 7.0);
  a.weights = {1, 1, 1, 1, 1, 0};
  EXPECT_NEAR(wasserstein(a, b), before, k_rounding);
}

TEST(Transport, SurvivesTiesOnALattice) {
  WeightedSpectrum a, b;
  for (int i = 0; i < 36; ++i) a.values.emplace_back(i % 6, i / 6);
  for (int i = 0; i < 30; ++i) b.values.emplace_back(i % 6, i / 6);
  // Mass 6/30 instead of 6/36 in each of the first five rows: below row r + 1 there are (r + 1) of
  // these surpluses, and they cross from row r + 1 to row r.
  double crossing = 0.0;
  for (int r = 0; r < 5; ++r) crossing += (r + 1) * (6.0 / 30.0 - 6.0 / 36.0);
  EXPECT_NEAR(wasserstein(a, b), crossing, k_rounding);
}

TEST(Transport, SurvivesMassesOfEveryMagnitude) {
  auto a = on_the_line(random_spectrum(12, 5));
  auto b = on_the_line(random_spectrum(9, 6));
  for (int i = 0; i < 12; ++i) a.weights.push_back(std::pow(10.0, -i));
  for (int i = 0; i < 9; ++i) b.weights.push_back(std::pow(7.0, i));
  EXPECT_NEAR(wasserstein(a, b), area_between(a, b), k_rounding);
}

TEST(Transport, OfNothingIsNoNumber) {
  EXPECT_TRUE(std::isnan(wasserstein({}, random_spectrum(3, 1))));
  EXPECT_TRUE(std::isnan(wasserstein(random_spectrum(3, 1), {})));
}

TEST(Transport, RefusesWhatIsNoSpectrum) {
  const auto good = random_spectrum(2, 1);
  auto bad = good;
  bad.values[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(wasserstein(good, bad), Error);
  bad = good;
  bad.weights = {1.0};
  EXPECT_THROW(wasserstein(good, bad), Error);
  bad.weights = {1.0, -1.0};
  EXPECT_THROW(wasserstein(good, bad), Error);
  bad.weights = {0.0, 0.0};
  EXPECT_THROW(wasserstein(good, bad), Error);
  EXPECT_THROW(wasserstein(good, good, 0), Error);
  EXPECT_THROW(optimal_matching(good, random_spectrum(3, 1)), Error);
}

}  // namespace
}  // namespace equikoop
