// SPDX-License-Identifier: BSD-3-Clause
#include "analyses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "equikoop/base/timer.hpp"
#include "equikoop/koopman/kernel.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "shapes.hpp"

namespace equikoop {
namespace {

constexpr double k_usable_memory = 0.8;  // share of what is available that one stage may take

std::string window_name(const Window& window) {
  return fmt::format("window={}:{}", window.begin, window.end);
}

std::string rank_words(const KoopmanOptions& koopman) {
  static constexpr std::array rules{"number", "energy", "gavish_donoho", "full"};
  return rules[static_cast<std::size_t>(koopman.rank_rule)];
}

/// A point of the robustness grid; multiples of the study's delays and rank.
std::string grid_name(double delays, double rank, const Window& window) {
  return fmt::format("delays={}x,rank={}x,window={}:{}", delays, rank, window.begin, window.end);
}

/// The main analysis, the further windows, then the rest of the grid: delays × ranks × windows.
std::vector<AnalysisShape> analyses_of(const KoopmanOptions& koopman, int delays) {
  std::vector<AnalysisShape> all;
  const auto add = [&](const std::string& id, double delays_factor, double rank_factor, const Window& window) {
    const int scaled = std::max(delays > 0 ? 1 : 0, static_cast<int>(std::lround(delays_factor * delays)));
    all.push_back({id, scaled, window.begin, window.end, "", rank_words(koopman), delays_factor, rank_factor});
  };
  for (const Window& window : koopman.windows) add(all.empty() ? "" : window_name(window), 1, 1, window);
  for (const double by : koopman.grid_delays)
    for (const Window& window : koopman.windows)
      for (const double rank : koopman.grid_ranks)
        if (by != 1 || rank != 1) add(grid_name(by, rank, window), by, rank, window);
  return all;
}

void check_window(const std::string& name, const AnalysisShape& analysis, std::size_t times) {
  const std::size_t inside = snapshot_range(analysis, times).size();
  const auto needed = static_cast<std::size_t>(analysis.delays) + 2;
  if (inside < needed)
    throw UsageError(fmt::format(
        "configuration {}: {} delays need at least {} snapshots, the window {}:{} has {}; lower koopman.delays, "
        "record more often, or train longer", name, analysis.delays, needed, analysis.window_begin,
        analysis.window_end, inside));
}

/// Of the main analysis, all features on one rank.
DelayShape delay_shape(const SpectraShape& shape) {
  const auto blocks = static_cast<std::size_t>(shape.analyses.front().delays) + 1;
  return {blocks, shape.initials, shape.snapshots, shape.features, shape.features, 0};
}

}  // namespace

Range snapshot_range(const AnalysisShape& analysis, std::size_t times) {
  const auto at = [&](double share) {
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(times)));
  };
  return {at(analysis.window_begin), at(analysis.window_end)};
}

SpectraLayout spectra_layout(const Study& study, const TrajectoryLayout& trajectories, const Log& log) {
  std::vector<std::size_t> features;
  std::size_t snapshots = 0;
  for (const auto& shape : trajectories.configurations) {
    features.push_back(shape.features);
    snapshots = std::max(snapshots, shape.time.size() * trajectories.initials);
  }
  const auto delays = delays_of(study.koopman, features);
  double widest = 1;
  for (const double factor : study.koopman.grid_ranks) widest = std::max(widest, factor);
  const double modes = std::ceil(widest * static_cast<double>(most_modes(study.koopman, features, delays, snapshots)));
  SpectraLayout layout{trajectories.seeds, static_cast<std::size_t>(modes), study.koopman.pseudospectrum, {}};
  layout.reduced = study.koopman.kernel == Kernel::none;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto& from = trajectories.configurations[i];
    SpectraShape shape{from.name, from.parameters, from.features, from.time.size(), from.clock, {},
                       trajectories.initials};
    shape.analyses = analyses_of(study.koopman, delays[i]);
    for (const auto& analysis : shape.analyses) check_window(from.name, analysis, from.time.size());
    const DelayShape rows = delay_shape(shape);
    const auto choice = study.koopman.kernel != Kernel::none
                            ? choose_kernel_method(rows, study.koopman.method, layout.modes)
                            : choose_method(rows, request_for(study.koopman, rows), 1);
    for (auto& analysis : shape.analyses) analysis.method = to_string(choice.method);
    log.line("spectra: {}: {} features, {} delays, {} ({})", from.name, from.features, delays[i],
             to_string(choice.method), choice.why);
    layout.configurations.push_back(std::move(shape));
  }
  return layout;
}

double spectrum_cost(const SpectraShape& shape) {
  return static_cast<double>(shape.features) * (shape.analyses.front().delays + 1) *
         static_cast<double>(shape.snapshots);
}

double factorisation_count(const SpectraShape& shape) {
  double total = 0;
  std::set<std::tuple<int, double, double>> counted;
  const double main = shape.analyses.front().window_end - shape.analyses.front().window_begin;
  for (const auto& a : shape.analyses)
    if (counted.insert({a.delays, a.window_begin, a.window_end}).second)
      total += a.delays_factor * (a.window_end - a.window_begin) / main;
  return total;
}

double spectrum_memory(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks) {
  const DelayShape delayed = delay_shape(shape);
  const double raw = (precision == Precision::float32 ? 4.0 : 8.0) *
                     static_cast<double>(shape.initials * shape.snapshots * shape.features);
  if (options.kernel != Kernel::none)
    return raw / ranks + kernel_memory(delayed, static_cast<std::size_t>(options.rank), ranks);
  return raw / ranks + factorisation_memory(delayed, request_for(options, delayed), ranks);
}

int ranks_per_ensemble(const Comm& comm, const KoopmanOptions& options, Precision precision,
                       const SpectraLayout& layout, std::size_t ensembles) {
  const Comm node = comm.split_node();
  const double available = comm.min(available_memory() / node.size());
  double most = 0;
  for (const auto& shape : layout.configurations)
    most = std::max(most, spectrum_memory(options, precision, shape, 1));
  const int for_memory = available > 0 ? static_cast<int>(std::ceil(most / (k_usable_memory * available))) : 1;
  const int for_speed = comm.size() / static_cast<int>(std::min<std::size_t>(ensembles, static_cast<std::size_t>(comm.size())));
  return std::clamp(std::max(for_memory, for_speed), 1, comm.size());
}

}  // namespace equikoop
