// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/npy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "equikoop/base/error.hpp"
#include "npy_header.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_chunk = std::size_t{1} << 20;  // bytes converted at a time

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& line) {
  throw Error(fmt::format("{}: {}", path.string(), line));
}

template <class Word>
Word swapped(Word word) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(&word);
  std::reverse(bytes, bytes + sizeof(Word));
  return word;
}

/// The real number at `bytes`, stored as Stored.
template <class Stored>
double number_at(const std::uint8_t* bytes, bool swap) {
  Stored value;
  std::memcpy(&value, bytes, sizeof(value));
  return static_cast<double>(swap ? swapped(value) : value);
}

double real_at(const std::uint8_t* bytes, std::size_t size, bool swap) {
  return size == 4 ? number_at<float>(bytes, swap) : number_at<double>(bytes, swap);
}

template <class T>
T value_at(const std::uint8_t* bytes, Element element, bool swap) {
  const std::size_t part = is_complex(element) ? bytes_of(element) / 2 : bytes_of(element);
  const double real = real_at(bytes, part, swap);
  if constexpr (std::is_same_v<T, std::complex<double>>)
    return {real, is_complex(element) ? real_at(bytes + part, part, swap) : 0.0};
  else
    return static_cast<T>(real);
}

/// Whether the bytes in the file are those of T in memory.
template <class T>
bool is_native(const NpyHeader& header) {
  const bool swap = header.big_endian != (std::endian::native == std::endian::big);
  if (swap) return false;
  if (std::is_same_v<T, float>) return header.element == Element::float32;
  if (std::is_same_v<T, double>) return header.element == Element::float64;
  return header.element == Element::complex128;
}

}  // namespace

std::uint64_t NpyHeader::count() const noexcept {
  std::uint64_t total = 1;
  for (const std::size_t extent : shape) total *= extent;
  return total;
}

NpyFile::NpyFile(const std::filesystem::path& path) : path_(path) {
  std::error_code code;
  if (!std::filesystem::exists(path, code)) fail(path, "no such file");
  if (!std::filesystem::is_regular_file(path, code)) fail(path, "is not a file");
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail(path, "cannot be opened: " + std::error_code(errno, std::generic_category()).message());
  try {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0)
      fail(path, "cannot be read: " + std::error_code(errno, std::generic_category()).message());
    const auto stored = static_cast<std::uint64_t>(found.st_size);
    std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(stored, k_npy_longest_header)), '\0');
    read_bytes(0, std::span(reinterpret_cast<std::uint8_t*>(head.data()), head.size()));
    header_ = parse_npy_header(path.string(), head, stored);
  } catch (...) {
    ::close(std::exchange(descriptor_, -1));
    throw;
  }
}

NpyFile::NpyFile(NpyFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)),
      header_(std::move(other.header_)) {}

NpyFile& NpyFile::operator=(NpyFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(header_, other.header_);
  return *this;
}

NpyFile::~NpyFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void NpyFile::read_bytes(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                             static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      fail(path_, fmt::format("cannot be read at byte {}: {}", offset + done,
                              std::error_code(errno, std::generic_category()).message()));
    if (got == 0) fail(path_, fmt::format("ends at byte {} while it is read: it has been changed", offset + done));
    done += static_cast<std::size_t>(got);
  }
}

template <class T>
void NpyFile::read_as(std::uint64_t first, std::span<T> values) const {
  const std::size_t size = bytes_of(header_.element);
  const std::uint64_t offset = header_.data_offset + first * size;
  if (is_native<T>(header_))
    return read_bytes(offset, {reinterpret_cast<std::uint8_t*>(values.data()), values.size_bytes()});
  const bool swap = header_.big_endian != (std::endian::native == std::endian::big);
  std::vector<std::uint8_t> bytes(std::min(values.size() * size, k_chunk));
  const std::size_t step = k_chunk / size;
  for (std::size_t done = 0; done < values.size(); done += step) {
    const std::size_t count = std::min(step, values.size() - done);
    read_bytes(offset + done * size, std::span(bytes).first(count * size));
    for (std::size_t i = 0; i < count; ++i)
      values[done + i] = value_at<T>(bytes.data() + i * size, header_.element, swap);
  }
}

void NpyFile::read(std::uint64_t first, std::span<float> values) const { read_as(first, values); }
void NpyFile::read(std::uint64_t first, std::span<double> values) const { read_as(first, values); }
void NpyFile::read(std::uint64_t first, std::span<std::complex<double>> values) const { read_as(first, values); }

}  // namespace equikoop
