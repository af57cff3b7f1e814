// SPDX-License-Identifier: BSD-3-Clause
// equikoop spectra: the Koopman spectrum of every ensemble and window into spectra.h5. Ranks work in
// groups; a group shares the features of one ensemble.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "analyses.hpp"
#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "work_loop.hpp"

namespace equikoop {
namespace {

/// The spectra of one ensemble that are still to be computed.
struct Unit {
  std::size_t configuration = 0;
  std::size_t seed = 0;
  double cost = 0;
};

std::vector<Unit> open_units(const SpectraArchive& archive) {
  std::vector<Unit> units;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c) {
    const SpectraShape& shape = archive.layout().configurations[c];
    std::vector<std::uint8_t> done(archive.layout().seeds, 1);
    for (std::size_t a = 0; a < shape.analyses.size(); ++a) {
      const auto marks = archive.complete(c, a);
      for (std::size_t s = 0; s < done.size(); ++s) done[s] &= marks[s];
    }
    const double cost = spectrum_cost(shape);
    for (std::size_t s = 0; s < done.size(); ++s)
      if (done[s] == 0) units.push_back({c, s, cost});
  }
  std::stable_sort(units.begin(), units.end(),
                   [](const Unit& a, const Unit& b) { return a.cost > b.cost; });
  return units;
}

/// Tells a group what its first rank decided.
std::optional<std::int64_t> share(const Comm& group, std::optional<std::int64_t> unit) {
  std::int64_t value = unit.value_or(-1);
  group.broadcast(std::span(&value, 1));
  return value < 0 ? std::nullopt : std::optional(value);
}

SpectrumRow row_of(const EnsembleSpectrum& spectrum) {
  return {spectrum.eigenvalues,     spectrum.residuals_insample, spectrum.residuals_heldout,
          spectrum.amplitudes,      spectrum.singular_values,    spectrum.total_energy,
          spectrum.rank,            spectrum.trajectories_used,  spectrum.noise_cut,
          spectrum.reduced,         spectrum.residuals_solver};
}

template <class Real>
class SpectraWork {
 public:
  SpectraWork(Job& job, const TrajectoryArchive& trajectories, SpectraArchive& spectra, PhaseTable& phases)
      : job_(job), trajectories_(trajectories), spectra_(spectra), phases_(phases) {}

  /// Computes all units with `group_size` ranks each; returns how many ensembles. Collective.
  int run(const std::vector<Unit>& units, int group_size) {
    const Comm group = job_.comm.split(job_.comm.rank() / group_size);
    WorkCounter counter(job_.comm, static_cast<std::int64_t>(units.size()));
    Progress progress(job_.log, "spectra", static_cast<double>(units.size()), "ensembles");
    Heartbeat heartbeat(counter, progress, job_.stop);
    int done = 0;
    together(job_.comm, [&] {
      try {
        for (auto unit = next(group, counter); unit; unit = next(group, counter)) {
          compute(group, units[static_cast<std::size_t>(*unit)], heartbeat, [&] { counter.progress(); });
          ++done;
        }
        counter.finish();
      } catch (...) {
        counter.close();
        throw;
      }
    });
    progress.finish();
    return job_.comm.sum(group.is_root() ? done : 0);
  }

 private:
  static std::optional<std::int64_t> next(const Comm& group, WorkCounter& counter) {
    return share(group, group.is_root() ? counter.take() : std::nullopt);
  }

  /// Everything here is collective over the group: an error of one of its ranks is all's.
  void compute(const Comm& group, const Unit& unit, Heartbeat& heartbeat, const std::function<void()>& pulse) {
    together(group, [&] { heartbeat.beat(0); });
    const bool streamed = spectra_.layout().configurations[unit.configuration].streamed;
    const auto stream = streamed ? stream_of(group, unit, pulse) : TrajectoryStream<Real>{};
    const auto values = streamed ? std::vector<Real>{} : read_trajectories(group, unit);
    const auto& analyses = spectra_.layout().configurations[unit.configuration].analyses;
    PseudospectrumRequest pseudospectrum;
    if (unit.seed == 0)
      pseudospectrum.axis = pseudospectrum_axis(static_cast<std::size_t>(spectra_.layout().pseudospectrum));
    const auto rows = [&] {
      const auto scope = phases_.scope("factorise");
      const auto shape = own_shape(group, unit);
      const auto all = streamed ? view_of(stream, shape) : view_of<Real>(values, shape);
      return rows_of(group, only_whole(group, unit, all), analyses, pseudospectrum, pulse, heartbeat);
    }();
    const auto scope = phases_.scope("archive");
    together(group, [&] {
      if (!group.is_root()) return;
      spectra_.write_rows(unit.configuration, unit.seed, rows, pseudospectrum.residuals);
    });
  }

  /// The rows of all analyses; those of equal delays and window share one factorisation.
  std::vector<SpectrumRow> rows_of(const Comm& group, const TrajectoryView<Real>& view,
                                   const std::vector<AnalysisShape>& analyses, PseudospectrumRequest& main,
                                   const std::function<void()>& pulse, Heartbeat& heartbeat) {
    std::vector<SpectrumRow> rows(analyses.size());
    std::vector<char> done(analyses.size(), 0);
    PseudospectrumRequest none;
    for (std::size_t a = 0; a < analyses.size(); ++a) {
      together(group, [&] { heartbeat.beat(static_cast<double>(a) / static_cast<double>(analyses.size())); });
      if (done[a] != 0) continue;
      std::vector<std::size_t> members;
      std::vector<double> factors;
      for (std::size_t b = a; b < analyses.size(); ++b)
        if (analyses[b].delays == analyses[a].delays && analyses[b].window_begin == analyses[a].window_begin &&
            analyses[b].window_end == analyses[a].window_end) {
          members.push_back(b);
          factors.push_back(analyses[b].rank_factor);
        }
      const auto spectra = spectra_of_window(group, view, analyses[a], factors, a == 0 ? main : none, pulse);
      for (std::size_t k = 0; k < members.size(); ++k) {
        rows[members[k]] = row_of(spectra[k]);
        done[members[k]] = 1;
      }
    }
    return rows;
  }

  Range own_features(const Comm& group, const Unit& unit) const {
    return block(trajectories_.layout().configurations[unit.configuration].features,
                 static_cast<std::size_t>(group.size()), static_cast<std::size_t>(group.rank()));
  }

  TrajectoryShape own_shape(const Comm& group, const Unit& unit) const {
    const auto& layout = trajectories_.layout();
    return {layout.initials, layout.configurations[unit.configuration].time.size(), own_features(group, unit).size()};
  }

  /// This rank's features of all trajectories: (initial, time, feature).
  std::vector<Real> read_trajectories(const Comm& group, const Unit& unit) {
    const auto scope = phases_.scope("read trajectories");
    const Range features = own_features(group, unit);
    const TrajectoryShape shape = own_shape(group, unit);
    std::vector<Real> values(shape.initials * shape.times * shape.features);
    together(group, [&] {
      if (!features.empty())
        trajectories_.read_ensemble<Real>(unit.configuration, unit.seed, features, values);
    });
    phases_.add_bytes("read trajectories", static_cast<double>(values.size() * sizeof(Real)));
    return values;
  }

  /// The same where they are not held.
  TrajectoryStream<Real> stream_of(const Comm& group, const Unit& unit, const std::function<void()>& pulse) {
    const std::size_t first = own_features(group, unit).begin;
    const auto read = [this, unit, first, pulse](std::size_t initial, Range times, Range features, Real* to) {
      const auto scope = phases_.scope("  of it: read");
      trajectories_.read_part<Real>(unit.configuration, unit.seed, initial, times,
                                    {first + features.begin, first + features.end}, to);
      phases_.add_bytes("  of it: read", static_cast<double>(times.size() * features.size() * sizeof(Real)));
      pulse();
    };
    const double piece = piece_bytes(job_.study.koopman, trajectories_.layout().precision,
                                     spectra_.layout().configurations[unit.configuration], group.size());
    return {read, static_cast<std::size_t>(piece / sizeof(Real))};
  }

  /// The trajectories that did not diverge.
  TrajectoryView<Real> only_whole(const Comm& group, const Unit& unit, const TrajectoryView<Real>& all) {
    std::vector<std::int64_t> diverged;
    together(group, [&] { diverged = trajectories_.diverged_at(unit.configuration, unit.seed); });
    std::vector<std::size_t> kept;
    for (const std::size_t initial : finite_trajectories(group, all))
      if (diverged[initial] < 0) kept.push_back(initial);
    return all.only(kept);
  }

  std::vector<EnsembleSpectrum> spectra_of_window(const Comm& group, const TrajectoryView<Real>& view,
                                                  const AnalysisShape& analysis, std::span<const double> factors,
                                                  PseudospectrumRequest& pseudospectrum,
                                                  const std::function<void()>& pulse) {
    pseudospectrum.residuals.assign(pseudospectrum.axis.size() * pseudospectrum.axis.size(),
                                    std::numeric_limits<double>::quiet_NaN());
    if (view.initials() == 0) return std::vector<EnsembleSpectrum>(factors.size());
    const Range window = snapshot_range(analysis, view.times);
    return ensemble_spectra<Real>(group, view.window(window.begin, window.end), job_.study.koopman,
                                  static_cast<std::size_t>(analysis.delays), factors, pseudospectrum, pulse);
  }

  Job& job_;
  const TrajectoryArchive& trajectories_;
  SpectraArchive& spectra_;
  PhaseTable& phases_;
};

TrajectoryArchive complete_trajectories(const Job& job) {
  const std::string path = job.path(schema::k_trajectories_file);
  const std::string maker = job.study.imported ? "import" : "train";
  require_file(job, path, maker);
  auto archive = TrajectoryArchive::read(job.comm, path);
  together(job.comm, [&] {
    check_same_study(archive.file().header, path, job.study, {"study", "data", "model", "training", "record"});
    if (archive.complete_count() < archive.ensemble_count())
      throw Error(fmt::format("{} is incomplete: {} of {} ensembles. Resume with: {}", path,
                              archive.complete_count(), archive.ensemble_count(),
                              stage_command(job.arguments, maker)));
  });
  return archive;
}

/// The eigenvalues themselves where they are few enough to be read. Rank 0 only.
void print_spectra(const Log& log, const SpectraArchive& archive) {
  constexpr std::size_t k_most_eigenvalues = 64;
  const auto& configurations = archive.layout().configurations;
  if (configurations.size() * archive.layout().seeds * archive.layout().modes > k_most_eigenvalues) return;
  for (std::size_t c = 0; c < configurations.size(); ++c)
    for (std::size_t s = 0; s < archive.layout().seeds; ++s) {
      const SpectrumRow row = archive.read_rows(c, 0)[s];
      log.line("spectra: {}, seed {}: {} eigenvalues", configurations[c].name, s, row.rank);
      for (const auto value : row.eigenvalues)
        log.line("  {:+.12f}{}", value.real(), value.imag() == 0 ? "" : fmt::format(" {:+.12f}i", value.imag()));
    }
}

/// Ensembles left without a spectrum, and modes cut at the noise: said, never hidden.
void print_exclusions(const Log& log, const SpectraArchive& archive) {
  int without = 0;
  int cut = 0;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    for (const auto& row : archive.read_rows(c, 0)) {
      without += row.rank == 0 ? 1 : 0;
      cut += row.noise_cut > 0 ? 1 : 0;
    }
  if (without > 0) log.line("spectra: {} ensembles have no spectrum (too few finite trajectories)", without);
  if (cut > 0) log.line("spectra: in {} ensembles modes at the noise of the stored precision were cut", cut);
}

}  // namespace

void spectra(Job& job, PhaseTable& phases) {
  const auto trajectories = complete_trajectories(job);
  SpectraLayout layout;
  const Room room = room_of(job.comm);
  together(job.comm, [&] { layout = spectra_layout(job.study, trajectories.layout(), room, job.log); });
  auto archive = [&] {
    const auto scope = phases.scope("open archives");
    return SpectraArchive::begin(job.comm, job.path(schema::k_spectra_file), job.study, layout, job.provenance,
                                 trajectories.file().header.identity, job.arguments.force);
  }();
  const auto units = open_units(archive);
  if (units.empty()) {
    job.log.line("spectra: all {} spectra are in {}", archive.row_count(), archive.file().path);
    together(job.comm, [&] {
      if (job.comm.is_root()) print_spectra(job.log, archive);
    });
    return;
  }
  std::optional<RunRow> row;
  together(job.comm, [&] {
    if (job.comm.is_root()) row.emplace(archive.id(), "spectra", job.comm.size(), job.nodes, job.hosts);
  });
  const int group_size = ranks_per_ensemble(job.study.koopman, trajectories.layout().precision, layout, room, units.size());
  try {
    int done = 0;
    if (trajectories.layout().precision == Precision::float32)
      done = SpectraWork<float>(job, trajectories, archive, phases).run(units, group_size);
    else
      done = SpectraWork<double>(job, trajectories, archive, phases).run(units, group_size);
    together(job.comm, [&] {
      if (row) row->finish(archive.id(), done);
      if (!job.comm.is_root()) return;
      print_exclusions(job.log, archive);
      print_spectra(job.log, archive);
    });
    job.log.line("spectra: {} ensembles ({} ranks each) written to {}", done, group_size, archive.file().path);
  } catch (const Error& error) {
    if (error.code() != Exit::resumable) throw;
    throw stopped(job, error, archive.complete_count(), archive.row_count(), "spectra");
  }
}

}  // namespace equikoop
