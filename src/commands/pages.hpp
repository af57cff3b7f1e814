// SPDX-License-Identifier: BSD-3-Clause
// Pages that the program prints about itself, made from its own tables so that they cannot drift.
#pragma once

#include <string>

namespace equikoop {

/// How to cite the method and the program, as BibTeX.
std::string cite_page();
/// The manual page (roff): the help page and the reference of the study file.
std::string manual_page();
/// A completion script; throws UsageError unless `shell` is bash or zsh.
std::string completion_page(const std::string& shell);

}  // namespace equikoop
