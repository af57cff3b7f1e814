// SPDX-License-Identifier: BSD-3-Clause
// equikoop distances: all pairs of configurations into distances.h5, and the verdicts as lines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "commands.hpp"
#include "equikoop/archive/distances.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/compare/all_pairs.hpp"
#include "spectrum_sets.hpp"
#include "windows.hpp"

namespace equikoop {
namespace {

constexpr double k_most_distances = 5e8;  // numbers kept in the file, 4 GB; above: reductions only
constexpr std::size_t k_most_lines = 20;  // pairs printed

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
  add("p_adjusted", {"p after Benjamini-Hochberg", "1", ""}, &P::p_adjusted);
  add("p_smallest", {"least p possible with these seeds", "1", ""}, &P::p_smallest);
  add("margin", {"margin of equivalence", "1", ""}, &P::margin);
  add("shuffle_fraction", {"published shuffle control", "1",
                           "share of swaps that do not lower the distance: a count of ties, not a p-value"},
      &P::shuffle_fraction);
  add("shuffle_fraction_conjugate", {"shuffle control, conjugate pairs kept together", "1", ""},
      &P::shuffle_fraction_conjugate);
  add("contained_first_in_second", {"one-sided distance of the first into the second", "1", ""},
      &P::contained_first_in_second);
  add("contained_second_in_first", {"one-sided distance of the second into the first", "1", ""},
      &P::contained_second_in_first);
  add("seeds_first", {"spectra of the first configuration", "1", ""}, &P::seeds_first, true);
  add("seeds_second", {"spectra of the second configuration", "1", ""}, &P::seeds_second, true);
  PairColumn verdicts{"verdict", {"verdict", "1",
                      "0 undecided, 1 equivalent, 2 non-equivalent, 3 different but negligible"}, {}, true};
  for (const auto& pair : pairs) verdicts.values.push_back(static_cast<double>(pair.verdict));
  result.push_back(std::move(verdicts));
  return result;
}

DistancesContent content_of(const SpectraArchive& archive, Comparison comparison) {
  DistancesContent content;
  for (const auto& shape : archive.layout().configurations) content.configurations.push_back(shape.name);
  content.seeds = archive.layout().seeds;
  content.distances = std::move(comparison.distances);
  content.tables = {{"mean_distance", {"mean spectral distance", "1", "diagonal: noise floor"}, comparison.mean_distance},
                    {"standard_error", {"standard error of the mean distance", "1", "over seeds"}, comparison.standard_error}};
  content.floor = comparison.floor;
  content.pairs = columns(comparison.pairs);
  for (const auto& pair : comparison.pairs) content.verdicts.emplace_back(words({pair.verdict, pair.reason}));
  return content;
}

/// What seeds say of a pair; nothing where there are too few of them.
std::string statistics_words(const PairResult& pair) {
  if (!std::isfinite(pair.effect)) return "";
  return fmt::format(" +- {:.2g} (floor {:.4g}), effect {:.4g} [{:.4g}, {:.4g}], p {:.3g}", pair.standard_error,
                     pair.floor, pair.effect, pair.effect_low, pair.effect_high, pair.p_adjusted);
}

void print_pairs(const Log& log, const SpectraArchive& archive, const Comparison& comparison) {
  const auto name = [&](std::int32_t index) {
    return archive.layout().configurations[static_cast<std::size_t>(index)].name;
  };
  for (std::size_t i = 0; i < std::min(k_most_lines, comparison.pairs.size()); ++i) {
    const PairResult& pair = comparison.pairs[i];
    log.line("  {} | {}: distance {:.12g}{}, shuffle {:.4g}: {}", name(pair.first), name(pair.second),
             pair.mean_distance, statistics_words(pair), pair.shuffle_fraction, words({pair.verdict, pair.reason}));
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
  const auto archive = complete_spectra(job);
  const std::string path = job.path(schema::k_distances_file);
  if (up_to_date(job, path, archive.file().header.identity)) {
    job.log.line("distances: {} is up to date", path);
    return;
  }
  SpectrumSet set;
  together(job.comm, [&] { set = read_spectra(archive, job.study.compare); });

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
  progress.finish();
  const auto timed = phases.scope("archive");
  if (job.comm.is_root()) print_pairs(job.log, archive, comparison);
  const std::size_t pairs = comparison.pairs.size();
  DistancesContent content;
  if (job.comm.is_root()) content = content_of(archive, std::move(comparison));
  content.windows = std::move(windows);
  write_distances(job.comm, path, job.study, job.provenance, archive.file().header.identity, content);
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    const auto file = h5::open_file(path, true);
    RunRow(file.get(), "distances", job.comm.size(), job.nodes, job.hosts).finish(file.get(), static_cast<int>(pairs));
  });
  job.log.line("distances: {} pairs written to {}", pairs, path);
}

}  // namespace equikoop
