// SPDX-License-Identifier: BSD-3-Clause
// Kernel spectra of systems whose Koopman eigenvalues are known on paper, and data that has none.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ensembles.hpp"
#include "equikoop/koopman/kernel.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using namespace test;

/// γ moves an eigenvalue by about γ over the least eigenvalue of G that it rests on, and rounding by at
/// most ε·n/γ (in units of the mean diagonal): here both stay below the bounds.
constexpr double k_small = 1e-8;
constexpr double k_near = 1e-5;

EnsembleSpectrum spectrum_with(const Ensemble<double>& ensemble, const KoopmanOptions& options,
                               std::size_t delays) {
  return ensemble_spectrum(Comm(MPI_COMM_SELF), ensemble.view(), options, delays);
}

KoopmanOptions kernel_options(Kernel kernel, int rank, double regularisation) {
  KoopmanOptions options;
  options.kernel = kernel;
  options.rank = rank;
  options.regularisation = regularisation;
  return options;
}

/// x' = a x, y' = b y + (a² − b) x²: y − x² is an eigenfunction of b, so on functions of degree 2 the
/// Koopman operator has the eigenvalues 1, a, a² and b.
Ensemble<double> slow_manifold(double a, double b, const TrajectoryShape& shape) {
  auto ensemble = empty_ensemble<double>(shape);
  const RandomStream starts = stream_of(21);
  for (std::size_t m = 0; m < shape.initials; ++m) {
    double x = starts.uniform(2 * m, -1.0, 1.0), y = starts.uniform(2 * m + 1, -1.0, 1.0);
    for (std::size_t t = 0; t < shape.times; ++t) {
      ensemble.at(m, t, 0) = x;
      ensemble.at(m, t, 1) = y;
      y = b * y + (a * a - b) * x * x;
      x *= a;
    }
  }
  return ensemble;
}

double distance_to(const std::vector<std::complex<double>>& found, std::complex<double> wanted) {
  double best = INFINITY;
  for (const auto value : found) best = std::min(best, std::abs(value - wanted));
  return best;
}

class KernelSpectrum : public testing::TestWithParam<Method> {};

TEST_P(KernelSpectrum, OfThePolynomialKernelHasTheEigenvaluesOfANonlinearSystem) {
  const auto ensemble = slow_manifold(0.9, 0.5, {12, 14, 2});
  auto options = kernel_options(Kernel::polynomial, 6, k_small);
  options.method = GetParam();
  const auto spectrum = spectrum_with(ensemble, options, 0);
  for (const double known : {1.0, 0.9, 0.81, 0.5})
    EXPECT_LT(distance_to(spectrum.eigenvalues, known), k_near) << known;
  // ab is an eigenvalue of no function of degree 2: what stands for it crosses b between folds, and may
  // be taken for it there.
  for (int i = 0; i < spectrum.rank; ++i) {
    if (distance_to({1.0, 0.9, 0.81, 0.5}, spectrum.eigenvalues[i]) > k_near) continue;
    EXPECT_LT(spectrum.residuals_insample[i], k_near) << spectrum.eigenvalues[i];
    if (spectrum.eigenvalues[i].real() > 0.6) {
      EXPECT_LT(spectrum.residuals_heldout[i], k_near) << spectrum.eigenvalues[i];
    }
  }
}

TEST_P(KernelSpectrum, OfTheLinearKernelIsThatOfTheDelayMatrix) {
  const auto ensemble = linear_ensemble<double>({{std::polar(0.97, 0.5)}, {-0.8}, {0.6}}, {6, 30, 7});
  auto options = kernel_options(Kernel::linear, 4, k_small);
  options.method = GetParam();
  const auto kernel = spectrum_with(ensemble, options, 2);
  options.kernel = Kernel::none;
  options.method = Method::automatic;
  const auto plain = spectrum_with(ensemble, options, 2);
  ASSERT_EQ(kernel.rank, 4);
  EXPECT_LT(spectral_distance(kernel.eigenvalues, plain.eigenvalues), k_near);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(kernel.amplitudes[i], plain.amplitudes[i], k_near);
    EXPECT_LT(kernel.residuals_insample[i], k_near);
    EXPECT_LT(kernel.residuals_heldout[i], k_near);
  }
}

TEST_P(KernelSpectrum, RefusesEigenvaluesThatAreRounding) {
  const auto ensemble = linear_ensemble<double>({{0.9}, {-0.7}}, {4, 50, 3});
  auto options = kernel_options(Kernel::linear, 6, k_small);
  options.method = GetParam();
  const auto spectrum = spectrum_with(ensemble, options, 1);
  EXPECT_EQ(spectrum.rank, 2);
  EXPECT_EQ(spectrum.noise_cut, 4);
}

TEST_P(KernelSpectrum, NeverSplitsAConjugatePair) {
  const auto ensemble = linear_ensemble<double>({{0.95}, {std::polar(0.8, 0.5)}}, {4, 40, 5});
  auto options = kernel_options(Kernel::linear, 2, k_small);
  options.method = GetParam();
  const auto spectrum = spectrum_with(ensemble, options, 1);
  ASSERT_EQ(spectrum.rank, 1);
  EXPECT_EQ(spectrum.noise_cut, 0);
  EXPECT_NEAR(spectrum.eigenvalues[0].real(), 0.95, k_near);
}

INSTANTIATE_TEST_SUITE_P(BothWays, KernelSpectrum, testing::Values(Method::snapshots, Method::dense),
                         [](const auto& way) { return to_string(way.param); });

TEST(Kernel, SpectraOfSeveralRanksAreNested) {
  const auto ensemble = training_like<double>({4, 60, 6});
  const auto options = kernel_options(Kernel::gaussian, 8, 1e-4);
  const Comm self(MPI_COMM_SELF);
  PseudospectrumRequest none;
  const std::array factors{1.0, 0.5};
  const auto spectra = ensemble_spectra(self, ensemble.view(), options, 3, factors, none);
  ASSERT_LE(spectra[1].rank, 4);
  ASSERT_GT(spectra[1].rank, 2);
  for (int i = 0; i < spectra[1].rank; ++i)
    EXPECT_EQ(spectra[1].eigenvalues[i], spectra[0].eigenvalues[i]);
}

TEST(Kernel, HasNoSpectrumWhereDelayVectorsDoNotDiffer) {
  auto constant = empty_ensemble<double>({3, 20, 4});
  for (const Kernel kernel : {Kernel::linear, Kernel::polynomial})
    EXPECT_EQ(spectrum_with(constant, kernel_options(kernel, 3, 1e-6), 2).rank, 0);
  std::fill(constant.values.begin(), constant.values.end(), 0.7);
  EXPECT_EQ(spectrum_with(constant, kernel_options(Kernel::gaussian, 3, 1e-6), 2).rank, 0);
}

TEST(Kernel, HoldsOutNothingWhereThereIsOneTrajectory) {
  const auto ensemble = training_like<double>({1, 60, 4});
  const auto spectrum = spectrum_with(ensemble, kernel_options(Kernel::gaussian, 3, 1e-4), 2);
  ASSERT_GT(spectrum.rank, 0);
  for (const double residual : spectrum.residuals_heldout) EXPECT_TRUE(std::isnan(residual));
}

TEST(KernelPilot, TakesAsManyProductsAsTheWhole) {
  // 4,060 pairs of starts a thousandth apart, and those of four: 1,624.
  const auto ensemble = training_like<double>({10, 410, 12}, 1e-3);
  const Comm self(MPI_COMM_SELF);
  auto options = kernel_options(Kernel::gaussian, 5, 0.1);
  options.folds = 0;
  const auto products_of = [&](const TrajectoryView<double>& view, const KoopmanOptions& with) {
    int products = 0;
    ensemble_spectrum(self, view, with, 3, [&] { ++products; });
    return products;
  };
  const auto view = ensemble.view();
  const KernelPilot pilot = kernel_pilot({4, 10, 410, 12, 12, 0}, options);
  ASSERT_EQ(pilot.initials, 4u);
  EXPECT_EQ(pilot.options.method, Method::snapshots);
  EXPECT_DOUBLE_EQ(pilot.options.regularisation, 0.04);
  const std::array<std::size_t, 4> few{0, 1, 2, 3};
  const double ratio = double(products_of(view.only(few), pilot.options)) / double(products_of(view, options));
  EXPECT_NEAR(ratio, 1.0, 0.3);
}

TEST(KernelPilot, OfASmallStudyIsTheStudy) {
  const auto options = kernel_options(Kernel::gaussian, 5, 0.1);
  const DelayShape shape{4, 5, 100, 12, 12, 0};
  EXPECT_EQ(kernel_pilot(shape, options).initials, 5u);
  EXPECT_EQ(kernel_pilot(shape, options).options.regularisation, 0.1);
  auto without_folds = options;
  without_folds.folds = 0;
  EXPECT_DOUBLE_EQ(kernel_seconds(shape, without_folds, shape, {2.0, 3.0}), 5.0);
  EXPECT_GT(kernel_seconds(shape, options, shape, {2.0, 3.0}), 5.0 * 3.0);
}

TEST(Kernel, RefusesWhatWorksOnSingularValues) {
  const auto ensemble = training_like<double>({2, 30, 3});
  auto options = kernel_options(Kernel::gaussian, 3, 1e-4);
  options.regression = Regression::forward_backward;
  EXPECT_THROW(spectrum_with(ensemble, options, 1), UsageError);
  options = kernel_options(Kernel::gaussian, 3, 1e-4);
  options.rank_rule = RankRule::energy;
  EXPECT_THROW(spectrum_with(ensemble, options, 1), UsageError);
}

}  // namespace
}  // namespace equikoop
