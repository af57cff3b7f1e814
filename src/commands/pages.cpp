// SPDX-License-Identifier: BSD-3-Clause
#include "pages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>
#include <vector>

#include "arguments.hpp"
#include "equikoop/base/build_info.hpp"
#include "equikoop/base/error.hpp"
#include "equikoop/study/keys.hpp"

namespace equikoop {
namespace {

/// Text as it must stand between .nf and .fi: no line may look like a request.
std::string verbatim(const std::string& text) {
  std::string roff = ".nf\n";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('.') || line.starts_with('\'')) roff += "\\&";
    for (const char c : line) {
      if (c == '\\') roff += "\\e";
      else if (c == '-') roff += "\\-";
      else roff += c;
    }
    roff += '\n';
  }
  return roff + ".fi\n";
}

std::string key_words() {
  std::vector<std::string> words;
  for (const Key& key : study_keys()) words.push_back("--" + key.name + "=");
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::string cite_page() {
  return fmt::format(
      "@misc{{redman2023equivalent,\n"
      "  title         = {{On equivalent optimization of machine learning methods}},\n"
      "  author        = {{Redman, William T. and Bello-Rivas, Juan M. and Fonoberova, Maria and Mohr, Ryan and\n"
      "                   Kevrekidis, Ioannis G. and Mezi{{\\'c}}, Igor}},\n"
      "  year          = {{2023}},\n"
      "  eprint        = {{2302.09160}},\n"
      "  archivePrefix = {{arXiv}}\n"
      "}}\n\n"
      "@software{{equikoop,\n"
      "  title   = {{equikoop: which choices train a network equivalently?}},\n"
      "  version = {{{}}},\n"
      "  note    = {{commit {}}}\n"
      "}}\n",
      build_info::version(), build_info::commit());
}

std::string manual_page() {
  return fmt::format(
      ".TH EQUIKOOP 1 \"\" \"equikoop {}\"\n.SH NAME\nequikoop \\- which choices train a network equivalently\n"
      ".SH SYNOPSIS\n.B equikoop\nCOMMAND [STUDY | DIR] [options] [\\-\\-section.key=value ...]\n"
      ".SH DESCRIPTION\n{}.SH STUDY FILE\n{}.SH SEE ALSO\nmpirun(1), h5dump(1)\n",
      build_info::version(), verbatim(help_page()), verbatim(study_reference()));
}

std::string completion_page(const std::string& shell) {
  const std::string commands = fmt::format("{}", fmt::join(command_names(), " "));
  const std::string options = fmt::format("{} {}", fmt::join(option_names(), " "), key_words());
  if (shell == "bash")
    return fmt::format(
        "# bash completion of equikoop\n"
        "_equikoop() {{\n"
        "  local word=${{COMP_WORDS[COMP_CWORD]}}\n"
        "  if [[ $word == -* ]]; then\n"
        "    mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")\n"
        "    [[ ${{COMPREPLY[0]:-}} == *= ]] && compopt -o nospace\n"
        "  elif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "    mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")\n"
        "  else\n"
        "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
        "  fi\n"
        "}}\n"
        "complete -o filenames -F _equikoop equikoop\n",
        options, commands);
  if (shell == "zsh")
    return fmt::format(
        "#compdef equikoop\n"
        "if [[ $words[CURRENT] == -* ]]; then\n"
        "  compadd -S '' -- {}\n"
        "elif (( CURRENT == 2 )); then\n"
        "  compadd -- {}\n"
        "else\n"
        "  _files\n"
        "fi\n",
        options, commands);
  throw UsageError(fmt::format("--completion {}: give bash or zsh", shell));
}

}  // namespace equikoop
