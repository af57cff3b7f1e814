// SPDX-License-Identifier: BSD-3-Clause
// Runs the trajectories of a descent problem side by side in time and hands out their snapshots.
// Update rules stand in descent_methods, losses and starts in descent_problem.
#include "equikoop/dynamics/descent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include "descent_methods.hpp"
#include "descent_problem.hpp"
#include "equikoop/base/error.hpp"

namespace equikoop {

namespace {

/// Snapshots handed to the sink at once: bounds the memory of long trajectories.
constexpr std::size_t k_block_snapshots = 256;

using Trajectories = std::vector<std::unique_ptr<descent::Trajectory>>;

void check_grid(const Study& study, const Configuration& c) {
  if (c.model.starts != Starts::grid) return;
  if (descent::grid_side(study.initials, c.model.dimension)) return;
  throw UsageError(fmt::format(
      "configuration {}: {} initials do not fill a grid in {} dimensions; use study.initials = {}, "
      "or model.starts = random",
      c.name, study.initials, c.model.dimension,
      descent::nearest_grid_size(study.initials, c.model.dimension)));
}

void check_loss(const Configuration& c) {
  const ModelOptions& model = c.model;
  if (model.method == DescentMethod::bisection && model.loss != DescentLoss::tan)
    throw UsageError(fmt::format(
        "configuration {}: bisection needs a loss that changes sign; use model.loss = tan",
        c.name));
  if (model.loss == DescentLoss::quadratic && std::ssize(model.hessian) != model.dimension)
    throw UsageError(fmt::format(
        "configuration {}: model.hessian has {} eigenvalues for model.dimension = {}; give one a "
        "dimension",
        c.name, model.hessian.size(), model.dimension));
}

Trajectories begin_all(const Study& study, const Configuration& c,
                       const descent::Objective& objective, int seed) {
  Trajectories all;
  for (int m = 0; m < study.initials; ++m)
    all.push_back(descent::begin_trajectory(
        c, objective,
        {c.model.starts, c.model.dimension, study.initials, study.root_seed, seed, m}));
  return all;
}

/// Collects snapshots in blocks (initial, count, feature) and hands full blocks to the sink.
class Blocks {
 public:
  Blocks(std::size_t initials, std::size_t features, std::size_t snapshots,
         const SnapshotSink<double>& sink)
      : features_(features), initials_(initials), left_(snapshots), sink_(sink) {
    open();
  }

  bool wants_more() const { return left_ > 0; }

  void record(const Trajectories& trajectories) {
    for (std::size_t m = 0; m < trajectories.size(); ++m) {
      const std::size_t place = (m * count_ + filled_) * features_;
      trajectories[m]->observe(std::span(values_).subspan(place, features_));
    }
    --left_;
    if (++filled_ < count_) return;
    sink_(first_, count_, values_);
    first_ += count_;
    open();
  }

 private:
  void open() {
    count_ = std::min(left_, k_block_snapshots);
    filled_ = 0;
    values_.resize(initials_ * count_ * features_);
  }

  std::size_t features_, initials_, left_;
  std::size_t first_ = 0, count_ = 0, filled_ = 0;
  const SnapshotSink<double>& sink_;
  std::vector<double> values_;
};

EnsembleOutcome<double> empty_outcome(std::size_t initials, std::size_t steps) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {std::vector<double>(initials * steps), std::vector<double>(initials, nan),
          std::vector<double>(initials, nan), std::vector<std::int64_t>(initials, -1)};
}

bool is_finite(const descent::Trajectory& trajectory, double loss, std::span<double> scratch) {
  trajectory.observe(scratch);
  return std::isfinite(loss) &&
         std::all_of(scratch.begin(), scratch.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

void check_descent(const Study& study, const Configuration& c) {
  if (study.precision != Precision::float64)
    throw UsageError(fmt::format(
        "configuration {}: descent problems run in double precision; use study.precision = float64",
        c.name));
  if (c.model.dimension < 1 || study.initials < 1)
    throw UsageError(
        fmt::format("configuration {}: model.dimension = {} and study.initials = {} "
                    "must be at least 1",
                    c.name, c.model.dimension, study.initials));
  if (c.record.every < 1 || c.training.steps < c.record.every)
    throw UsageError(fmt::format(
        "configuration {}: no snapshot in {} steps with record.every = {}; use 1 <= every <= steps",
        c.name, c.training.steps, c.record.every));
  check_loss(c);
  check_grid(study, c);
}

std::size_t descent_feature_count(const Configuration& c) {
  const bool with_velocity =
      c.model.method == DescentMethod::momentum && c.record.observable == Observable::state;
  return static_cast<std::size_t>(c.model.dimension) * (with_velocity ? 2 : 1);
}

std::vector<std::int64_t> descent_times(const Configuration& c) {
  std::vector<std::int64_t> times(static_cast<std::size_t>(c.training.steps / c.record.every));
  for (std::size_t k = 0; k < times.size(); ++k)
    times[k] = static_cast<std::int64_t>(k) * c.record.every;
  return times;
}

EnsembleOutcome<double> descend_ensemble(const Study& study, const Configuration& c, int seed,
                                         const SnapshotSink<double>& sink,
                                         const StepHook& after_step) {
  check_descent(study, c);
  const descent::Objective objective(c.model);
  const Trajectories trajectories = begin_all(study, c, objective, seed);
  const std::size_t steps = static_cast<std::size_t>(c.training.steps);
  const std::size_t every = static_cast<std::size_t>(c.record.every);
  std::vector<double> scratch(descent_feature_count(c));
  Blocks blocks(trajectories.size(), scratch.size(), descent_times(c).size(), sink);
  EnsembleOutcome<double> outcome = empty_outcome(trajectories.size(), steps);

  for (std::size_t t = 0; t < steps; ++t) {
    if (t % every == 0 && blocks.wants_more()) blocks.record(trajectories);
    for (std::size_t m = 0; m < trajectories.size(); ++m) {
      const double loss = trajectories[m]->loss();
      outcome.losses[m * steps + t] = loss;
      if (outcome.diverged_at[m] < 0 && !is_finite(*trajectories[m], loss, scratch))
        outcome.diverged_at[m] = static_cast<std::int64_t>(t);
      trajectories[m]->advance();
    }
    if (after_step) after_step(static_cast<int>(t + 1));
  }
  return outcome;
}

}  // namespace equikoop
