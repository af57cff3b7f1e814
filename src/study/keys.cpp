// SPDX-License-Identifier: BSD-3-Clause
// The table as a whole: its order, how a name is found or guessed, and the reference of all keys.
// The entries stand in keys_training.cpp and keys_analysis.cpp.
#include "equikoop/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "key_sections.hpp"

namespace equikoop {
namespace {

std::vector<Key> all_sections() {
  std::vector<Key> table;
  for (auto& section : {keys::section_study(), keys::section_data(), keys::section_model(),
                        keys::section_training(), keys::section_record(), keys::section_koopman(),
                        keys::section_compare(), keys::section_calibrate()})
    table.insert(table.end(), section.begin(), section.end());
  return table;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Key> study_keys() {
  static const std::vector<Key> table = all_sections();
  return table;
}

const Key* find_key(std::string_view name) {
  const auto table = study_keys();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Key& key) { return key.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string nearest_key(std::string_view name) {
  const auto table = study_keys();
  // A name without (or with the wrong) section is compared by its last part as well.
  const auto last = [](std::string_view full) { return full.substr(full.find('.') + 1); };
  // Among equals the one whose section fits is meant.
  const auto distance = [&](const Key& key) {
    const std::size_t whole = edit_distance(name, key.name);
    return std::pair(std::min(whole, edit_distance(last(name), last(key.name))), whole);
  };
  return std::min_element(table.begin(), table.end(),
                          [&](const Key& a, const Key& b) { return distance(a) < distance(b); })
      ->name;
}

std::string study_reference() {
  std::string page =
      "Keys of a study file. Several values, separated by blanks, sweep a key marked *: every\n"
      "combination is a configuration. Any key can be given as --section.key=value.\n";
  std::string section;
  for (const Key& key : study_keys()) {
    const auto dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      page += fmt::format("\n[{}]\n", section);
    }
    page += fmt::format(
        "  {:<17}{} {}{}{}\n", key.name.substr(dot + 1), key.values == Values::sweep ? "*" : " ",
        key.help, key.unit.empty() ? "" : fmt::format(" [{}]", key.unit),
        key.default_value.empty() ? "" : fmt::format("; default {}", key.default_value));
  }
  return page;
}

}  // namespace equikoop
