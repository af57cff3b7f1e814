// SPDX-License-Identifier: BSD-3-Clause
// Every way of factorising against the explicit matrix through LAPACK, on the same data.
#include <gtest/gtest.h>
#include <mpi.h>

#include <limits>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

const std::vector<Method> k_ways{Method::matrix_free, Method::features, Method::snapshots};

KoopmanOptions options_for(Method method, int rank) {
  KoopmanOptions options;
  options.method = method;
  options.rank = rank;
  return options;
}

/// What every way must reproduce of the dense one.
constexpr double k_agreement = 1e-9;

template <class Real>
void expect_agreement(const Ensemble<Real>& ensemble, std::size_t delays, int rank) {
  const Comm self(MPI_COMM_SELF);
  const auto dense =
      ensemble_spectrum(self, ensemble.view(), options_for(Method::dense, rank), delays);
  for (const Method method : k_ways) {
    SCOPED_TRACE(to_string(method) + " for delays " + std::to_string(delays));
    const auto other = ensemble_spectrum(self, ensemble.view(), options_for(method, rank), delays);
    ASSERT_EQ(other.rank, dense.rank);
    EXPECT_LE(spectral_distance(other.eigenvalues, dense.eigenvalues), k_agreement);
    for (int i = 0; i < dense.rank; ++i) {
      EXPECT_NEAR(other.singular_values[i], dense.singular_values[i],
                  k_agreement * dense.singular_values[0]);
      EXPECT_NEAR(other.residuals_insample[i], dense.residuals_insample[i], k_agreement);
    }
  }
}

TEST(Methods, AgreeWithLapackOnATrainingLikeEnsemble) {
  const auto ensemble = training_like<float>({5, 120, 12});
  for (const std::size_t delays : {0, 1, 8}) expect_agreement(ensemble, delays, 4);
}

TEST(Methods, AgreeWithLapackInDoublePrecision) {
  expect_agreement(training_like<double>({4, 90, 30}, 1e-3), 3, 6);
}

TEST(Methods, AgreeWithLapackWhereFeaturesOutnumberSnapshots) {
  expect_agreement(training_like<float>({3, 25, 200}), 4, 3);
}

TEST(Methods, AgreeWithLapackOnShapesAtEveryEdge) {
  for (const TrajectoryShape shape :
       {TrajectoryShape{1, 40, 1}, TrajectoryShape{1, 12, 3}, TrajectoryShape{6, 2, 4},
        TrajectoryShape{7, 3, 1}, TrajectoryShape{2, 5, 2}, TrajectoryShape{1, 2, 1}}) {
    for (const std::size_t delays : {0, 1}) {
      if (shape.times >= delays + 2)
        expect_agreement(training_like<double>(shape, 1e-2), delays, 2);
    }
  }
}

TEST(Methods, GiveOrthonormalVectorsAndTheTrueSingularValues) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({4, 60, 10}, 1e-2);
  const DelayOperator<double> z(self, ensemble.view(), 4);
  const auto dense = factorise(z, {.modes = 6, .needed = 3, .method = Method::dense});
  for (const Method method : k_ways) {
    const auto other = factorise(z, {.modes = 6, .needed = 3, .method = method});
    EXPECT_EQ(other.method, method) << other.why;
    ASSERT_EQ(other.sigma.size(), 6U);
    const Matrix gram = inner_products(other.basis, other.basis);
    for (std::size_t i = 0; i < 6; ++i) {
      // A Gram matrix knows sigma to eps·sigma_1²/sigma; Lanczos only bounds those beyond `needed`.
      const double rounding = 1e-15 * dense.sigma[0] * dense.sigma[0] / dense.sigma[i];
      if (i < 3 || method != Method::matrix_free) {
        EXPECT_NEAR(other.sigma[i], dense.sigma[i], rounding);
      } else {
        EXPECT_LE(other.sigma[i], dense.sigma[i] + rounding);
        EXPECT_GE(other.sigma[i], 0.5 * dense.sigma[i]);
      }
      for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(gram(i, j), i == j ? 1.0 : 0.0, 1e-12);
    }
  }
}

TEST(Methods, CoordinatesAreProjectionsOnTheVectorsGiven) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<float>({4, 60, 10}, 1e-3);
  const DelayOperator<float> z(self, ensemble.view(), 4);
  for (const Method method : k_ways) {
    const auto parts = factorise(z, {.modes = 9, .needed = 3, .method = method});
    EXPECT_LE(largest_difference(parts.coordinates, z.project(parts.basis)),
              1e-14 * std::sqrt(parts.total_energy));
  }
}

TEST(Methods, HeldOutResidualsInAKrylovSpaceAreThoseInSingularVectors) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<float>({6, 200, 20}, 1e-3);
  const auto lanczos =
      ensemble_spectrum(self, ensemble.view(), options_for(Method::matrix_free, 5), 6);
  const auto dense = ensemble_spectrum(self, ensemble.view(), options_for(Method::dense, 5), 6);
  // Two spans of 15 directions, both holding all but a few per cent of what the refits look for.
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(lanczos.residuals_heldout[i] / dense.residuals_heldout[i], 1.0, 0.05);
}

TEST(Methods, AGramMatrixIsLeftWhereItsSquareRootsCannotBeTrusted) {
  const Comm self(MPI_COMM_SELF);
  // Two modes, the second 1e-6 of the first: its square is 1e-12 of the largest eigenvalue.
  auto ensemble = empty_ensemble<double>({2, 40, 3});
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t t = 0; t < 40; ++t) {
      ensemble.at(m, t, 0) = (1.0 + double(m)) * std::pow(0.99, double(t));
      ensemble.at(m, t, 1) = 1e-6 * (2.0 - double(m)) * std::pow(-0.9, double(t));
    }
  for (const Method method : {Method::features, Method::snapshots}) {
    const auto spectrum = ensemble_spectrum(self, ensemble.view(), options_for(method, 2), 1);
    EXPECT_TRUE(spectrum.method == "dense" || spectrum.method == "matrix_free") << spectrum.why;
    EXPECT_NE(spectrum.why.find("singular value 2 is under"), std::string::npos) << spectrum.why;
    // 2.2e-16 / 1e-6 in the weak mode.
    EXPECT_LE(spectral_distance(spectrum.eigenvalues, {0.99, -0.9}), 1e-9);
  }
}

TEST(Methods, LanczosSeesTenOrdersOfMagnitude) {
  const Comm self(MPI_COMM_SELF);
  auto ensemble = empty_ensemble<double>({8, 120, 40});
  const RandomStream mixing = stream_of(40);
  const std::vector<double> lambda{0.999, 0.97, -0.9, 0.8, 0.5};
  const std::vector<double> size{1.0, 1e-3, 1e-5, 1e-8, 1e-10};
  for (std::size_t m = 0; m < 8; ++m)
    for (std::size_t t = 0; t < 120; ++t)
      for (std::size_t f = 0; f < 40; ++f)
        for (std::size_t i = 0; i < 5; ++i)
          ensemble.at(m, t, f) += size[i] * std::pow(lambda[i], double(t)) *
                                  mixing.normal(f * 5 + i) * mixing.normal(1000 + m * 5 + i);
  const DelayOperator<double> z(self, ensemble.view(), 2);
  const auto dense = factorise(z, {.modes = 5, .needed = 5, .method = Method::dense});
  const auto lanczos = factorise(z, {.modes = 5, .needed = 5, .method = Method::matrix_free});
  ASSERT_EQ(lanczos.method, Method::matrix_free) << lanczos.why;
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(lanczos.sigma[i], dense.sigma[i], 1e-14 * dense.sigma[0]);
}

TEST(ChooseMethod, IsDenseForTinyAndMatrixFreeForLargeProblems) {
  const DelayShape tiny{.blocks = 5, .initials = 25, .times = 100, .features = 2};
  EXPECT_EQ(choose_method(tiny, {.modes = 10, .needed = 10}, 1).method, Method::dense);
  const DelayShape paper{.blocks = 65, .initials = 10, .times = 1000, .features = 50};
  EXPECT_EQ(choose_method(paper, {.modes = 30, .needed = 10}, 1).method, Method::matrix_free);
  const DelayShape huge{.blocks = 33, .initials = 10, .times = 1000, .features = 40960};
  EXPECT_EQ(choose_method(huge, {.modes = 30, .needed = 10}, 8).method, Method::matrix_free);
  EXPECT_EQ(choose_method(paper, {.method = Method::features}, 1).method, Method::features);
}

TEST(ChooseMethod, RefusesAllSingularValuesOfWhatNeverFits) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({2, 20, 2});
  KoopmanOptions options = options_for(Method::matrix_free, 3);
  options.rank_rule = RankRule::gavish_donoho;
  EXPECT_THROW(ensemble_spectrum(self, ensemble.view(), options, 2), UsageError);
}

}  // namespace
}  // namespace equikoop
