// SPDX-License-Identifier: BSD-3-Clause
// How a problem is descended: one trajectory, advanced an update at a time. Equations with their
// source stand in equikoop/dynamics/descent.hpp.
#pragma once

#include <memory>
#include <span>

#include "descent_problem.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop::descent {

/// One trajectory at its present state.
class Trajectory {
 public:
  virtual ~Trajectory() = default;
  /// f of the present state.
  virtual double loss() const = 0;
  /// Copies what is recorded of the present state; descent_feature_count entries.
  virtual void observe(std::span<double> features) const = 0;
  /// Makes one update.
  virtual void advance() = 0;
};

/// The trajectory of `configuration` from `start`, at its start. `objective` must outlive it.
std::unique_ptr<Trajectory> begin_trajectory(const Configuration& configuration,
                                             const Objective& objective, const Start& start);

}  // namespace equikoop::descent
