// SPDX-License-Identifier: BSD-3-Clause
// The fast way through a gzip file whose content has a known size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace equikoop {

/// Fills `into` with the content of a gzip file of one member that holds exactly as many bytes and whose
/// checksum is right: true. False, with `into` of no meaning, where the file is anything else, cannot be
/// read, or the program was built without libdeflate: zlib reads it too, and says what is wrong.
bool gunzip_whole(const std::filesystem::path& file, std::span<std::uint8_t> into);

}  // namespace equikoop
