// SPDX-License-Identifier: BSD-3-Clause
// What this program was built from and with.
#pragma once

#include <string_view>

namespace equikoop::build_info {

std::string_view version();
/// Commit of the source, with "-dirty" for uncommitted changes; "unknown" outside a checkout.
std::string_view commit();
std::string_view compiler();
/// Build type and options, as given to CMake.
std::string_view options();

}  // namespace equikoop::build_info
