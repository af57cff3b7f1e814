// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/h5.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>

#include "equikoop/base/error.hpp"

namespace equikoop::h5 {
namespace {

/// HDF5 prints its stack by default; our errors carry its message instead.
void silence() {
  static const herr_t once = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  (void)once;
}

/// Keeps the innermost message of the error stack: the one that names the cause.
herr_t keep_first(unsigned, const H5E_error2_t* error, void* out) {
  auto& text = *static_cast<std::string*>(out);
  if (text.empty() && error->desc != nullptr) text = error->desc;
  return 0;
}

/// HDF5's reason on one line. Its text of a failed system call is a paragraph of addresses around the
/// system's own words, which are all that a user can act on.
std::string reason(std::string text) {
  static const std::string mark = "error message = '";
  if (const auto begin = text.find(mark); begin != std::string::npos) {
    const auto first = begin + mark.size();
    return text.substr(first, text.find('\'', first) - first);
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "HDF5 gives no reason" : text;
}

/// Tells MPI-IO to write what it is given as it is. MPICH's family would otherwise write the pieces of a
/// chunk (one an initial) by reading what lies between them, under locks that not every file system has.
class PlainWrites {
 public:
  PlainWrites() {
    check_mpi(MPI_Info_create(&raw_), "set up parallel file access");
    MPI_Info_set(raw_, "romio_ds_write", "disable");
  }
  PlainWrites(const PlainWrites&) = delete;
  PlainWrites& operator=(const PlainWrites&) = delete;
  ~PlainWrites() { MPI_Info_free(&raw_); }
  MPI_Info raw() const noexcept { return raw_; }

 private:
  MPI_Info raw_ = MPI_INFO_NULL;
};

/// The file that an object lies in.
std::string file_of(const Handle& object) {
  const auto length = H5Fget_name(object.get(), nullptr, 0);
  if (length <= 0) return "the archive";
  std::string name(static_cast<std::size_t>(length), '\0');
  H5Fget_name(object.get(), name.data(), name.size() + 1);
  return name;
}

/// Whether this HDF5 can be told not to lock files.
#define EQUIKOOP_HDF5_LOCKS (H5_VERSION_GE(1, 10, 7) && !(H5_VERS_MINOR == 12 && H5_VERS_RELEASE == 0))

Handle access_list() {
  silence();
  Handle access(check(H5Pcreate(H5P_FILE_ACCESS), "set up file access"), H5Pclose);
#if EQUIKOOP_HDF5_LOCKS
  // Jobs are kept apart by the lock of their folder. One on the file would make a job fail that begins
  // while somebody looks at its archive, and every job where the file system has no locks.
  check(H5Pset_file_locking(access.get(), false, true), "set up file access");
#endif
  return access;
}

hid_t open_with(const std::string& path, bool writable, hid_t access) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw Error(fmt::format("{} does not exist", path));
  return static_cast<hid_t>(check(H5Fopen(path.c_str(), writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access),
                                  fmt::format("open {} (damaged, or not HDF5)", path)));
}

Handle scalar_space() { return {check(H5Screate(H5S_SCALAR), "make a scalar space"), H5Sclose}; }

Handle variable_text_type() {
  Handle type(check(H5Tcopy(H5T_C_S1), "copy a text type"), H5Tclose);
  check(H5Tset_size(type.get(), H5T_VARIABLE), "size a text type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "set UTF-8");
  return type;
}

void write_attribute_as(hid_t object, const std::string& name, hid_t file_type, hid_t memory_type,
                        const void* value) {
  const Handle space = scalar_space();
  const Handle attribute(check(H5Acreate2(object, name.c_str(), file_type, space.get(), H5P_DEFAULT,
                                          H5P_DEFAULT),
                               fmt::format("create attribute {}", name)),
                         H5Aclose);
  check(H5Awrite(attribute.get(), memory_type, value), fmt::format("write attribute {}", name));
}

/// An attribute that holds one value: HDF5 would write an array of them past the end of ours.
Handle open_attribute(hid_t object, const std::string& name) {
  Handle attribute(check(H5Aopen(object, name.c_str(), H5P_DEFAULT), fmt::format("read attribute {} (not in the file)", name)),
                   H5Aclose);
  const Handle space(check(H5Aget_space(attribute.get()), "read an attribute's space"), H5Sclose);
  if (const auto values = H5Sget_simple_extent_npoints(space.get()); values != 1)
    throw Error(fmt::format("attribute {} holds {} values, expected one", name, values));
  return attribute;
}

Handle memory_space(const Slab& slab) {
  const hsize_t size = slab.size();
  return {check(H5Screate_simple(1, &size, nullptr), "make a memory space"), H5Sclose};
}

Handle file_space(const Handle& dataset, const Slab& slab) {
  Handle space(check(H5Dget_space(dataset.get()), "get a dataset's space"), H5Sclose);
  if (const int rank = H5Sget_simple_extent_ndims(space.get()); rank != static_cast<int>(slab.offset.size()))
    throw Error(fmt::format("{}: a dataset has {} dimensions, expected {}: the file is damaged, or was not written to the "
                            "schema", file_of(dataset), rank, slab.offset.size()));
  if (!slab.offset.empty())
    check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, slab.offset.data(), nullptr,
                              slab.count.data(), nullptr),
          "select a block of a dataset");
  return space;
}

}  // namespace

std::int64_t check(std::int64_t code, std::string_view intent) {
  if (code >= 0) return code;
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  H5Eclear2(H5E_DEFAULT);
  throw Error(fmt::format("cannot {}: {}", intent, reason(std::move(text))));
}

void divert_to_memory(const Handle& file) {
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &descriptor) < 0) return;
  const int memory = ::memfd_create("equikoop", MFD_CLOEXEC);
  if (memory < 0) return;
  ::dup2(memory, *static_cast<int*>(descriptor));
  ::close(memory);
  // A flush that failed leaves the cache (1.10.8) in a state in which the next one fails as well.
  constexpr int k_tries = 3;
  for (int i = 0; i < k_tries && H5Fflush(file.get(), H5F_SCOPE_GLOBAL) < 0; ++i) H5Eclear2(H5E_DEFAULT);
}

Handle create_file(const std::string& path) {
  const Handle access = access_list();
  return {check(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()),
                fmt::format("create {}", path)),
          H5Fclose};
}

Handle open_file(const std::string& path, bool writable) {
  const Handle access = access_list();
  return {open_with(path, writable, access.get()), H5Fclose};
}

Handle open_file(const std::string& path, bool writable, const Comm& comm) {
  const Handle access = access_list();
  const PlainWrites hints;
  check(H5Pset_fapl_mpio(access.get(), comm.raw(), hints.raw()), "set up parallel file access");
  return {open_with(path, writable, access.get()), H5Fclose};
}

Handle create_group(hid_t parent, const std::string& name) {
  return {check(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                fmt::format("create group {}", name)),
          H5Gclose};
}

Handle open_group(hid_t parent, const std::string& name) {
  return {check(H5Gopen2(parent, name.c_str(), H5P_DEFAULT),
                fmt::format("open group {} (not in the file)", name)),
          H5Gclose};
}

Handle open_dataset(hid_t parent, const std::string& name) {
  return {check(H5Dopen2(parent, name.c_str(), H5P_DEFAULT),
                fmt::format("open dataset {} (not in the file)", name)),
          H5Dclose};
}

bool exists(hid_t parent, const std::string& name) {
  silence();
  return H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> groups_by_index(hid_t parent) {
  H5G_info_t info{};
  check(H5Gget_info(parent, &info), "list a group");
  std::vector<std::pair<std::int64_t, std::string>> found;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto length = check(H5Lget_name_by_idx(parent, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr,
                                                 0, H5P_DEFAULT),
                              "list a group");
    std::string name(static_cast<std::size_t>(length), '\0');
    H5Lget_name_by_idx(parent, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1,
                       H5P_DEFAULT);
    const Handle group = open_group(parent, name);
    // Other writers may leave the order out; names decide among equals.
    const bool ordered = H5Aexists(group.get(), "index") > 0;
    found.emplace_back(ordered ? read_integer_attribute(group.get(), "index") : 0, name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto& [index, name] : found) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> dataset_paths(hid_t parent) {
  std::vector<std::string> paths;
  const auto add = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Ovisit2(parent, H5_INDEX_NAME, H5_ITER_INC, add, &paths, H5O_INFO_BASIC), "list a file");
  return paths;
}

void visit_stored_bytes(const Handle& dataset, const std::function<void(std::span<const std::byte>)>& visit) {
  constexpr std::size_t k_part = std::size_t{4} << 20;
  const Handle type(check(H5Dget_type(dataset.get()), "get a dataset's type"), H5Tclose);
  const std::size_t width = H5Tget_size(type.get());
  Slab part = all_of(dataset);
  const hsize_t rows = part.count.empty() ? 1 : part.count[0];
  const std::size_t row_bytes = rows == 0 ? 0 : part.size() / rows * width;
  if (row_bytes == 0) return;
  const hsize_t most = std::max<hsize_t>(1, k_part / row_bytes);
  std::vector<std::byte> bytes;
  for (hsize_t row = 0; row < rows; row += most) {
    if (!part.offset.empty()) {
      part.offset[0] = row;
      part.count[0] = std::min(most, rows - row);
    }
    bytes.resize(part.size() * width);
    read_raw(dataset, type.get(), part, bytes.data());
    visit(bytes);
  }
}

template <>
std::pair<hid_t, hid_t> number_types<double>() { return {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE}; }
template <>
std::pair<hid_t, hid_t> number_types<float>() { return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT}; }
template <>
std::pair<hid_t, hid_t> number_types<std::int32_t>() { return {H5T_STD_I32LE, H5T_NATIVE_INT32}; }
template <>
std::pair<hid_t, hid_t> number_types<std::int64_t>() { return {H5T_STD_I64LE, H5T_NATIVE_INT64}; }
template <>
std::pair<hid_t, hid_t> number_types<std::uint8_t>() { return {H5T_STD_U8LE, H5T_NATIVE_UINT8}; }

Handle complex_type() {
  Handle type(check(H5Tcreate(H5T_COMPOUND, 2 * sizeof(double)), "make a complex type"), H5Tclose);
  check(H5Tinsert(type.get(), "r", 0, H5T_IEEE_F64LE), "make a complex type");
  check(H5Tinsert(type.get(), "i", sizeof(double), H5T_IEEE_F64LE), "make a complex type");
  return type;
}

Handle text_type(std::size_t length) {
  Handle type(check(H5Tcopy(H5T_C_S1), "copy a text type"), H5Tclose);
  check(H5Tset_size(type.get(), length), "size a text type");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "pad a text type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "set UTF-8");
  return type;
}

void write_attribute(hid_t object, const std::string& name, const std::string& value) {
  const Handle type = variable_text_type();
  const char* text = value.c_str();
  write_attribute_as(object, name, type.get(), type.get(), &text);
}

void write_attribute(hid_t object, const std::string& name, std::int64_t value) {
  write_attribute_as(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

void write_attribute(hid_t object, const std::string& name, double value) {
  write_attribute_as(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

std::string read_text_attribute(hid_t object, const std::string& name) {
  const Handle attribute = open_attribute(object, name);
  const Handle stored(check(H5Aget_type(attribute.get()), "read an attribute's type"), H5Tclose);
  if (H5Tget_class(stored.get()) != H5T_STRING)
    throw Error(fmt::format("attribute {} is not text", name));
  if (H5Tis_variable_str(stored.get()) > 0) {
    char* text = nullptr;
    check(H5Aread(attribute.get(), stored.get(), &text), fmt::format("read attribute {}", name));
    std::string value = text == nullptr ? "" : text;
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(stored.get()), '\0');
  check(H5Aread(attribute.get(), stored.get(), value.data()), fmt::format("read attribute {}", name));
  return value.c_str();
}

std::int64_t read_integer_attribute(hid_t object, const std::string& name) {
  std::int64_t value = 0;
  check(H5Aread(open_attribute(object, name).get(), H5T_NATIVE_INT64, &value),
        fmt::format("read attribute {}", name));
  return value;
}

double read_real_attribute(hid_t object, const std::string& name) {
  double value = 0;
  check(H5Aread(open_attribute(object, name).get(), H5T_NATIVE_DOUBLE, &value),
        fmt::format("read attribute {}", name));
  return value;
}

std::vector<std::string> attribute_names(hid_t object) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, add, &names), "list attributes");
  return names;
}

Handle create_dataset(hid_t parent, const std::string& name, hid_t type,
                      const std::vector<hsize_t>& dims, const Description& description) {
  const Handle space(check(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                           fmt::format("shape dataset {}", name)),
                     H5Sclose);
  const Handle layout(check(H5Pcreate(H5P_DATASET_CREATE), "set up a dataset"), H5Pclose);
  check(H5Pset_alloc_time(layout.get(), H5D_ALLOC_TIME_EARLY), "set up a dataset");
  check(H5Pset_fill_time(layout.get(), H5D_FILL_TIME_NEVER), "set up a dataset");
  check(H5Pset_obj_track_times(layout.get(), false), "set up a dataset");
  Handle dataset(check(H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT,
                                  layout.get(), H5P_DEFAULT),
                       fmt::format("create dataset {}", name)),
                 H5Dclose);
  write_attribute(dataset.get(), "long_name", description.long_name);
  write_attribute(dataset.get(), "units", description.units);
  if (!description.text.empty()) write_attribute(dataset.get(), "description", description.text);
  return dataset;
}

void make_scale(const Handle& dataset, const std::string& name) {
  check(H5DSset_scale(dataset.get(), name.c_str()), fmt::format("make {} a dimension scale", name));
}

bool is_scale(const Handle& dataset) { return H5DSis_scale(dataset.get()) > 0; }

void attach_scale(const Handle& dataset, const Handle& scale, unsigned dimension) {
  check(H5DSattach_scale(dataset.get(), scale.get(), dimension), "attach a dimension scale");
}

std::vector<hsize_t> dimensions(const Handle& dataset) {
  const Handle space(check(H5Dget_space(dataset.get()), "get a dataset's space"), H5Sclose);
  std::vector<hsize_t> dims(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.get()), "get a rank")));
  check(H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr), "get dimensions");
  return dims;
}

void require_size(const Handle& dataset, const std::string& name, std::size_t size) {
  if (const std::size_t found = all_of(dataset).size(); found != size)
    throw Error(fmt::format("{}: {} holds {} values, expected {}: the file is damaged, or was not written to the "
                            "schema", file_of(dataset), name, found, size));
}

std::size_t Slab::size() const {
  return std::accumulate(count.begin(), count.end(), std::size_t{1}, std::multiplies<>());
}

Slab all_of(const Handle& dataset) {
  const auto dims = dimensions(dataset);
  return {std::vector<hsize_t>(dims.size(), 0), dims};
}

namespace {

Handle text_type_of(const Handle& dataset) {
  Handle type(check(H5Dget_type(dataset.get()), "get a dataset's type"), H5Tclose);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0)
    throw Error(fmt::format("a dataset of {} that should hold text of fixed length does not", file_of(dataset)));
  return type;
}

}  // namespace

void write_text(const Handle& dataset, std::size_t row, const std::string& text) {
  const Handle type = text_type_of(dataset);
  std::string padded(text);
  padded.resize(H5Tget_size(type.get()), '\0');
  write_raw(dataset, type.get(), {{row}, {1}}, padded.data());
}

std::string read_text(const Handle& dataset, std::size_t row) {
  const Handle type = text_type_of(dataset);
  std::string text(H5Tget_size(type.get()), '\0');
  read_raw(dataset, type.get(), {{row}, {1}}, text.data());
  return text.c_str();
}

void write_raw(const Handle& dataset, hid_t memory_type, const Slab& slab, const void* values) {
  const Handle memory = memory_space(slab);
  const Handle file = file_space(dataset, slab);
  check(H5Dwrite(dataset.get(), memory_type, memory.get(), file.get(), H5P_DEFAULT, values),
        fmt::format("write to {} (is the disk full? what is complete is kept, the same command resumes)",
                    file_of(dataset)));
}

void read_raw(const Handle& dataset, hid_t memory_type, const Slab& slab, void* values) {
  const Handle memory = memory_space(slab);
  const Handle file = file_space(dataset, slab);
  check(H5Dread(dataset.get(), memory_type, memory.get(), file.get(), H5P_DEFAULT, values),
        fmt::format("read from {}", file_of(dataset)));
}

}  // namespace equikoop::h5
