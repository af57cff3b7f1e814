// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/archive_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

void write_file(const std::string& path, const std::function<void(hid_t file)>& fill) {
  const h5::Handle file = h5::create_file(path);
  try {
    fill(file.get());
    h5::check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), fmt::format("write {}", path));
  } catch (...) {
    h5::divert_to_memory(file);
    throw;
  }
}

/// The file as the system sees it, beside HDF5's handle.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw_system_error(errno, fmt::format("open {}", path));
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void create_whole(const Comm& comm, const std::string& path,
                  const std::function<void(hid_t file)>& fill) {
  together(comm, [&] {
    if (!comm.is_root()) return;
    const std::string temporary = path + ".tmp";
    try {
      write_file(temporary, fill);
      sync_to_disk(temporary);
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
      throw_system_error(errno, fmt::format("rename {} to {}", temporary, path));
  });
}

ArchiveFile open_archive(const Comm& comm, const std::string& path, const std::string& filetype,
                         bool writable) {
  ArchiveFile archive;
  archive.path = path;
  // One process looks first: a damaged file is then one message, not one from each rank's MPI-IO.
  together(comm, [&] {
    if (comm.is_root()) read_header(h5::open_file(path, writable).get(), path, filetype);
  });
  together(comm, [&] {
    archive.file = h5::open_file(path, writable, comm);
    archive.header = read_header(archive.file.get(), path, filetype);
  });
  return archive;
}

void start_to_disk(const std::string& path) {
#ifdef SYNC_FILE_RANGE_WRITE
  const OpenFile file(path);
  // Where the file system does not know this, nothing is lost: sync_to_disk does all of it later.
  ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  static_cast<void>(path);
#endif
}

void sync_to_disk(const std::string& path) {
  const OpenFile file(path);
  if (::fsync(file.get()) != 0) throw_system_error(errno, fmt::format("force {} to the disk", path));
}

}  // namespace equikoop
