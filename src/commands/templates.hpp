// SPDX-License-Identifier: BSD-3-Clause
// The study files of input/studies, compiled in for `equikoop init`.
#pragma once

#include <string>
#include <vector>

namespace equikoop {

struct StudyTemplate {
  std::string name;  ///< the word after init
  std::string text;
};

/// In the order of their names.
const std::vector<StudyTemplate>& study_templates();

}  // namespace equikoop
