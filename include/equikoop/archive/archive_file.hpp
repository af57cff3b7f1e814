// SPDX-License-Identifier: BSD-3-Clause
// The life of an archive file: created whole under a temporary name, renamed, then opened by all
// ranks; afterwards only raw data moves, so that a killed job leaves a readable file.
#pragma once

#include <functional>
#include <future>
#include <string>
#include <utility>

#include "equikoop/archive/checksums.hpp"
#include "equikoop/archive/provenance.hpp"
#include "equikoop/base/comm.hpp"

namespace equikoop {

/// Rank 0 writes everything that `fill` adds to a new file at `path`.tmp, forces it to the disk and
/// renames it to `path`: a kill leaves no file or a whole one. Collective.
void create_whole(const Comm& comm, const std::string& path,
                  const std::function<void(hid_t file)>& fill);

/// The way of a file to the disk. The system tells an error of the disk once to each descriptor that is
/// open at the time: this one is opened before anything is written, and nobody else asks it.
class DiskFile {
 public:
  DiskFile() = default;
  /// Throws Error where the file cannot be opened.
  explicit DiskFile(const std::string& path);
  DiskFile(DiskFile&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  DiskFile& operator=(DiskFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  ~DiskFile();

  /// Asks the system to begin to write what it holds of the file, and does not wait: finish() then has
  /// less to do.
  void start() const noexcept;
  /// Forces what was written on this node to the disk. Throws Error.
  void finish() const;
  /// The same by a thread, where there is one to have; else when its end is asked for.
  std::future<void> finish_later() const;

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// An open archive file with its header checked.
struct ArchiveFile {
  h5::Handle file;
  std::string path;
  Header header;
  DiskFile disk;  ///< of a file that is written
};

/// Opens an existing archive on all ranks. Throws the same Error on all. Collective.
ArchiveFile open_archive(const Comm& comm, const std::string& path, const std::string& filetype,
                         bool writable);

}  // namespace equikoop
