// SPDX-License-Identifier: BSD-3-Clause
// The delay operator against the delay matrix written out by its definition.
#include "equikoop/koopman/delay_operator.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <limits>

#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

struct Case {
  TrajectoryShape shape;
  std::size_t delays;
};

/// Sizes on every edge: one feature, no delay, one trajectory, one column, more rows than columns,
/// several tiles a trajectory.
const std::vector<Case> k_cases{{{1, 2, 1}, 0}, {{1, 3, 1}, 1},     {{3, 9, 1}, 4},
                                {{2, 7, 5}, 0}, {{4, 12, 3}, 5},    {{1, 30, 20}, 3},
                                {{2, 6, 9}, 4}, {{2, 200, 1100}, 2}};

/// Products of length-n sums of numbers of size `a` and `b`: rounding of n additions.
double rounding(const Matrix& z, const Matrix& v) {
  return 4.0 * std::numeric_limits<double>::epsilon() * norm(z) * norm(v);
}

TEST(DelayOperator, IsTheDelayMatrixAndItsTranspose) {
  const Comm self(MPI_COMM_SELF);
  for (const Case& c : k_cases) {
    const auto ensemble = training_like<double>(c.shape);
    const DelayOperator<double> z(self, ensemble.view(), c.delays);
    const Matrix expected = delay_matrix(ensemble, c.delays);
    ASSERT_EQ(z.shape().rows(), expected.rows);
    ASSERT_EQ(z.shape().columns(), expected.columns);
    const Matrix v = random_matrix(expected.columns, 3, 20),
                 u = random_matrix(expected.rows, 3, 21);
    Matrix transposed(expected.columns, expected.rows);
    for (std::size_t j = 0; j < expected.columns; ++j)
      for (std::size_t i = 0; i < expected.rows; ++i) transposed(j, i) = expected(i, j);
    EXPECT_LE(largest_difference(z.apply(v), inner_products(transposed, v)), rounding(expected, v));
    EXPECT_LE(largest_difference(z.apply_transpose_share(u), inner_products(expected, u)),
              rounding(expected, u));
  }
}

TEST(DelayOperator, IsAdjointToItsTranspose) {
  const Comm self(MPI_COMM_SELF);
  for (const Case& c : k_cases) {
    const auto ensemble = training_like<double>(c.shape);
    const DelayOperator<double> z(self, ensemble.view(), c.delays);
    std::vector<double> zv(z.shape().local_rows()), ztu(z.shape().columns());
    const Matrix v = random_matrix(z.shape().columns(), 1, 22);
    const Matrix u = random_matrix(z.shape().local_rows(), 1, 23);
    z.apply(v.values, zv);
    z.apply_transpose_share(u.values, ztu);
    double left = 0.0, right = 0.0;
    for (std::size_t i = 0; i < zv.size(); ++i) left += zv[i] * u.values[i];
    for (std::size_t i = 0; i < ztu.size(); ++i) right += ztu[i] * v.values[i];
    const double scale = std::sqrt(z.total_energy()) * norm(u) * norm(v);
    EXPECT_NEAR(left, right, 4.0 * std::numeric_limits<double>::epsilon() * scale);
  }
}

TEST(DelayOperator, ProjectsEveryDelayVectorTheLastOfATrajectoryToo) {
  const Comm self(MPI_COMM_SELF);
  for (const Case& c : k_cases) {
    const auto ensemble = training_like<double>(c.shape);
    const DelayOperator<double> z(self, ensemble.view(), c.delays);
    const Matrix all = delay_vectors(ensemble, c.delays), u = random_matrix(all.rows, 2, 24);
    EXPECT_LE(largest_difference(z.project(u), inner_products(all, u)), rounding(all, u));
  }
}

TEST(DelayOperator, KnowsTheEnergyOfTheMatrixItNeverForms) {
  const Comm self(MPI_COMM_SELF);
  for (const Case& c : k_cases) {
    const auto ensemble = training_like<double>(c.shape);
    const double energy = DelayOperator<double>(self, ensemble.view(), c.delays).total_energy();
    const double expected = std::pow(norm(delay_matrix(ensemble, c.delays)), 2);
    EXPECT_NEAR(energy / expected, 1.0, 1e-13);
  }
}

TEST(DelayOperator, TakesFloatsAtTheirExactValue) {
  const Comm self(MPI_COMM_SELF);
  const auto floats = training_like<float>({3, 40, 7});
  Ensemble<double> doubles{floats.shape, {floats.values.begin(), floats.values.end()}};
  const DelayOperator<float> of_floats(self, floats.view(), 6);
  const DelayOperator<double> of_doubles(self, doubles.view(), 6);
  const Matrix u = random_matrix(of_doubles.shape().rows(), 2, 25);
  // The same products of the same doubles; only the tiles may lie differently in memory.
  EXPECT_LE(largest_difference(of_floats.project(u), of_doubles.project(u)),
            rounding(delay_vectors(doubles, 6), u));
}

TEST(DelayOperator, SeesAWindowAndASubsetAsIfNothingElseExisted) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({4, 30, 3});
  const std::vector<std::size_t> chosen{3, 1};
  Ensemble<double> copy = empty_ensemble<double>({2, 11, 3});
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t t = 0; t < 11; ++t)
      for (std::size_t f = 0; f < 3; ++f)
        copy.at(m, t, f) = ensemble.values[(chosen[m] * 30 + t + 5) * 3 + f];
  const DelayOperator<double> part(self, ensemble.view().window(5, 16).only(chosen), 2);
  const DelayOperator<double> whole(self, copy.view(), 2);
  const Matrix v = random_matrix(whole.shape().columns(), 2, 26);
  EXPECT_EQ(largest_difference(part.apply(v), whole.apply(v)), 0.0);
}

TEST(DelayOperator, SaysHowManySnapshotsDelaysNeed) {
  const Comm self(MPI_COMM_SELF);
  const auto ensemble = training_like<double>({2, 50, 1});
  try {
    DelayOperator<double>(self, ensemble.view(), 64);
    FAIL() << "50 snapshots were taken for 64 delays";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "delays 64 need at least 66 snapshots, the archive has 50");
  }
  EXPECT_THROW(DelayOperator<double>(self, ensemble.view(), 49), UsageError);
  EXPECT_EQ(DelayOperator<double>(self, ensemble.view(), 48).shape().columns(), 2U);
}

TEST(FiniteTrajectories, LeavesOutThoseWithNaNOrInfinity) {
  const Comm self(MPI_COMM_SELF);
  auto ensemble = training_like<float>({4, 6, 2});
  ensemble.at(1, 5, 1) = std::numeric_limits<float>::quiet_NaN();
  ensemble.at(2, 0, 0) = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(finite_trajectories(self, ensemble.view()), (std::vector<std::size_t>{0, 3}));
}

}  // namespace
}  // namespace equikoop
