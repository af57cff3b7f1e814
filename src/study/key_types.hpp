// SPDX-License-Identifier: BSD-3-Clause
// How the text of a value becomes a number, a choice or a list; internal to the table of keys.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "equikoop/study/keys.hpp"

namespace equikoop {

/// Inclusive bounds of a number; `open_low` leaves the lower one out.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;
};

/// Throws UsageError "WHAT = TEXT: ..." unless `text` is a finite number within `bounds`.
double parse_number(const std::string& what, const std::string& text, const Bounds& bounds);
/// The same for whole numbers.
std::int64_t parse_integer(const std::string& what, const std::string& text, std::int64_t low,
                           std::int64_t high);
bool parse_flag(const std::string& what, const std::string& text);
/// The index of `text` in `words`; throws UsageError listing them.
std::size_t parse_choice(const std::string& what, const std::string& text,
                         const std::vector<std::string>& words);
std::vector<std::string> split(const std::string& text, char separator);
/// Words separated by blanks.
std::vector<std::string> words_of(const std::string& text);

}  // namespace equikoop
