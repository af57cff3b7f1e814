// SPDX-License-Identifier: BSD-3-Clause
// Reads the IDX files of the MNIST family, plain or gzip. Knows one file at a time; what four of
// them mean together is idx_family.hpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace equikoop {

struct IdxShape {
  int count = 0;  ///< images, or labels
  int rows = 0;   ///< pixels; 1 for labels
  int columns = 0;

  bool operator==(const IdxShape&) const = default;
  std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(count) * static_cast<std::size_t>(rows) *
           static_cast<std::size_t>(columns);
  }
};

/// Bytes before the first pixel of a file of images.
inline constexpr std::size_t k_idx_images_header = 16;

/// Header: big-endian magic 0x00000803 (unsigned bytes, three dimensions) or 0x00000801 (one),
/// then the dimensions, four bytes each (LeCun, Cortes, Burges: the MNIST database).
/// All functions throw Error naming the file, the offset and what was expected there: wrong magic,
/// zero or absurd dimensions, a size that disagrees with the header, a cut or corrupt gzip stream.

/// The header alone, held against the size of the file as far as that is possible unread: memory may be
/// taken for what it promises.
IdxShape read_idx_image_shape(const std::filesystem::path& file);
IdxShape read_idx_label_shape(const std::filesystem::path& file);

/// Unpacks a whole file: its header, then the pixels (count, rows·columns). `content`:
/// k_idx_images_header + shape.bytes() bytes, where `shape` is read_idx_image_shape's.
void read_idx_images(const std::filesystem::path& file, const IdxShape& shape, std::span<std::uint8_t> content);
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file);

}  // namespace equikoop
