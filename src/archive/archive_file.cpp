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

void force_to_disk(int descriptor, const std::string& path) {
  if (::fsync(descriptor) != 0) throw_system_error(errno, fmt::format("force {} to the disk", path));
}

}  // namespace

DiskFile::DiskFile(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw_system_error(errno, fmt::format("open {}", path));
}

DiskFile::~DiskFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DiskFile::start() const noexcept {
#ifdef SYNC_FILE_RANGE_WRITE
  // Where the file system does not know this, nothing is lost: finish() does all of it later.
  ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
}

void DiskFile::finish() const {
  force_to_disk(descriptor_, path_);
}

std::future<void> DiskFile::finish_later() const {
  return std::async(std::launch::async | std::launch::deferred, force_to_disk, descriptor_, path_);
}

void create_whole(const Comm& comm, const std::string& path,
                  const std::function<void(hid_t file)>& fill) {
  together(comm, [&] {
    if (!comm.is_root()) return;
    const std::string temporary = path + ".tmp";
    try {
      write_file(temporary, fill);
      DiskFile(temporary).finish();
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
    if (writable) archive.disk = DiskFile(path);
    archive.file = h5::open_file(path, writable, comm);
    archive.header = read_header(archive.file.get(), path, filetype);
  });
  return archive;
}

}  // namespace equikoop
