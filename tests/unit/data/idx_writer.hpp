// SPDX-License-Identifier: BSD-3-Clause
// Writes IDX files, right and wrong, for the tests that read them. Shares nothing with the reader.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "equikoop/base/error.hpp"

namespace equikoop::test {

using Bytes = std::string;

/// Bytes that do not compress.
inline Bytes noise(std::size_t size) {
  Bytes bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

inline Bytes big_endian(std::uint32_t word) {
  return {static_cast<char>(word >> 24), static_cast<char>(word >> 16),
          static_cast<char>(word >> 8), static_cast<char>(word)};
}

inline Bytes image_bytes(std::uint32_t count, std::uint32_t rows, std::uint32_t columns,
                         const Bytes& pixels) {
  return big_endian(0x803) + big_endian(count) + big_endian(rows) + big_endian(columns) + pixels;
}

inline Bytes label_bytes(const Bytes& labels) {
  return big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size())) + labels;
}

inline void write_plain(const std::filesystem::path& path, const Bytes& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& content) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())),
            static_cast<int>(content.size()));
  gzclose(file);
}

inline Bytes stored(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of its own for each test, gone at its end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "equikoop-data-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Three training images and two test images of `side` x `side` pixels, labels 0..2, in `folder`.
inline void write_small_family(const std::filesystem::path& folder, std::uint32_t side) {
  std::filesystem::create_directories(folder);
  const std::size_t pixels = std::size_t{side} * side;
  write_plain(folder / "train-images-idx3-ubyte",
              image_bytes(3, side, side, Bytes(2 * pixels, '\0') + Bytes(pixels, '\xff')));
  write_plain(folder / "train-labels-idx1-ubyte", label_bytes({0, 1, 2}));
  write_plain(folder / "t10k-images-idx3-ubyte",
              image_bytes(2, side, side, Bytes(2 * pixels, '\x33')));
  write_plain(folder / "t10k-labels-idx1-ubyte", label_bytes({2, 0}));
}

/// The line and exit code of the Error that `work` throws; empty if it throws none.
struct Failure {
  std::string line;
  Exit code = Exit::done;
};
inline Failure failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.what(), error.code()};
  }
  return {};
}

}  // namespace equikoop::test
