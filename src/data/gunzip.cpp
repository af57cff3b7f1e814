// SPDX-License-Identifier: BSD-3-Clause
#include "gunzip.hpp"

#ifdef EQUIKOOP_HAVE_LIBDEFLATE
#include <libdeflate.h>

#include <fstream>
#include <memory>
#include <vector>
#endif

namespace equikoop {

#ifdef EQUIKOOP_HAVE_LIBDEFLATE

namespace {

/// All bytes of a file; none where it cannot be read.
std::vector<char> bytes_of(const std::filesystem::path& file) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(file, code)) return {};
  const std::uintmax_t size = std::filesystem::file_size(file, code);
  if (code) return {};
  std::vector<char> bytes(size);
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), std::ssize(bytes));
  return stream ? bytes : std::vector<char>{};
}

struct Free {
  void operator()(libdeflate_decompressor* made) const noexcept { libdeflate_free_decompressor(made); }
};

}  // namespace

bool gunzip_whole(const std::filesystem::path& file, std::span<std::uint8_t> into) {
  const std::vector<char> stored = bytes_of(file);
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  if (stored.empty() || !decompressor) return false;
  std::size_t read = 0;
  // Without a place for the size found, anything but into.size() bytes is a failure.
  const auto result = libdeflate_gzip_decompress_ex(decompressor.get(), stored.data(), stored.size(), into.data(),
                                                    into.size(), &read, nullptr);
  return result == LIBDEFLATE_SUCCESS && read == stored.size();
}

#else

bool gunzip_whole(const std::filesystem::path&, std::span<std::uint8_t>) {
  return false;
}

#endif

}  // namespace equikoop
