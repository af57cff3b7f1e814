// SPDX-License-Identifier: BSD-3-Clause
// SHA-256 of whole datasets, kept as an attribute of each: for what is written once, when the file is
// created. Data that comes later has its checksum beside its mark (configuration_group.hpp).
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>
#include <vector>

namespace equikoop {

/// What the checksum of a piece of data says of it. None: the file was written without.
enum class Checksum { none, right, wrong };

/// Which datasets are final once the file is created: the scales of a file that is filled later, or all.
/// /provenance/runs never is: every job writes a row when it starts and again when it ends.
enum class Final { scales, all };

/// Gives each of these datasets its checksum.
void write_checksums(hid_t file, Final which);

/// How each of these datasets of an archive compares with its checksum, by path. One process.
std::vector<std::pair<std::string, Checksum>> compare_checksums(const std::string& path, const std::string& filetype,
                                                                Final which);

}  // namespace equikoop
