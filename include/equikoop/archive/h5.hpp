// SPDX-License-Identifier: BSD-3-Clause
// HDF5 as the archive needs it: owners of handles, one way to check a call, datasets with scales.
// Not a general wrapper; nothing here knows what equikoop stores.
#pragma once

#include <hdf5.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop::h5 {

/// Owns one HDF5 identifier of any kind. Move-only; closing never throws.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  herr_t (*close_)(hid_t) = nullptr;
};

/// Throws Error "cannot INTENT: HDF5's innermost message" if `code` is negative; else returns it.
std::int64_t check(std::int64_t code, std::string_view intent);

/// Creates `path` anew for one process. The file can be opened by HDF5 1.8 and later.
Handle create_file(const std::string& path);
/// Opens `path` for one process.
Handle open_file(const std::string& path, bool writable);
/// Opens `path` for all ranks of `comm` through MPI-IO. Collective.
Handle open_file(const std::string& path, bool writable, const Comm& comm);

/// Lets a file of one process that cannot be written (a full disk) be closed all the same: what HDF5
/// still holds goes to memory and is lost. Without it HDF5 keeps the broken file and crashes at exit.
void divert_to_memory(const Handle& file);

/// Paths of all datasets below `parent`, in order of name.
std::vector<std::string> dataset_paths(hid_t parent);
/// visit(bytes) for a whole dataset as it stands in the file, some rows of its first dimension at a
/// time: a few megabytes, or one row where that is longer.
void visit_stored_bytes(const Handle& dataset, const std::function<void(std::span<const std::byte>)>& visit);

Handle create_group(hid_t parent, const std::string& name);
Handle open_group(hid_t parent, const std::string& name);
Handle open_dataset(hid_t parent, const std::string& name);
bool exists(hid_t parent, const std::string& name);
/// Names of the groups in `parent`, in order of their `index` attribute (0 where they have none).
std::vector<std::string> groups_by_index(hid_t parent);

/// The little-endian type of the file and the native type of memory for a number.
template <class T>
std::pair<hid_t, hid_t> number_types();

/// The compound (r, i) of two doubles, which h5py reads as complex128.
Handle complex_type();
/// Fixed-length UTF-8 text of `length` bytes, padded with zeros.
Handle text_type(std::size_t length);

void write_attribute(hid_t object, const std::string& name, const std::string& value);
void write_attribute(hid_t object, const std::string& name, std::int64_t value);
void write_attribute(hid_t object, const std::string& name, double value);
/// Throws Error if the attribute is missing or not text.
std::string read_text_attribute(hid_t object, const std::string& name);
std::int64_t read_integer_attribute(hid_t object, const std::string& name);
double read_real_attribute(hid_t object, const std::string& name);
std::vector<std::string> attribute_names(hid_t object);

/// What a dataset is, for readers who do not have our code.
struct Description {
  std::string long_name;
  std::string units = "1";
  std::string text;
};

/// Creates a dataset of its final size with its space allocated at once (contiguous, no filter, no
/// fill), so that later writes move raw bytes only.
Handle create_dataset(hid_t parent, const std::string& name, hid_t type,
                      const std::vector<hsize_t>& dims, const Description& description);

/// Makes `dataset` a dimension scale called `name`.
void make_scale(const Handle& dataset, const std::string& name);
bool is_scale(const Handle& dataset);
/// Attaches `scale` to dimension `dimension` of `dataset`.
void attach_scale(const Handle& dataset, const Handle& scale, unsigned dimension);

std::vector<hsize_t> dimensions(const Handle& dataset);

/// One row of a dataset of fixed-length text. Throws Error if it is not one.
void write_text(const Handle& dataset, std::size_t row, const std::string& text);
std::string read_text(const Handle& dataset, std::size_t row);

/// A block of a dataset: `offset` and `count` in each dimension.
struct Slab {
  std::vector<hsize_t> offset;
  std::vector<hsize_t> count;
  std::size_t size() const;
};
/// The whole of a dataset.
Slab all_of(const Handle& dataset);

void write_raw(const Handle& dataset, hid_t memory_type, const Slab& slab, const void* values);
void read_raw(const Handle& dataset, hid_t memory_type, const Slab& slab, void* values);

template <class T>
void write(const Handle& dataset, const Slab& slab, std::span<const T> values) {
  if constexpr (std::is_same_v<T, std::complex<double>>)
    write_raw(dataset, complex_type().get(), slab, values.data());
  else
    write_raw(dataset, number_types<T>().second, slab, values.data());
}

template <class T>
std::vector<T> read(const Handle& dataset, const Slab& slab) {
  std::vector<T> values(slab.size());
  if constexpr (std::is_same_v<T, std::complex<double>>)
    read_raw(dataset, complex_type().get(), slab, values.data());
  else
    read_raw(dataset, number_types<T>().second, slab, values.data());
  return values;
}

/// The whole dataset `name` of `parent` as numbers of type T.
template <class T>
std::vector<T> read_all(hid_t parent, const std::string& name) {
  const Handle dataset = open_dataset(parent, name);
  return read<T>(dataset, all_of(dataset));
}

/// Throws Error unless `dataset`, called `name`, holds `size` values.
void require_size(const Handle& dataset, const std::string& name, std::size_t size);

/// The same, where anything but `size` values is an error of the file.
template <class T>
std::vector<T> read_all(hid_t parent, const std::string& name, std::size_t size) {
  const Handle dataset = open_dataset(parent, name);
  require_size(dataset, name, size);
  return read<T>(dataset, all_of(dataset));
}

}  // namespace equikoop::h5
