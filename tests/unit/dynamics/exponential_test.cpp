// SPDX-License-Identifier: BSD-3-Clause
// The vectorised exponentials against the same in long double, over the whole range of exponents.
#include "dynamics/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "dynamics/layers.hpp"
#include "dynamics/normal.hpp"

namespace equikoop::vectorised {
namespace {

template <class Real>
class Exponentials : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(Exponentials, Precisions);

/// Largest error of `ours` in units in the last place of the result, over x from -range to range.
template <class Real, class Ours, class Exact>
double worst(double range, Ours ours, Exact exact) {
  constexpr int k_points = 200000;
  double largest = 0;
  for (int i = 0; i <= k_points; ++i) {
    const auto x = static_cast<Real>(range * (2.0 * i / k_points - 1.0));
    const long double truth = exact(static_cast<long double>(x));
    const Real rounded = std::abs(static_cast<Real>(truth));
    const Real unit = std::nextafter(rounded, std::numeric_limits<Real>::infinity()) - rounded;
    largest = std::max(largest, static_cast<double>(std::abs((static_cast<long double>(ours(x)) - truth) / static_cast<long double>(unit))));
  }
  return largest;
}

/// Reduction loses half a unit of r <= 0.35, the polynomial and its leading 1 one unit together.
TYPED_TEST(Exponentials, AreWithinTwoUnitsInTheLastPlace) {
  const double range = std::is_same_v<TypeParam, float> ? 87.0 : 708.0;
  EXPECT_LE(worst<TypeParam>(range, &exponential<TypeParam>, [](long double x) { return std::exp(x); }), 2.0);
}

TYPED_TEST(Exponentials, LessOneAreWithinThreeUnits) {
  EXPECT_LE(worst<TypeParam>(3.0, &exponential_minus_1<TypeParam>, [](long double x) { return std::expm1(x); }), 3.0);
}

TYPED_TEST(Exponentials, TangentsAndLogisticsAreWithinFourUnits) {
  for (const double range : {1e-6, 0.5, 20.0}) {
    EXPECT_LE(worst<TypeParam>(range, &hyperbolic_tangent<TypeParam>, [](long double x) { return std::tanh(x); }), 4.0);
    EXPECT_LE(worst<TypeParam>(range, &logistic<TypeParam>, [](long double x) { return 1 / (1 + std::exp(-x)); }), 4.0);
  }
}

/// Over all z whose Φ(z) is a normal number. The reference rounds z/√2 to 64 bits, which costs it z²/2^64
/// of its value: 0.2 units of a double at z = -37.
TYPED_TEST(Exponentials, NormalDistributionFunctionIsWithinNineUnitsInBothTails) {
  const double far = std::is_same_v<TypeParam, float> ? 12.9 : 37.5;
  for (const double range : {1e-3, 1.0, 6.0, far}) {
    EXPECT_LE(worst<TypeParam>(range, [](TypeParam z) { return normal(z).below; },
                               [](long double z) { return 0.5L * std::erfc(-z / std::numbers::sqrt2_v<long double>); }),
              9.0) << range;
  }
}

/// The slope of gelu crosses 0: its error is one of its terms, which are at most 1.
TYPED_TEST(Exponentials, SlopeOfGeluIsWithinFourEpsilon) {
  constexpr int k_points = 200000;
  double largest = 0;
  for (int i = 0; i <= k_points; ++i) {
    const auto z = static_cast<TypeParam>(20.0 * (2.0 * i / k_points - 1.0));
    TypeParam slope = 1;
    activation_backward<TypeParam>(Activation::gelu, {&z, 1, 1, 1}, {&z, 1, 1, 1}, Matrix<TypeParam>{&slope, 1, 1, 1});
    const long double x = z, pi = std::numbers::pi_v<long double>;
    const long double truth = 0.5L * std::erfc(-x / std::sqrt(2.0L)) + x * std::exp(-x * x / 2) / std::sqrt(2 * pi);
    largest = std::max(largest, static_cast<double>(std::abs(static_cast<long double>(slope) - truth)));
  }
  EXPECT_LE(largest, 4 * std::numeric_limits<TypeParam>::epsilon());
}

TYPED_TEST(Exponentials, KeepTheirLimits) {
  using Real = TypeParam;
  constexpr Real k_infinity = std::numeric_limits<Real>::infinity();
  EXPECT_EQ(exponential(Real(0)), Real(1));
  EXPECT_EQ(exponential(-k_infinity), Real(0));
  EXPECT_EQ(exponential(Real(-1e5)), Real(0));
  EXPECT_EQ(exponential(k_infinity), k_infinity);
  EXPECT_EQ(exponential(Real(1e5)), k_infinity);
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<Real>::quiet_NaN())));
  EXPECT_EQ(hyperbolic_tangent(Real(0)), Real(0));
  EXPECT_EQ(hyperbolic_tangent(-k_infinity), Real(-1));
  EXPECT_EQ(logistic(-k_infinity), Real(0));
  EXPECT_EQ(normal(Real(0)).below, Real(0.5));
  EXPECT_EQ(normal(-k_infinity).below, Real(0));
  EXPECT_EQ(normal(k_infinity).below, Real(1));
  EXPECT_TRUE(std::isnan(normal(std::numeric_limits<Real>::quiet_NaN()).below));
  EXPECT_TRUE(std::isnan(hyperbolic_tangent(std::numeric_limits<Real>::quiet_NaN())));
}

}  // namespace
}  // namespace equikoop::vectorised
