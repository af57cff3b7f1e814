// SPDX-License-Identifier: BSD-3-Clause
// Compressed HDF5 with checksums: the archive as it is, or in the part of HDF5 that netCDF-4 knows.
#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "equikoop/archive/schema.hpp"
#include "equikoop/base/error.hpp"
#include "equikoop/data/array_source.hpp"
#include "export.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t k_smallest = 4096;  // bytes below which a dataset is not worth a filter
constexpr unsigned k_gzip = 4;

bool is_scale_attribute(const std::string& name) {
  return name == "CLASS" || name == "NAME" || name == "REFERENCE_LIST" || name == "DIMENSION_LIST";
}

void copy_attributes(hid_t from, hid_t to) {
  for (const auto& name : h5::attribute_names(from)) {
    if (is_scale_attribute(name)) continue;
    const h5::Handle source(h5::check(H5Aopen(from, name.c_str(), H5P_DEFAULT), "open an attribute"), H5Aclose);
    const h5::Handle type(h5::check(H5Aget_type(source.get()), "read an attribute"), H5Tclose);
    const h5::Handle space(h5::check(H5Aget_space(source.get()), "read an attribute"), H5Sclose);
    const auto points = h5::check(H5Sget_simple_extent_npoints(space.get()), "read an attribute");
    std::vector<char> bytes(H5Tget_size(type.get()) * static_cast<std::size_t>(std::max<std::int64_t>(points, 1)));
    h5::check(H5Aread(source.get(), type.get(), bytes.data()), fmt::format("read attribute {}", name));
    const h5::Handle copy(h5::check(H5Acreate2(to, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                                    fmt::format("create attribute {}", name)),
                          H5Aclose);
    h5::check(H5Awrite(copy.get(), type.get(), bytes.data()), fmt::format("write attribute {}", name));
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, bytes.data());
  }
}

/// Creates a dataset in chunks of at most 1 MiB, compressed, with a checksum on each.
h5::Handle create_compressed(hid_t group, const std::string& name, hid_t type, const std::vector<std::size_t>& shape) {
  std::vector<hsize_t> dims(shape.begin(), shape.end());
  const h5::Handle space(h5::check(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), "shape a dataset"), H5Sclose);
  const h5::Handle layout(h5::check(H5Pcreate(H5P_DATASET_CREATE), "set up a dataset"), H5Pclose);
  h5::check(H5Pset_obj_track_times(layout.get(), false), "set up a dataset");
  const std::size_t size = H5Tget_size(type);
  std::size_t bytes = size;
  for (const std::size_t extent : shape) bytes *= extent;
  if (bytes >= k_smallest && H5Tis_variable_str(type) <= 0) {
    const auto chunk = slabs(shape, false, std::max<std::size_t>(1, k_chunk_bytes / size)).front().count;
    const std::vector<hsize_t> counts(chunk.begin(), chunk.end());
    h5::check(H5Pset_chunk(layout.get(), static_cast<int>(counts.size()), counts.data()), "set up chunks");
    h5::check(H5Pset_shuffle(layout.get()), "set up the shuffle filter");
    h5::check(H5Pset_deflate(layout.get(), k_gzip), "set up compression (is HDF5 built with zlib?)");
    h5::check(H5Pset_fletcher32(layout.get()), "set up checksums");
  }
  return {h5::check(H5Dcreate2(group, name.c_str(), type, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT),
                    fmt::format("create dataset {}", name)),
          H5Dclose};
}

class Rewriter {
 public:
  Rewriter(const std::string& from, const std::string& to, bool netcdf)
      : from_(h5::open_file(from, false)), to_(h5::create_file(to)), netcdf_(netcdf) {}

  void run() {
    try {
      copy_group(from_.get(), to_.get());
      attach(from_.get(), "");
      h5::check(H5Fflush(to_.get(), H5F_SCOPE_GLOBAL), "write the export");
    } catch (...) {
      h5::divert_to_memory(to_);
      throw;
    }
  }

 private:
  void copy_group(hid_t from, hid_t to) {
    copy_attributes(from, to);
    const auto content = content_of(from);
    for (const auto& name : content.datasets) copy_dataset(from, to, name);
    for (const auto& name : content.groups)
      copy_group(h5::open_group(from, name).get(), h5::create_group(to, name).get());
  }

  void copy_dataset(hid_t from, hid_t to, const std::string& name) {
    const auto info = info_of(from, name);
    const auto source = h5::open_dataset(from, name);
    const h5::Handle type(h5::check(H5Dget_type(source.get()), "read a dataset's type"), H5Tclose);
    if (netcdf_ && info.kind == ElementKind::record) return copy_records(source, type, to, name);
    if (netcdf_ && info.kind == ElementKind::text) return copy_text(from, to, info, source);
    if (netcdf_ && info.kind == ElementKind::complex) {
      copy_part(source, to, info, "r", "_real");
      copy_part(source, to, info, "i", "_imag");
      return;
    }
    const auto copy = create_compressed(to, name, type.get(), info.shape);
    copy_attributes(source.get(), copy.get());
    copy_values(source, copy, type.get(), type.get(), info.shape);
    if (info.is_scale) h5::make_scale(copy, name);
  }

  /// `memory` and `file` may be different: one member of a compound, say.
  static void copy_values(const h5::Handle& source, const h5::Handle& copy, hid_t memory, hid_t file,
                          const std::vector<std::size_t>& shape) {
    const std::size_t size = H5Tget_size(memory);
    std::vector<char> bytes;
    for (const Box& box : slabs(shape, false, std::max<std::size_t>(1, k_chunk_bytes / H5Tget_size(file)))) {
      const h5::Slab slab{{box.offset.begin(), box.offset.end()}, {box.count.begin(), box.count.end()}};
      bytes.resize(box.size() * size);
      h5::read_raw(source, memory, slab, bytes.data());
      h5::write_raw(copy, file, slab, bytes.data());
    }
  }

  /// One part of complex numbers as a dataset of its own.
  static void copy_part(const h5::Handle& source, hid_t to, const DatasetInfo& info, const char* part, const char* suffix) {
    const h5::Handle memory(h5::check(H5Tcreate(H5T_COMPOUND, sizeof(double)), "make a type"), H5Tclose);
    h5::check(H5Tinsert(memory.get(), part, 0, H5T_IEEE_F64LE), "make a type");
    const auto copy = create_compressed(to, info.name + suffix, H5T_IEEE_F64LE, info.shape);
    copy_attributes(source.get(), copy.get());
    copy_values(source, copy, memory.get(), H5T_IEEE_F64LE, info.shape);
  }

  static h5::Handle variable_text() {
    h5::Handle type(h5::check(H5Tcopy(H5T_C_S1), "copy a text type"), H5Tclose);
    h5::check(H5Tset_size(type.get(), H5T_VARIABLE), "size a text type");
    h5::check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "set UTF-8");
    return type;
  }

  void write_words(hid_t to, const std::string& name, const std::vector<std::size_t>& shape,
                   const std::vector<std::string>& words, hid_t attributes, bool scale) {
    const auto type = variable_text();
    const auto copy = create_compressed(to, name, type.get(), shape);
    std::vector<const char*> pointers;
    pointers.reserve(words.size());
    for (const auto& word : words) pointers.push_back(word.c_str());
    h5::write_raw(copy, type.get(), h5::all_of(copy), pointers.data());
    if (attributes >= 0) copy_attributes(attributes, copy.get());
    if (scale) h5::make_scale(copy, name);
  }

  void copy_text(hid_t from, hid_t to, const DatasetInfo& info, const h5::Handle& source) {
    write_words(to, info.name, info.shape, read_words(from, info, h5::all_of(source)), source.get(), info.is_scale);
  }

  /// The table of runs as a group of columns over the rows that are used.
  void copy_records(const h5::Handle& source, const h5::Handle& type, hid_t to, const std::string& name) {
    const std::size_t size = H5Tget_size(type.get());
    const std::size_t rows = h5::all_of(source).size();
    std::vector<char> bytes(rows * size);
    h5::read_raw(source, type.get(), h5::all_of(source), bytes.data());
    const auto group = h5::create_group(to, name);
    copy_attributes(source.get(), group.get());
    const auto member = [&](int i) { return h5::Handle(H5Tget_member_type(type.get(), static_cast<unsigned>(i)), H5Tclose); };
    const int ranks = H5Tget_member_index(type.get(), "ranks");
    std::size_t used = 0;
    for (; used < rows && ranks >= 0; ++used) {
      std::int32_t value = 0;
      std::memcpy(&value, bytes.data() + used * size + H5Tget_member_offset(type.get(), static_cast<unsigned>(ranks)), sizeof(value));
      if (value == 0) break;
    }
    if (used == 0) return;
    std::vector<std::int64_t> numbers(used);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto scale = create_compressed(group.get(), "run", H5T_STD_I64LE, {used});
    h5::write(scale, h5::all_of(scale), std::span<const std::int64_t>(numbers));
    h5::make_scale(scale, "run");
    for (int i = 0; i < H5Tget_nmembers(type.get()); ++i) {
      const auto column = member(i);
      const std::size_t at = H5Tget_member_offset(type.get(), static_cast<unsigned>(i));
      const std::size_t width = H5Tget_size(column.get());
      char* word = H5Tget_member_name(type.get(), static_cast<unsigned>(i));
      const std::string title = word;
      H5free_memory(word);
      std::vector<char> values;
      std::vector<std::string> words;
      for (std::size_t row = 0; row < used; ++row) {
        const char* begin = bytes.data() + row * size + at;
        values.insert(values.end(), begin, begin + width);
        words.push_back(std::string(begin, width).c_str());
      }
      if (H5Tget_class(column.get()) == H5T_STRING) {
        write_words(group.get(), title, {used}, words, H5I_INVALID_HID, false);
      } else {
        const auto copy = create_compressed(group.get(), title, column.get(), {used});
        h5::write_raw(copy, column.get(), h5::all_of(copy), values.data());
      }
      h5::attach_scale(h5::open_dataset(group.get(), title), scale, 0);
    }
  }

  /// Attaches the scales of `from` to their copies; in netCDF a repeated one becomes NAME_2.
  void attach(hid_t from, const std::string& path) {
    const auto content = content_of(from);
    for (const auto& name : content.datasets) {
      const auto info = info_of(from, name);
      if (info.is_scale || (netcdf_ && info.kind == ElementKind::record)) continue;
      const bool parted = netcdf_ && info.kind == ElementKind::complex;
      for (const char* suffix : parted ? std::vector<const char*>{"_real", "_imag"} : std::vector<const char*>{""}) {
        const auto copy = h5::open_dataset(to_.get(), path + "/" + name + suffix);
        for (unsigned d = 0; d < info.axes.size(); ++d) {
          if (info.axes[d].empty()) continue;
          const auto before = std::count(info.axes.begin(), info.axes.begin() + d, info.axes[d]);
          h5::attach_scale(copy, netcdf_ && before > 0 ? numbered(info.axes[d], before + 1) : h5::open_dataset(to_.get(), info.axes[d]), d);
        }
      }
    }
    for (const auto& name : content.groups) attach(h5::open_group(from, name).get(), path + "/" + name);
  }

  h5::Handle numbered(const std::string& scale, std::ptrdiff_t number) {
    const std::string name = fmt::format("{}_{}", scale, number);
    if (h5::exists(to_.get(), name)) return h5::open_dataset(to_.get(), name);
    const auto info = info_of(from_.get(), scale);
    const auto source = h5::open_dataset(from_.get(), scale);
    if (info.kind == ElementKind::text) {
      write_words(to_.get(), name, info.shape, read_words(from_.get(), info, h5::all_of(source)), source.get(), false);
      auto copy = h5::open_dataset(to_.get(), name);
      h5::make_scale(copy, base_name(name));
      return copy;
    }
    const h5::Handle type(h5::check(H5Dget_type(source.get()), "read a dataset's type"), H5Tclose);
    auto copy = create_compressed(to_.get(), name, type.get(), info.shape);
    copy_attributes(source.get(), copy.get());
    copy_values(source, copy, type.get(), type.get(), info.shape);
    h5::make_scale(copy, base_name(name));
    return copy;
  }

  h5::Handle from_;
  h5::Handle to_;
  bool netcdf_;
};

}  // namespace

void export_hdf5(const std::string& from, const std::string& to, bool netcdf) { Rewriter(from, to, netcdf).run(); }

}  // namespace equikoop
