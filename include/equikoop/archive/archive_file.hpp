// SPDX-License-Identifier: BSD-3-Clause
// The life of an archive file: created whole under a temporary name, renamed, then opened by all
// ranks; afterwards only raw data moves, so that a killed job leaves a readable file.
#pragma once

#include <functional>
#include <string>

#include "equikoop/archive/checksums.hpp"
#include "equikoop/archive/provenance.hpp"
#include "equikoop/base/comm.hpp"

namespace equikoop {

/// Rank 0 writes everything that `fill` adds to a new file at `path`.tmp, forces it to the disk and
/// renames it to `path`: a kill leaves no file or a whole one. Collective.
void create_whole(const Comm& comm, const std::string& path,
                  const std::function<void(hid_t file)>& fill);

/// An open archive file with its header checked.
struct ArchiveFile {
  h5::Handle file;
  std::string path;
  Header header;
};

/// Opens an existing archive on all ranks. Throws the same Error on all. Collective.
ArchiveFile open_archive(const Comm& comm, const std::string& path, const std::string& filetype,
                         bool writable);

/// Asks the system to begin to write what it holds of `path` to the disk, and does not wait: a later
/// sync_to_disk finds less to do. Throws Error where the file cannot be opened.
void start_to_disk(const std::string& path);

/// Forces what was written to `path` on this node to the disk. Throws Error.
void sync_to_disk(const std::string& path);

}  // namespace equikoop
