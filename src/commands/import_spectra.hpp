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

/// What is at the path of a file to be made: nothing to keep (or what --force replaces), an import of the
/// same sources that was cut off, or all of it.
enum class Imported : int { none, part, all };

/// Looks at `path`, and says in the log if it holds all. Throws UsageError if it was made from other
/// sources. Collective.
Imported imported_before(const Job& job, const std::string& path, const char* filetype, const std::string& sources);

}  // namespace equikoop
