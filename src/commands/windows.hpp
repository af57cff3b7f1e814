// SPDX-License-Identifier: BSD-3-Clause
// Spectra of parts of the training against each other. The test of pairs uses the main window
// alone.
#pragma once

#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/spectra.hpp"
#include "job.hpp"

namespace equikoop {

/// Mean distances over equal seeds between the windows of each configuration, and between the
/// configurations in each window; a window (or configuration) against itself is the mean over
/// different seeds, its noise floor. Empty for one window. The same bits at any number of ranks.
/// Collective.
WindowDistances window_distances(const Job& job, const SpectraArchive& archive);

}  // namespace equikoop
