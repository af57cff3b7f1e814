// SPDX-License-Identifier: BSD-3-Clause
// equikoop distances: all pairs of configurations into distances.h5, and the verdicts as lines.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "commands.hpp"
#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/compare/all_pairs.hpp"
#include "grid.hpp"
#include "spectrum_sets.hpp"
#include "windows.hpp"

namespace equikoop {
namespace {

constexpr double k_most_distances = 5e8;  // numbers kept in the file, 4 GB; above: reductions only
constexpr std::size_t k_most_lines = 20;  // pairs printed

void add_containment(std::vector<PairColumn>& columns, const std::vector<PairResult>& pairs) {
  using Side = OneSidedResult PairResult::*;
  const auto add = [&](const std::string& name, Side side, auto member, const char* words, bool integer = false) {
    PairColumn column{name, {words, "1", ""}, {}, integer};
    for (const auto& pair : pairs) column.values.push_back(static_cast<double>((pair.*side).*member));
    columns.push_back(std::move(column));
  };
  using S = OneSidedResult;
  for (const auto& [name, side] : {std::pair<std::string, Side>{"first_in_second", &PairResult::first_in_second},
                                   {"second_in_first", &PairResult::second_in_first}}) {
    add("contained_" + name, side, &S::distance, "one-sided distance");
    add("excess_" + name, side, &S::excess, "one-sided distance over that between the own seeds");
    add("excess_high_" + name, side, &S::excess_high, "upper bound of the excess at level alpha");
    add("margin_" + name, side, &S::margin, "margin of containment");
    add("p_" + name, side, &S::p_value, "p of excess = 0");
    add("p_adjusted_" + name, side, &S::p_adjusted, "p of excess = 0, adjusted");
    add("verdict_" + name, side, &S::verdict,
        "0 undecided, 1 contained, 2 not contained, 3 not contained but negligible", true);
  }
  PairColumn both{"containment", {"which spectrum is contained in which", "1",
                                  "0 open, 1 first in second alone, 2 second in first alone, 3 both"}, {}, true};
  for (const auto& pair : pairs) both.values.push_back(static_cast<double>(pair.containment));
  columns.push_back(std::move(both));
}

std::vector<PairColumn> columns(const std::vector<PairResult>& pairs) {
  std::vector<PairColumn> result;
  const auto add = [&](const char* name, h5::Description description, auto member, bool integer = false) {
    PairColumn column{name, std::move(description), {}, integer};
    for (const auto& pair : pairs) column.values.push_back(static_cast<double>(pair.*member));
    result.push_back(std::move(column));
  };
  using P = PairResult;
  add("first", {"index of the first configuration", "1", ""}, &P::first, true);
  add("second", {"index of the second configuration", "1", ""}, &P::second, true);
  add("mean_distance", {"mean spectral distance", "1", "over equal seeds if paired, else over all"}, &P::mean_distance);
  add("standard_error", {"standard error of the mean distance", "1", "over seeds"}, &P::standard_error);
  add("floor", {"noise floor", "1", "mean of the floors of the two configurations"}, &P::floor);
  add("effect", {"energy statistic", "1", "2 mean W(a,b) - mean W(a,a') - mean W(b,b')"}, &P::effect);
  add("effect_low", {"lower end of the effect's interval", "1", ""}, &P::effect_low);
  add("effect_high", {"upper end of the effect's interval", "1", ""}, &P::effect_high);
  add("p_value", {"p of the permutation test", "1", ""}, &P::p_value);
  add("p_adjusted", {"p adjusted over all pairs", "1", "compare.adjust"}, &P::p_adjusted);
  add("p_smallest", {"least p possible with these seeds", "1", ""}, &P::p_smallest);
  add("margin", {"margin of equivalence", "1", ""}, &P::margin);
  add("shuffle_fraction", {"published shuffle control", "1",
                           "share of swaps that do not lower the distance: a count of ties, not a p-value"},
      &P::shuffle_fraction);
  add("shuffle_fraction_conjugate", {"shuffle control, conjugate pairs kept together", "1", ""},
      &P::shuffle_fraction_conjugate);
  add("seeds_first", {"spectra of the first configuration", "1", ""}, &P::seeds_first, true);
  add("seeds_second", {"spectra of the second configuration", "1", ""}, &P::seeds_second, true);
  add_containment(result, pairs);
  PairColumn verdicts{"verdict", {"verdict", "1",
                      "0 undecided, 1 equivalent, 2 non-equivalent, 3 different but negligible"}, {}, true};
  for (const auto& pair : pairs) verdicts.values.push_back(static_cast<double>(pair.verdict));
  result.push_back(std::move(verdicts));
  return result;
}

/// Median residual of all eigenvalues of each configuration; NaN without any.
std::vector<double> median_residuals(const SpectraArchive& archive) {
  std::vector<double> medians;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c) {
    std::vector<double> all;
    for (const auto& row : archive.read_rows(c, 0))
      for (std::size_t i = 0; i < row.eigenvalues.size(); ++i)
        if (const double r = judged_residual(row, i); std::isfinite(r)) all.push_back(r);
    std::sort(all.begin(), all.end());
    medians.push_back(all.empty() ? std::numeric_limits<double>::quiet_NaN() : all[all.size() / 2]);
  }
  return medians;
}

void add_residuals(std::vector<PairColumn>& columns, const std::vector<PairResult>& pairs,
                   const std::vector<double>& medians) {
  const h5::Description words{"median residual of the configuration's eigenvalues", "1",
                              "held out where there is one"};
  PairColumn first{"residual_first", words, {}}, second{"residual_second", words, {}};
  for (const auto& pair : pairs) {
    first.values.push_back(medians[static_cast<std::size_t>(pair.first)]);
    second.values.push_back(medians[static_cast<std::size_t>(pair.second)]);
  }
  columns.push_back(std::move(first));
  columns.push_back(std::move(second));
}

/// (configuration, seed) eigenvalues that the comparison leaves out; says how many. Empty: no limit.
std::vector<std::int32_t> leave_out(const Job& job, const SpectraArchive& archive) {
  const CompareOptions& options = job.study.compare;
  std::vector<std::int32_t> counts;
  if (options.weights == Weights::residual) job.log.line("distances: eigenvalues weigh 1/(1 + residual in sample)");
  if (options.weights == Weights::amplitude) job.log.line("distances: eigenvalues weigh their amplitudes");
  if (!(options.max_residual > 0)) return counts;
  std::int64_t gone = 0, all = 0;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    for (const auto& row : archive.read_rows(c, 0)) {
      counts.push_back(left_out(row, options));
      gone += counts.back();
      all += row.rank;
    }
  job.log.line("distances: {} of {} eigenvalues have a residual above {} and are left out", gone, all,
               options.max_residual);
  return counts;
}

DistancesContent content_of(const SpectraArchive& archive, Comparison comparison, const std::vector<GridResult>& grid) {
  DistancesContent content;
  for (const auto& shape : archive.layout().configurations) content.configurations.push_back(shape.name);
  content.seeds = archive.layout().seeds;
  content.distances = std::move(comparison.distances);
  content.tables = {{"mean_distance", {"mean spectral distance", "1", "diagonal: noise floor"}, comparison.mean_distance},
                    {"standard_error", {"standard error of the mean distance", "1", "over seeds"}, comparison.standard_error}};
  content.floor = comparison.floor;
  content.pairs = columns(comparison.pairs);
  add_residuals(content.pairs, comparison.pairs, median_residuals(archive));
  if (!grid.empty())
    for (auto& column : grid_columns(grid, comparison.pairs)) content.pairs.push_back(std::move(column));
  content.robustness = robustness_table(archive, grid);
  for (const auto& pair : comparison.pairs) content.verdicts.emplace_back(words({pair.verdict, pair.reason}));
  return content;
}

/// What seeds say of a pair; nothing where there are too few of them.
std::string statistics_words(const PairResult& pair) {
  if (!std::isfinite(pair.effect)) return "";
  return fmt::format(" +- {:.2g} (floor {:.4g}), effect {:.4g} [{:.4g}, {:.4g}], p {:.3g}", pair.standard_error,
                     pair.floor, pair.effect, pair.effect_low, pair.effect_high, pair.p_adjusted);
}

void print_pairs(const Log& log, const SpectraArchive& archive, const Comparison& comparison,
                 const std::vector<GridResult>& grid) {
  const auto name = [&](std::int32_t index) {
    return archive.layout().configurations[static_cast<std::size_t>(index)].name;
  };
  const auto residuals = median_residuals(archive);
  const auto residual = [&](std::int32_t index) { return residuals[static_cast<std::size_t>(index)]; };
  for (std::size_t i = 0; i < std::min(k_most_lines, comparison.pairs.size()); ++i) {
    const PairResult& pair = comparison.pairs[i];
    const double share = agreement(grid, comparison.pairs, i);
    const std::string robust = std::isnan(share) ? "" : fmt::format(
        ", same verdict at {:.0f} % of {} other analyses", 100 * share, grid.size());
    log.line("  {} | {}: distance {:.12g}{}, residuals {:.2g} | {:.2g}, shuffle {:.4g}: {}{}", name(pair.first),
             name(pair.second), pair.mean_distance, statistics_words(pair), residual(pair.first),
             residual(pair.second), pair.shuffle_fraction, words({pair.verdict, pair.reason}), robust);
    if (pair.containment == Containment::first_in_second || pair.containment == Containment::second_in_first) {
      const bool first = pair.containment == Containment::first_in_second;
      log.line("    the spectrum of {} is contained in that of {}", name(first ? pair.first : pair.second),
               name(first ? pair.second : pair.first));
    }
  }
  if (comparison.pairs.size() > k_most_lines)
    log.line("  ... and {} more pairs in distances.h5", comparison.pairs.size() - k_most_lines);
}

/// Whether the file there already holds what would be computed. Collective.
bool up_to_date(const Job& job, const std::string& path, const std::string& source) {
  int current = 0;
  together(job.comm, [&] {
    if (!job.comm.is_root() || job.arguments.force || !std::filesystem::exists(path)) return;
    const auto header = read_header(h5::open_file(path, false).get(), path, schema::k_distances_type);
    current = header.source == source && header.study_resolved == job.study.resolved ? 1 : 0;
  });
  job.comm.broadcast(std::span(&current, 1));
  return current == 1;
}

SpectraArchive complete_spectra(const Job& job) {
  const std::string path = job.path(schema::k_spectra_file);
  require_file(job, path, "spectra");
  auto archive = SpectraArchive::read(job.comm, path);
  together(job.comm, [&] {
    check_same_study(archive.file().header, path, job.study,
                     {"study", "data", "model", "training", "record", "koopman"});
    if (archive.complete_count() < archive.row_count())
      throw Error(fmt::format("{} is incomplete: {} of {} spectra. Resume with: {}", path,
                              archive.complete_count(), archive.row_count(),
                              stage_command(job.arguments, "spectra")));
  });
  return archive;
}

}  // namespace

void distances(Job& job, PhaseTable& phases) {
  const auto began = std::chrono::steady_clock::now();
  const auto archive = complete_spectra(job);
  const std::string path = job.path(schema::k_distances_file);
  if (up_to_date(job, path, archive.file().header.identity)) {
    job.log.line("distances: {} is up to date", path);
    return;
  }
  SpectrumSet set;
  std::vector<std::int32_t> filtered;
  together(job.comm, [&] {
    set = read_spectra(archive, job.study.compare);
    filtered = leave_out(job, archive);
  });

  const double configurations = static_cast<double>(set.size());
  const double seeds = static_cast<double>(archive.layout().seeds);
  Progress progress(job.log, "distances", configurations * (configurations - 1) / 2, "pairs");
  CompareScope scope;
  scope.keep_distances = configurations * configurations * seeds * seeds <= k_most_distances;
  scope.progress = [&](std::size_t done, std::size_t) {
    progress.update(static_cast<double>(done));
  };
  scope.heartbeat = [&] {
    if (job.stop.requested()) throw Interrupted(fmt::format("distances stopped by {}; resume with the same command: {}", job.stop.reason(),
                                    job.arguments.command_line));
  };
  Comparison comparison = [&] {
    const auto timed = phases.scope("compare");
    return compare_all(job.comm, set, job.study.compare, job.study.root_seed, scope);
  }();
  WindowDistances windows = [&] {
    const auto timed = phases.scope("compare");
    return window_distances(job, archive);
  }();
  const auto points = grid_points(job, archive);
  const auto grid = [&] {
    const auto timed = phases.scope("robustness");
    return compare_grid(job, archive, points);
  }();
  progress.finish();
  const auto timed = phases.scope("archive");
  if (job.comm.is_root()) print_pairs(job.log, archive, comparison, grid);
  const std::size_t pairs = comparison.pairs.size();
  DistancesContent content;
  if (job.comm.is_root()) content = content_of(archive, std::move(comparison), grid);
  content.windows = std::move(windows);
  content.left_out = std::move(filtered);
  write_distances(job.comm, path, job.study, job.provenance, archive.file().header.identity, content);
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    const auto file = h5::open_file(path, true);
    RunRow(file.get(), "distances", job.comm.size(), job.nodes, job.hosts,
           std::chrono::steady_clock::now() - began).finish(file.get(), static_cast<int>(pairs));
  });
  job.log.line("distances: {} pairs written to {}", pairs, path);
}

}  // namespace equikoop
