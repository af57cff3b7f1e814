// SPDX-License-Identifier: BSD-3-Clause
// What every fuzz target demands of what it calls: it works, or it throws an Error of one line.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "equikoop/base/error.hpp"

namespace equikoop::fuzz {

template <class Call>
void try_to(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string_view line = error.what();
    if (std::any_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; })) std::abort();
  }
}

}  // namespace equikoop::fuzz
