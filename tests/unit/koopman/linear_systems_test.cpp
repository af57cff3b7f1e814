// SPDX-License-Identifier: BSD-3-Clause
// Spectra of ensembles from linear systems whose eigenvalues are known on paper.
#include <gtest/gtest.h>
#include <mpi.h>

#include <numeric>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using namespace test;
using Complex = std::complex<double>;

EnsembleSpectrum spectrum_with(const std::vector<JordanBlock>& blocks, const TrajectoryShape& shape,
                               std::size_t delays, KoopmanOptions options = {}) {
  const Comm self(MPI_COMM_SELF);
  options.rank = static_cast<int>(eigenvalues_of(blocks).size());
  const auto ensemble = linear_ensemble<double>(blocks, shape);
  return ensemble_spectrum(self, ensemble.view(), options, delays);
}

/// 2.2e-16 in the data, times a condition of the Krylov data up to 1e5 here, leaves 1e-10.
constexpr double k_tolerance = 1e-10;

TEST(LinearSystem, RealEigenvaluesAreFound) {
  const std::vector<JordanBlock> blocks{{0.95}, {0.7}, {0.2}, {-0.5}};
  const auto spectrum = spectrum_with(blocks, {5, 60, 6}, 3);
  EXPECT_EQ(spectrum.rank, 4);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), k_tolerance);
}

TEST(LinearSystem, ComplexPairsAreFound) {
  const std::vector<JordanBlock> blocks{{std::polar(0.99, 0.3)}, {std::polar(0.9, 1.4)}, {0.8}};
  const auto spectrum = spectrum_with(blocks, {6, 80, 8}, 4);
  EXPECT_EQ(spectrum.rank, 5);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), k_tolerance);
}

TEST(LinearSystem, DelaysSeeMoreEigenvaluesThanThereAreFeatures) {
  const std::vector<JordanBlock> blocks{{std::polar(0.98, 0.8)}, {std::polar(0.95, 2.0)}};
  const auto spectrum = spectrum_with(blocks, {4, 50, 1}, 6);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), k_tolerance);
}

TEST(LinearSystem, GrowingModesAreFound) {
  const std::vector<JordanBlock> blocks{{1.05}, {std::polar(1.02, 0.5)}, {0.9}};
  const auto spectrum = spectrum_with(blocks, {5, 70, 5}, 2);
  EXPECT_EQ(spectrum.rank, 4);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), k_tolerance);
}

TEST(LinearSystem, ADefectiveEigenvalueSplitsByTheRootOfRoundingButItsMeanStays) {
  const std::vector<JordanBlock> blocks{{0.9, 2}, {0.5}};
  const auto spectrum = spectrum_with(blocks, {6, 60, 5}, 2);
  ASSERT_EQ(spectrum.rank, 3);
  // A double eigenvalue moves by sqrt(perturbation): the root of k_tolerance.
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)),
            std::sqrt(k_tolerance));
  EXPECT_LE(std::abs(0.5 * (spectrum.eigenvalues[0] + spectrum.eigenvalues[1]) - 0.9), k_tolerance);
  for (const double share : spectrum.amplitudes) EXPECT_TRUE(std::isfinite(share));
}

TEST(LinearSystem, EveryWayAndEveryRegressionFindsTheSame) {
  const std::vector<JordanBlock> blocks{{std::polar(0.99, 0.4)}, {0.97}, {std::polar(0.96, 1.9)}};
  for (const Method method :
       {Method::dense, Method::matrix_free, Method::features, Method::snapshots}) {
    for (const Regression regression :
         {Regression::standard, Regression::total_least_squares, Regression::forward_backward}) {
      KoopmanOptions options;
      options.method = method;
      options.regression = regression;
      const auto spectrum = spectrum_with(blocks, {6, 80, 7}, 5, options);
      EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), k_tolerance)
          << to_string(method) << " regression " << static_cast<int>(regression);
    }
  }
}

TEST(LinearSystem, EigenvaluesComeInTheirDocumentedOrder) {
  const std::vector<JordanBlock> blocks{
      {0.3}, {std::polar(0.9, 2.2)}, {-0.95}, {std::polar(0.6, 1.0)}};
  const auto found = spectrum_with(blocks, {8, 50, 7}, 1).eigenvalues;
  const std::vector<Complex> expected{-0.95,
                                      std::polar(0.9, 2.2),
                                      std::polar(0.9, -2.2),
                                      std::polar(0.6, 1.0),
                                      std::polar(0.6, -1.0),
                                      0.3};
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_LE(std::abs(found[i] - expected[i]), k_tolerance);
}

TEST(LinearSystem, ExactModesHaveNoResidualAndShareAllEnergy) {
  const std::vector<JordanBlock> blocks{{std::polar(0.99, 0.3)}, {0.9}};
  const auto spectrum = spectrum_with(blocks, {6, 60, 4}, 2);
  ASSERT_EQ(spectrum.rank, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(spectrum.residuals_insample[i], k_tolerance);
    EXPECT_LE(spectrum.residuals_heldout[i], k_tolerance);
    EXPECT_GT(spectrum.amplitudes[i], 0.0);
  }
  EXPECT_NEAR(std::accumulate(spectrum.amplitudes.begin(), spectrum.amplitudes.end(), 0.0), 1.0,
              1e-14);
  EXPECT_NEAR(spectrum.amplitudes[0], spectrum.amplitudes[1], 1e-10);  // a conjugate pair
}

TEST(LinearSystem, AnAmplitudeIsTheEnergyTheModeWasStartedWith) {
  // Orthogonal modes: feature f follows 0.9ᵗ·2 and 0.5ᵗ alone. Without delays over N columns the
  // energies are 4·Σ 0.81ᵗ and Σ 0.25ᵗ.
  const Comm self(MPI_COMM_SELF);
  auto ensemble = empty_ensemble<double>({1, 12, 2});
  for (std::size_t t = 0; t < 12; ++t) {
    ensemble.at(0, t, 0) = 2.0 * std::pow(0.9, double(t));
    ensemble.at(0, t, 1) = std::pow(0.5, double(t));
  }
  const double slow = 4.0 * (1 - std::pow(0.81, 11)) / (1 - 0.81);
  const double fast = (1 - std::pow(0.25, 11)) / (1 - 0.25);
  const auto spectrum = ensemble_spectrum(self, ensemble.view(), KoopmanOptions{}, 0);
  ASSERT_EQ(spectrum.rank, 2);
  EXPECT_NEAR(spectrum.amplitudes[0], slow / (slow + fast), 1e-12);
}

}  // namespace
}  // namespace equikoop
