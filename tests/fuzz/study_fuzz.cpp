// SPDX-License-Identifier: BSD-3-Clause
// Any text as a study file: it is parsed, or refused with one line by an Error, and nothing else.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "equikoop/base/error.hpp"
#include "equikoop/study/study.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const auto study = equikoop::parse_study(text, "fuzz.ini");
    if (study.configurations.empty()) std::abort();
  } catch (const equikoop::Error& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}
