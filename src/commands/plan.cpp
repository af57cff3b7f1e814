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

/// What a study will take, on `ranks` ranks.
struct Estimate {
  int ranks = 1;
  double configurations = 0, networks = 0, spectra = 0, pairs = 0;
  double flops = 0;  ///< in matrix products
  Schedule train, spectrum;
  double train_seconds = 0, spectra_seconds = 0, core_hours = 0;
  double train_work = 0, longest_training = 0;  ///< seconds of all ensembles, and of one
  double trajectory_bytes = 0, read_bytes = 0;
  double train_bytes = 0, spectrum_bytes = 0, memory = 0;  ///< of a rank
  std::string submit;
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

/// Adds the configurations up and prints a line for each.
class Sum {
 public:
  Sum(const Job& job, const std::vector<DataShape>& data, const SpectraLayout& spectra, const Room& room)
      : job_(job), data_(data), spectra_(spectra), seeds_(static_cast<double>(spectra.seeds)),
        sharing_(ranks_per_ensemble(job.study.koopman, job.study.precision, spectra, room,
                                    spectra.seeds * data.size())) {
    estimate_.ranks = room.ranks;
    estimate_.configurations = static_cast<double>(data.size());
  }

  void add(std::size_t c, const EnsembleSeconds& one, double step_flops, bool sparse) {
    const Configuration& configuration = job_.study.configurations[c];
    const SpectraShape& shape = spectra_.configurations[c];
    const KoopmanOptions& koopman = job_.study.koopman;
    const Precision precision = job_.study.precision;
    const double steps = configuration.training.steps, train = one.fixed + steps * one.step;
    const double networks = seeds_ * static_cast<double>(shape.initials);
    const double bytes = bytes_of(precision) * networks *
                         (static_cast<double>(shape.snapshots * shape.features) + steps);
    estimate_.networks += networks;
    if (configuration.model.kind == ModelKind::network) estimate_.flops += networks * steps * step_flops;
    estimate_.train_work += seeds_ * train;
    estimate_.longest_training = std::max(estimate_.longest_training, train);
    estimate_.trajectory_bytes += bytes;
    estimate_.read_bytes += seeds_ * spectrum_reads(koopman, precision, shape, sharing_);
    estimate_.train_bytes = std::max(estimate_.train_bytes, training_memory(job_.study, configuration, data_[c], sparse));
    estimate_.spectrum_bytes = std::max(estimate_.spectrum_bytes, spectrum_memory(koopman, precision, shape, sharing_));
    train_units_.insert(train_units_.end(), spectra_.seeds, {train, one.step});
    spectra_units_.insert(spectra_units_.end(), spectra_.seeds, {one.spectra, one.spectra / k_looks});
    job_.log.line("  {}: {} features, {} delays, {:.3g} s an ensemble to train, {:.3g} s its spectra, {} of trajectories{}",
                  shape.name, shape.features, shape.analyses.front().delays, train, one.spectra, bytes_text(bytes),
                  shape.streamed ? fmt::format(", of which a rank holds {} at a time for the spectra",
                                               bytes_text(piece_bytes(koopman, precision, shape, sharing_)))
                                 : "");
  }

  Estimate on_ranks(const Pilot& pilot) const {
    Estimate e = estimate_;
    e.spectra = seeds_ * e.configurations;
    e.pairs = 0.5 * e.configurations * (e.configurations - 1);
    e.train = schedule_of(train_units_, e.ranks);
    e.spectrum = schedule_spectra(spectra_units_, e.ranks);
    e.train_seconds = pilot.read_seconds + e.train.seconds;
    e.spectra_seconds = e.spectrum.seconds;
    e.core_hours = e.ranks * (e.train_seconds + e.spectra_seconds) / 3600;
    const double with_data = pilot.data_bytes + std::max(pilot.read_bytes, e.train_bytes);
    e.memory = pilot.program_bytes + std::max(with_data, e.spectrum_bytes);
    e.submit = submit_line(job_, e.ranks, e.train_seconds, e.spectra_seconds);
    return e;
  }

 private:
  const Job& job_;
  const std::vector<DataShape>& data_;
  const SpectraLayout& spectra_;
  double seeds_;
  int sharing_;  ///< ranks of an ensemble
  Estimate estimate_;
  std::vector<TimedUnit> train_units_, spectra_units_;
};

void print(const Log& log, const Estimate& e, const Pilot& pilot) {
  log.line("{:.0f} networks, {:.3g} FLOPs in matrix products", e.networks, e.flops);
  log.line("{:.0f} spectra, {:.0f} pairs of configurations", e.spectra, e.pairs);
  log.line("expected wall time on {} ranks like this one: train {}, spectra {}, together {}", e.ranks,
           duration_text(e.train_seconds), duration_text(e.spectra_seconds),
           duration_text(e.train_seconds + e.spectra_seconds));
  log.line("of the ranks' time, at work: train {:.1f} %, spectra {:.1f} % (units handed out one by one, simulated; "
           "with all of them ideal {} and {})", 100 * e.train.efficiency, 100 * e.spectrum.efficiency,
           duration_text(e.train.bound), duration_text(e.spectrum.bound));
  log.line("{}: {}, of which the spectra read {} in all; spectra.h5 and distances.h5 stay small",
           schema::k_trajectories_file, bytes_text(e.trajectory_bytes), bytes_text(e.read_bytes));
  log.line("memory: a rank at most {}: {} of program and libraries, and in training {} of data set (shared by a node; "
           "{} more where it is read) and {} of an ensemble; for a spectrum {}", bytes_text(e.memory),
           bytes_text(pilot.program_bytes), bytes_text(pilot.data_bytes), bytes_text(pilot.read_bytes),
           bytes_text(e.train_bytes), bytes_text(e.spectrum_bytes));
  log.line("cost: {:.3g} core hours; submit with: {}", e.core_hours, e.submit);
}

void print_json(const std::string& study, const Estimate& e, double read_seconds) {
  fmt::print("{{\"study\": {}, \"ranks\": {}, \"configurations\": {:.0f}, \"networks\": {:.0f}, \"spectra\": {:.0f}, "
             "\"pairs\": {:.0f}, \"flops\": {:.6g}, \"read_seconds\": {:.6g}, \"train_seconds\": {:.6g}, "
             "\"spectra_seconds\": {:.6g}, \"train_efficiency\": {:.6g}, \"spectra_efficiency\": {:.6g}, "
             "\"train_bound_seconds\": {:.6g}, \"spectra_bound_seconds\": {:.6g}, \"core_hours\": {:.6g}, "
             "\"trajectory_bytes\": {:.0f}, \"read_bytes\": {:.0f}, \"memory_bytes_per_rank\": {:.0f}, \"submit\": {}}}\n",
             json_text(study), e.ranks, e.configurations, e.networks, e.spectra, e.pairs, e.flops, read_seconds,
             e.train_seconds, e.spectra_seconds, e.train.efficiency, e.spectrum.efficiency, e.train.bound,
             e.spectrum.bound, e.core_hours, e.trajectory_bytes, e.read_bytes, e.memory, json_text(e.submit));
}

void advise(const Log& log, const Estimate& e) {
  const double useful = std::max(1.0, std::floor(e.train_work / std::max(e.longest_training, 1e-9)));
  log.line("advice: up to {:.0f} ranks shorten the training; beyond, ranks wait for the longest ensemble ({})", useful,
           duration_text(e.longest_training));
}

}  // namespace

void plan(Job& job) {
  const auto data = data_shapes(job.study, job.search);
  const Room room{job.arguments.ranks, room_of(job.comm).bytes};
  const auto spectra = spectra_layout(job.study, trajectory_layout(job.study, data), room, Log(false));
  std::vector<double> costs;
  for (std::size_t c = 0; c < data.size(); ++c) costs.push_back(step_cost(job.study.configurations[c], data[c]));
  const Pilot pilot = run_pilot(job, data, spectra, costs);
  Sum sum(job, data, spectra, room);
  for (std::size_t c = 0; c < data.size(); ++c) sum.add(c, pilot.ensembles[c], costs[c], pilot.sparse[c] != 0);
  const Estimate estimate = sum.on_ranks(pilot);
  print(job.log, estimate, pilot);
  if (job.arguments.json && job.comm.is_root()) print_json(job.study.name, estimate, pilot.read_seconds);
  advise(job.log, estimate);
}

}  // namespace equikoop
