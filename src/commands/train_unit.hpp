// SPDX-License-Identifier: BSD-3-Clause
// One ensemble from its first weights into trajectories.h5.
#pragma once

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/base/timer.hpp"
#include "equikoop/data/dataset.hpp"
#include "equikoop/dynamics/ensemble.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Trains (configuration, seed) of `study` into `archive`: snapshots as they come, then the outcome; its mark
/// is due then (TrajectoryArchive::settle). `data`: the configuration's; null for descent problems. Phases of
/// stage_phases(). Throws what `hook` throws.
template <class Real>
void train_unit(const Study& study, std::size_t configuration, std::size_t seed, const Dataset<Real>* data,
                TrajectoryArchive& archive, PhaseTable& phases, const StepHook& hook);

}  // namespace equikoop
