// SPDX-License-Identifier: BSD-3-Clause
// Residuals tell trustworthy eigenvalues from spurious ones.
#include "equikoop/koopman/residuals.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <numeric>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

KoopmanOptions options_with(int rank, int folds) {
  KoopmanOptions options;
  options.rank = rank;
  options.folds = folds;
  return options;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

/// A decaying mode in every feature under white noise of each trajectory's own.
Ensemble<double> noisy_decay(const TrajectoryShape& shape, double noise) {
  auto ensemble = linear_ensemble<double>({{0.95}}, shape);
  const RandomStream stream = stream_of(70);
  for (std::size_t e = 0; e < ensemble.values.size(); ++e)
    ensemble.values[e] += noise * stream.normal(e);
  return ensemble;
}

TEST(Residuals, AreTheDefinitionOnEveryPair) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({3, 50, 4}, 1e-2);
  const DelayOperator<double> z(self, ensemble.view(), 2);
  const auto parts = factorise(z, {.modes = 3, .needed = 3, .method = Method::dense});
  const auto spectrum = spectrum_of(self, parts, compress(parts), options_with(3, 0), {3, 0});
  const auto compressed = compress(parts);
  const std::vector<std::size_t> all{0, 1, 2};
  const ModeSet modes =
      modes_of(reduced_operator(pairs_of(compressed, all, 3), Regression::standard));
  const std::size_t vectors = z.shape().vectors_each();
  for (std::size_t i = 0; i < 3; ++i) {
    double missed = 0.0, size = 0.0;
    for (std::size_t m = 0; m < 3; ++m)
      for (std::size_t t = 0; t + 1 < vectors; ++t) {
        std::complex<double> now = 0.0, next = 0.0;
        for (std::size_t l = 0; l < 3; ++l) {
          now += std::conj(modes.left(l, i)) * parts.coordinates(m * vectors + t, l);
          next += std::conj(modes.left(l, i)) * parts.coordinates(m * vectors + t + 1, l);
        }
        missed += std::norm(next - modes.eigenvalues[i] * now);
        size += std::norm(now);
      }
    EXPECT_NEAR(spectrum.residuals_insample[i], std::sqrt(missed / size), 1e-12);
  }
}

TEST(Residuals, HeldOutOnesExceedInSampleOnesWhereTheFitIsTooRich) {
  const Comm self(MPI_COMM_SELF);
  // 60 rows, 6·14 columns: 20 modes fit the noise of the columns they have seen.
  const auto ensemble = noisy_decay({6, 20, 12}, 0.3);
  const auto spectrum = ensemble_spectrum(self, ensemble.view(), options_with(20, 6), 4);
  EXPECT_GT(mean(spectrum.residuals_heldout), 1.2 * mean(spectrum.residuals_insample));
}

TEST(Residuals, ASpuriousEigenvalueIsVisibleAtAGlance) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = noisy_decay({8, 60, 6}, 0.02);
  const auto spectrum = ensemble_spectrum(self, ensemble.view(), options_with(5, 4), 3);
  std::size_t real_mode = 0;
  for (std::size_t i = 0; i < 5; ++i)
    if (std::abs(spectrum.eigenvalues[i] - 0.95) < std::abs(spectrum.eigenvalues[real_mode] - 0.95))
      real_mode = i;
  EXPECT_LE(std::abs(spectrum.eigenvalues[real_mode] - 0.95), 0.01);
  for (std::size_t i = 0; i < 5; ++i) {
    if (i == real_mode) continue;
    EXPECT_GT(spectrum.residuals_heldout[i], 4.0 * spectrum.residuals_heldout[real_mode]);
    EXPECT_LT(spectrum.amplitudes[i], 0.1 * spectrum.amplitudes[real_mode]);
  }
}

/// The held-out residuals by definition: for each fold a factorisation that never saw it.
std::vector<double> exact_refits(const Ensemble<double>& ensemble, std::size_t delays, int rank,
                                 std::size_t folds,
                                 const std::vector<std::complex<double>>& reference) {
  const Comm self(MPI_COMM_SELF);
  const auto k = static_cast<std::size_t>(rank);
  std::vector<double> sum(k, 0.0);
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<std::size_t> seen, unseen;
    for (std::size_t m = 0; m < ensemble.shape.initials; ++m)
      (m % folds == fold ? unseen : seen).push_back(m);
    const DelayOperator<double> train(self, ensemble.view().only(seen), delays);
    auto parts = factorise(train, {.modes = k, .needed = k, .method = Method::dense});
    std::vector<std::size_t> all(seen.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const ModeSet modes =
        modes_of(reduced_operator(pairs_of(compress(parts), all, k), Regression::standard));
    const DelayOperator<double> test(self, ensemble.view().only(unseen), delays);
    parts.shape = test.shape();
    parts.coordinates = test.project(parts.basis);
    all.resize(unseen.size());
    const auto residual = residuals(modes, pairs_of(compress(parts), all, k));
    std::vector<double> cost(k * k);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j)
        cost[i * k + j] = std::abs(reference[i] - modes.eigenvalues[j]);
    const auto partner = assign(cost, k);
    for (std::size_t i = 0; i < k; ++i) sum[i] += residual[static_cast<std::size_t>(partner[i])];
  }
  for (double& value : sum) value /= double(folds);
  return sum;
}

TEST(Residuals, HeldOutOnesAreThoseOfExactRefitsToTheDocumentedAngle) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({6, 120, 12}, 1e-4);
  const std::size_t delays = 4;
  const int rank = 4;
  const DelayOperator<double> z(self, ensemble.view(), delays);
  const auto parts =
      factorise(z, {.modes = 12, .needed = 4, .every_value = true, .method = Method::dense});
  const auto compressed = compress(parts);
  const auto spectrum = spectrum_of(self, parts, compressed, options_with(rank, 6), {rank, 0});
  const auto exact = exact_refits(ensemble, delays, rank, 6, spectrum.eigenvalues);
  const double angle = parts.sigma[12] / parts.sigma[3];
  ASSERT_LT(angle, 0.2);
  for (int i = 0; i < rank; ++i)
    EXPECT_NEAR(spectrum.residuals_heldout[i] / exact[i], 1.0, angle) << "mode " << i;
}

TEST(Residuals, HeldOutOnesAreExactWhereTheSpanIsEverything) {
  const auto ensemble = training_like<double>({5, 60, 3}, 1e-3);
  const Comm self(MPI_COMM_SELF);
  const DelayOperator<double> z(self, ensemble.view(), 2);
  const auto parts = factorise(z, {.modes = 9, .needed = 9, .method = Method::dense});
  const auto spectrum = spectrum_of(self, parts, compress(parts), options_with(3, 5), {3, 0});
  const auto exact = exact_refits(ensemble, 2, 3, 5, spectrum.eigenvalues);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(spectrum.residuals_heldout[i], exact[i], 1e-9);
}

TEST(Residuals, NothingHeldOutIsNotANumber) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({4, 40, 3}, 1e-2);
  for (const int folds : {0, 1}) {
    const auto spectrum = ensemble_spectrum(self, ensemble.view(), options_with(3, folds), 1);
    for (const double residual : spectrum.residuals_heldout) EXPECT_TRUE(std::isnan(residual));
    for (const double residual : spectrum.residuals_insample) EXPECT_TRUE(std::isfinite(residual));
  }
}

}  // namespace
}  // namespace equikoop
