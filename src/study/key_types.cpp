// SPDX-License-Identifier: BSD-3-Clause
#include "key_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

template <class T>
bool parse_whole(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end;
}

std::string allowed(const Bounds& bounds) {
  if (std::isinf(bounds.high))
    return fmt::format("a number {} {}", bounds.open_low ? "above" : "of at least", bounds.low);
  return fmt::format("a number {} {} and at most {}", bounds.open_low ? "above" : "of at least",
                     bounds.low, bounds.high);
}

}  // namespace

double parse_number(const std::string& what, const std::string& text, const Bounds& bounds) {
  double value = 0;
  const bool good = parse_whole(text, value) && std::isfinite(value) && value <= bounds.high &&
                    (bounds.open_low ? value > bounds.low : value >= bounds.low);
  if (!good) throw UsageError(fmt::format("{} = {}: give {}", what, text, allowed(bounds)));
  return value;
}

std::int64_t parse_integer(const std::string& what, const std::string& text, std::int64_t low,
                           std::int64_t high) {
  std::int64_t value = 0;
  if (!parse_whole(text, value) || value < low || value > high)
    throw UsageError(
        fmt::format("{} = {}: give a whole number from {} to {}", what, text, low, high));
  return value;
}

bool parse_flag(const std::string& what, const std::string& text) {
  return parse_choice(what, text, {"off", "on", "false", "true", "no", "yes"}) % 2 == 1;
}

std::size_t parse_choice(const std::string& what, const std::string& text,
                         const std::vector<std::string>& words) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end())
    throw UsageError(
        fmt::format("{} = {}: give one of {}", what, text, fmt::join(words, ", ")));
  return static_cast<std::size_t>(found - words.begin());
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::stringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace equikoop
