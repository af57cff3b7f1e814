// SPDX-License-Identifier: BSD-3-Clause
#include "sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "equikoop/base/error.hpp"
#include "equikoop/study/keys.hpp"
#include "key_types.hpp"

namespace equikoop {
namespace {

constexpr double k_most_configurations = 100'000;

/// "learning_rate" or "training.learning_rate" as the full name of a swept key.
std::string swept_key(const std::string& word, const KeyValues& values) {
  std::vector<std::string> matches;
  for (const auto& [key, list] : values)
    if (key == word || key.substr(key.find('.') + 1) == word) matches.push_back(key);
  if (matches.size() != 1)
    throw UsageError(fmt::format("study.zip names '{}', which the study does not set", word));
  return matches.front();
}

Axis zipped_axis(const std::string& group, const KeyValues& values, std::set<std::string>& used) {
  Axis axis;
  for (const auto& word : words_of(group)) {
    const std::string key = swept_key(word, values);
    if (!used.insert(key).second)
      throw UsageError(fmt::format("study.zip names '{}' twice", word));
    axis.keys.push_back(key);
    axis.values.push_back(values.at(key));
    if (axis.values.back().size() != axis.values.front().size())
      throw UsageError(fmt::format(
          "study.zip runs {} ({} values) beside {} ({} values): give them the same number",
          axis.keys.front(), axis.values.front().size(), key, axis.values.back().size()));
  }
  if (axis.keys.empty()) throw UsageError("study.zip is empty: name the keys that run side by side");
  return axis;
}

}  // namespace

std::vector<Axis> sweep_axes(const KeyValues& values, const std::string& zip) {
  std::set<std::string> used;
  std::vector<Axis> zipped;
  for (const auto& group : split(zip, ',')) zipped.push_back(zipped_axis(group, values, used));

  std::vector<Axis> axes;
  for (const Key& key : study_keys()) {
    const auto found = values.find(key.name);
    if (found == values.end()) continue;
    for (const Axis& axis : zipped)
      if (axis.keys.front() == key.name) axes.push_back(axis);
    if (!used.contains(key.name) && key.values == Values::sweep && found->second.size() > 1)
      axes.push_back({{key.name}, {found->second}});
  }
  return axes;
}

std::vector<Point> sweep_points(const std::vector<Axis>& axes) {
  double total = 1;
  for (const Axis& axis : axes) total *= static_cast<double>(axis.size());
  if (total > k_most_configurations)
    throw UsageError(fmt::format("the sweep asks for {:.0f} configurations; at most {:.0f} fit a study",
                                 total, k_most_configurations));
  std::vector<Point> points{{}};
  for (const Axis& axis : axes) {
    std::vector<Point> longer;
    for (const Point& point : points)
      for (std::size_t i = 0; i < axis.size(); ++i) {
        longer.push_back(point);
        for (std::size_t k = 0; k < axis.keys.size(); ++k)
          longer.back().emplace_back(axis.keys[k], axis.values[k][i]);
      }
    points = std::move(longer);
  }
  return points;
}

}  // namespace equikoop
