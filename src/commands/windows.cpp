// SPDX-License-Identifier: BSD-3-Clause
#include "windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "equikoop/compare/all_pairs.hpp"
#include "spectrum_sets.hpp"

namespace equikoop {
namespace {

/// The analyses that are windows of training, by begin and end; those of equal delays alone.
std::vector<std::size_t> windows_of(const SpectraShape& shape) {
  std::vector<std::size_t> found;
  for (std::size_t a = 0; a < shape.analyses.size(); ++a)
    if (a == 0 || shape.analyses[a].id.starts_with("window=")) found.push_back(a);
  std::stable_sort(found.begin(), found.end(), [&](std::size_t i, std::size_t j) {
    const auto& a = shape.analyses[i];
    const auto& b = shape.analyses[j];
    return std::pair(a.window_begin, a.window_end) < std::pair(b.window_begin, b.window_end);
  });
  return found;
}

void append(WindowTables& tables, const Comparison& comparison) {
  const std::size_t n = comparison.configurations, at = tables.distance.size();
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  tables.distance.insert(tables.distance.end(), comparison.mean_distance.begin(), comparison.mean_distance.end());
  for (auto* values : {&tables.effect, &tables.margin, &tables.p_adjusted}) values->resize(at + n * n, unknown);
  tables.verdict.resize(at + n * n, -1);
  for (const PairResult& pair : comparison.pairs) {
    const auto i = static_cast<std::size_t>(pair.first), j = static_cast<std::size_t>(pair.second);
    for (const std::size_t cell : {at + i * n + j, at + j * n + i}) {
      tables.effect[cell] = pair.effect;
      tables.margin[cell] = pair.margin;
      tables.p_adjusted[cell] = pair.p_adjusted;
      tables.verdict[cell] = static_cast<std::int32_t>(pair.verdict);
    }
  }
}

/// All of `sets` against each other; on rank 0 the tables grow by one.
void compare(const Job& job, const SpectrumSet& sets, WindowTables& tables) {
  CompareScope scope;
  scope.keep_distances = scope.shuffle_control = false;
  scope.heartbeat = [&] {
    if (job.stop.requested())
      throw Interrupted(fmt::format("distances stopped by {}; resume with the same command: {}", job.stop.reason(),
                                    job.arguments.command_line));
  };
  const auto found = compare_all(job.comm, sets, job.study.compare, job.study.root_seed, scope);
  if (job.comm.is_root()) append(tables, found);
}

}  // namespace

WindowDistances window_distances(const Job& job, const SpectraArchive& archive) {
  const auto& configurations = archive.layout().configurations;
  const auto windows = windows_of(configurations.front());
  WindowDistances result;
  if (windows.size() < 2) return result;
  for (const std::size_t a : windows) {
    const auto& analysis = configurations.front().analyses[a];
    result.begin.push_back(analysis.window_begin);
    result.end.push_back(analysis.window_end);
  }
  std::vector<SpectrumSet> of_configuration(configurations.size()), in_window(windows.size());
  together(job.comm, [&] {
    for (std::size_t c = 0; c < configurations.size(); ++c) {
      const auto order = windows_of(configurations[c]);
      for (std::size_t w = 0; w < order.size(); ++w) {
        of_configuration[c].push_back(read_spectra(archive, c, order[w], job.study.compare));
        in_window[w].push_back(of_configuration[c].back());
      }
    }
  });
  for (const SpectrumSet& sets : of_configuration) compare(job, sets, result.within);
  for (const SpectrumSet& sets : in_window) compare(job, sets, result.across);
  return result;
}

}  // namespace equikoop
