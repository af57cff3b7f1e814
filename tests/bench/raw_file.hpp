// SPDX-License-Identifier: BSD-3-Clause
// A plain file written until it is on the disk, and read again: what dd with conv=fsync does, and the
// floor of every archive.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "measure.hpp"

namespace equikoop::bench {

constexpr std::size_t k_piece = std::size_t{4} << 20;  // bytes of one write or read

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags, 0644)) {
    if (descriptor_ < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Seconds of plain writes of the whole of `pieces` into a new file, until fsync has returned.
inline double write_seconds(const std::string& path, std::size_t bytes, const std::vector<char>& piece) {
  std::filesystem::remove(path);
  return seconds_of([&] {
    const File file(path, O_WRONLY | O_CREAT);
    for (std::size_t done = 0; done < bytes; done += piece.size()) {
      if (::write(file.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
        throw std::runtime_error("short write to " + path);
    }
    if (::fsync(file.get()) != 0) throw std::runtime_error("fsync " + path);
  });
}

/// Seconds of plain reads of the first `bytes` of a file, a piece at a time into one place.
inline double read_seconds(const std::string& path, std::size_t bytes, std::vector<char>& piece) {
  return seconds_of([&] {
    const File file(path, O_RDONLY);
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t count = ::read(file.get(), piece.data(), piece.size());
      if (count <= 0) throw std::runtime_error("short read of " + path);
      done += static_cast<std::size_t>(count);
    }
  });
}

/// Asks the system to forget what it holds of a file in memory, so that the next read is the disk's.
inline void forget(const std::string& path) {
  const File file(path, O_RDONLY);
  if (::fsync(file.get()) != 0 || ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) != 0)
    throw std::runtime_error("cannot drop " + path + " from the page cache");
}

}  // namespace equikoop::bench
