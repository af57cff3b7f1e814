// SPDX-License-Identifier: BSD-3-Clause
// equikoop plan: what a study will cost, before anything is spent. Times come from a few seconds of
// the real work on this machine, bytes and memory from the shapes of what will be held.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyses.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/schedule.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "pilot.hpp"
#include "shapes.hpp"

namespace equikoop {
namespace {

constexpr double k_looks = 36;  // at the counter in a spectrum: between the products of a Lanczos cycle

struct Totals {
  double networks = 0, flops = 0, train = 0, trajectory_bytes = 0, train_bytes = 0, spectra_bytes = 0,
         read_bytes = 0;
};

/// The units of a stage on `ranks` ranks, which take them from the counter, the costly ones first.
Schedule schedule_of(std::vector<TimedUnit> units, int ranks) {
  std::stable_sort(units.begin(), units.end(),
                   [](const TimedUnit& a, const TimedUnit& b) { return a.seconds > b.seconds; });
  return simulate_counter(units, ranks);
}

/// Spectra: where ranks are more than ensembles, groups of them share one.
Schedule schedule_spectra(std::vector<TimedUnit> units, int ranks) {
  const int group = std::max(1, ranks / static_cast<int>(std::min<std::size_t>(units.size(), static_cast<std::size_t>(ranks))));
  for (TimedUnit& unit : units) unit.seconds /= group;
  Schedule schedule = schedule_of(std::move(units), ranks / group);
  const int busy = ranks / group * group;  // ranks in no group wait
  schedule.efficiency *= static_cast<double>(busy) / ranks;
  return schedule;
}

/// A limit for the queue: the expected time and half of it, rounded up to minutes, at least ten.
int limit_minutes(double seconds) {
  constexpr double k_margin = 1.5;
  constexpr int k_least = 10;
  return std::max(k_least, static_cast<int>(std::ceil(k_margin * seconds / 60)));
}

/// The line that submits the study to Slurm with what was planned.
std::string submit_line(const Job& job, int ranks, double train, double spectra) {
  std::string line = fmt::format("jobs/submit.sh {} --train-ranks {} --train-time {} --spectra-ranks {} --spectra-time {}",
                                 shell_word(job.arguments.target), ranks, limit_minutes(train), ranks,
                                 limit_minutes(spectra));
  if (!job.arguments.out.empty()) line += fmt::format(" --out {}", shell_word(job.arguments.out));
  for (const auto& [key, value] : job.arguments.overrides)
    line += fmt::format(" {}", shell_word(fmt::format("--{}={}", key, value)));
  return line;
}

}  // namespace

void plan(Job& job) {
  const auto shapes = data_shapes(job.study, job.search);
  const auto trajectories = trajectory_layout(job.study, shapes);
  const int ranks = job.arguments.ranks;
  const Room room{ranks, room_of(job.comm).bytes};
  const auto spectra_shapes = spectra_layout(job.study, trajectories, room, Log(false));
  const int sharing = ranks_per_ensemble(job.study.koopman, job.study.precision, spectra_shapes, room,
                                         trajectories.seeds * shapes.size());
  const bool network = job.study.configurations.front().model.kind == ModelKind::network;
  const double element = job.study.precision == Precision::float32 ? 4 : 8;
  std::vector<double> costs;
  for (std::size_t c = 0; c < shapes.size(); ++c) costs.push_back(step_cost(job.study.configurations[c], shapes[c]));
  const Pilot pilot = run_pilot(job, shapes, spectra_shapes, costs);

  Totals totals;
  std::vector<TimedUnit> train_units;
  std::vector<TimedUnit> spectra_units;
  const double ensembles = static_cast<double>(trajectories.seeds);
  const double initials = static_cast<double>(trajectories.initials);
  for (std::size_t c = 0; c < shapes.size(); ++c) {
    const Configuration& configuration = job.study.configurations[c];
    const auto& shape = spectra_shapes.configurations[c];
    const EnsembleSeconds& one = pilot.ensembles[c];
    const double steps = configuration.training.steps;
    const double train = one.fixed + steps * one.step;
    const double bytes = element * ensembles * initials * (static_cast<double>(shape.snapshots * shape.features) + steps);
    totals.networks += ensembles * initials;
    if (network) totals.flops += ensembles * initials * steps * costs[c];
    totals.train += ensembles * train;
    totals.trajectory_bytes += bytes;
    totals.train_bytes = std::max(totals.train_bytes, training_memory(job.study, configuration, shapes[c], pilot.sparse[c] != 0));
    totals.spectra_bytes = std::max(totals.spectra_bytes, spectrum_memory(job.study.koopman, job.study.precision, shape, sharing));
    const double reads = spectrum_reads(job.study.koopman, job.study.precision, shape, sharing);
    totals.read_bytes += ensembles * reads;
    train_units.insert(train_units.end(), trajectories.seeds, {train, one.step});
    spectra_units.insert(spectra_units.end(), trajectories.seeds, {one.spectra, one.spectra / k_looks});
    job.log.line("  {}: {} features, {} delays, {:.3g} s an ensemble to train, {:.3g} s its spectra, {} of trajectories{}",
                 shape.name, shape.features, shape.analyses.front().delays, train, one.spectra, bytes_text(bytes),
                 shape.streamed ? fmt::format(", of which a rank holds {} at a time for the spectra",
                                              bytes_text(piece_bytes(job.study.koopman, job.study.precision, shape, sharing))) : "");
  }
  const double with_data = pilot.data_bytes + std::max(pilot.read_bytes, totals.train_bytes);
  const double memory = pilot.program_bytes + std::max(with_data, totals.spectra_bytes);

  const Schedule train_schedule = schedule_of(train_units, ranks);
  const Schedule spectra_schedule = schedule_spectra(spectra_units, ranks);
  const double train = pilot.read_seconds + train_schedule.seconds;
  const double spectra = spectra_schedule.seconds;
  const double pairs = 0.5 * static_cast<double>(shapes.size()) * static_cast<double>(shapes.size() - 1);
  job.log.line("{:.0f} networks, {:.3g} FLOPs in matrix products", totals.networks, totals.flops);
  job.log.line("{:.0f} spectra, {:.0f} pairs of configurations", ensembles * static_cast<double>(shapes.size()), pairs);
  job.log.line("expected wall time on {} ranks like this one: train {}, spectra {}, together {}", ranks,
               duration_text(train), duration_text(spectra), duration_text(train + spectra));
  job.log.line("of the ranks' time, at work: train {:.1f} %, spectra {:.1f} % (units handed out one by one, simulated; "
               "with all of them ideal {} and {})", 100 * train_schedule.efficiency, 100 * spectra_schedule.efficiency,
               duration_text(train_schedule.bound), duration_text(spectra_schedule.bound));
  job.log.line("{}: {}, of which the spectra read {} in all; spectra.h5 and distances.h5 stay small",
               schema::k_trajectories_file, bytes_text(totals.trajectory_bytes), bytes_text(totals.read_bytes));
  job.log.line("memory: a rank at most {}: {} of program and libraries, and in training {} of data set (shared by a node; "
               "{} more where it is read) and {} of an ensemble; for a spectrum {}", bytes_text(memory),
               bytes_text(pilot.program_bytes), bytes_text(pilot.data_bytes), bytes_text(pilot.read_bytes),
               bytes_text(totals.train_bytes), bytes_text(totals.spectra_bytes));
  const std::string submit = submit_line(job, ranks, train, spectra);
  job.log.line("cost: {:.3g} core hours; submit with: {}", ranks * (train + spectra) / 3600, submit);
  if (job.arguments.json && job.comm.is_root())
    fmt::print("{{\"study\": {}, \"ranks\": {}, \"configurations\": {}, \"networks\": {:.0f}, \"spectra\": {:.0f}, "
               "\"pairs\": {:.0f}, \"flops\": {:.6g}, \"read_seconds\": {:.6g}, \"train_seconds\": {:.6g}, \"spectra_seconds\": {:.6g}, "
               "\"train_efficiency\": {:.6g}, \"spectra_efficiency\": {:.6g}, "
               "\"train_bound_seconds\": {:.6g}, \"spectra_bound_seconds\": {:.6g}, \"core_hours\": {:.6g}, \"trajectory_bytes\": {:.0f}, \"read_bytes\": {:.0f}, \"memory_bytes_per_rank\": {:.0f}, "
               "\"submit\": {}}}\n",
               json_text(job.study.name), ranks, shapes.size(), totals.networks,
               ensembles * static_cast<double>(shapes.size()), pairs, totals.flops, pilot.read_seconds, train, spectra,
               train_schedule.efficiency, spectra_schedule.efficiency, train_schedule.bound, spectra_schedule.bound,
               ranks * (train + spectra) / 3600, totals.trajectory_bytes, totals.read_bytes, memory, json_text(submit));
  const double longest_train = std::max_element(train_units.begin(), train_units.end(), [](const auto& a, const auto& b) {
                                 return a.seconds < b.seconds;
                               })->seconds;
  const double useful = std::max(1.0, std::floor(totals.train / std::max(longest_train, 1e-9)));
  job.log.line("advice: up to {:.0f} ranks shorten the training; beyond, ranks wait for the longest ensemble ({})",
               useful, duration_text(longest_train));
}

}  // namespace equikoop
