// SPDX-License-Identifier: BSD-3-Clause
// The subcommands. Each is collective over the job's ranks and throws Error for every failure.
#pragma once

#include "job.hpp"

namespace equikoop {

/// The phases of the three stages, for one table.
PhaseTable stage_phases();

void train(Job& job, PhaseTable& phases);
void spectra(Job& job, PhaseTable& phases);
void distances(Job& job, PhaseTable& phases);
void plan(Job& job);
/// Simulates studies whose truth is known; writes calibration.csv.
void calibrate(Job& job);
/// Reads the archives in `folder` on rank 0 alone.
void status(const Comm& comm, const std::string& folder, const Log& log);
/// Compares all that is whole in `folder` with its checksums; throws Error that names what differs.
/// Collective.
void verify(const Comm& comm, const std::string& folder, const Log& log);

}  // namespace equikoop
