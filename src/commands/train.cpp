// SPDX-License-Identifier: BSD-3-Clause
// equikoop train: every ensemble of the study into trajectories.h5.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyses.hpp"
#include "commands.hpp"
#include "data_sets.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "shapes.hpp"
#include "train_unit.hpp"
#include "work_loop.hpp"

namespace equikoop {
namespace {

/// Of an ensemble, when the next is asked for: rank 0 has until its end to look up from its own, and ranks
/// that end together still share what is left.
constexpr double k_asking_share = 0.9;

/// An ensemble that is still to be trained.
struct Unit {
  std::size_t configuration = 0;
  std::size_t seed = 0;
  double cost = 0;  ///< FLOPs, about
};

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

template <class Real>
class Trainer {
 public:
  Trainer(Job& job, TrajectoryArchive& archive, PhaseTable& phases, const std::vector<Unit>& units)
      : job_(job), archive_(archive), phases_(phases), units_(units) {}

  /// Trains all units; returns how many this job finished. Collective.
  int run() {
    const DataSets<Real> data = [&] {
      const auto scope = phases_.scope("read data");
      std::vector<const Configuration*> open;
      for (const Unit& unit : units_) open.push_back(&job_.study.configurations[unit.configuration]);
      return DataSets<Real>(job_, open);
    }();
    WorkCounter counter(job_.comm, static_cast<std::int64_t>(units_.size()));
    Progress progress(job_.log, "train", static_cast<double>(units_.size()), "ensembles");
    Heartbeat heartbeat(counter, progress, job_.stop);
    int done = 0;
    together(job_.comm, [&] {
      try {
        done = work_through(counter, [&](std::int64_t i) {
          train(units_[static_cast<std::size_t>(i)], data, [&](double share) {
            archive_.settle();
            if (share >= k_asking_share) counter.ask();
            heartbeat.beat(share);
          });
        });
      } catch (...) {
        keep_last();
        throw;
      }
      const auto scope = phases_.scope("archive");
      archive_.finish();
    });
    progress.finish();
    return job_.comm.sum(done);
  }

 private:
  /// `beat`: called after each step with the share that is done.
  template <class Beat>
  void train(const Unit& unit, const DataSets<Real>& data, const Beat& beat) {
    const Configuration& configuration = job_.study.configurations[unit.configuration];
    const double steps = configuration.training.steps;
    train_unit<Real>(job_.study, unit.configuration, unit.seed, data.find(configuration.data), archive_, phases_,
                     [&](int done) { beat(done / steps); });
  }

  /// The ensemble whose mark is due stays done when the one after it fails, whose fault is told.
  void keep_last() noexcept {
    try {
      archive_.finish();
    } catch (const std::exception&) {
    }
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
  Provenance provenance = job.provenance;
  together(job.comm, [&] {
    shapes = data_shapes(job.study, job.search);
    layout = trajectory_layout(job.study, shapes);
    // What the spectra could not use is said before it is trained, not hours later.
    spectra_layout(job.study, layout, Room{}, Log(false));
  });
  {
    const auto scope = phases.scope("read data");
    provenance.data = digests_of_files(job);
  }
  auto archive = [&] {
    const auto scope = phases.scope("open archives");
    return TrajectoryArchive::begin(job.comm, job.path(schema::k_trajectories_file), job.study, layout,
                                    provenance, job.arguments.force);
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
