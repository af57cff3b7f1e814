// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/checksums.hpp"

#include "equikoop/archive/h5.hpp"
#include "equikoop/archive/provenance.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/digest.hpp"

namespace equikoop {
namespace {

std::string checksum_of(const h5::Handle& dataset) {
  Digest digest;
  h5::visit_stored_bytes(dataset, [&](std::span<const std::byte> bytes) { digest.add(bytes); });
  return digest.finish_text();
}

bool is_final(const std::string& path, const h5::Handle& dataset, Final which) {
  if (path.starts_with(schema::k_provenance)) return false;
  return which == Final::all || h5::is_scale(dataset);
}

Checksum compare(const h5::Handle& dataset) {
  if (H5Aexists(dataset.get(), schema::k_sha256) <= 0) return Checksum::none;
  return h5::read_text_attribute(dataset.get(), schema::k_sha256) == checksum_of(dataset) ? Checksum::right
                                                                                          : Checksum::wrong;
}

}  // namespace

void write_checksums(hid_t file, Final which) {
  for (const auto& path : h5::dataset_paths(file))
    if (const auto dataset = h5::open_dataset(file, path); is_final(path, dataset, which))
      h5::write_attribute(dataset.get(), schema::k_sha256, checksum_of(dataset));
}

std::vector<std::pair<std::string, Checksum>> compare_checksums(const std::string& path, const std::string& filetype,
                                                                Final which) {
  const auto file = h5::open_file(path, false);
  read_header(file.get(), path, filetype);
  std::vector<std::pair<std::string, Checksum>> states;
  for (const auto& name : h5::dataset_paths(file.get()))
    if (const auto dataset = h5::open_dataset(file.get(), name); is_final(name, dataset, which))
      states.emplace_back(name, compare(dataset));
  return states;
}

}  // namespace equikoop
