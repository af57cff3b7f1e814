// SPDX-License-Identifier: BSD-3-Clause
// Spectra of parts of the training against each other. The pairs of the study itself use the main
// window alone.
#pragma once

#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/spectra.hpp"
#include "job.hpp"

namespace equikoop {

/// Compares the windows of each configuration, and the configurations in each window, as the pairs
/// of a study are compared (compare/all_pairs.hpp), p-values adjusted within each such table. The
/// tables are complete on rank 0, empty on the others and where there is one window alone.
/// Collective.
WindowDistances window_distances(const Job& job, const SpectraArchive& archive);

}  // namespace equikoop
