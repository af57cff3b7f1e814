// SPDX-License-Identifier: BSD-3-Clause
// Any text as a study file, INI or (where it begins with a brace) JSON: it is parsed, or refused with one
// line by an Error, and nothing else.
#include <cstdint>
#include <string>

#include "equikoop/study/manifest.hpp"
#include "equikoop/study/study.hpp"
#include "try_to.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  equikoop::fuzz::try_to([&] {
    const auto study = equikoop::parse_study(text.starts_with('{') ? equikoop::json_as_ini(text, "fuzz.json") : text, "fuzz.ini");
    if (study.configurations.empty()) std::abort();
    if (study.imported) equikoop::parse_manifest(study.text, study.file);
  });
  return 0;
}
