// SPDX-License-Identifier: BSD-3-Clause
// How the programs of the bench take time and say what they measured: one JSON object a line on
// standard output, read by figures.py. They judge nothing.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace equikoop::bench {

/// Seconds that `work` takes.
template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Prints {"name", "unit", "values"}: samples of one quantity, each from its own measurement.
inline void print_series(const std::string& name, const std::string& unit,
                         const std::vector<double>& values) {
  std::printf(R"({"name": "%s", "unit": "%s", "values": [)", name.c_str(), unit.c_str());
  for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.9g", i > 0 ? ", " : "", values[i]);
  std::printf("]}\n");
  std::fflush(stdout);
}

/// Prints {"check", "error", "bound"}: what was timed agrees with an independent evaluation if
/// `error` is at most `bound` (a NaN never is).
inline void print_check(const std::string& what, double error, double bound) {
  const bool finite = error - error == 0.0;
  std::printf(finite ? R"({"check": "%s", "error": %.3g, "bound": %.3g})" "\n"
                     : R"({"check": "%s", "error": 1e999, "bound": %.3g})" "\n",
              what.c_str(), finite ? error : bound, bound);
  std::fflush(stdout);
}

}  // namespace equikoop::bench
