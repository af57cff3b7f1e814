// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/procrustes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "equikoop/base/error.hpp"
#include "random_spectra.hpp"

namespace equikoop {
namespace {

using Matrix = std::vector<double>;

const RandomKey k_key{1, Stream::krylov_start, 0, 0, 0};

Matrix random_matrix(std::size_t n, std::uint64_t item) {
  Matrix m(n * n);
  for (std::size_t k = 0; k < m.size(); ++k) m[k] = test::numbers(item + 3000000).normal(k);
  return m;
}

/// C X Cᵀ
Matrix transformed(const Matrix& c, const Matrix& x, std::size_t n) {
  Matrix result(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t l = 0; l < n; ++l)
          result[i * n + j] += c[i * n + k] * x[k * n + l] * c[j * n + l];
  return result;
}

double difference(const Matrix& a, const Matrix& b) {
  double squares = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(squares);
}

/// An orthogonal matrix: a product of Householder reflections.
Matrix random_orthogonal(std::size_t n, std::uint64_t item) {
  Matrix c(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) c[i * n + i] = 1.0;
  for (std::size_t h = 0; h < n; ++h) {
    Matrix v(n);
    double norm = 0.0;
    for (std::size_t i = 0; i < n; ++i) v[i] = test::numbers(item + 4000000).normal(h * n + i);
    for (double x : v) norm += x * x;
    for (std::size_t j = 0; j < n; ++j) {
      double dot = 0.0;
      for (std::size_t i = 0; i < n; ++i) dot += v[i] * c[i * n + j];
      for (std::size_t i = 0; i < n; ++i) c[i * n + j] -= 2.0 * dot / norm * v[i];
    }
  }
  return c;
}

TEST(Procrustes, AgreesWithAFineGridOfAllRotationsOfThePlane) {
  for (std::uint64_t item = 0; item < 50; ++item) {
    const auto a = random_matrix(2, 2 * item);
    const auto b = random_matrix(2, 2 * item + 1);
    constexpr int k_steps = 20000;
    double best = 1e9;
    for (int i = 0; i < k_steps; ++i)
      for (const double flip : {1.0, -1.0}) {
        const double t = 2.0 * std::numbers::pi * i / k_steps;
        const Matrix c{std::cos(t), std::sin(t), -flip * std::sin(t), flip * std::cos(t)};
        best = std::min(best, difference(a, transformed(c, b, 2)));
      }
    const auto found = procrustes(a, b, 2, k_key);
    // The grid misses the minimum by half a step at most: ‖B‖² step² at second order, ‖B‖ under 5.
    EXPECT_LE(found.distance, best + 1e-12);
    EXPECT_GE(found.distance, best - 1e-4);
  }
}

TEST(Procrustes, OfSymmetricOperatorsIsTheDistanceOfSortedEigenvalues) {
  // Hoffman & Wielandt (1953), attained when the eigenvectors are aligned.
  const std::size_t n = 6;
  Matrix a(n * n, 0.0), b(n * n, 0.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    a[i * n + i] = 1.0 - 0.1 * static_cast<double>(i);
    b[i * n + i] = 0.9 - 0.15 * static_cast<double>(i);
    squares += std::pow(a[i * n + i] - b[i * n + i], 2);
  }
  const auto turned_a = transformed(random_orthogonal(n, 1), a, n);
  const auto turned_b = transformed(random_orthogonal(n, 2), b, n);
  EXPECT_NEAR(procrustes(turned_a, turned_b, n, k_key).distance, std::sqrt(squares), 1e-12);
}

TEST(Procrustes, IsZeroUnderAnOrthogonalChangeOfCoordinates) {
  for (const std::size_t n : {2U, 3U, 5U, 10U}) {
    const auto a = random_matrix(n, n);
    const auto b = transformed(random_orthogonal(n, n), a, n);
    const auto found = procrustes(a, b, n, k_key, 30);
    EXPECT_NEAR(found.distance, 0.0, 1e-10) << n;
    EXPECT_NEAR(found.angle, 0.0, 1e-10) << n;
  }
}

TEST(Procrustes, ReportsTheCoordinatesItFound) {
  const std::size_t n = 5;
  const auto a = random_matrix(n, 1);
  const auto b = random_matrix(n, 2);
  const auto found = procrustes(a, b, n, k_key);
  Matrix identity(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) identity[i * n + i] = 1.0;
  EXPECT_NEAR(difference(transformed(found.rotation, identity, n), identity), 0.0, 1e-12);
  EXPECT_NEAR(difference(a, transformed(found.rotation, b, n)), found.distance, 1e-11);
}

/// Near the identity, as operators of slow training are: curvatures differ by orders of magnitude.
Matrix slow_matrix(std::size_t n, std::uint64_t item) {
  Matrix m = random_matrix(n, item);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      m[i * n + j] = (i == j ? 1.0 : 0.0) + 0.01 * m[i * n + j] * std::pow(0.7, static_cast<double>(i));
  return m;
}

TEST(Procrustes, NoTurnOfAnyPlaneLeadsNearer) {
  // Sides with Newton's steps: sweeps alone may end while they still climb.
  for (const std::size_t n : {2U, 3U, 10U, 20U}) {
    const auto a = slow_matrix(n, 2 * n);
    const auto b = slow_matrix(n, 2 * n + 1);
    const auto found = procrustes(a, b, n, k_key, 1);
    const auto m = transformed(found.rotation, b, n);
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q)
        for (const double angle : {-1e-3, 1e-3, -0.1, 0.1, 3.0}) {
          Matrix turned = m;
          const double c = std::cos(angle), s = std::sin(angle);
          for (std::size_t r = 0; r < n; ++r) {
            const double x = turned[p * n + r], y = turned[q * n + r];
            turned[p * n + r] = c * x - s * y;
            turned[q * n + r] = s * x + c * y;
          }
          for (std::size_t r = 0; r < n; ++r) {
            const double x = turned[r * n + p], y = turned[r * n + q];
            turned[r * n + p] = c * x - s * y;
            turned[r * n + q] = s * x + c * y;
          }
          EXPECT_GE(difference(a, turned), found.distance * (1 - 1e-9)) << n << ' ' << p << ' ' << q << ' ' << angle;
        }
  }
}

TEST(Procrustes, AngleIgnoresScaleAndDistanceDoesNot) {
  const auto a = random_matrix(3, 1);
  auto b = a;
  for (double& x : b) x *= 2.0;
  const auto found = procrustes(a, b, 3, k_key);
  EXPECT_NEAR(found.angle, 0.0, 1e-7);
  EXPECT_NEAR(found.distance, difference(a, b), 1e-12);
}

TEST(Procrustes, SeesNonNormalityThatSpectraDoNot) {
  const Matrix normal{0.5, 0.0, 0.0, 0.4};
  const Matrix shear{0.5, 3.0, 0.0, 0.4};
  EXPECT_GT(procrustes(normal, shear, 2, k_key).distance, 1.0);
}

TEST(Procrustes, RefusesWrongSizes) {
  EXPECT_THROW(procrustes(Matrix(4), Matrix(9), 2, k_key), Error);
  EXPECT_THROW(procrustes(Matrix(4), Matrix(4, std::nan("")), 2, k_key), Error);
  EXPECT_EQ(procrustes({}, {}, 0, k_key).distance, 0.0);
}

}  // namespace
}  // namespace equikoop
