// SPDX-License-Identifier: BSD-3-Clause
// equikoop export: the archives of a folder in other formats. One process; nothing is held whole.
#include "export.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "commands.hpp"
#include "equikoop/archive/archive_file.hpp"
#include "equikoop/archive/provenance.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

namespace fs = std::filesystem;

std::string object_name(hid_t object) {
  const auto length = H5Iget_name(object, nullptr, 0);
  std::string name(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
  if (!name.empty()) H5Iget_name(object, name.data(), name.size() + 1);
  return name;
}

herr_t keep_name(hid_t, unsigned, hid_t scale, void* out) {
  *static_cast<std::string*>(out) = object_name(scale);
  return 1;  // the first scale of a dimension is the one that names it
}

ElementKind kind_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return ElementKind::real;
    case H5T_INTEGER: return ElementKind::integer;
    case H5T_STRING: return ElementKind::text;
    default: break;
  }
  const bool complex = H5Tget_class(type) == H5T_COMPOUND && H5Tget_nmembers(type) == 2 &&
                       H5Tget_member_index(type, "r") == 0 && H5Tget_member_index(type, "i") == 1;
  return complex ? ElementKind::complex : ElementKind::record;
}

struct Source {
  const char* file;
  const char* type;
};
constexpr Source k_sources[] = {{schema::k_trajectories_file, schema::k_trajectories_type},
                                {schema::k_spectra_file, schema::k_spectra_type},
                                {schema::k_distances_file, schema::k_distances_type}};

void export_file(const std::string& from, const std::string& to, const std::string& format) {
  const std::string stem = to + "/" + fs::path(from).stem().string();
  if (format == "npy") export_npy(from, stem);
  else if (format == "csv") export_csv(from, stem);
  else if (format == "netcdf") write_whole(stem + ".nc", [&](const auto& path) { export_hdf5(from, path, true); });
  else write_whole(stem + ".h5", [&](const auto& path) { export_hdf5(from, path, false); });
}

}  // namespace

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

GroupContent content_of(hid_t group) {
  H5G_info_t info{};
  h5::check(H5Gget_info(group, &info), "list a group");
  GroupContent content;
  std::vector<std::pair<std::int64_t, std::string>> groups;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto length = h5::check(
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT), "list a group");
    std::string name(static_cast<std::size_t>(length), '\0');
    H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1, H5P_DEFAULT);
    const h5::Handle object(h5::check(H5Oopen(group, name.c_str(), H5P_DEFAULT), fmt::format("open {}", name)), H5Oclose);
    if (H5Iget_type(object.get()) == H5I_DATASET) content.datasets.push_back(name);
    if (H5Iget_type(object.get()) != H5I_GROUP) continue;
    const bool ordered = H5Aexists(object.get(), schema::k_index) > 0;
    groups.emplace_back(ordered ? h5::read_integer_attribute(object.get(), schema::k_index) : 0, name);
  }
  std::sort(groups.begin(), groups.end());
  for (auto& [index, name] : groups) content.groups.push_back(std::move(name));
  return content;
}

DatasetInfo info_of(hid_t group, const std::string& name) {
  const auto dataset = h5::open_dataset(group, name);
  const h5::Handle type(h5::check(H5Dget_type(dataset.get()), "read a dataset's type"), H5Tclose);
  DatasetInfo info;
  info.name = name;
  const auto dims = h5::dimensions(dataset);
  info.shape.assign(dims.begin(), dims.end());
  info.kind = kind_of(type.get());
  info.bytes = H5Tget_size(type.get());
  info.is_signed = info.kind != ElementKind::integer || H5Tget_sign(type.get()) == H5T_SGN_2;
  info.is_scale = H5DSis_scale(dataset.get()) > 0;
  if (info.is_scale) info.axes = {object_name(dataset.get())};
  info.axes.resize(info.shape.size());
  for (unsigned d = 0; d < info.shape.size() && !info.is_scale; ++d)
    if (H5DSget_num_scales(dataset.get(), d) > 0)
      H5DSiterate_scales(dataset.get(), d, nullptr, keep_name, &info.axes[d]);
  return info;
}

void write_whole(const std::string& to, const std::function<void(const std::string& path)>& write) {
  const std::string part = to + ".part";
  try {
    write(part);
    DiskFile(part).finish();
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
  if (std::rename(part.c_str(), to.c_str()) != 0) throw_system_error(errno, fmt::format("rename {} to {}", part, to));
}

void export_data(const Comm& comm, const Arguments& arguments, const Log& log) {
  together(comm, [&] {
    if (!comm.is_root()) return;
    const std::string& format = arguments.format;
    if (format != "npy" && format != "csv" && format != "netcdf" && format != "archive")
      throw UsageError(fmt::format("--format {}: expected npy, csv or netcdf; --archive for compressed HDF5", format));
    const std::string& folder = arguments.target;
    if (!fs::is_directory(folder))
      throw UsageError(fmt::format("{} is not a folder of results; give the one that --out named", folder));
    const std::string to = arguments.out.empty() ? folder + "/export" : arguments.out;
    std::error_code error;
    fs::create_directories(to, error);
    if (error) throw Error(fmt::format("cannot make the folder {}: {}; choose another with --out", to, error.message()));
    if (fs::equivalent(to, folder, error))
      throw UsageError("--out names the folder of the results itself; choose another");
    int done = 0;
    for (const auto& [file, type] : k_sources) {
      const std::string from = folder + "/" + file;
      if (!fs::exists(from)) continue;
      read_header(h5::open_file(from, false).get(), from, type);
      export_file(from, to, format);
      log.line("export: {} to {} ({})", from, to, format);
      ++done;
    }
    if (done == 0) throw UsageError(fmt::format("{} holds none of trajectories.h5, spectra.h5 and distances.h5", folder));
  });
}

}  // namespace equikoop
