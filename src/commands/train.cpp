// SPDX-License-Identifier: BSD-3-Clause
// equikoop train: every ensemble of the study into trajectories.h5.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyses.hpp"
#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "equikoop/data/dataset.hpp"
#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "shapes.hpp"
#include "work_loop.hpp"

namespace equikoop {
namespace {

/// An ensemble that is still to be trained.
struct Unit {
  std::size_t configuration = 0;
  std::size_t seed = 0;
  double cost = 0;  ///< FLOPs, about
};

/// Multiply-adds of a training step of one network, times two passes; a few for a descent problem.
double step_cost(const Configuration& configuration, const DataShape& data) {
  if (configuration.model.kind == ModelKind::descent) return 100.0 * configuration.model.dimension;
  double products = 0;
  double before = data.features;
  for (const int width : configuration.model.hidden) {
    products += before * width;
    before = width;
  }
  products += before * data.classes;
  return 4 * products * configuration.training.batch_size;
}

/// The ensembles without their mark, the costly ones first so that the last to end is short.
std::vector<Unit> open_units(const Job& job, const TrajectoryArchive& archive,
                             const std::vector<DataShape>& shapes) {
  std::vector<Unit> units;
  for (std::size_t c = 0; c < shapes.size(); ++c) {
    const auto complete = archive.complete(c);
    const double cost = step_cost(job.study.configurations[c], shapes[c]) *
                        job.study.configurations[c].training.steps * job.study.initials;
    for (std::size_t s = 0; s < complete.size(); ++s)
      if (complete[s] == 0) units.push_back({c, s, cost});
  }
  std::stable_sort(units.begin(), units.end(),
                   [](const Unit& a, const Unit& b) { return a.cost > b.cost; });
  return units;
}

/// The data sets that the units need, each held once a node.
template <class Real>
class DataSets {
 public:
  /// Collective.
  DataSets(const Job& job, const std::vector<Unit>& units) {
    for (const Unit& unit : units) {
      const Configuration& configuration = job.study.configurations[unit.configuration];
      if (configuration.model.kind == ModelKind::descent || find(configuration.data)) continue;
      sets_.emplace_back(configuration.data, load_dataset<Real>(job.comm, configuration.data,
                                                                job.study.root_seed, job.search));
      const auto view = sets_.back().second.view();
      job.log.line("data {}: {} training and {} test samples, {} features, {} classes, {:.0f} % not background",
                   configuration.data.source, view.shape.train, view.shape.test, view.shape.features,
                   view.shape.classes, 100 * view.density);
      job.log.line("first layers of {}: {}", configuration.data.source,
                   view.sparse_train.empty()
                       ? "dense products, because too few values are background for a sparse form to pay"
                       : "background and entries apart, because most values are background");
    }
  }

  const Dataset<Real>* find(const DataOptions& options) const {
    for (const auto& [key, set] : sets_)
      if (same_samples(key, options)) return &set;
    return nullptr;
  }

 private:
  /// The order of the samples is the trainer's; everything else makes another data set.
  static bool same_samples(DataOptions a, const DataOptions& b) {
    a.order = b.order;
    return a == b;
  }

  std::vector<std::pair<DataOptions, Dataset<Real>>> sets_;
};

template <class Real>
class Trainer {
 public:
  Trainer(Job& job, TrajectoryArchive& archive, PhaseTable& phases, const std::vector<Unit>& units)
      : job_(job), archive_(archive), phases_(phases), units_(units) {}

  /// Trains all units; returns how many this job finished. Collective.
  int run() {
    const DataSets<Real> data = [&] {
      const auto scope = phases_.scope("read data");
      return DataSets<Real>(job_, units_);
    }();
    WorkCounter counter(job_.comm, static_cast<std::int64_t>(units_.size()));
    Progress progress(job_.log, "train", static_cast<double>(units_.size()), "ensembles");
    Heartbeat heartbeat(counter, progress, job_.stop);
    int done = 0;
    together(job_.comm, [&] {
      done = work_through(counter, [&](std::int64_t i) {
        train_unit(units_[static_cast<std::size_t>(i)], data, heartbeat);
      });
    });
    progress.finish();
    return job_.comm.sum(done);
  }

 private:
  void train_unit(const Unit& unit, const DataSets<Real>& data, Heartbeat& heartbeat) {
    const auto outcome = [&] {
      const auto scope = phases_.scope("train");
      return trajectories(unit, data, heartbeat);
    }();
    const auto scope = phases_.scope("archive");
    archive_.write_outcome<Real>(unit.configuration, unit.seed,
                                 {outcome.losses, outcome.test_loss, outcome.test_accuracy,
                                  outcome.diverged_at});
    archive_.mark_complete(unit.configuration, unit.seed);
  }

  EnsembleOutcome<Real> trajectories(const Unit& unit, const DataSets<Real>& data, Heartbeat& heartbeat) {
    const Configuration& configuration = job_.study.configurations[unit.configuration];
    const SnapshotSink<Real> sink = [&](std::size_t first, std::size_t count, std::span<const Real> values) {
      const auto scope = phases_.scope("  of it: record");
      archive_.write_snapshots<Real>(unit.configuration, unit.seed, first, count, values);
      phases_.add_bytes("  of it: record", static_cast<double>(values.size_bytes()));
    };
    const double steps = configuration.training.steps;
    const StepHook hook = [&](int done) { heartbeat.beat(done / steps); };
    const int seed = static_cast<int>(unit.seed);
    if (configuration.model.kind == ModelKind::network)
      return train_ensemble<Real>(job_.study, configuration, data.find(configuration.data)->view(), seed,
                                  sink, hook);
    if constexpr (std::is_same_v<Real, double>)
      return descend_ensemble(job_.study, configuration, seed, sink, hook);
    throw UsageError("model.kind = descent needs study.precision = float64");
  }

  Job& job_;
  TrajectoryArchive& archive_;
  PhaseTable& phases_;
  const std::vector<Unit>& units_;
};

int count_diverged(const TrajectoryArchive& archive) {
  int diverged = 0;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    for (std::size_t s = 0; s < archive.layout().seeds; ++s)
      for (const auto step : archive.diverged_at(c, s)) diverged += step >= 0 ? 1 : 0;
  return diverged;
}

int train_units(Job& job, TrajectoryArchive& archive, PhaseTable& phases, const std::vector<Unit>& units) {
  if (job.study.precision == Precision::float32)
    return Trainer<float>(job, archive, phases, units).run();
  return Trainer<double>(job, archive, phases, units).run();
}

}  // namespace

void train(Job& job, PhaseTable& phases) {
  std::vector<DataShape> shapes;
  TrajectoryLayout layout;
  together(job.comm, [&] {
    shapes = data_shapes(job.study, job.search);
    layout = trajectory_layout(job.study, shapes);
    // What the spectra could not use is said before it is trained, not hours later.
    spectra_layout(job.study, layout, Log(false));
  });
  auto archive = [&] {
    const auto scope = phases.scope("open archives");
    return TrajectoryArchive::begin(job.comm, job.path(schema::k_trajectories_file), job.study, layout,
                                    job.provenance, job.arguments.force);
  }();
  const auto units = open_units(job, archive, shapes);
  const std::size_t all = archive.ensemble_count();
  if (units.empty()) {
    job.log.line("train: all {} ensembles are in {}", all, archive.file().path);
    return;
  }
  if (units.size() < all) job.log.line("train: {} of {} ensembles are there", all - units.size(), all);

  std::optional<RunRow> row;
  together(job.comm, [&] {
    if (job.comm.is_root()) row.emplace(archive.id(), "train", job.comm.size(), job.nodes, job.hosts);
  });
  try {
    const int done = train_units(job, archive, phases, units);
    together(job.comm, [&] {
      if (row) row->finish(archive.id(), done);
      if (job.comm.is_root())
        if (const int diverged = count_diverged(archive); diverged > 0)
          job.log.line("train: {} trajectories diverged; they are kept, and left out of the spectra", diverged);
    });
    job.log.line("train: {} ensembles of {} networks each written to {}", done, job.study.initials,
                 archive.file().path);
  } catch (const Error& error) {
    if (error.code() != Exit::resumable) throw;
    throw stopped(job, error, archive.complete_count(), all, "ensembles");
  }
}

}  // namespace equikoop
