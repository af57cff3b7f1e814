// SPDX-License-Identifier: BSD-3-Clause
// A pilot of a study: real ensembles of a few configurations, cut short, go through training, archive
// and spectrum. What all of them will take follows from that.
#pragma once

#include <vector>

#include "equikoop/archive/spectra.hpp"
#include "equikoop/data/view.hpp"
#include "job.hpp"

namespace equikoop {

/// Seconds of one ensemble: training and archive, a fixed part and a part each step; all its spectra.
struct EnsembleSeconds {
  double fixed = 0;
  double step = 0;
  double spectra = 0;
};

struct Pilot {
  double read_seconds = 0;  ///< of the data sets, which all ranks wait for
  double data_bytes = 0;    ///< of them, once a node
  double read_bytes = 0;    ///< more on rank 0 while the largest is read
  double program_bytes = 0; ///< of a rank that has worked and holds no study: libraries and their buffers
  std::vector<EnsembleSeconds> ensembles;  ///< a configuration each
  std::vector<char> sparse;                ///< whether its data has a sparse form
};

/// At most six configurations are tried, spread over `costs` (of an ensemble, in any unit); the others
/// follow the nearest of these in proportion. Every rank does the same at the same time, so that what
/// they share is shared; the slowest counts. Collective.
Pilot run_pilot(const Job& job, const std::vector<DataShape>& data, const SpectraLayout& spectra,
                const std::vector<double>& costs);

}  // namespace equikoop
