// SPDX-License-Identifier: BSD-3-Clause
// What a study will write before anything is trained: the shapes of its archives, and its delays.
#pragma once

#include <cstdint>
#include <vector>

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/data/search.hpp"
#include "equikoop/data/view.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// The shape of the data set of each configuration (zero for descent problems). Reads headers only.
std::vector<DataShape> data_shapes(const Study& study, const DataSearch& search);

/// FLOPs in the matrix products of a training step of one network; a few for a descent problem.
double step_cost(const Configuration& configuration, const DataShape& data);

TrajectoryLayout trajectory_layout(const Study& study, const std::vector<DataShape>& data);

/// Delays of each configuration: equal (fixed), or in inverse proportion to its features
/// (matched: delays x features held constant, arXiv 2302.09160), at least 1 where the study's are.
std::vector<int> delays_of(const KoopmanOptions& koopman, const std::vector<std::size_t>& features);

/// The most modes a spectrum of the study can have.
std::size_t most_modes(const KoopmanOptions& koopman, const std::vector<std::size_t>& features,
                       const std::vector<int>& delays, std::size_t snapshots);

}  // namespace equikoop
