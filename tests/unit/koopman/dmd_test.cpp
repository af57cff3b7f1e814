// SPDX-License-Identifier: BSD-3-Clause
// Compression, regressions and modes in small coordinates.
#include "equikoop/koopman/dmd.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <numeric>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

SnapshotPairs all_pairs(const CompressedPairs& compressed, std::size_t rank) {
  std::vector<std::size_t> all(compressed.trajectories.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return pairs_of(compressed, all, rank);
}

TEST(CompressedPairs, KeepEveryInnerProductOfThePairs) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({3, 80, 6}, 1e-2);
  const DelayOperator<double> z(self, ensemble.view(), 2);
  const auto parts = factorise(z, {.modes = 5, .needed = 5, .method = Method::dense});
  const auto compressed = compress(parts);
  for (const auto& trajectory : compressed.trajectories) EXPECT_EQ(trajectory.rows, 10U);
  const SnapshotPairs pairs = all_pairs(compressed, 5);
  Matrix now(z.shape().columns(), 5), next(z.shape().columns(), 5);
  const std::size_t each = z.shape().columns_each();
  for (std::size_t j = 0; j < 5; ++j)
    for (std::size_t m = 0; m < 3; ++m)
      for (std::size_t t = 0; t < each; ++t) {
        now(m * each + t, j) = parts.coordinates(m * (each + 1) + t, j);
        next(m * each + t, j) = parts.coordinates(m * (each + 1) + t + 1, j);
      }
  const double rounding = 1e-14 * parts.total_energy;
  EXPECT_LE(largest_difference(inner_products(pairs.now, pairs.now), inner_products(now, now)),
            rounding);
  EXPECT_LE(largest_difference(inner_products(pairs.next, pairs.now), inner_products(next, now)),
            rounding);
}

/// Pairs (y, A y) of random y, with white noise on both sides.
SnapshotPairs noisy_pairs(const Matrix& a, std::size_t rows, double noise) {
  SnapshotPairs pairs{random_matrix(rows, a.rows, 60), Matrix(rows, a.rows)};
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < a.rows; ++i)
      for (std::size_t j = 0; j < a.rows; ++j) pairs.next(row, i) += a(i, j) * pairs.now(row, j);
  const Matrix on_now = random_matrix(rows, a.rows, 61), on_next = random_matrix(rows, a.rows, 62);
  for (std::size_t e = 0; e < on_now.values.size(); ++e) {
    pairs.now.values[e] += noise * on_now.values[e];
    pairs.next.values[e] += noise * on_next.values[e];
  }
  return pairs;
}

TEST(Regression, NoiseOnBothSidesBiasesTheStandardFitButNotTheOthers) {
  Matrix a(2, 2);  // a rotation by 0.5, modulus 1
  a(0, 0) = a(1, 1) = std::cos(0.5);
  a(1, 0) = std::sin(0.5);
  a(0, 1) = -std::sin(0.5);
  const double noise = 0.3;
  const SnapshotPairs pairs = noisy_pairs(a, 40000, noise);
  const auto modulus = [&](Regression regression) {
    return std::abs(modes_of(reduced_operator(pairs, regression)).eigenvalues[0]);
  };
  // Unit variance of y: least squares shrinks by 1/(1 + noise²) (Dawson et al. 2016, eq. 13).
  // Sampling error: noise/√rows = 0.0015; four of them.
  EXPECT_NEAR(modulus(Regression::standard), 1.0 / (1.0 + noise * noise), 0.006);
  EXPECT_NEAR(modulus(Regression::total_least_squares), 1.0, 0.006);
  EXPECT_NEAR(modulus(Regression::forward_backward), 1.0, 0.006);
}

TEST(Regression, ForwardBackwardKeepsTheSignOfEachRoot) {
  Matrix a(3, 3);
  a(0, 0) = -0.9;
  a(1, 1) = a(2, 2) = -0.1;
  a(1, 2) = -0.8;
  a(2, 1) = 0.8;
  const std::vector<std::complex<double>> expected{-0.9, {-0.1, 0.8}, {-0.1, -0.8}};
  const auto fit = reduced_operator(noisy_pairs(a, 50, 0.0), Regression::forward_backward);
  EXPECT_LE(spectral_distance(modes_of(fit).eigenvalues, expected), 1e-13);
}

TEST(Regression, ForwardBackwardIsTheForwardFitWhereNoUniqueRootExists) {
  Matrix a(2, 2);  // eigenvalues ±0.8i: both squares are -0.64
  a(0, 1) = -0.8;
  a(1, 0) = 0.8;
  const auto fit = reduced_operator(noisy_pairs(a, 50, 0.0), Regression::forward_backward);
  EXPECT_LE(spectral_distance(modes_of(fit).eigenvalues, {{0.0, 0.8}, {0.0, -0.8}}), 1e-7);
}

TEST(Modes, AreRightAndLeftEigenvectorsInOrder) {
  const Matrix a = random_matrix(7, 7, 63);
  const ModeSet modes = modes_of(a);
  for (std::size_t i = 0; i < 7; ++i) {
    const auto lambda = modes.eigenvalues[i];
    if (i > 0) {
      EXPECT_LE(std::abs(lambda), std::abs(modes.eigenvalues[i - 1]) + 1e-15);
    }
    if (lambda.imag() > 0.0) {
      EXPECT_EQ(modes.eigenvalues[i + 1], std::conj(lambda));
    }
    for (std::size_t row = 0; row < 7; ++row) {
      std::complex<double> right = -lambda * modes.right(row, i);
      std::complex<double> left = -lambda * std::conj(modes.left(row, i));
      for (std::size_t l = 0; l < 7; ++l) {
        right += a(row, l) * modes.right(l, i);
        left += std::conj(modes.left(l, i)) * a(l, row);
      }
      EXPECT_LE(std::abs(right), 1e-13);
      EXPECT_LE(std::abs(left), 1e-13);
    }
  }
}

TEST(Spectra, OfSeveralRanksComeFromOneFactorisation) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<float>({5, 100, 8}, 1e-2);
  KoopmanOptions options;
  options.rank = 8;
  const DelayOperator<float> z(self, ensemble.view(), 3);
  const auto parts = factorise(z, request_for(options, z.shape()));
  const auto compressed = compress(parts);
  for (const int rank : {2, 5, 8}) {
    options.rank = rank;
    const auto together = spectrum_of(self, parts, compressed, options, {rank, 0});
    const auto alone = ensemble_spectrum(self, ensemble.view(), options, 3);
    EXPECT_LE(spectral_distance(together.eigenvalues, alone.eigenvalues), 1e-10);
  }
}

}  // namespace
}  // namespace equikoop
