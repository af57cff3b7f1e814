// SPDX-License-Identifier: BSD-3-Clause
// Data without dynamics, without rank, or without enough of anything: a reduced rank, never NaN.
#include <gtest/gtest.h>
#include <mpi.h>

#include <limits>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using namespace test;

const std::vector<Method> k_all{Method::automatic, Method::dense, Method::matrix_free,
                                Method::features, Method::snapshots};

void expect_finite(const EnsembleSpectrum& spectrum) {
  for (int i = 0; i < spectrum.rank; ++i) {
    EXPECT_TRUE(std::isfinite(spectrum.eigenvalues[i].real()));
    EXPECT_TRUE(std::isfinite(spectrum.eigenvalues[i].imag()));
    EXPECT_TRUE(std::isfinite(spectrum.residuals_insample[i]));
    EXPECT_TRUE(std::isfinite(spectrum.amplitudes[i]));
  }
}

template <class Real>
EnsembleSpectrum spectrum_of_data(const Ensemble<Real>& ensemble, Method method,
                                  std::size_t delays) {
  const Comm self(MPI_COMM_SELF);
  KoopmanOptions options;
  options.method = method;
  return ensemble_spectrum(self, ensemble.view(), options, delays);
}

TEST(Degenerate, ConstantTrajectoriesHaveTheEigenvalueOneAlone) {
  auto ensemble = empty_ensemble<float>({4, 30, 3});
  for (std::size_t e = 0; e < ensemble.values.size(); ++e)
    ensemble.values[e] = 0.5F + static_cast<float>(e % 3);
  for (const Method method : k_all) {
    const auto spectrum = spectrum_of_data(ensemble, method, 4);
    ASSERT_EQ(spectrum.rank, 1) << to_string(method);
    EXPECT_NEAR(spectrum.eigenvalues[0].real(), 1.0, 1e-12);
    EXPECT_GT(spectrum.noise_cut, 0);
    expect_finite(spectrum);
  }
}

TEST(Degenerate, ZeroDataHaveNoSpectrum) {
  for (const Method method : k_all) {
    const auto spectrum = spectrum_of_data(empty_ensemble<double>({3, 20, 2}), method, 3);
    EXPECT_EQ(spectrum.rank, 0) << to_string(method);
    EXPECT_TRUE(spectrum.eigenvalues.empty());
    EXPECT_EQ(spectrum.trajectories_used, 3);
  }
}

TEST(Degenerate, EqualFeaturesAndEqualTrajectoriesCountOnce) {
  auto ensemble = empty_ensemble<double>({5, 40, 6});
  for (std::size_t m = 0; m < 5; ++m)
    for (std::size_t t = 0; t < 40; ++t)
      for (std::size_t f = 0; f < 6; ++f)
        ensemble.at(m, t, f) = std::pow(0.9, double(t)) + 2.0 * std::pow(0.6, double(t));
  for (const Method method : k_all) {
    const auto spectrum = spectrum_of_data(ensemble, method, 2);
    ASSERT_EQ(spectrum.rank, 2) << to_string(method);
    EXPECT_LE(spectral_distance(spectrum.eigenvalues, {0.9, 0.6}), 1e-10);
    expect_finite(spectrum);
  }
}

TEST(Degenerate, FewerColumnsThanRowsReduceTheRank) {
  const auto ensemble = training_like<double>({2, 12, 5}, 1e-2);
  for (const Method method : k_all) {
    const auto spectrum = spectrum_of_data(ensemble, method, 9);  // 50 rows, 4 columns
    EXPECT_LE(spectrum.rank, 4) << to_string(method);
    EXPECT_GE(spectrum.rank, 1) << to_string(method);
    expect_finite(spectrum);
  }
}

TEST(Degenerate, OneColumnIsEnoughForOneEigenvalue) {
  auto ensemble = empty_ensemble<double>({1, 2, 1});
  ensemble.at(0, 0, 0) = 2.0;
  ensemble.at(0, 1, 0) = 1.0;
  for (const Method method : k_all) {
    const auto spectrum = spectrum_of_data(ensemble, method, 0);
    ASSERT_EQ(spectrum.rank, 1);
    EXPECT_NEAR(spectrum.eigenvalues[0].real(), 0.5, 1e-15);
    EXPECT_TRUE(std::isnan(spectrum.residuals_heldout[0]));  // one trajectory: nothing to hold out
  }
}

TEST(Degenerate, DataThatBecomeZeroGiveZeroEigenvaluesNotNaN) {
  auto ensemble = empty_ensemble<double>({3, 10, 2});
  for (std::size_t m = 0; m < 3; ++m) {
    ensemble.at(m, 0, 0) = 1.0 + double(m);
    ensemble.at(m, 1, 1) = 2.0;
  }
  for (const Method method : k_all) expect_finite(spectrum_of_data(ensemble, method, 1));
}

TEST(Degenerate, DivergedTrajectoriesAreLeftOut) {
  auto ensemble = linear_ensemble<double>({{0.9}, {0.5}}, {5, 40, 3});
  ensemble.at(2, 17, 1) = std::numeric_limits<double>::infinity();
  const auto spectrum = spectrum_of_data(ensemble, Method::automatic, 2);
  EXPECT_EQ(spectrum.trajectories_used, 4);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, {0.9, 0.5}), 1e-10);
  for (double& value : ensemble.values) value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(spectrum_of_data(ensemble, Method::automatic, 2).trajectories_used, 0);
  EXPECT_EQ(spectrum_of_data(ensemble, Method::automatic, 2).rank, 0);
}

TEST(Degenerate, HugeAndTinyNumbersHaveTheSameSpectrum) {
  const auto ensemble = linear_ensemble<double>({{0.9}, {0.5}}, {5, 40, 3});
  for (const double scale : {1e-100, 1e100}) {
    auto scaled = ensemble;
    for (double& value : scaled.values) value *= scale;
    for (const Method method : k_all)
      EXPECT_LE(spectral_distance(spectrum_of_data(scaled, method, 2).eigenvalues, {0.9, 0.5}),
                1e-10)
          << to_string(method) << " at scale " << scale;
  }
}

}  // namespace
}  // namespace equikoop
