// SPDX-License-Identifier: BSD-3-Clause
// equikoop plan: what a study will cost, before anything is spent. Times come from a few seconds of
// the real work on this machine; bytes and memory from the formulas that it prints.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "analyses.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/base/schedule.hpp"
#include "equikoop/data/dataset.hpp"
#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "shapes.hpp"

namespace equikoop {
namespace {

constexpr int k_short = 4;    // steps of the first calibration run
constexpr int k_long = 24;    // steps of the second; the difference gives the time of a step
constexpr std::size_t k_most_calibrated = 6;      // configurations that are timed; others by FLOPs
constexpr double k_most_numbers = 8e6;            // of a trajectory made to time a spectrum
constexpr double k_looks = 36;  // at the counter in a spectrum: between the products of a Lanczos cycle

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double network_flops(const Configuration& configuration, const DataShape& data) {
  double products = 0;
  double before = data.features;
  for (const int width : configuration.model.hidden) {
    products += before * width;
    before = width;
  }
  return 4.0 * (products + before * data.classes) * configuration.training.batch_size;
}

/// Seconds of one ensemble: a fixed part and a part for each step.
struct EnsembleTime {
  double fixed = 0;
  double step = 0;
};

template <class Real>
double time_steps(const Job& job, Configuration configuration, const DataView<Real>& data, int steps) {
  configuration.training.steps = steps;
  configuration.record.every = std::min(configuration.record.every, steps);
  const SnapshotSink<Real> sink = [](std::size_t, std::size_t, std::span<const Real>) {};
  const auto run = [&] { train_ensemble<Real>(job.study, configuration, data, 0, sink, [](int) {}); };
  return std::min(seconds_of(run), seconds_of(run));
}

template <class Real>
EnsembleTime calibrate(const Job& job, const Configuration& configuration) {
  const auto data = load_dataset<Real>(job.comm, configuration.data, job.study.root_seed, job.search);
  const double a = time_steps<Real>(job, configuration, data.view(), k_short);
  const double b = time_steps<Real>(job, configuration, data.view(), k_long);
  const double step = std::max(0.0, (b - a) / (k_long - k_short));
  return {std::max(0.0, a - k_short * step), step};
}

/// Which configurations are timed: all, or a few spread over their cost.
std::vector<std::size_t> calibrated(const std::vector<double>& flops) {
  std::vector<std::size_t> order(flops.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return flops[a] < flops[b]; });
  if (order.size() <= k_most_calibrated) return order;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < k_most_calibrated; ++i)
    chosen.push_back(order[i * (order.size() - 1) / (k_most_calibrated - 1)]);
  return chosen;
}

/// Time of one ensemble of each configuration: measured, or that of the nearest measured one scaled
/// by FLOPs.
template <class Real>
std::vector<EnsembleTime> network_times(const Job& job, const std::vector<double>& flops) {
  const auto chosen = calibrated(flops);
  std::vector<EnsembleTime> measured;
  for (const std::size_t c : chosen) measured.push_back(calibrate<Real>(job, job.study.configurations[c]));
  std::vector<EnsembleTime> times;
  for (const double wanted : flops) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < chosen.size(); ++i)
      if (std::abs(std::log(flops[chosen[i]] / wanted)) < std::abs(std::log(flops[chosen[best]] / wanted))) best = i;
    const double scale = wanted / flops[chosen[best]];
    times.push_back({measured[best].fixed * scale, measured[best].step * scale});
  }
  return times;
}

std::vector<EnsembleTime> descent_times_all(const Job& job) {
  std::vector<EnsembleTime> times;
  for (const auto& configuration : job.study.configurations) {
    const double seconds = seconds_of([&] {
      descend_ensemble(job.study, configuration, 0, [](std::size_t, std::size_t, std::span<const double>) {}, [](int) {});
    });
    times.push_back({0, seconds / configuration.training.steps});
  }
  return times;
}

/// Seconds of the spectrum of one ensemble, on smooth made-up trajectories of its shape (shortened
/// in features where they are large; cost is then linear in them).
double spectrum_time(const Job& job, const SpectraShape& shape, std::size_t initials) {
  const double numbers = static_cast<double>(initials * shape.snapshots * shape.features);
  const auto features = static_cast<std::size_t>(
      std::max(1.0, static_cast<double>(shape.features) * std::min(1.0, k_most_numbers / numbers)));
  const RandomStream stream({job.study.root_seed, Stream::synthetic_data, 0, 0, 77});
  std::vector<float> values(initials * shape.snapshots * features);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t t = i / features % shape.snapshots;
    const std::size_t f = i % features;
    const double rate = 1e-4 * static_cast<double>(1 + f % 40);
    values[i] = static_cast<float>(std::exp(-rate * static_cast<double>(t)) +
                                   1e-3 * stream.uniform(i, -1, 1));
  }
  const Comm self(MPI_COMM_SELF);
  const auto view = view_of<float>(values, {initials, shape.snapshots, features});
  const double seconds = seconds_of([&] {
    ensemble_spectrum<float>(self, view, job.study.koopman,
                             static_cast<std::size_t>(shape.analyses.front().delays));
  });
  return seconds * static_cast<double>(shape.features) / static_cast<double>(features);
}

struct Totals {
  double networks = 0, flops = 0, train = 0, spectra = 0, trajectory_bytes = 0, memory = 0;
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
  schedule.efficiency *= static_cast<double>(ranks / group * group) / ranks;  // ranks in no group wait
  return schedule;
}

double training_memory(const Job& job, const Configuration& configuration, const DataShape& data) {
  const double element = job.study.precision == Precision::float32 ? 4 : 8;
  double weights = 0;
  double before = data.features;
  for (const int width : configuration.model.hidden) {
    weights += before * width;
    before = width;
  }
  weights += before * data.classes;
  constexpr double k_blocks = 4;  // weights, gradient, up to two blocks of optimiser state
  constexpr double k_snapshots = 32.0 * (1 << 20);
  return k_blocks * element * weights * job.study.initials + k_snapshots;
}

double data_memory(const Job& job, const std::vector<DataShape>& shapes) {
  const double element = job.study.precision == Precision::float32 ? 4 : 8;
  double bytes = 0;
  std::vector<DataOptions> seen;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    DataOptions key = job.study.configurations[i].data;
    key.order = Order::fixed;
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(key);
    bytes += element * (1.0 * shapes[i].train + shapes[i].test) * shapes[i].features;
  }
  return bytes;
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
  const auto spectra_shapes = spectra_layout(job.study, trajectories, Log(false));
  const bool network = job.study.configurations.front().model.kind == ModelKind::network;
  const bool single = job.study.precision == Precision::float32;

  std::vector<double> flops;
  for (std::size_t c = 0; c < shapes.size(); ++c)
    flops.push_back(network ? network_flops(job.study.configurations[c], shapes[c]) : 1);
  const auto times = !network ? descent_times_all(job)
                     : single ? network_times<float>(job, flops)
                              : network_times<double>(job, flops);

  Totals totals;
  std::vector<TimedUnit> train_units;
  std::vector<TimedUnit> spectra_units;
  const double ensembles = static_cast<double>(trajectories.seeds);
  for (std::size_t c = 0; c < shapes.size(); ++c) {
    const auto& shape = spectra_shapes.configurations[c];
    const double steps = job.study.configurations[c].training.steps;
    const double one = times[c].fixed + steps * times[c].step;
    const double spectrum = spectrum_time(job, shape, trajectories.initials) *
                            factorisation_count(shape);
    const double bytes = (single ? 4.0 : 8.0) * ensembles * static_cast<double>(trajectories.initials) *
                         static_cast<double>(shape.snapshots * shape.features + trajectories.configurations[c].steps);
    totals.networks += ensembles * static_cast<double>(trajectories.initials);
    totals.flops += ensembles * static_cast<double>(trajectories.initials) * steps * flops[c];
    totals.train += ensembles * one;
    totals.spectra += ensembles * spectrum;
    totals.trajectory_bytes += bytes;
    train_units.insert(train_units.end(), trajectories.seeds, {one, times[c].step});
    spectra_units.insert(spectra_units.end(), trajectories.seeds, {spectrum, spectrum / k_looks});
    totals.memory = std::max({totals.memory, training_memory(job, job.study.configurations[c], shapes[c]),
                              spectrum_memory(trajectories, shape, spectra_shapes.modes, 1)});
    job.log.line("  {}: {} features, {} delays, {:.3g} s an ensemble to train, {:.3g} s a spectrum, {} of trajectories",
                 shape.name, shape.features, shape.analyses.front().delays, one, spectrum, bytes_text(bytes));
  }

  const int ranks = job.arguments.ranks;
  const Schedule train_schedule = schedule_of(train_units, ranks);
  const Schedule spectra_schedule = schedule_spectra(spectra_units, ranks);
  const double train = train_schedule.seconds;
  const double spectra = spectra_schedule.seconds;
  const double pairs = 0.5 * static_cast<double>(shapes.size()) * static_cast<double>(shapes.size() - 1);
  job.log.line("{:.0f} networks, {:.3g} FLOPs in matrix products", totals.networks, network ? totals.flops : 0.0);
  job.log.line("{:.0f} spectra, {:.0f} pairs of configurations", ensembles * static_cast<double>(shapes.size()), pairs);
  job.log.line("expected wall time on {} ranks like this one: train {}, spectra {}, together {}", ranks,
               duration_text(train), duration_text(spectra), duration_text(train + spectra));
  job.log.line("of the ranks' time, at work: train {:.1f} %, spectra {:.1f} % (units handed out one by one, simulated; "
               "with all of them ideal {} and {})", 100 * train_schedule.efficiency, 100 * spectra_schedule.efficiency,
               duration_text(train_schedule.bound), duration_text(spectra_schedule.bound));
  job.log.line("{}: {}; spectra.h5 and distances.h5 stay small", schema::k_trajectories_file,
               bytes_text(totals.trajectory_bytes));
  job.log.line("memory: a rank {}, and the data set {} once a node", bytes_text(totals.memory),
               bytes_text(data_memory(job, shapes)));
  job.log.line("  training: 4 x initials x weights + 32 MiB of snapshots; spectra: initials x snapshots x features "
               "(raw, never times delays) + 8 B x (4 x modes + 20) x (features x (delays + 1) + initials x snapshots)");
  const std::string submit = submit_line(job, ranks, train, spectra);
  job.log.line("cost: {:.3g} core hours; submit with: {}", ranks * (train + spectra) / 3600, submit);
  if (job.arguments.json && job.comm.is_root())
    fmt::print("{{\"study\": {}, \"ranks\": {}, \"configurations\": {}, \"networks\": {:.0f}, \"spectra\": {:.0f}, "
               "\"pairs\": {:.0f}, \"flops\": {:.6g}, \"train_seconds\": {:.6g}, \"spectra_seconds\": {:.6g}, "
               "\"train_efficiency\": {:.6g}, \"spectra_efficiency\": {:.6g}, "
               "\"train_bound_seconds\": {:.6g}, \"spectra_bound_seconds\": {:.6g}, \"core_hours\": {:.6g}, \"trajectory_bytes\": {:.0f}, \"memory_bytes_per_rank\": {:.0f}, "
               "\"submit\": {}}}\n",
               json_text(job.study.name), ranks, shapes.size(), totals.networks,
               ensembles * static_cast<double>(shapes.size()), pairs, network ? totals.flops : 0.0, train, spectra,
               train_schedule.efficiency, spectra_schedule.efficiency, train_schedule.bound, spectra_schedule.bound,
               ranks * (train + spectra) / 3600, totals.trajectory_bytes, totals.memory, json_text(submit));
  const double longest_train = std::max_element(train_units.begin(), train_units.end(), [](const auto& a, const auto& b) {
                                 return a.seconds < b.seconds;
                               })->seconds;
  const double useful = std::max(1.0, std::floor(totals.train / std::max(longest_train, 1e-9)));
  job.log.line("advice: up to {:.0f} ranks shorten the training; beyond, ranks wait for the longest ensemble ({})",
               useful, duration_text(longest_train));
}

}  // namespace equikoop
