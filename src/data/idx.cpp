// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "equikoop/base/error.hpp"
#include "gunzip.hpp"

namespace equikoop {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t k_images_magic = 0x00000803;
constexpr std::uint32_t k_labels_magic = 0x00000801;
/// Pixels of one image that are still taken for an image: 4096 by 4096.
constexpr std::uint64_t k_most_pixels = 1ULL << 24;
/// Deflate cannot do better than 1032 to 1 (zlib's technical details); some room for its frame.
constexpr std::uint64_t k_most_expansion = 1040;
/// Bytes a call of zlib: its counts are int.
constexpr std::size_t k_chunk = std::size_t{1} << 20;

struct Kind {
  std::uint32_t magic;
  std::size_t dimensions;
  std::string_view word;
  constexpr std::size_t header_bytes() const noexcept { return 4 * (1 + dimensions); }
};
constexpr Kind k_images{k_images_magic, 3, "images"};
constexpr Kind k_labels{k_labels_magic, 1, "labels"};
static_assert(k_images.header_bytes() == k_idx_images_header);

/// An IDX file opened through zlib, which hands plain files through unchanged.
class IdxFile {
 public:
  IdxFile(const fs::path& path, const Kind& kind) : path_(path), kind_(kind) {
    std::error_code code;
    if (!fs::is_regular_file(path, code)) fail("no such file");
    stored_bytes_ = fs::file_size(path, code);
    if (code) fail("cannot be read: " + code.message());
    errno = 0;
    stream_.reset(gzopen(path.c_str(), "rb"));
    if (!stream_)
      fail("cannot be opened: " + std::error_code(errno, std::generic_category()).message());
  }

  IdxShape read_shape();
  /// The whole file, header and all. `shape`: what was read of it before.
  void read_content(const IdxShape& shape, std::span<std::uint8_t> content);

 private:
  struct Close {
    void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
  };

  [[noreturn]] void fail(const std::string& line) const {
    throw Error(fmt::format("{}: {}", path_.string(), line));
  }
  std::size_t read(std::span<std::uint8_t> into);
  std::uint64_t count_rest();
  bool is_plain() { return gzdirect(stream_.get()) == 1; }
  void check_dimensions(std::span<const std::uint32_t> dimensions) const;
  void check_size(std::uint64_t expected);

  fs::path path_;
  Kind kind_;
  std::uint64_t stored_bytes_ = 0;
  std::uint64_t position_ = 0;  ///< in the uncompressed content
  std::unique_ptr<gzFile_s, Close> stream_;
};

/// Reads until `into` is full or the content ends; returns the bytes read.
std::size_t IdxFile::read(std::span<std::uint8_t> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto ask = static_cast<unsigned>(std::min(into.size() - done, k_chunk));
    const int got = gzread(stream_.get(), into.data() + done, ask);
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      position_ += static_cast<std::uint64_t>(got);
    }
    int code = Z_OK;
    const char* text = gzerror(stream_.get(), &code);
    if (code == Z_BUF_ERROR)
      fail(fmt::format("gzip stream is cut off after {} bytes of content; fetch the file again",
                       position_));
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
      fail(fmt::format(
          "gzip stream is corrupt near byte {} of its content ({}); fetch the file again",
          position_, text));
    if (got == 0) break;
  }
  return done;
}

std::uint64_t IdxFile::count_rest() {
  std::vector<std::uint8_t> scratch(k_chunk);
  const std::uint64_t start = position_;
  while (read(scratch) > 0) {
  }
  return position_ - start;
}

void IdxFile::check_dimensions(std::span<const std::uint32_t> dimensions) const {
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    if (dimensions[i] == 0)
      fail(fmt::format("dimension {} at byte {} is 0; expected at least 1", i + 1, 4 * (i + 1)));
    if (dimensions[i] > static_cast<std::uint32_t>(std::numeric_limits<int>::max()))
      fail(fmt::format("dimension {} at byte {} is {}, more than any data set has", i + 1,
                       4 * (i + 1), dimensions[i]));
  }
  if (dimensions.size() == 3 && std::uint64_t{dimensions[1]} * dimensions[2] > k_most_pixels)
    fail(fmt::format("images of {} x {} pixels at byte 8; expected at most {} pixels an image",
                     dimensions[1], dimensions[2], k_most_pixels));
}

/// Holds the size the header promises against the file before memory is taken.
void IdxFile::check_size(std::uint64_t expected) {
  if (is_plain() && stored_bytes_ != expected)
    fail(fmt::format("has {} bytes where its header promises {}: {}", stored_bytes_, expected,
                     stored_bytes_ < expected ? "truncated" : "trailing bytes"));
  if (!is_plain() && expected / k_most_expansion > stored_bytes_)
    fail(fmt::format("{} gzip bytes cannot hold the {} bytes its header promises: truncated",
                     stored_bytes_, expected));
}

IdxShape IdxFile::read_shape() {
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t wanted = kind_.header_bytes();
  const std::size_t got = read(std::span(bytes).first(wanted));
  if (got < wanted)
    fail(fmt::format("has {} bytes, fewer than the {} of an IDX header of {}", got, wanted,
                     kind_.word));
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < wanted; ++i) words[i / 4] = (words[i / 4] << 8) | bytes[i];
  if (words[0] != kind_.magic)
    fail(fmt::format("magic 0x{:08x} at byte 0; expected 0x{:08x} (IDX {})", words[0], kind_.magic,
                     kind_.word));
  check_dimensions(std::span(words).subspan(1, kind_.dimensions));
  IdxShape shape{static_cast<int>(words[1]), 1, 1};
  if (kind_.dimensions == 3) {
    shape.rows = static_cast<int>(words[2]);
    shape.columns = static_cast<int>(words[3]);
  }
  check_size(wanted + shape.bytes());
  return shape;
}

void IdxFile::read_content(const IdxShape& shape, std::span<std::uint8_t> content) {
  if (read_shape() != shape) fail("has changed while it was read");
  const std::size_t header = kind_.header_bytes();
  if (!is_plain() && gunzip_whole(path_, content)) return;
  if (read(content.subspan(header)) < shape.bytes())
    fail(fmt::format("has {} bytes of content where its header promises {}: truncated", position_, content.size()));
  // Reading past the end is also what makes zlib verify the checksum of a gzip stream.
  if (const std::uint64_t rest = count_rest(); rest > 0)
    fail(fmt::format("has {} trailing bytes from byte {} on; expected its end there", rest, content.size()));
}

}  // namespace

IdxShape read_idx_image_shape(const fs::path& path) {
  return IdxFile(path, k_images).read_shape();
}

IdxShape read_idx_label_shape(const fs::path& path) {
  return IdxFile(path, k_labels).read_shape();
}

void read_idx_images(const fs::path& path, const IdxShape& shape, std::span<std::uint8_t> content) {
  IdxFile(path, k_images).read_content(shape, content);
}

std::vector<std::uint8_t> read_idx_labels(const fs::path& path) {
  const IdxShape shape = read_idx_label_shape(path);
  std::vector<std::uint8_t> content(k_labels.header_bytes() + shape.bytes());
  IdxFile(path, k_labels).read_content(shape, content);
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(k_labels.header_bytes()));
  return content;
}

}  // namespace equikoop
