// SPDX-License-Identifier: BSD-3-Clause
// Trains the networks of an ensemble and records their trajectories. One process, no communication:
// who trains which ensemble is decided elsewhere.
#pragma once

#include <cstddef>

#include "equikoop/data/view.hpp"
#include "equikoop/dynamics/ensemble.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Features D of a snapshot. Throws UsageError where record.size exceeds the network.
std::size_t feature_count(const Configuration& configuration, const DataShape& data);

/// Bytes that one ensemble holds in training beside its data set, of a network or a descent problem.
/// `sparse`: whether the data has a sparse form.
double training_memory(const Study& study, const Configuration& configuration, const DataShape& data,
                       bool sparse);

/// Trains initials 0 .. study.initials-1 of (configuration, seed) in lockstep, their first layers
/// stacked in one product: what is stacked follows from the study alone, so the results are the
/// same bits whoever computes them.
///
/// Step t = 0 .. steps-1: loss of minibatch t, gradient, update; where (t + 1) is a multiple of
/// record.every, a snapshot. `sink` gets all snapshots in order of time, in chunks of about 2 MB;
/// `hook` is called after each step and may throw to stop the work. Random streams use seed +
/// configuration.seed_offset. diverged_at is the 1-based number of the first step whose loss or
/// recorded values are not finite; training goes on and the values are kept as they are.
/// Throws UsageError for a batch larger than the training set or an impossible observable.
template <class Real>
EnsembleOutcome<Real> train_ensemble(const Study& study, const Configuration& configuration,
                                     const DataView<Real>& data, int seed,
                                     const SnapshotSink<Real>& sink, const StepHook& hook);

}  // namespace equikoop
