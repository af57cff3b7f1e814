// SPDX-License-Identifier: BSD-3-Clause
// The one table of all keys of a study file. Parsing, --help-study and the reference are made from
// it; a new key is one entry here and one member in options.hpp.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "equikoop/study/options.hpp"

namespace equikoop {

/// What the keys write into: the study and the configuration at hand.
struct Draft {
  Study study;
  Configuration configuration;
};

/// How the text of a key is split into values.
enum class Values {
  one,    ///< a single word
  sweep,  ///< words separated by blanks: several values sweep the key
  text,   ///< the whole line
};

struct Key {
  std::string name;           ///< section.key
  std::string default_value;  ///< as a user would write it
  std::string unit;           ///< empty: none
  std::string help;           ///< one sentence, with the allowed values
  Values values = Values::one;
  /// Parses one value into the draft; throws UsageError with what is allowed.
  std::function<void(Draft&, const std::string&)> apply;
};

/// All keys, in the order of the reference.
std::span<const Key> study_keys();

/// The key of that name ("section.key"), or nullptr.
const Key* find_key(std::string_view name);

/// The known name that is nearest to `name` (edit distance), for suggestions.
std::string nearest_key(std::string_view name);

/// The reference of all keys as a user reads it: section, key, default, unit, help.
std::string study_reference();

}  // namespace equikoop
