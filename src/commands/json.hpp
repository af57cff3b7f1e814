// SPDX-License-Identifier: BSD-3-Clause
// Text and numbers as JSON, for the few objects that --json prints. Not a JSON library: nothing is parsed.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <string_view>

namespace equikoop {

/// `text` in quotes, with what JSON wants escaped.
inline std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20) quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
    else quoted += c;
  }
  return quoted + "\"";
}

/// A number to its last bit; null where there is none (NaN, infinity).
inline std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

}  // namespace equikoop
