// SPDX-License-Identifier: BSD-3-Clause
// The header of a .npy file as text; internal to npy.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "equikoop/data/npy.hpp"

namespace equikoop {

/// Bytes within which every header that we accept ends: NumPy itself pads to 64 and reads at most
/// 10,000 characters of a header unless told that the file is trusted.
inline constexpr std::uint64_t k_npy_longest_header = 10'012;

/// Parses `head`, the first bytes of `path`, which has `stored` bytes in all.
NpyHeader parse_npy_header(const std::string& path, const std::string& head, std::uint64_t stored);

}  // namespace equikoop
