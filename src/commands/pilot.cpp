// SPDX-License-Identifier: BSD-3-Clause
#include "pilot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>

#include "analyses.hpp"
#include "commands.hpp"
#include "data_sets.hpp"
#include "equikoop/koopman/kernel.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "shapes.hpp"
#include "train_unit.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_most_tried = 6;     // configurations
constexpr int k_first_steps = 4;            // snapshots of the shortest run
constexpr int k_growth = 3;                 // of the steps from run to run, until one takes this long:
constexpr double k_training_seconds = 1.5;  // or is whole
constexpr double k_most_numbers = 16e6;     // of the trajectories whose spectrum is timed
constexpr int k_sharing = 2;                // ranks of a node that store data together: as many at least, of several

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return seconds_between(start, Clock::now());
}

/// Of the delay vectors of an ensemble, on one rank.
DelayShape shape_of(const SpectraShape& shape, std::size_t times) {
  return {static_cast<std::size_t>(shape.analyses.front().delays) + 1, shape.initials, times, shape.features,
          shape.features, 0};
}

/// What the spectra of an ensemble cost beside those of another configuration.
double relative_cost(const KoopmanOptions& koopman, const SpectraShape& shape) {
  if (koopman.kernel == Kernel::none) return spectrum_cost(shape);
  return std::pow(static_cast<double>(shape_of(shape, shape.snapshots).columns()), 3);
}

/// All configurations, or a few spread over their cost.
std::vector<std::size_t> chosen(const std::vector<double>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return costs[a] < costs[b]; });
  if (order.size() <= k_most_tried) return order;
  std::vector<std::size_t> few;
  for (std::size_t i = 0; i < k_most_tried; ++i) few.push_back(order[i * (order.size() - 1) / (k_most_tried - 1)]);
  return few;
}

/// One configuration's ensemble in an archive of its own, which goes with this object.
template <class Real>
class Ensemble {
 public:
  Ensemble(const Job& job, const Configuration& configuration, const DataShape& shape, const Dataset<Real>* data)
      : job_(job), study_(job.study), shape_(shape), data_(data),
        path_(job.path(fmt::format(".plan-{}.h5", job.comm.rank()).c_str())) {
    study_.seeds = 1;
    study_.configurations = {configuration};
  }
  Ensemble(const Ensemble&) = delete;
  Ensemble& operator=(const Ensemble&) = delete;
  ~Ensemble() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  /// Trains and archives the first `steps`; seconds.
  double train(int steps) {
    study_.configurations[0].training.steps = steps;
    TrajectoryArchive archive = TrajectoryArchive::begin(self_, path_, study_, trajectory_layout(study_, {shape_}),
                                                         job_.provenance, true);
    PhaseTable phases = stage_phases();
    return seconds_of([&] {
      train_unit<Real>(study_, 0, 0, data_, archive, phases, [](int) {});
      archive.finish();
    });
  }

  /// Reads what was trained last and computes its spectrum; seconds for all analyses of `whole`.
  double analyse(const SpectraShape& whole) const {
    const auto archive = TrajectoryArchive::read(self_, path_);
    const std::size_t times = archive.layout().configurations[0].time.size(), initials = whole.initials;
    const double fitting = k_most_numbers / static_cast<double>(initials * times);
    const std::size_t features = std::clamp(static_cast<std::size_t>(fitting), std::size_t{1}, whole.features);
    std::vector<Real> values(initials * times * features);
    const AnalysisShape& main = whole.analyses.front();
    KoopmanOptions options = study_.koopman;
    if (whole.streamed) options.method = method_of(options, whole);
    const std::size_t whole_times = snapshot_range(main, whole.snapshots).size();
    const auto view = view_of<Real>(values, {initials, times, features});
    double seconds = seconds_of([&] { archive.read_ensemble<Real>(0, 0, {0, features}, values); });
    if (options.kernel == Kernel::none)
      seconds += seconds_of([&] {
        ensemble_spectrum<Real>(self_, view, options, static_cast<std::size_t>(main.delays));
      });
    if (whole.streamed) {
      SpectraShape tried = whole;
      tried.snapshots = times;
      tried.features = features;
      return seconds * times_as_long(options, whole, tried) * factorisation_count(whole);
    }
    seconds *= static_cast<double>(whole_times * whole.features) / static_cast<double>(times * features);
    if (options.kernel != Kernel::none) seconds += kernel_spectrum(view, shape_of(whole, whole_times));
    return seconds * factorisation_count(whole);
  }

 private:
  /// Seconds of the kernel spectrum of `whole` from a small one.
  double kernel_spectrum(TrajectoryView<Real> view, const DelayShape& whole) const {
    const KernelPilot pilot = kernel_pilot(whole, study_.koopman);
    view.starts.resize(pilot.initials);
    view.times = std::min(view.times, whole.times);
    DelayShape tried = whole;
    tried.initials = pilot.initials;
    tried.times = view.times;
    const auto start = Clock::now();
    auto first = start;
    ensemble_spectrum<Real>(self_, view, pilot.options, whole.blocks - 1, [&] {
      if (first == start) first = Clock::now();
    });
    return kernel_seconds(whole, study_.koopman, tried, {seconds_between(start, first), seconds_between(first, Clock::now())});
  }

  const Job& job_;
  const Comm self_{MPI_COMM_SELF};
  Study study_;
  DataShape shape_;
  const Dataset<Real>* data_;
  std::string path_;
};

template <class Real>
EnsembleSeconds measured(const Job& job, std::size_t c, const DataShape& shape, const SpectraShape& whole,
                         const Dataset<Real>* data) {
  const Configuration& configuration = job.study.configurations[c];
  const int all = configuration.training.steps;
  const int least = std::min(all, 2 * configuration.record.every * (whole.analyses.front().delays + 2));
  Ensemble<Real> ensemble(job, configuration, shape, data);
  struct Run {
    int steps;
    double seconds;
  };
  const int few = std::min(k_first_steps * configuration.record.every, all);
  ensemble.train(few);  // the first touches memory and disk
  Run last{few, ensemble.train(few)}, before{0, last.seconds};
  while (last.steps < all && (last.steps < least || last.seconds < k_training_seconds)) {
    before = last;
    const int steps = std::min(all, std::max(least, k_growth * last.steps));
    last = {steps, ensemble.train(steps)};
  }
  const double step = std::max(0.0, (last.seconds - before.seconds) / (last.steps - before.steps));
  return {last.seconds - last.steps * step, step, ensemble.analyse(whole)};
}

/// The configuration that was tried whose cost is nearest to that of c; c itself where it was.
std::size_t nearest(std::size_t c, const std::vector<std::size_t>& tried, const std::vector<double>& costs) {
  const auto distance = [&](std::size_t t) { return t == c ? -1 : std::abs(std::log(costs[t] / costs[c])); };
  return *std::min_element(tried.begin(), tried.end(),
                           [&](auto a, auto b) { return distance(a) < distance(b); });
}

template <class Real>
Pilot pilot(const Job& job, const std::vector<DataShape>& shapes, const SpectraLayout& spectra,
            const std::vector<double>& costs) {
  Pilot result;
  const auto tried = chosen(costs);
  std::map<std::size_t, EnsembleSeconds> seconds;
  {
    std::vector<const Configuration*> all;
    for (const Configuration& configuration : job.study.configurations) all.push_back(&configuration);
    std::optional<DataSets<Real>> data;
    result.read_seconds = seconds_of([&] {
      digests_of_files(job);
      data.emplace(job, all);
    });
    const int sharing = std::min(job.arguments.ranks, k_sharing);
    for (const auto& [options, set] : data->all()) {
      const auto view = set.view();
      const auto bytes = static_cast<double>(view.bytes());
      result.data_bytes += bytes;
      result.read_bytes = std::max(result.read_bytes, reading_bytes(options, view.shape, bytes, sharing));
    }
    for (const Configuration* configuration : all) {
      const Dataset<Real>* set = data->find(configuration->data);
      result.sparse.push_back(set != nullptr && !set->view().sparse_train.empty() ? 1 : 0);
    }
    for (const std::size_t c : tried) {
      EnsembleSeconds own;
      together(job.comm, [&] {
        own = measured<Real>(job, c, shapes[c], spectra.configurations[c],
                             data->find(job.study.configurations[c].data));
      });
      seconds[c] = {job.comm.max(own.fixed), job.comm.max(own.step), job.comm.max(own.spectra)};
    }
  }  // the data sets go before what is left is looked at
  result.program_bytes = job.comm.max(resident_memory());
  for (std::size_t c = 0; c < costs.size(); ++c) {
    const std::size_t like = nearest(c, tried, costs);
    const double scale = costs[c] / costs[like];
    const double spectra_scale = relative_cost(job.study.koopman, spectra.configurations[c]) /
                                 relative_cost(job.study.koopman, spectra.configurations[like]);
    const EnsembleSeconds& of = seconds[like];
    result.ensembles.push_back({of.fixed * scale, of.step * scale, of.spectra * spectra_scale});
  }
  return result;
}

}  // namespace

Pilot run_pilot(const Job& job, const std::vector<DataShape>& data, const SpectraLayout& spectra,
                const std::vector<double>& costs) {
  return job.study.precision == Precision::float32 ? pilot<float>(job, data, spectra, costs)
                                                   : pilot<double>(job, data, spectra, costs);
}

}  // namespace equikoop
