// SPDX-License-Identifier: BSD-3-Clause
// The unit of work: the trajectories of one (configuration, seed), and what comes out of it.
// Shared by networks and descent problems; neither knows the archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace equikoop {

/// Receives recorded snapshots in order of time: `values` (initial, count, feature) holds the
/// snapshots first .. first+count-1 of every initial. The span is valid during the call only.
template <class Real>
using SnapshotSink =
    std::function<void(std::size_t first, std::size_t count, std::span<const Real> values)>;

/// Called after each step with the number of steps done; may throw to stop the work.
using StepHook = std::function<void(int steps_done)>;

/// Everything about an ensemble but its snapshots.
template <class Real>
struct EnsembleOutcome {
  std::vector<Real> losses;           ///< (initial, step): minibatch loss before each update
  std::vector<double> test_loss;      ///< (initial): mean over the test set after the last step
  std::vector<double> test_accuracy;  ///< (initial): share of the test set, NaN for descent
  std::vector<std::int64_t> diverged_at;  ///< (initial): step of the first non-finite value, or -1
};

}  // namespace equikoop
