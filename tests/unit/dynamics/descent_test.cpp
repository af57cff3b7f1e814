// SPDX-License-Identifier: BSD-3-Clause
// Descent problems against what is known on paper: closed forms, single steps by hand, brackets,
// starts. The independent evaluation of whole trajectories is tests/reference/descent_reference.py.
#include "equikoop/dynamics/descent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr double k_epsilon = std::numeric_limits<double>::epsilon();

struct Problem {
  Study study;
  Configuration configuration;
};

/// The published problem (25 starts, 100 states, step 0.01) for `method`.
Problem published(DescentMethod method) {
  Problem p;
  p.study.precision = Precision::float64;
  p.study.initials = 25;
  p.configuration.name = "base";
  p.configuration.model.kind = ModelKind::descent;
  p.configuration.model.method = method;
  p.configuration.training.learning_rate = 0.01;
  p.configuration.training.steps = 100;
  return p;
}

Problem quadratic(DescentMethod method, std::vector<double> hessian, double rotation, int side) {
  Problem p = published(method);
  p.configuration.model.loss = DescentLoss::quadratic;
  p.configuration.model.dimension = static_cast<int>(hessian.size());
  p.configuration.model.hessian = std::move(hessian);
  p.configuration.model.rotation = rotation;
  p.study.initials = static_cast<int>(std::lround(std::pow(side, p.configuration.model.dimension)));
  return p;
}

struct Ensemble {
  std::size_t snapshots = 0;
  std::size_t features = 0;
  std::vector<std::vector<double>> values;  ///< (initial)(snapshot, feature)
  std::vector<std::array<std::size_t, 2>> blocks;
  std::vector<int> hooks;
  EnsembleOutcome<double> outcome;

  double at(std::size_t initial, std::size_t snapshot, std::size_t feature) const {
    return values[initial][snapshot * features + feature];
  }
};

Ensemble run(const Problem& p, int seed = 0) {
  Ensemble e;
  e.features = descent_feature_count(p.configuration);
  e.snapshots = descent_times(p.configuration).size();
  e.values.resize(static_cast<std::size_t>(p.study.initials));
  const auto sink = [&](std::size_t first, std::size_t count, std::span<const double> block) {
    e.blocks.push_back({first, count});
    for (std::size_t m = 0; m < e.values.size(); ++m) {
      const auto mine = block.subspan(m * count * e.features, count * e.features);
      e.values[m].insert(e.values[m].end(), mine.begin(), mine.end());
    }
  };
  e.outcome = descend_ensemble(p.study, p.configuration, seed, sink,
                               [&](int done) { e.hooks.push_back(done); });
  return e;
}

double tan_slope(double x) {
  return 1.0 + std::tan(x) * std::tan(x);
}

TEST(Descent, GradientDescentOnAQuadraticIsGeometricAlongEigenvectors) {
  const double angle = 0.7;
  const std::array<double, 2> lambda{3.0, 0.5};
  const Ensemble e = run(quadratic(DescentMethod::gd, {lambda[0], lambda[1]}, angle, 3));
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  for (std::size_t m = 0; m < 9; ++m) {
    const auto along = [&](std::size_t t, int k) {
      return k == 0 ? c * e.at(m, t, 0) + s * e.at(m, t, 1)
                    : -s * e.at(m, t, 0) + c * e.at(m, t, 1);
    };
    for (int k = 0; k < 2; ++k)
      for (std::size_t t = 0; t < 100; ++t) {
        const double expected =
            std::pow(1.0 - 0.01 * lambda[k], static_cast<double>(t)) * along(0, k);
        // Each step rounds a handful of operations on numbers below 2.
        EXPECT_NEAR(along(t, k), expected, 10.0 * (t + 1.0) * k_epsilon);
      }
  }
}

TEST(Descent, ThreeDimensionalHessianHasTheGivenEigenvalues) {
  // Cayley-Hamilton: x(t+3) - e1 x(t+2) + e2 x(t+1) - e3 x(t) = 0 for the multipliers 1 - eta
  // lambda.
  Problem p = quadratic(DescentMethod::gd, {20.0, 7.0, 1.0}, 0.4, 2);
  const double a = 0.8, b = 0.93, c = 0.99;
  const Ensemble e = run(p);
  double coupling = 0.0;
  for (std::size_t m = 0; m < 8; ++m)
    for (std::size_t i = 0; i < 3; ++i) {
      coupling = std::max(coupling,
                          std::abs(e.at(m, 1, i) / e.at(m, 0, i) - e.at(0, 1, i) / e.at(0, 0, i)));
      for (std::size_t t = 0; t + 3 < e.snapshots; ++t) {
        const double residual = e.at(m, t + 3, i) - (a + b + c) * e.at(m, t + 2, i) +
                                (a * b + a * c + b * c) * e.at(m, t + 1, i) -
                                a * b * c * e.at(m, t, i);
        EXPECT_NEAR(residual, 0.0, 100.0 * k_epsilon);
      }
    }
  EXPECT_GT(coupling, 1e-3) << "the rotation must mix the coordinates";
}

TEST(Descent, MomentumFollowsTheRootsOfItsCharacteristicPolynomial) {
  // r^2 - (1 + beta - eta lambda) r + beta = 0, x(t) = A r1^t + B r2^t with x(1) = (1 - eta lambda)
  // x(0).
  const double lambda = 0.05, eta = 0.01, beta = 0.5;
  Problem p = quadratic(DescentMethod::momentum, {lambda}, 0.0, 4);
  p.configuration.training.momentum = beta;
  const Ensemble e = run(p);
  const double half = (1.0 + beta - eta * lambda) / 2.0;
  const double root = std::sqrt(half * half - beta);
  const double r1 = half + root, r2 = half - root;
  for (std::size_t m = 0; m < 4; ++m) {
    const double x0 = e.at(m, 0, 0);
    const double first = x0 * (1.0 - eta * lambda - r2) / (r1 - r2);
    for (std::size_t t = 0; t < 100; ++t)
      EXPECT_NEAR(e.at(m, t, 0), first * std::pow(r1, t) + (x0 - first) * std::pow(r2, t),
                  // An error of one step is carried on undamped at worst: 1 / (1 - beta) a step.
                  10.0 * (t + 1.0) * k_epsilon);
  }
}

TEST(Descent, MomentumRecordsItsVelocityOnlyAsState) {
  Problem p = quadratic(DescentMethod::momentum, {2.0, 1.0}, 0.0, 2);
  EXPECT_EQ(descent_feature_count(p.configuration), 2U);
  p.configuration.record.observable = Observable::state;
  EXPECT_EQ(descent_feature_count(p.configuration), 4U);
  const Ensemble e = run(p);
  for (std::size_t m = 0; m < 4; ++m) {
    EXPECT_EQ(e.at(m, 0, 2), 0.0);
    EXPECT_DOUBLE_EQ(e.at(m, 1, 2), 2.0 * e.at(m, 0, 0));
    for (std::size_t t = 0; t + 1 < e.snapshots; ++t)
      EXPECT_DOUBLE_EQ(e.at(m, t + 1, 1), e.at(m, t, 1) - 0.01 * e.at(m, t + 1, 3));
  }
}

TEST(Descent, GridStartsAreThePublishedOnesWithTheLastCoordinateFastest) {
  const Ensemble x = run(published(DescentMethod::omd));
  const Ensemble u = run(published(DescentMethod::ogd));
  const Ensemble z = run(published(DescentMethod::bisection));
  EXPECT_EQ(x.at(0, 0, 0), 0.1);
  EXPECT_EQ(x.at(4, 0, 1), 0.9);
  EXPECT_DOUBLE_EQ(x.at(7, 0, 0), 0.3);
  EXPECT_DOUBLE_EQ(x.at(7, 0, 1), 0.5);
  EXPECT_EQ(u.at(24, 0, 1), -0.1);
  EXPECT_DOUBLE_EQ(z.at(0, 0, 0), (-4.0 / 3.0 + 1.0 / 7.0) / 2.0);
}

TEST(Descent, GridsDoNotDependOnTheSeedAndRandomStartsDo) {
  Problem p = published(DescentMethod::omd);
  EXPECT_EQ(run(p, 0).values, run(p, 3).values);
  p.configuration.model.starts = Starts::random;
  p.study.initials = 7;
  const Ensemble e = run(p, 0);
  EXPECT_EQ(e.values, run(p, 0).values);
  EXPECT_NE(e.values, run(p, 1).values);
  for (std::size_t m = 0; m < 7; ++m)
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_GE(e.at(m, 0, i), 0.1);
      EXPECT_LT(e.at(m, 0, i), 0.9);
    }
}

TEST(Descent, RandomBracketsLieAtEqualFractionsOfTheirRanges) {
  Problem p = published(DescentMethod::bisection);
  p.configuration.model.starts = Starts::random;
  const Ensemble z = run(p);
  p.configuration.model.method = DescentMethod::omd;
  const Ensemble x = run(p);
  for (std::size_t m = 0; m < 25; ++m) {
    const double fraction = (x.at(m, 0, 1) - 0.1) / 0.8;
    // a + fraction and b + fraction: both ranges have length 1.
    EXPECT_NEAR(z.at(m, 0, 1), (-4.0 / 3.0 + 1.0 / 7.0) / 2.0 + fraction, 4.0 * k_epsilon);
  }
}

TEST(Descent, OneStepOfEachMethodAgreesWithItsEquation) {
  const double eta = 0.01;
  const auto check = [&](Regulariser regulariser, auto mirror, auto reparameterised) {
    Problem p = published(DescentMethod::omd);
    p.configuration.model.regulariser = regulariser;
    const Ensemble x = run(p);
    p.configuration.model.method = DescentMethod::ogd;
    const Ensemble u = run(p);
    for (std::size_t m = 0; m < 25; ++m)
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_NEAR(x.at(m, 1, i), mirror(x.at(m, 0, i)), 4.0 * k_epsilon);
        EXPECT_NEAR(u.at(m, 1, i), reparameterised(u.at(m, 0, i)), 8.0 * k_epsilon);
      }
  };
  check(
      Regulariser::log_barrier, [&](double x) { return x / (1.0 + eta * x * tan_slope(x)); },
      [&](double u) { return u - eta * tan_slope(std::exp(u)) * std::exp(u); });
  check(
      Regulariser::entropy, [&](double x) { return x * std::exp(-eta * tan_slope(x)); },
      [&](double u) { return u - eta * tan_slope(u * u / 4.0) * u / 2.0; });
}

TEST(Descent, MatchedStartsAndPrimalCoordinatesAreThoseOfMirrorDescent) {
  for (const auto regulariser : {Regulariser::log_barrier, Regulariser::entropy}) {
    Problem p = published(DescentMethod::omd);
    p.configuration.model.regulariser = regulariser;
    p.configuration.model.starts = Starts::matched;
    const Ensemble x = run(p);
    p.configuration.model.method = DescentMethod::ogd;
    const Ensemble u = run(p);
    p.configuration.model.coordinates = Coordinates::primal;
    const Ensemble seen = run(p);
    for (std::size_t m = 0; m < 25; ++m)
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_NEAR(seen.at(m, 0, i), x.at(m, 0, i), 4.0 * k_epsilon);
        for (const std::size_t t : {std::size_t{0}, std::size_t{50}}) {
          const double value = u.at(m, t, i);
          EXPECT_EQ(seen.at(m, t, i),
                    regulariser == Regulariser::log_barrier ? std::exp(value) : 0.25 * value * value);
        }
      }
  }
}

/// Largest difference of OMD and OGD, both in x, at the four common corner starts (entropy) after
/// `updates` updates of size `eta`.
double entropy_difference(double eta, std::size_t updates) {
  Problem p = published(DescentMethod::omd);
  p.study.initials = 4;
  p.configuration.model.regulariser = Regulariser::entropy;
  p.configuration.training.learning_rate = eta;
  p.configuration.training.steps = 2000;  // the box is far away
  const Ensemble x = run(p);
  p.configuration.model.method = DescentMethod::ogd;
  const Ensemble u = run(p);
  double worst = 0.0;
  for (std::size_t m = 0; m < 4; ++m)
    for (std::size_t i = 0; i < 2; ++i) {
      const double half = u.at(m, updates, i) / 2.0;
      worst = std::max(worst, std::abs(x.at(m, updates, i) - half * half));
    }
  return worst;
}

TEST(Descent, MirrorAndReparameterisedDescentDifferAtSecondOrderInAStep) {
  // x exp(-eta g) - x (1 - eta g / 2)^2 = x (eta g)^2 / 4 + O(eta^3).
  const double eta = 1e-3;
  const double g = eta * tan_slope(0.9);
  EXPECT_NEAR(entropy_difference(eta, 1), 0.9 * g * g / 4.0, 0.9 * g * g * g);
  // Over a fixed time the differences of the steps add up to first order.
  EXPECT_NEAR(entropy_difference(2e-4, 250) / entropy_difference(1e-4, 500), 2.0, 0.02);
}

TEST(Descent, LogBarrierStepIsTheGradientStepInLogarithmsToSecondOrder) {
  Problem p = published(DescentMethod::omd);
  const Ensemble x = run(p);
  for (std::size_t m = 0; m < 25; ++m)
    for (std::size_t i = 0; i < 2; ++i) {
      const double step = 0.01 * tan_slope(x.at(m, 0, i)) * x.at(m, 0, i);
      const double excess = std::log(x.at(m, 1, i)) - std::log(x.at(m, 0, i)) + step;
      EXPECT_NEAR(excess, step * step / 2.0, step * step * step);
    }
}

TEST(Descent, ProjectionStopsEachCoordinateAtTheBox) {
  Problem p = published(DescentMethod::omd);
  p.configuration.training.learning_rate = 5.0;
  const Ensemble x = run(p);
  p.configuration.model.method = DescentMethod::ogd;
  const Ensemble u = run(p);
  for (std::size_t m = 0; m < 25; ++m)
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(x.at(m, 99, i), 0.01);
      EXPECT_EQ(u.at(m, 99, i), std::log(0.01));
    }
}

TEST(Descent, AStepBeyondTheDualDomainGoesToTheUpperBound) {
  // At x = 0.9 the slope is -4.5: 1/x + eta slope is negative for eta = 1.
  Problem p = quadratic(DescentMethod::omd, {-5.0, -5.0}, 0.0, 2);
  p.configuration.training.learning_rate = 1.0;
  const Ensemble e = run(p);
  EXPECT_EQ(e.at(2, 1, 0), 1.0);
}

TEST(Descent, BisectionHalvesItsStepUntilTheRootOfTheSum) {
  const Ensemble e = run(published(DescentMethod::bisection));
  for (std::size_t m = 0; m < 25; ++m) {
    for (std::size_t t = 0; t < 40; ++t)
      for (std::size_t i = 0; i < 2; ++i) {
        // All brackets have width 8/7 + 1/3: the midpoint moves by a quarter of it, halved each
        // time.
        const double move = std::abs(e.at(m, t + 1, i) - e.at(m, t, i));
        EXPECT_NEAR(move, std::ldexp((8.0 / 7.0 + 1.0 / 3.0) / 4.0, -static_cast<int>(t)),
                    4.0 * k_epsilon);
      }
    EXPECT_NEAR(e.at(m, 40, 0) + e.at(m, 40, 1), 0.0, std::ldexp(4.0, -40));
  }
}

TEST(Descent, AnExactRootIsRecordedOnceThenZeroOrHeld) {
  Problem p = published(DescentMethod::bisection);
  const Ensemble zero = run(p);
  p.configuration.model.on_root = OnRoot::hold;
  const Ensemble hold = run(p);
  int roots = 0;
  for (std::size_t m = 0; m < 25; ++m) {
    const auto losses = std::span(hold.outcome.losses).subspan(m * 100, 100);
    const auto found = std::find(losses.begin(), losses.end(), 0.0);
    if (found == losses.end()) continue;
    ++roots;
    const auto root = static_cast<std::size_t>(found - losses.begin());
    EXPECT_EQ(zero.at(m, root, 0), hold.at(m, root, 0));
    EXPECT_NE(zero.at(m, root, 0), 0.0);
    for (std::size_t t = root + 1; t < 100; ++t) {
      EXPECT_EQ(zero.at(m, t, 0), 0.0);
      EXPECT_EQ(zero.at(m, t, 1), 0.0);
      EXPECT_EQ(hold.at(m, t, 0), hold.at(m, root, 0));
      EXPECT_EQ(hold.at(m, t, 1), hold.at(m, root, 1));
    }
  }
  // Off the diagonal the root lies at z = (c, -c), and tan is odd to the last bit.
  EXPECT_EQ(roots, 20);
}

TEST(Descent, LossesAreThoseOfTheStatesBeforeEachUpdate) {
  Problem p = published(DescentMethod::ogd);
  p.configuration.model.loss = DescentLoss::quartic;
  const Ensemble e = run(p);
  for (std::size_t m = 0; m < 25; ++m)
    for (std::size_t t = 0; t < 100; ++t) {
      const double expected = std::exp(4.0 * e.at(m, t, 0)) + std::exp(4.0 * e.at(m, t, 1));
      EXPECT_NEAR(e.outcome.losses[m * 100 + t], expected, 16.0 * k_epsilon * expected);
    }
  EXPECT_TRUE(std::isnan(e.outcome.test_loss[0]) && std::isnan(e.outcome.test_accuracy[24]));
  EXPECT_EQ(e.outcome.diverged_at, std::vector<std::int64_t>(25, -1));
}

TEST(Descent, SnapshotsBeginWithTheStartAndComeInOrder) {
  Problem p = published(DescentMethod::gd);
  p.configuration.training.steps = 600;
  const Ensemble every = run(p);
  ASSERT_EQ(every.snapshots, 600U);
  std::size_t next = 0;
  for (const auto& [first, count] : every.blocks) {
    EXPECT_EQ(first, next);
    next += count;
  }
  EXPECT_EQ(next, 600U);
  EXPECT_EQ(every.hooks.back(), 600);

  p.configuration.record.every = 7;
  const Ensemble some = run(p);
  const auto times = descent_times(p.configuration);
  ASSERT_EQ(times.size(), 85U);
  EXPECT_EQ(times.back(), 84 * 7);
  for (std::size_t k = 0; k < times.size(); ++k)
    EXPECT_EQ(some.at(11, k, 1), every.at(11, static_cast<std::size_t>(times[k]), 1));
}

TEST(Descent, DivergenceIsFlaggedAtItsFirstState) {
  // x(t) = 0.1 (-999)^t: the loss 500 x^2 passes 1.8e308 where 1.69897 + 2 (2.99957 t - 0.5) >
  // 308.25.
  Problem p = quadratic(DescentMethod::gd, {1000.0}, 0.0, 1);
  p.configuration.training.learning_rate = 1.0;
  const Ensemble e = run(p);
  EXPECT_EQ(e.outcome.diverged_at, std::vector<std::int64_t>{52});
  EXPECT_TRUE(std::isfinite(e.outcome.losses[51]));
  EXPECT_FALSE(std::isfinite(e.outcome.losses[52]));
}

std::string refusal(const Problem& p) {
  try {
    check_descent(p.study, p.configuration);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Descent, RefusalsSayHowToMend) {
  Problem p = published(DescentMethod::omd);
  EXPECT_EQ(refusal(p), "accepted");
  p.study.initials = 24;
  EXPECT_NE(refusal(p).find("study.initials = 25"), std::string::npos) << refusal(p);
  p.study.initials = 19;
  EXPECT_NE(refusal(p).find("study.initials = 16"), std::string::npos) << refusal(p);
  p.configuration.model.starts = Starts::random;
  EXPECT_EQ(refusal(p), "accepted");
  p.study.precision = Precision::float32;
  EXPECT_NE(refusal(p).find("float64"), std::string::npos);
  p = published(DescentMethod::bisection);
  p.configuration.model.loss = DescentLoss::square;
  EXPECT_NE(refusal(p).find("changes sign"), std::string::npos);
  p = quadratic(DescentMethod::gd, {1.0, 2.0}, 0.0, 2);
  p.configuration.model.dimension = 3;
  EXPECT_NE(refusal(p).find("2 eigenvalues for model.dimension = 3"), std::string::npos);
  p = published(DescentMethod::gd);
  p.configuration.record.every = 101;
  EXPECT_NE(refusal(p).find("record.every = 101"), std::string::npos);
}

}  // namespace
}  // namespace equikoop
