// SPDX-License-Identifier: BSD-3-Clause
// Text as JSON, for the few objects that --json prints. Not a JSON library: nothing is parsed.
#pragma once

#include <fmt/format.h>

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

}  // namespace equikoop
