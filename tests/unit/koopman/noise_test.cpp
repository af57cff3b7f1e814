// SPDX-License-Identifier: BSD-3-Clause
// What noise does to the spectrum of a stochastic linear system whose spectrum is known, and what
// the pseudospectrum says of operators known on paper.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>

#include "ensembles.hpp"
#include "equikoop/koopman/pseudospectrum.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using namespace test;

constexpr double k_modulus = 0.95;
constexpr double k_angle = 0.4;

/// x' = a rotation shrunk by k_modulus, driven by unit noise; recorded with noise of its own.
Ensemble<double> driven_rotation(double measurement) {
  auto ensemble = empty_ensemble<double>({20, 1000, 2});
  const RandomStream drive = stream_of(31), error = stream_of(32);
  for (std::size_t m = 0; m < 20; ++m) {
    std::complex<double> x = 0.0;
    for (std::size_t t = 0; t < 1000; ++t) {
      const std::size_t at = (m * 1000 + t) * 2;
      ensemble.at(m, t, 0) = x.real() + measurement * error.normal(at);
      ensemble.at(m, t, 1) = x.imag() + measurement * error.normal(at + 1);
      x = std::polar(k_modulus, k_angle) * x + std::complex(drive.normal(at), drive.normal(at + 1));
    }
  }
  return ensemble;
}

std::complex<double> leading(const Ensemble<double>& ensemble, Regression regression) {
  const Comm self(MPI_COMM_SELF);
  KoopmanOptions options;
  options.rank = 2;
  options.folds = 0;
  options.regression = regression;
  return ensemble_spectrum(self, ensemble.view(), options, 0).eigenvalues.front();
}

TEST(StochasticSystem, NoiseOfTheStepLeavesLeastSquaresUnbiased) {
  // Error of an estimated eigenvalue: √((1 − |λ|²)/pairs) = 0.0022; four of them.
  const auto found = leading(driven_rotation(0.0), Regression::standard);
  EXPECT_NEAR(std::abs(found), k_modulus, 0.009);
  EXPECT_NEAR(std::arg(found), k_angle, 0.009);
}

TEST(StochasticSystem, NoiseOfTheRecordShrinksLeastSquaresByItsShareOfTheVariance) {
  // Stationary variance of x: 1/(1 − |λ|²); recorded with s² more, λ shrinks by v/(v + s²).
  const double variance = 1.0 / (1.0 - k_modulus * k_modulus);
  const double measurement = 1.0;
  const auto data = driven_rotation(measurement);
  const double shrunk = k_modulus * variance / (variance + measurement * measurement);
  EXPECT_NEAR(std::abs(leading(data, Regression::standard)), shrunk, 0.012);
  EXPECT_LT(std::abs(leading(data, Regression::standard)), k_modulus - 0.05);
}

TEST(StochasticSystem, TheOtherRegressionsOvercorrectWhereTheStepItselfIsNoisy) {
  // Total least squares and forward-backward blame all misfit on the record. With noise of the step
  // (and none of the record) they move the modulus towards 1, where least squares is right.
  const auto data = driven_rotation(0.0);
  const double right = std::abs(std::abs(leading(data, Regression::standard)) - k_modulus);
  for (const auto regression : {Regression::total_least_squares, Regression::forward_backward}) {
    const double found = std::abs(leading(data, regression));
    EXPECT_GT(found, k_modulus + 0.02);
    EXPECT_GT(std::abs(found - k_modulus), right);
  }
}

SnapshotPairs pairs_of_operator(const Matrix& a) {
  SnapshotPairs pairs{Matrix(a.rows, a.rows), Matrix(a.rows, a.rows)};  // now: the unit vectors
  for (std::size_t i = 0; i < a.rows; ++i) {
    pairs.now(i, i) = 1.0;
    for (std::size_t j = 0; j < a.rows; ++j) pairs.next(i, j) = a(j, i);
  }
  return pairs;
}

TEST(Pseudospectrum, OfANormalOperatorIsTheDistanceToItsSpectrum) {
  const Comm self(MPI_COMM_SELF);
  Matrix a(3, 3);
  a(0, 0) = a(1, 1) = 0.8 * std::cos(0.7);
  a(1, 0) = 0.8 * std::sin(0.7);
  a(0, 1) = -a(1, 0);
  a(2, 2) = -0.5;
  const std::vector<double> axis{-1.0, -0.3, 0.0, 0.4, 1.2};
  const auto grid = pseudospectrum(self, pairs_of_operator(a), axis);
  const std::complex<double> values[] = {std::polar(0.8, 0.7), std::polar(0.8, -0.7), -0.5};
  for (std::size_t i = 0; i < axis.size(); ++i)
    for (std::size_t j = 0; j < axis.size(); ++j) {
      double nearest = 10.0;
      for (const auto& value : values)
        nearest = std::min(nearest, std::abs(std::complex(axis[j], axis[i]) - value));
      EXPECT_NEAR(grid[i * axis.size() + j], nearest, 1e-14);
    }
}

TEST(Pseudospectrum, OfAJordanBlockIsFarBelowTheDistance) {
  const Comm self(MPI_COMM_SELF);
  Matrix a(2, 2);
  a(0, 1) = 10.0;
  const double z = 0.1;
  const auto grid = pseudospectrum(self, pairs_of_operator(a), std::vector{z});
  // Singular values of [[-w, 10], [0, -w]], |w|² = 2 z²: their product |w|², squares' sum 2|w|² + 100.
  const double square = 2.0 * z * z;
  const double sum = 2.0 * square + 100.0;
  const double least = std::sqrt(0.5 * (sum - std::sqrt(sum * sum - 4.0 * square * square)));
  EXPECT_NEAR(grid[0], least, 1e-12);
  EXPECT_LT(grid[0], 0.02 * std::sqrt(square));
}

TEST(Pseudospectrum, AtAnEigenvalueIsAtMostItsResidual) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({4, 80, 6}, 1e-2);
  KoopmanOptions options;
  options.rank = 5;
  PseudospectrumRequest wanted;
  wanted.axis = {0.9};
  constexpr std::array k_once{1.0};
  const auto spectrum = ensemble_spectra(self, ensemble.view(), options, 3, k_once, wanted).front();
  for (std::size_t i = 0; i < spectrum.eigenvalues.size(); ++i) {
    // τ is 1-Lipschitz: at 0.9 + 0.9i it is within their distance of the residual.
    const double away = std::abs(spectrum.eigenvalues[i] - std::complex(0.9, 0.9));
    EXPECT_LE(wanted.residuals[0], spectrum.residuals_insample[i] + away + 1e-12);
  }
  EXPECT_GT(wanted.residuals[0], 0.0);
}

TEST(Spectra, OfAMultipleOfTheRankAreThoseOfThatRank) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({4, 80, 6}, 1e-2);
  KoopmanOptions options;
  options.rank = 4;
  PseudospectrumRequest none;
  constexpr std::array k_factors{1.0, 0.5, 2.0};
  const auto spectra = ensemble_spectra(self, ensemble.view(), options, 3, k_factors, none);
  for (std::size_t i = 0; i < 3; ++i) {
    KoopmanOptions alone = options;
    alone.rank = static_cast<int>(4 * k_factors[i]);
    const auto expected = ensemble_spectrum(self, ensemble.view(), alone, 3);
    EXPECT_EQ(spectra[i].rank, alone.rank);
    EXPECT_LE(spectral_distance(spectra[i].eigenvalues, expected.eigenvalues), 1e-9);
  }
}

}  // namespace
}  // namespace equikoop
