// SPDX-License-Identifier: BSD-3-Clause
// Which spectra a study asks for, and how many ranks one ensemble needs.
#pragma once

#include "equikoop/archive/spectra.hpp"
#include "equikoop/base/comm.hpp"
#include "equikoop/base/log.hpp"
#include "equikoop/base/partition.hpp"

namespace equikoop {

/// What a job has for its spectra.
struct Room {
  int ranks = 1;
  double bytes = 0;  ///< of memory, a rank's; 0: not known
};

/// Of the ranks of `comm`, now. Collective.
Room room_of(const Comm& comm);

/// The shape of spectra.h5: delays of each configuration, windows, the way chosen, and whether
/// trajectories are held or read at every pass: they are read where koopman.memory or, where that is 0,
/// the room is too small for them. Throws UsageError where a window holds too few snapshots for the delays.
SpectraLayout spectra_layout(const Study& study, const TrajectoryLayout& trajectories, const Room& room,
                             const Log& log);

/// The recorded snapshots of an analysis' window, of `times` in all.
Range snapshot_range(const AnalysisShape& analysis, std::size_t times);

/// What the spectrum of an ensemble costs, in proportion to other configurations.
double spectrum_cost(const SpectraShape& shape);

/// Factorisations of one ensemble, in units of the main analysis': analyses of equal delays and window
/// share one; cost grows with both.
double factorisation_count(const SpectraShape& shape);

/// How many times as long the main factorisation of an ensemble takes as that of `tried`, which is held,
/// by the same way; by operation counts.
double times_as_long(const KoopmanOptions& options, const SpectraShape& whole, SpectraShape tried);

/// Bytes of trajectories that each of `ranks` ranks holds of an ensemble at a time where they are not
/// held as a whole.
double piece_bytes(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks);

/// The way that the main factorisation takes.
Method method_of(const KoopmanOptions& options, const SpectraShape& shape);

/// Bytes that the spectrum of one ensemble takes on each of `ranks` ranks: the raw trajectories, or a
/// piece of them, never times the delays, and what the factorisation holds beside them.
double spectrum_memory(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks);

/// Bytes of trajectories that are read for the spectra of one ensemble.
double spectrum_reads(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks);

/// The fewest ranks whose memory holds the largest ensemble; more where ensembles are fewer than
/// ranks.
int ranks_per_ensemble(const KoopmanOptions& options, Precision precision, const SpectraLayout& layout,
                       const Room& room, std::size_t ensembles);

}  // namespace equikoop
