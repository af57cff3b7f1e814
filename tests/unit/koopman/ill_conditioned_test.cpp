// SPDX-License-Identifier: BSD-3-Clause
// Full rank at condition 1e7 to 1e8: the mirror descent problem of the published study, whose
// eigenvalues an eighty-bit evaluation knows to eleven digits.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>
#include <vector>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

/// x ← 1/(1/x + η f'(x)) on the box, f = Σ tan x, 25 starts on a grid, 100 states, η = 0.01.
Ensemble<double> mirror_descent() {
  auto ensemble = empty_ensemble<double>({25, 100, 2});
  for (std::size_t m = 0; m < 25; ++m)
    for (std::size_t f = 0; f < 2; ++f) {
      double x = 0.1 + 0.2 * double(f == 0 ? m / 5 : m % 5);
      for (std::size_t t = 0; t < 100; ++t) {
        ensemble.at(m, t, f) = x;
        const double slope = 1.0 / (std::cos(x) * std::cos(x));
        x = std::clamp(1.0 / (1.0 / x + 0.01 * slope), 0.01, 1.0);
      }
    }
  return ensemble;
}

using Extended = std::vector<std::vector<long double>>;

/// A with next = A now in least squares, by Householder reflections on [nowᵀ nextᵀ] in extended
/// precision; now and next (k, n) as columns of delay vectors.
Extended extended_operator(const Matrix& vectors, std::size_t initials, std::size_t vectors_each) {
  const std::size_t k = vectors.rows, rows = initials * (vectors_each - 1);
  Extended tall(2 * k, std::vector<long double>(rows));  // by column
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t m = 0, row = 0; m < initials; ++m)
      for (std::size_t t = 0; t + 1 < vectors_each; ++t, ++row) {
        tall[i][row] = vectors(i, m * vectors_each + t);
        tall[k + i][row] = vectors(i, m * vectors_each + t + 1);
      }
  for (std::size_t j = 0; j < k; ++j) {
    auto& pivot = tall[j];
    long double size = 0.0L;
    for (std::size_t row = j; row < rows; ++row) size += pivot[row] * pivot[row];
    const long double alpha = pivot[j] > 0 ? -std::sqrt(size) : std::sqrt(size);
    std::vector<long double> reflector(pivot.begin() + static_cast<std::ptrdiff_t>(j), pivot.end());
    reflector[0] -= alpha;
    long double norm2 = 0.0L;
    for (const long double value : reflector) norm2 += value * value;
    for (std::size_t c = j; c < 2 * k; ++c) {
      long double dot = 0.0L;
      for (std::size_t row = j; row < rows; ++row) dot += reflector[row - j] * tall[c][row];
      for (std::size_t row = j; row < rows; ++row)
        tall[c][row] -= 2.0L * dot / norm2 * reflector[row - j];
    }
  }
  Extended a(k, std::vector<long double>(k));  // a[i][j], solved by back substitution
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = k; j-- > 0;) {
      long double value = tall[k + i][j];
      for (std::size_t l = j + 1; l < k; ++l) value -= tall[l][j] * a[i][l];
      a[i][j] = value / tall[j][j];
    }
  return a;
}

/// |det(A − λ I)| relative to |d det/dλ|: the Newton step from λ to the nearest exact eigenvalue.
long double newton_step(const Extended& a, std::complex<double> lambda) {
  const auto determinant = [&](std::complex<long double> at) {
    const std::size_t k = a.size();
    std::vector<std::vector<std::complex<long double>>> m(
        k, std::vector<std::complex<long double>>(k));
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j) m[i][j] = a[i][j] - (i == j ? at : 0.0L);
    std::complex<long double> product = 1.0L;
    for (std::size_t j = 0; j < k; ++j) {
      std::size_t pivot = j;
      for (std::size_t i = j; i < k; ++i)
        if (std::abs(m[i][j]) > std::abs(m[pivot][j])) pivot = i;
      if (pivot != j) {
        std::swap(m[pivot], m[j]);
        product = -product;
      }
      product *= m[j][j];
      for (std::size_t i = j + 1; i < k; ++i) {
        const auto factor = m[i][j] / m[j][j];
        for (std::size_t l = j; l < k; ++l) m[i][l] -= factor * m[j][l];
      }
    }
    return product;
  };
  const std::complex<long double> at(lambda.real(), lambda.imag());
  const long double width = 1e-5L;
  const auto slope = (determinant(at + width) - determinant(at - width)) / (2.0L * width);
  return std::abs(determinant(at) / slope);
}

TEST(IllConditioned, FullRankMirrorDescentKeepsNineDigits) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = mirror_descent();
  KoopmanOptions options;
  options.rank_rule = RankRule::full;
  const auto spectrum = ensemble_spectrum(self, ensemble.view(), options, 4);
  ASSERT_EQ(spectrum.rank, 10);
  EXPECT_EQ(spectrum.method, "dense");
  EXPECT_GT(spectrum.singular_values[0] / spectrum.singular_values[9], 1e7);
  const Extended exact = extended_operator(delay_vectors(ensemble, 4), 25, 96);
  for (const auto lambda : spectrum.eigenvalues) {
    EXPECT_LE(newton_step(exact, lambda), 1e-9L);
  }
}

}  // namespace
}  // namespace equikoop
