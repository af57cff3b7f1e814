// SPDX-License-Identifier: BSD-3-Clause
// What the exports share: a walk over an archive, and what a dataset of it is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "equikoop/archive/h5.hpp"

namespace equikoop {

constexpr std::size_t k_export_bytes = std::size_t{16} << 20;  // held of a dataset at a time

/// The kinds of elements that our archives have.
enum class ElementKind { real, integer, complex, text, record };

struct DatasetInfo {
  std::string name;
  std::vector<std::size_t> shape;
  ElementKind kind = ElementKind::real;
  std::size_t bytes = 8;           ///< of an element in the file
  bool is_signed = true;           ///< of integers
  std::vector<std::string> axes;   ///< path of the scale of each dimension; empty: none
  bool is_scale = false;
};

/// The names of what is in a group, in order of their index attribute for groups, else by name.
struct GroupContent {
  std::vector<std::string> groups;
  std::vector<std::string> datasets;
};
GroupContent content_of(hid_t group);
DatasetInfo info_of(hid_t group, const std::string& name);

/// The last part of a path.
std::string base_name(const std::string& path);

/// Reads a part of a dataset as text of each element: shortest decimals that read back the same.
std::vector<std::string> read_words(hid_t group, const DatasetInfo& info, const h5::Slab& slab);

/// `path` as another program's file: `to` is written whole under another name first.
void write_whole(const std::string& to, const std::function<void(const std::string& path)>& write);

/// One npy file for each dataset of numbers or text below the root of `from`, in folder `to`.
void export_npy(const std::string& from, const std::string& to);
/// One CSV for each set of axes, over all configurations; without observables.
void export_csv(const std::string& from, const std::string& to);
/// The file again, chunked, gzip + shuffle + fletcher32; `netcdf`: without compounds and repeated
/// dimensions, for programs that read netCDF-4.
void export_hdf5(const std::string& from, const std::string& to, bool netcdf);

}  // namespace equikoop
