// SPDX-License-Identifier: BSD-3-Clause
// The versions of everything this program stands on, as they are at run time.
#pragma once

#include <string>

#include "equikoop/archive/provenance.hpp"

namespace equikoop {

/// One "name version" a line.
std::string library_versions();
Provenance own_provenance(const std::string& command_line);
/// The page of `equikoop --version`.
std::string version_page();

}  // namespace equikoop
