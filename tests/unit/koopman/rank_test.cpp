// SPDX-License-Identifier: BSD-3-Clause
// The rank rules and the noise floor under them.
#include "equikoop/koopman/rank.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>
#include <limits>

#include "ensembles.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using namespace test;

const std::vector<double> k_sigma{10.0, 3.0, 1.0, 0.1, 1e-9};

RankInput input_of(const std::vector<double>& sigma, double floor = 0.0) {
  RankInput input{sigma, 0.0, floor, sigma.size(), sigma.size()};
  for (const double s : sigma) input.total_energy += s * s;
  return input;
}

KoopmanOptions options_of(RankRule rule, int rank, double energy = 0.99) {
  KoopmanOptions options;
  options.rank_rule = rule;
  options.rank = rank;
  options.energy = energy;
  return options;
}

TEST(RankRule, NumberIsTakenAsFarAsThereAreModes) {
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::number, 3)).rank, 3);
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::number, 30)).rank, 5);
}

TEST(RankRule, EnergyKeepsTheFewestModesThatReachTheShare) {
  // Squares 100, 9, 1, 0.01: shares 0.9089, 0.9907, 0.9998 of 110.01.
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::energy, 9, 0.90)).rank, 1);
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::energy, 9, 0.99)).rank, 2);
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::energy, 9, 0.995)).rank, 3);
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::energy, 2, 0.995)).rank, 2);
}

TEST(RankRule, FullKeepsAllWhateverTheNumberSays) {
  EXPECT_EQ(choose_rank(input_of(k_sigma), options_of(RankRule::full, 2)).rank, 5);
}

TEST(RankRule, GavishDonohoThresholdOfASquareMatrixIsTheirs) {
  // ω(1) = 2.858 times the median (their abstract), here to the accuracy of the cubic: 0.01.
  const std::vector<double> sigma{9.0, 5.0, 2.0, 1.0, 0.5};
  EXPECT_NEAR(gavish_donoho_threshold(sigma, 5, 5), 2.858 * 2.0, 0.01 * 2.0);
}

TEST(RankRule, GavishDonohoKeepsTheSignalInWhiteNoise) {
  // Without delays and with independent noise the rule is at home: 3 modes of size 40 to 60, noise
  // of standard deviation 0.1, whose norm is 0.1·(√40 + √400) = 2.6.
  const Comm self(MPI_COMM_SELF);
  auto ensemble = empty_ensemble<double>({1, 401, 40});
  const RandomStream left = stream_of(50), right = stream_of(51), noise = stream_of(52);
  for (std::size_t t = 0; t < 401; ++t)
    for (std::size_t f = 0; f < 40; ++f) {
      for (std::size_t i = 0; i < 3; ++i)
        ensemble.at(0, t, f) += 0.4 * left.normal(i * 500 + t) * right.normal(i * 50 + f);
      ensemble.at(0, t, f) += 0.1 * noise.normal(t * 40 + f);
    }
  for (const Method method : {Method::dense, Method::features, Method::snapshots}) {
    KoopmanOptions options = options_of(RankRule::gavish_donoho, 30);
    options.method = method;
    EXPECT_EQ(ensemble_spectrum(self, ensemble.view(), options, 0).rank, 3) << to_string(method);
  }
}

TEST(RankRule, GavishDonohoWillNotGuessFromLeadingValues) {
  RankInput input = input_of(k_sigma);
  input.rows = 100;
  input.columns = 200;
  EXPECT_THROW(choose_rank(input, options_of(RankRule::gavish_donoho, 3)), Error);
}

TEST(NoiseFloor, CutsWhatItDoesNotTrustAndSaysHowMany) {
  const auto choice = choose_rank(input_of(k_sigma, 1e-3), options_of(RankRule::number, 5));
  EXPECT_EQ(choice.rank, 4);
  EXPECT_EQ(choice.noise_cut, 1);
}

TEST(NoiseFloor, BoundsTheRoundingOfStoredFloats) {
  // Three modes stored as floats: every further singular value is rounding and lies below the
  // floor; the fourth is not far below, the bound is of the right size.
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = linear_ensemble<float>({{std::polar(0.99, 0.3)}, {0.95}}, {5, 100, 8});
  const DelayOperator<float> z(self, ensemble.view(), 3);
  const auto parts = factorise(z, {.modes = 8, .needed = 8, .method = Method::dense});
  EXPECT_GT(parts.sigma[2], parts.noise_floor);
  EXPECT_LT(parts.sigma[3], parts.noise_floor);
  EXPECT_GT(parts.sigma[3], 1e-2 * parts.noise_floor);
}

TEST(NoiseFloor, LeavesTheTrueModesOfFloatDataInEveryWay) {
  const Comm self(MPI_COMM_SELF);
  const std::vector<JordanBlock> blocks{{std::polar(0.99, 0.3)}, {0.95}};
  const auto ensemble = linear_ensemble<float>(blocks, {5, 100, 8});
  for (const Method method :
       {Method::dense, Method::matrix_free, Method::features, Method::snapshots}) {
    KoopmanOptions options = options_of(RankRule::number, 6);
    options.method = method;
    const auto spectrum = ensemble_spectrum(self, ensemble.view(), options, 3);
    EXPECT_EQ(spectrum.rank, 3) << to_string(method);
    EXPECT_EQ(spectrum.noise_cut, 3) << to_string(method);
    // 6e-8 of rounding in the data, averaged over 500 columns, conditioned by at most 100.
    EXPECT_LE(spectral_distance(spectrum.eigenvalues, eigenvalues_of(blocks)), 6e-6);
  }
}

TEST(NoiseFloor, IsTheArithmeticOfDoublesForDoubles) {
  const DelayShape shape{.blocks = 4, .initials = 4, .times = 29, .features = 25};
  // (√100 + √100)·eps·‖Z‖, above the eps/2·‖Z‖ of storage.
  EXPECT_DOUBLE_EQ(noise_floor(shape, 9.0, std::numeric_limits<double>::epsilon()),
                   20.0 * std::numeric_limits<double>::epsilon() * 3.0);
  EXPECT_DOUBLE_EQ(noise_floor(shape, 9.0, std::numeric_limits<float>::epsilon()),
                   0.5 * double(std::numeric_limits<float>::epsilon()) * 3.0);
}

}  // namespace
}  // namespace equikoop
