// SPDX-License-Identifier: BSD-3-Clause
// An array in a file of another program, npy or an HDF5 dataset, read box by box. Knows shape and
// storage order; what the axes mean is the importer's.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace equikoop {

/// A block of an array: first index and length on each axis.
struct Box {
  std::vector<std::size_t> offset;
  std::vector<std::size_t> count;
  std::size_t size() const noexcept;
};

class ArraySource {
 public:
  virtual ~ArraySource() = default;

  virtual const std::vector<std::size_t>& shape() const = 0;
  /// 4 or 8: bytes of a real number; of each part of a complex one.
  virtual std::size_t real_bytes() const = 0;
  virtual bool is_complex() const = 0;
  /// Whether the first axis is the fastest in the file (else the last).
  virtual bool first_axis_fastest() const = 0;

  /// The elements of `box`, in the order of the file (see first_axis_fastest). `box` must be a slab:
  /// length 1 on some slowest axes, any part of the next one, and all of the others.
  virtual void read(const Box& box, std::span<float> values) const = 0;
  virtual void read(const Box& box, std::span<double> values) const = 0;
  virtual void read(const Box& box, std::span<std::complex<double>> values) const = 0;
};

/// Opens `path`: an HDF5 file if `dataset` is not empty, else a npy file. Throws Error naming the
/// file (and dataset) and what was expected.
std::unique_ptr<ArraySource> open_array(const std::string& path, const std::string& dataset);

/// The slabs that cover an array of `shape` in the order of the file, each of at most `most` elements
/// (at least one).
std::vector<Box> slabs(const std::vector<std::size_t>& shape, bool first_axis_fastest, std::size_t most);

}  // namespace equikoop
