// SPDX-License-Identifier: BSD-3-Clause
// equikoop init: a commented study file for a question, from the ones that ship with the program.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include "templates.hpp"

namespace equikoop {
namespace {

std::string question_of(const std::string& text) {
  const auto begin = text.find("\nquestion = ");
  if (begin == std::string::npos) return "";
  const auto start = begin + std::string_view("\nquestion = ").size();
  return text.substr(start, text.find('\n', start) - start);
}

std::string list_of_questions() {
  std::string list;
  for (const auto& study : study_templates())
    list += fmt::format("\n  equikoop init {:<14} {}", study.name, question_of(study.text));
  return list;
}

const StudyTemplate& find_template(const std::string& name) {
  const auto& all = study_templates();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& study) { return study.name == name; });
  if (found == all.end())
    throw UsageError(fmt::format("there is no question '{}'; equikoop init without a word lists them", name));
  return *found;
}

}  // namespace

void init(const Comm& comm, const Arguments& arguments) {
  together(comm, [&] {
    if (!comm.is_root()) return;
    const Log log(!arguments.quiet);
    if (arguments.target.empty()) return log.line("questions to begin with:{}", list_of_questions());
    const StudyTemplate& study = find_template(arguments.target);
    const std::filesystem::path folder = arguments.out.empty() ? "." : arguments.out;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string path = (folder / (study.name + ".ini")).lexically_normal().string();
    if (std::filesystem::exists(path) && !arguments.force)
      throw Error(fmt::format("{} is there already; --force replaces it, --out DIR writes elsewhere", path));
    std::ofstream(path) << study.text;
    if (std::filesystem::file_size(path, error) != study.text.size() || error)
      throw Error(fmt::format("cannot write {}; choose another folder with --out", path));
    log.line("{} written: {}", path, question_of(study.text));
    log.line("next: equikoop plan {} --ranks 4", shell_word(path));
  });
}

}  // namespace equikoop
