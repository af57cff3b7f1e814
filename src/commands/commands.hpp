// SPDX-License-Identifier: BSD-3-Clause
// The subcommands. Each is collective over the job's ranks and throws Error for every failure.
#pragma once

#include "job.hpp"

namespace equikoop {

/// The phases of the three stages, for one table.
PhaseTable stage_phases();

/// Files of other programs, as the study's [import] sections name them, into trajectories.h5 or
/// spectra.h5.
void import_data(Job& job, PhaseTable& phases);
/// The archives of a folder in other formats, on rank 0 alone.
void export_data(const Comm& comm, const Arguments& arguments, const Log& log);
void train(Job& job, PhaseTable& phases);
void spectra(Job& job, PhaseTable& phases);
void distances(Job& job, PhaseTable& phases);
/// distances.h5 as one JSON object, on rank 0. Collective.
void print_summary(const Job& job);
void plan(Job& job);
/// Simulates studies whose truth is known; writes calibration.csv.
void calibrate(Job& job);
/// Reads the archives in the folder on rank 0 alone; with --watch, until they are whole.
void status(const Comm& comm, const Arguments& arguments);
/// Writes a study file for a question, on rank 0.
void init(const Comm& comm, const Arguments& arguments);
/// Known spectra and distances, a small study through the three stages, figures of merit. Throws
/// Error where a number is not what it must be.
void selftest(const Comm& comm, const Arguments& arguments);
/// Compares all that is whole in `folder` with its checksums; throws Error that names what differs.
/// Collective.
void verify(const Comm& comm, const std::string& folder, const Log& log);

}  // namespace equikoop
