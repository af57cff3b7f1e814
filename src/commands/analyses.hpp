// SPDX-License-Identifier: BSD-3-Clause
// Which spectra a study asks for, and how many ranks one ensemble needs.
#pragma once

#include "equikoop/archive/spectra.hpp"
#include "equikoop/base/log.hpp"
#include "equikoop/base/partition.hpp"

namespace equikoop {

/// The shape of spectra.h5: delays of each configuration, windows, the way chosen. Throws UsageError
/// where a window holds too few snapshots for the delays.
SpectraLayout spectra_layout(const Study& study, const TrajectoryLayout& trajectories, const Log& log);

/// The recorded snapshots of an analysis' window, of `times` in all.
Range snapshot_range(const AnalysisShape& analysis, std::size_t times);

/// What the spectrum of an ensemble costs, in proportion to other configurations.
double spectrum_cost(const SpectraShape& shape);

/// Factorisations of one ensemble, in units of the main analysis': analyses of equal delays and window
/// share one; cost grows with both.
double factorisation_count(const SpectraShape& shape);

/// Bytes that the spectrum of one ensemble takes on each of `ranks` ranks: the raw trajectories, never
/// times the delays, and what the factorisation holds beside them.
double spectrum_memory(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks);

/// The fewest ranks whose memory holds the largest ensemble; more where ensembles are fewer than
/// ranks. Collective.
int ranks_per_ensemble(const Comm& comm, const KoopmanOptions& options, Precision precision,
                       const SpectraLayout& layout, std::size_t ensembles);

}  // namespace equikoop
