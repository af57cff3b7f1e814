// SPDX-License-Identifier: BSD-3-Clause
// Reads NumPy's .npy files piece by piece. Knows one array; what its axes mean is array_source.hpp's.
// Source of the format: numpy/lib/format.py of NumPy (versions 1.0, 2.0 and 3.0).
#pragma once

#include <complex>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace equikoop {

/// What one element of an array is.
enum class Element { float32, float64, complex64, complex128 };

constexpr std::size_t bytes_of(Element element) noexcept {
  return element == Element::float32 ? 4 : element == Element::complex128 ? 16 : 8;
}
constexpr bool is_complex(Element element) noexcept {
  return element == Element::complex64 || element == Element::complex128;
}

struct NpyHeader {
  Element element = Element::float64;
  bool big_endian = false;
  bool fortran_order = false;  ///< the first axis is the fastest
  std::vector<std::size_t> shape;
  std::uint64_t data_offset = 0;  ///< bytes before the first element

  std::uint64_t count() const noexcept;  ///< elements
};

/// An open .npy file. All functions throw Error naming the file, the offset and what was expected
/// there: wrong magic, unknown version, a header that is cut, repeats or lacks a key, or is not the
/// literal that NumPy writes; elements that are not floating point (objects and records above all);
/// a size that disagrees with the header. No memory is taken before that.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path);
  NpyFile(NpyFile&& other) noexcept;
  NpyFile& operator=(NpyFile&& other) noexcept;
  NpyFile(const NpyFile&) = delete;
  NpyFile& operator=(const NpyFile&) = delete;
  ~NpyFile();

  const NpyHeader& header() const noexcept { return header_; }

  /// Elements first .. first+values.size()-1 in the order of the file, converted. Real elements can
  /// be read as complex, complex ones not as real.
  void read(std::uint64_t first, std::span<float> values) const;
  void read(std::uint64_t first, std::span<double> values) const;
  void read(std::uint64_t first, std::span<std::complex<double>> values) const;

 private:
  template <class T>
  void read_as(std::uint64_t first, std::span<T> values) const;
  void read_bytes(std::uint64_t offset, std::span<std::uint8_t> bytes) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  NpyHeader header_;
};

}  // namespace equikoop
