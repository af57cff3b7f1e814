// SPDX-License-Identifier: BSD-3-Clause
// The vectorised exponentials against the same in long double, over the whole range of exponents.
#include "dynamics/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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
  EXPECT_TRUE(std::isnan(hyperbolic_tangent(std::numeric_limits<Real>::quiet_NaN())));
}

}  // namespace
}  // namespace equikoop::vectorised
