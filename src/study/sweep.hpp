// SPDX-License-Identifier: BSD-3-Clause
// From swept keys to configurations: Cartesian products of axes, an axis being one key or several
// zipped ones. Internal to the study module.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace equikoop {

/// The values of every key that the study gives, in the order of the reference.
using KeyValues = std::map<std::string, std::vector<std::string>>;

/// Keys that move together, with their values side by side: values[i] belongs to keys[i].
struct Axis {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> values;
  std::size_t size() const { return values.front().size(); }
};

/// The axes of the study: keys with several values, zipped as `zip` says.
/// Throws UsageError where a zipped key is unknown, named twice, or of another length.
std::vector<Axis> sweep_axes(const KeyValues& values, const std::string& zip);

/// One point: the swept keys with their values, in order of the axes.
using Point = std::vector<std::pair<std::string, std::string>>;

/// Every point of the product, the last axis running fastest. Throws UsageError above 100,000.
std::vector<Point> sweep_points(const std::vector<Axis>& axes);

}  // namespace equikoop
