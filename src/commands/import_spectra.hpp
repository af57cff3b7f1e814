// SPDX-License-Identifier: BSD-3-Clause
// Spectra that another program computed, from npy, HDF5 or CSV into spectra.h5; and what both kinds of
// import ask of a file that is there already.
#pragma once

#include <string>

#include "equikoop/study/manifest.hpp"
#include "job.hpp"

namespace equikoop {

/// Collective.
void import_spectra(Job& job, const Manifest& manifest, const std::string& folder);

/// Whether the file at `path` is a whole import of the same sources; says so in the log. Throws
/// UsageError if it is something else. Collective.
bool imported_before(const Job& job, const std::string& path, const char* filetype, const std::string& sources);

}  // namespace equikoop
