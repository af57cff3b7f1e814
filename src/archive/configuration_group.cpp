// SPDX-License-Identifier: BSD-3-Clause
#include "configuration_group.hpp"

#include <numeric>

#include "equikoop/archive/schema.hpp"
#include "equikoop/base/digest.hpp"

namespace equikoop {

h5::Handle create_configuration(hid_t parent, const std::string& name, std::size_t index,
                                const Parameters& parameters, const ClockDurations& clock) {
  auto group = h5::create_group(parent, name);
  h5::write_attribute(group.get(), schema::k_index, static_cast<std::int64_t>(index));
  for (const auto& [key, value] : parameters) h5::write_attribute(group.get(), key, value);
  h5::write_attribute(group.get(), schema::k_clock_step, clock.step);
  h5::write_attribute(group.get(), schema::k_clock_sample, clock.sample);
  h5::write_attribute(group.get(), schema::k_clock_time, clock.time);
  return group;
}

Parameters read_parameters(hid_t group) {
  Parameters parameters;
  for (const auto& name : h5::attribute_names(group))
    if (name.find('.') != std::string::npos)
      parameters.emplace_back(name, h5::read_text_attribute(group, name));
  return parameters;
}

ClockDurations read_clock(hid_t group) {
  const auto read = [&](const char* name) {
    return H5Aexists(group, name) > 0 ? h5::read_real_attribute(group, name) : 1.0;
  };
  return {read(schema::k_clock_step), read(schema::k_clock_sample), read(schema::k_clock_time)};
}

h5::Handle integer_scale(hid_t group, const std::string& name,
                         const std::vector<std::int64_t>& values, const std::string& long_name,
                         const std::string& units) {
  auto scale = h5::create_dataset(group, name, H5T_STD_I64LE, {values.size()},
                                  {long_name, units, ""});
  h5::write(scale, h5::all_of(scale), std::span<const std::int64_t>(values));
  h5::make_scale(scale, name);
  return scale;
}

h5::Handle index_scale(hid_t group, const std::string& name, std::size_t size,
                       const std::string& long_name) {
  std::vector<std::int64_t> values(size);
  std::iota(values.begin(), values.end(), 0);
  return integer_scale(group, name, values, long_name, "1");
}

h5::Handle scaled_dataset(hid_t group, const std::string& name, hid_t type,
                          const std::vector<const h5::Handle*>& scales,
                          const h5::Description& description) {
  std::vector<hsize_t> dims;
  dims.reserve(scales.size());
  for (const auto* scale : scales) dims.push_back(h5::dimensions(*scale).front());
  auto dataset = h5::create_dataset(group, name, type, dims, description);
  for (std::size_t i = 0; i < scales.size(); ++i)
    h5::attach_scale(dataset, *scales[i], static_cast<unsigned>(i));
  return dataset;
}

void complete_marks(hid_t group, const h5::Handle& seed, std::size_t seeds, const std::string& digest) {
  const auto marks = scaled_dataset(group, schema::k_complete, H5T_STD_U8LE, {&seed},
                                    {"whether the ensemble is whole", "1",
                                     "1 once its data has reached the disk"});
  const std::vector<std::uint8_t> zeros(seeds, 0);
  h5::write(marks, h5::all_of(marks), std::span<const std::uint8_t>(zeros));
  const auto type = h5::text_type(Digest::k_digits);
  const auto sums = scaled_dataset(group, schema::k_sha256, type.get(), {&seed}, {"SHA-256 of the ensemble", "1", digest});
  const std::string empty(Digest::k_digits * seeds, '\0');
  h5::write_raw(sums, type.get(), h5::all_of(sums), empty.data());
}

void write_checksum(hid_t group, std::size_t seed, const std::string& checksum) {
  if (h5::exists(group, schema::k_sha256))
    h5::write_text(h5::open_dataset(group, schema::k_sha256), seed, checksum);
}

void write_mark(hid_t group, std::size_t seed) {
  const std::uint8_t done = 1;
  h5::write(h5::open_dataset(group, schema::k_complete), {{seed}, {1}}, std::span(&done, 1));
}

void set_mark(hid_t group, const DiskFile& disk, std::size_t seed, const std::string& checksum) {
  write_checksum(group, seed, checksum);
  disk.finish();
  write_mark(group, seed);
}

std::optional<std::string> stored_checksum(hid_t group, std::size_t seed) {
  if (!h5::exists(group, schema::k_sha256)) return std::nullopt;
  return h5::read_text(h5::open_dataset(group, schema::k_sha256), seed);
}

}  // namespace equikoop
