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
constexpr double k_mebibyte = 1048576.0;
/// Of trajectories that are not held, an eighth at a time and at most so much: of a wide ensemble, tens
/// of kilobytes of each snapshot.
constexpr double k_piece_share = 0.125, k_piece_bytes = 512 * k_mebibyte;

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

/// The analyses that need a factorisation of their own: those of equal delays and window share one.
std::vector<AnalysisShape> factorised(const SpectraShape& shape) {
  std::vector<AnalysisShape> found;
  std::set<std::tuple<int, double, double>> counted;
  for (const auto& a : shape.analyses)
    if (counted.insert({a.delays, a.window_begin, a.window_end}).second) found.push_back(a);
  return found;
}

/// Of the trajectories of one ensemble.
double raw_bytes(Precision precision, const SpectraShape& shape) {
  return bytes_of(precision) * static_cast<double>(shape.initials * shape.snapshots * shape.features);
}

FactoriseRequest request_of(const KoopmanOptions& options, const SpectraShape& shape) {
  FactoriseRequest request = request_for(options, delay_shape(shape));
  request.streamed = shape.streamed;
  return request;
}

/// Whether ranks that share an ensemble have too little room for its trajectories.
bool exceeds(const KoopmanOptions& options, Precision precision, SpectraShape shape, int ranks, double room) {
  if (options.kernel != Kernel::none) return false;  // which needs them in memory
  shape.streamed = false;
  if (options.memory > 0) return raw_bytes(precision, shape) / ranks > k_mebibyte * options.memory;
  return room > 0 && spectrum_memory(options, precision, shape, ranks) > room;
}

/// Marks the ensembles whose trajectories are not held. Where koopman.memory does not say it, they first
/// take as many ranks as there are.
void choose_streams(const KoopmanOptions& options, Precision precision, const Room& room, SpectraLayout& layout) {
  for (auto& shape : layout.configurations) shape.streamed = exceeds(options, precision, shape, 1, 0);
  const std::size_t ensembles = layout.seeds * layout.configurations.size();
  const int group = ranks_per_ensemble(options, precision, layout, room, ensembles);
  for (auto& shape : layout.configurations) shape.streamed = exceeds(options, precision, shape, group, room.bytes);
}

void choose_ways(const Study& study, SpectraLayout& layout, const Log& log) {
  for (auto& shape : layout.configurations) {
    const DelayShape rows = delay_shape(shape);
    const auto choice = study.koopman.kernel != Kernel::none
                            ? choose_kernel_method(rows, study.koopman.method, layout.modes)
                            : choose_method(rows, request_of(study.koopman, shape), 1);
    for (auto& analysis : shape.analyses) analysis.method = to_string(choice.method);
    log.line("spectra: {}: {} features, {} delays, {} ({}){}", shape.name, shape.features,
             shape.analyses.front().delays, to_string(choice.method), choice.why,
             shape.streamed ? ", trajectories read in pieces at every pass" : "");
  }
}

}  // namespace

Room room_of(const Comm& comm) {
  const Comm node = comm.split_node();
  return {comm.size(), k_usable_memory * comm.min(available_memory() / node.size())};
}

Range snapshot_range(const AnalysisShape& analysis, std::size_t times) {
  const auto at = [&](double share) {
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(times)));
  };
  return {at(analysis.window_begin), at(analysis.window_end)};
}

SpectraLayout spectra_layout(const Study& study, const TrajectoryLayout& trajectories, const Room& room,
                             const Log& log) {
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
  layout.solver_residuals = !layout.reduced;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto& from = trajectories.configurations[i];
    SpectraShape shape{from.name, from.parameters, from.features, from.time.size(), from.clock, {},
                       trajectories.initials};
    shape.analyses = analyses_of(study.koopman, delays[i]);
    for (const auto& analysis : shape.analyses) check_window(from.name, analysis, from.time.size());
    layout.configurations.push_back(std::move(shape));
  }
  choose_streams(study.koopman, trajectories.precision, room, layout);
  choose_ways(study, layout, log);
  return layout;
}

double spectrum_cost(const SpectraShape& shape) {
  return static_cast<double>(shape.features) * (shape.analyses.front().delays + 1) *
         static_cast<double>(shape.snapshots);
}

double factorisation_count(const SpectraShape& shape) {
  double total = 0;
  const double main = shape.analyses.front().window_end - shape.analyses.front().window_begin;
  for (const auto& a : factorised(shape)) total += a.delays_factor * (a.window_end - a.window_begin) / main;
  return total;
}

Method method_of(const KoopmanOptions& options, const SpectraShape& shape) {
  return choose_method(delay_shape(shape), request_of(options, shape), 1).method;
}

double times_as_long(const KoopmanOptions& options, const SpectraShape& whole, SpectraShape tried) {
  tried.streamed = false;
  KoopmanOptions same = options;
  same.method = method_of(options, whole);
  return expected_seconds(delay_shape(whole), request_of(same, whole), 1) /
         expected_seconds(delay_shape(tried), request_of(same, tried), 1);
}

double piece_bytes(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks) {
  const double share = raw_bytes(precision, shape) / ranks;
  return options.memory > 0 ? std::min(share, k_mebibyte * options.memory) : std::min(k_piece_share * share, k_piece_bytes);
}

double spectrum_memory(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks) {
  const DelayShape delayed = delay_shape(shape);
  const double share = raw_bytes(precision, shape) / ranks;
  if (options.kernel != Kernel::none)
    return share + kernel_memory(delayed, static_cast<std::size_t>(options.rank), ranks);
  const double held = shape.streamed ? piece_bytes(options, precision, shape, ranks) : share;
  return factorisation_memory(delayed, request_of(options, shape), ranks, held);
}

double spectrum_reads(const KoopmanOptions& options, Precision precision, const SpectraShape& shape, int ranks) {
  const double raw = raw_bytes(precision, shape);
  if (!shape.streamed) return raw;
  const double passes = factorisation_passes(delay_shape(shape), request_of(options, shape), ranks);
  double windows = 0;
  for (const auto& a : factorised(shape)) windows += a.window_end - a.window_begin;
  return raw * (1 + passes * windows);  // one to find what is not finite
}

int ranks_per_ensemble(const KoopmanOptions& options, Precision precision, const SpectraLayout& layout,
                       const Room& room, std::size_t ensembles) {
  double most = 0;
  for (const auto& shape : layout.configurations)
    most = std::max(most, spectrum_memory(options, precision, shape, 1));
  const int for_memory = room.bytes > 0 ? static_cast<int>(std::ceil(most / room.bytes)) : 1;
  const int for_speed = room.ranks / static_cast<int>(std::min<std::size_t>(ensembles, static_cast<std::size_t>(room.ranks)));
  return std::clamp(std::max(for_memory, for_speed), 1, room.ranks);
}

}  // namespace equikoop
