// SPDX-License-Identifier: BSD-3-Clause
// What the group of a configuration has in every file: parameters, clock, scales, marks. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "equikoop/archive/h5.hpp"
#include "equikoop/archive/trajectories.hpp"

namespace equikoop {

using Parameters = std::vector<std::pair<std::string, std::string>>;

h5::Handle create_configuration(hid_t parent, const std::string& name, std::size_t index,
                                const Parameters& parameters, const ClockDurations& clock);
/// The attributes named "section.key".
Parameters read_parameters(hid_t group);
/// 1 on each clock where the file does not say.
ClockDurations read_clock(hid_t group);

/// A dimension scale 0..size-1.
h5::Handle index_scale(hid_t group, const std::string& name, std::size_t size,
                       const std::string& long_name);
h5::Handle integer_scale(hid_t group, const std::string& name,
                         const std::vector<std::int64_t>& values, const std::string& long_name,
                         const std::string& units);
/// A dataset whose dimensions are those of `scales`, with the scales attached.
h5::Handle scaled_dataset(hid_t group, const std::string& name, hid_t type,
                          const std::vector<const h5::Handle*>& scales,
                          const h5::Description& description);
/// The datasets `complete`, all zero, and `sha256`, all empty, over seeds. `digest`: what is hashed.
void complete_marks(hid_t group, const h5::Handle& seed, std::size_t seeds, const std::string& digest);
void write_checksum(hid_t group, std::size_t seed, const std::string& checksum);
/// To be called when the seed's data and checksum are on the disk: whoever finds the mark finds both,
/// whatever was killed in between.
void write_mark(hid_t group, std::size_t seed);
/// Checksum, what was written of the seed to the disk, mark.
void set_mark(hid_t group, const DiskFile& disk, std::size_t seed, const std::string& checksum);
/// The checksum of one seed; none where the file has none (another program's, or older).
std::optional<std::string> stored_checksum(hid_t group, std::size_t seed);

}  // namespace equikoop
