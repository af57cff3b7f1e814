// SPDX-License-Identifier: BSD-3-Clause
// Spectra do not depend on how features are spread over ranks: even, uneven, all on one, some
// empty.
#include <gtest/gtest.h>
#include <mpi.h>

#include <limits>

#include "ensembles.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

const std::vector<Method> k_all{Method::automatic, Method::dense, Method::matrix_free,
                                Method::features, Method::snapshots};

/// Rounding of sums in another order, 1e-15, through the condition of the spectra used here.
constexpr double k_bound = 1e-12;

/// Blocks of `features` over `ranks` ranks, four ways.
std::vector<std::vector<Range>> distributions(std::size_t features, std::size_t ranks) {
  std::vector<std::vector<Range>> ways(4);
  for (std::size_t r = 0; r < ranks; ++r) {
    const bool last = r + 1 == ranks;
    const std::size_t one = std::min(r, features);
    ways[0].push_back(block(features, ranks, r));
    ways[1].push_back(r == 0 ? Range{0, features} : Range{features, features});
    ways[2].push_back(last ? Range{0, features} : Range{0, 0});
    ways[3].push_back({one, last ? features : std::min(r + 1, features)});
  }
  return ways;
}

template <class Real>
TrajectoryView<Real> mine(const Ensemble<Real>& ensemble, const std::vector<Range>& way,
                          const Comm& group) {
  const Range range = way[static_cast<std::size_t>(group.rank())];
  return ensemble.features(range.begin, range.end);
}

template <class Real>
void expect_same_spectra(const Ensemble<Real>& ensemble, std::size_t delays, int rank) {
  const Comm world(MPI_COMM_WORLD), self(MPI_COMM_SELF);
  for (const Method method : k_all) {
    KoopmanOptions options;
    options.method = method;
    options.rank = rank;
    const auto alone = ensemble_spectrum(self, ensemble.view(), options, delays);
    for (const auto& way : distributions(ensemble.shape.features, std::size_t(world.size()))) {
      SCOPED_TRACE(to_string(method));
      const auto spread = ensemble_spectrum(world, mine(ensemble, way, world), options, delays);
      ASSERT_EQ(spread.rank, alone.rank);
      EXPECT_LE(spectral_distance(spread.eigenvalues, alone.eigenvalues), k_bound);
      for (int i = 0; i < alone.rank; ++i) {
        EXPECT_NEAR(spread.singular_values[i], alone.singular_values[i],
                    k_bound * alone.singular_values[0]);
        EXPECT_NEAR(spread.residuals_heldout[i], alone.residuals_heldout[i], 1e-9);
      }
    }
  }
}

TEST(Distribution, OfFeaturesLeavesTheSpectrumOfALinearSystem) {
  expect_same_spectra(linear_ensemble<double>({{std::polar(0.97, 0.5)}, {-0.8}}, {5, 40, 5}), 2, 3);
}

TEST(Distribution, OfFeaturesLeavesTheSpectrumOfATrainingLikeEnsemble) {
  expect_same_spectra(training_like<float>({4, 60, 7}, 1e-3), 3, 3);
}

TEST(Distribution, OfOneFeatureLeavesOtherRanksEmpty) {
  expect_same_spectra(linear_ensemble<double>({{0.9}, {0.4}}, {5, 30, 1}), 3, 2);
}

TEST(Distribution, EveryRankHoldsTheSameBits) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<float>({4, 60, 7}, 1e-3);
  const auto even = distributions(7, std::size_t(world.size()))[0];
  const auto spectrum = ensemble_spectrum(world, mine(ensemble, even, world), KoopmanOptions{}, 3);
  ASSERT_GT(spectrum.rank, 0);
  for (int i = 0; i < spectrum.rank; ++i) {
    for (const double value : {spectrum.eigenvalues[i].real(), spectrum.eigenvalues[i].imag(),
                               spectrum.amplitudes[i], spectrum.residuals_insample[i],
                               spectrum.residuals_heldout[i], spectrum.singular_values[i]}) {
      EXPECT_EQ(world.min(value), value);
      EXPECT_EQ(world.max(value), value);
    }
  }
}

TEST(Distribution, OperatorAndTransposeStayAdjointAndProjectionIsWhole) {
  const Comm world(MPI_COMM_WORLD), self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({3, 20, 6}, 1e-2);
  for (const auto& way : distributions(6, std::size_t(world.size()))) {
    const DelayOperator<double> z(world, mine(ensemble, way, world), 2);
    EXPECT_EQ(z.shape().features, 6U);
    std::vector<double> zv(z.shape().local_rows()), ztu(z.shape().columns());
    const Matrix v = random_matrix(z.shape().columns(), 1, 22);
    // u by global row, so that every distribution multiplies the same vector.
    Matrix u(z.shape().local_rows(), 1);
    const RandomStream stream = stream_of(23);
    const DelayShape& s = z.shape();
    for (std::size_t i = 0; i < s.blocks; ++i)
      for (std::size_t f = 0; f < s.local_features; ++f)
        u(i * s.local_features + f, 0) = stream.normal(i * s.features + s.feature_offset + f);
    z.apply(v.values, zv);
    z.apply_transpose_share(u.values, ztu);
    double left = 0.0, right = 0.0;
    for (std::size_t i = 0; i < zv.size(); ++i) left += zv[i] * u.values[i];
    for (std::size_t i = 0; i < ztu.size(); ++i) right += ztu[i] * v.values[i];
    const double scale = std::sqrt(z.total_energy()) * norm(v) * std::sqrt(double(s.rows()));
    EXPECT_NEAR(world.sum(left), world.sum(right), 1e-14 * scale);
    Matrix whole(s.rows(), 1);
    for (std::size_t row = 0; row < s.rows(); ++row) whole(row, 0) = stream.normal(row);
    const DelayOperator<double> alone(self, ensemble.view(), 2);
    EXPECT_LE(largest_difference(z.project(u), alone.project(whole)), 1e-13 * norm(whole));
  }
}

TEST(Distribution, NaNOnOneRankLeavesTheTrajectoryOutOnAll) {
  const Comm world(MPI_COMM_WORLD);
  auto ensemble = linear_ensemble<double>({{0.9}, {0.5}}, {5, 30, 4});
  ensemble.at(3, 12, 3) = std::numeric_limits<double>::quiet_NaN();  // the last rank's feature
  const auto even = distributions(4, std::size_t(world.size()))[0];
  const auto spectrum = ensemble_spectrum(world, mine(ensemble, even, world), KoopmanOptions{}, 1);
  EXPECT_EQ(spectrum.trajectories_used, 4);
  EXPECT_LE(spectral_distance(spectrum.eigenvalues, {0.9, 0.5}), 1e-10);
}

TEST(Distribution, TooShortTrajectoriesFailOnAllRanksAlike) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<double>({2, 5, 3});
  const auto even = distributions(3, std::size_t(world.size()))[0];
  EXPECT_THROW(ensemble_spectrum(world, mine(ensemble, even, world), KoopmanOptions{}, 4),
               UsageError);
}

}  // namespace
}  // namespace equikoop
