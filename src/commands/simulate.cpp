// SPDX-License-Identifier: BSD-3-Clause
#include "simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "equikoop/base/error.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/compare/transport.hpp"
#include "equikoop/data/synthetic.hpp"
#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

using Complex = std::complex<double>;

/// Eigenvalues with Im >= 0; one with Im > 0 stands for a conjugate pair.
using Modes = std::vector<Complex>;

/// What separates the random numbers of a simulation: items of RandomKey.
enum class Draw : std::uint64_t { coordinates, jitter, start, perturbation, noise, measurement, permutation };

constexpr std::uint64_t k_draws = 8;  // room for every Draw
constexpr std::uint64_t k_sides = 4;  // both configurations, what they share, and room

/// The stream of one purpose. `side` 0 and 1: a configuration's own; 2: shared by both.
RandomStream stream(const Study& study, std::uint64_t number, Draw what, std::uint64_t side, std::uint64_t seed = 0,
                    std::uint64_t initial = 0) {
  const std::uint64_t item = (number * k_draws + static_cast<std::uint64_t>(what)) * k_sides + side;
  return RandomStream({study.root_seed, Stream::calibration, seed, initial, item});
}

Modes base_modes(const CalibrateOptions& options) {
  Modes modes;
  for (std::size_t i = 0; i < options.moduli.size(); ++i)
    modes.push_back(std::polar(options.moduli[i], options.angles[i]));
  return modes;
}

/// The true modes of one side.
Modes modes_of(const Study& study, const Scenario& scenario, int side) {
  Modes modes = base_modes(study.calibrate);
  if (scenario.pair == Pair::separated && side == 1)
    for (Complex& value : modes) value *= 1 - scenario.separation / std::abs(value);
  if (scenario.pair == Pair::factor && side == 0) modes.pop_back();
  return modes;
}

WeightedSpectrum truth(const Modes& modes) {
  WeightedSpectrum spectrum;
  for (const Complex& value : modes) {
    spectrum.values.push_back(value);
    if (value.imag() != 0) spectrum.values.push_back(std::conj(value));
  }
  return spectrum;
}

/// Trajectories (initial, time, feature).
struct Trajectories {
  std::vector<double> values;
  std::size_t initials = 0, times = 0, features = 0;
};

/// A linear system in modal coordinates (a plane for each pair), seen through a random matrix.
class LinearSystem {
 public:
  LinearSystem(const Study& study, const Scenario& scenario, std::uint64_t number, int side)
      : study_(study), scenario_(scenario), number_(number), side_(static_cast<std::uint64_t>(side)),
        modes_(modes_of(study, scenario, side)) {
    // The coordinates are the system's own where the pair is conjugate, else common to both.
    const bool own = scenario.pair == Pair::conjugate;
    const auto coordinates = stream(study, number, Draw::coordinates, own ? side_ : 2);
    const auto features = static_cast<std::size_t>(study.calibrate.features);
    for (std::size_t i = 0; i < features * dimension(); ++i) mixing_.push_back(coordinates.normal(i));
  }

  std::size_t dimension() const {
    std::size_t n = 0;
    for (const Complex& value : modes_) n += value.imag() != 0 ? 2 : 1;
    return n;
  }

  Trajectories run(std::uint64_t seed) const {
    const CalibrateOptions& options = study_.calibrate;
    Trajectories result{{}, static_cast<std::size_t>(scenario_.initials), static_cast<std::size_t>(options.steps),
                        static_cast<std::size_t>(options.features)};
    const Modes modes = jittered(seed);
    const auto base = stream(study_, number_, Draw::start, shared(), seed);
    for (std::size_t m = 0; m < result.initials; ++m) {
      const auto perturb = stream(study_, number_, Draw::perturbation, shared(), seed, m);
      std::vector<double> x(dimension());
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = base.normal(i) * (m == 0 ? 1 : 1 + study_.perturbation * perturb.uniform(i, -1, 1));
      observe(modes, std::move(x), seed, m, result);
    }
    return result;
  }

 private:
  /// Equal seeds of a paired study share jitter and starts, as trained networks share their streams.
  std::uint64_t shared() const { return study_.compare.paired ? 2 : side_; }

  Modes jittered(std::uint64_t seed) const {
    const auto jitter = stream(study_, number_, Draw::jitter, shared(), seed);
    Modes modes = modes_;
    for (std::size_t i = 0; i < modes.size(); ++i) {
      const double size = study_.calibrate.jitter * jitter.normal(4 * i);
      const double turn = modes[i].imag() != 0 ? study_.calibrate.jitter * jitter.normal(4 * i + 1) : 0;
      modes[i] *= std::polar(std::exp(size), turn);
    }
    return modes;
  }

  void observe(const Modes& modes, std::vector<double> x, std::uint64_t seed, std::uint64_t m,
               Trajectories& result) const {
    const auto noise = stream(study_, number_, Draw::noise, side_, seed, m);
    const auto measurement = stream(study_, number_, Draw::measurement, side_, seed, m);
    std::uint64_t drawn = 0, measured = 0;
    for (std::size_t t = 0; t < result.times; ++t) {
      for (std::size_t f = 0; f < result.features; ++f) {
        double y = 0;
        for (std::size_t i = 0; i < x.size(); ++i) y += mixing_[f * x.size() + i] * x[i];
        if (study_.calibrate.measurement > 0) y += study_.calibrate.measurement * measurement.normal(measured++);
        result.values.push_back(y);
      }
      step(modes, x);
      for (double& value : x) value += scenario_.noise * noise.normal(drawn++);
    }
  }

  static void step(const Modes& modes, std::vector<double>& x) {
    std::size_t i = 0;
    for (const Complex& value : modes) {
      if (value.imag() == 0) {
        x[i++] *= value.real();
        continue;
      }
      const Complex next = value * Complex(x[i], x[i + 1]);
      x[i++] = next.real();
      x[i++] = next.imag();
    }
  }

  const Study& study_;
  const Scenario& scenario_;
  std::uint64_t number_, side_;
  Modes modes_;
  std::vector<double> mixing_;  ///< (features, dimension)
};

WeightedSpectrum spectrum_of(const Trajectories& from, KoopmanOptions options, std::size_t rank) {
  if (options.rank_rule == RankRule::number && rank > 0) options.rank = static_cast<int>(rank);
  options.folds = 0;  // held-out residuals take no part in a verdict
  const Comm self(MPI_COMM_SELF);
  const auto view = view_of<double>(from.values, {from.initials, from.times, from.features});
  const auto spectrum = ensemble_spectrum(self, view, options, static_cast<std::size_t>(options.delays));
  return {spectrum.eigenvalues, {}, spectrum.amplitudes, {}};
}

/// Appends the snapshots of a sink (initial, count, feature) to trajectories.
template <class Real>
SnapshotSink<Real> keep_in(Trajectories& to) {
  return [&to](std::size_t first, std::size_t count, std::span<const Real> values) {
    to.values.resize(to.initials * to.times * to.features);
    for (std::size_t m = 0; m < to.initials; ++m)
      for (std::size_t i = 0; i < count * to.features; ++i)
        to.values[(m * to.times + first) * to.features + i] =
            static_cast<double>(values[m * count * to.features + i]);
  };
}

/// The study of one simulation of a trained pair: its own root seed, sizes of the scenario.
Study trained_study(const Study& study, const Scenario& scenario, std::uint64_t number) {
  Study own = study;
  own.root_seed = stream(study, number, Draw::start, 2).bits(0);
  own.seeds = scenario.seeds;
  own.initials = scenario.initials;
  own.precision = Precision::float64;
  return own;
}

Configuration small_network(const Study& study) {
  Configuration c;
  c.data.source = "gaussian";
  c.data.samples = 200;
  c.data.test_samples = 10;
  c.data.features = 6;
  c.data.classes = 3;
  c.model.hidden = {4};
  c.training.steps = study.calibrate.steps;
  c.training.batch_size = 20;
  return c;
}

/// (features, 1) output weights are (class, hidden unit): the units of each seed in another order.
Trajectories with_permuted_units(const Trajectories& from, std::size_t units, const RandomStream& random) {
  const auto order = random.permutation(static_cast<std::uint32_t>(units));
  Trajectories to = from;
  for (std::size_t i = 0; i < from.values.size(); ++i)
    to.values[i] = from.values[i - i % units + order[i % units]];
  return to;
}

SpectrumSet permuted_networks(const Study& study, const Scenario& scenario, std::uint64_t number) {
  const Study own = trained_study(study, scenario, number);
  const Configuration configuration = small_network(study);
  const auto raw = make_synthetic(configuration.data, own.root_seed);
  const DataView<double> data{raw.shape, raw.train, raw.test, raw.train_labels, raw.test_labels, 0, 1};
  const auto units = static_cast<std::size_t>(configuration.model.hidden.front());
  SpectrumSet set(2);
  for (int s = 0; s < scenario.seeds; ++s) {
    Trajectories plain{{}, static_cast<std::size_t>(own.initials), static_cast<std::size_t>(study.calibrate.steps),
                       feature_count(configuration, data.shape)};
    train_ensemble<double>(own, configuration, data, s, keep_in<double>(plain), {});
    const auto permuted = with_permuted_units(
        plain, units, stream(study, number, Draw::permutation, 1, static_cast<std::uint64_t>(s)));
    set[0].push_back(spectrum_of(plain, study.koopman, 0));
    set[1].push_back(spectrum_of(permuted, study.koopman, 0));
  }
  return set;
}

/// Equal starts, x recorded by both, 100 snapshots over one unit of time at any step: what is left
/// is the difference of the two discretisations of one flow.
SpectrumSet mirror_pair(const Study& study, const Scenario& scenario, std::uint64_t number) {
  constexpr int k_snapshots = 100;
  const Study own = trained_study(study, scenario, number);
  SpectrumSet set(2);
  for (const auto method : {DescentMethod::omd, DescentMethod::ogd}) {
    Configuration c;
    c.model.kind = ModelKind::descent;
    c.model.method = method;
    c.model.loss = DescentLoss::square;
    c.model.starts = Starts::matched;
    c.model.coordinates = Coordinates::primal;
    c.training.learning_rate = scenario.step;
    c.training.steps = static_cast<int>(std::lround(1 / scenario.step));
    c.record.every = c.training.steps / k_snapshots;
    for (int s = 0; s < scenario.seeds; ++s) {
      Trajectories t{{}, static_cast<std::size_t>(own.initials), k_snapshots, descent_feature_count(c)};
      descend_ensemble(own, c, s, keep_in<double>(t), {});
      set[method == DescentMethod::omd ? 0 : 1].push_back(spectrum_of(t, study.koopman, 0));
    }
  }
  return set;
}

}  // namespace

std::vector<Scenario> calibration_scenarios(const Study& study) {
  const CalibrateOptions& options = study.calibrate;
  if (options.moduli.size() != options.angles.size() || options.moduli.size() < 2)
    throw UsageError("calibrate.moduli and calibrate.angles: give as many of one as of the other, at least 2");
  const Scenario base{"", Pair::identical, options.studies, study.seeds, study.initials, options.noise, 0, 0};
  std::vector<Scenario> all;
  const auto add = [&](const std::string& name, Pair pair) -> Scenario& {
    all.push_back(base);
    all.back().name = name;
    all.back().pair = pair;
    return all.back();
  };
  add("identical", Pair::identical);
  add("other linear coordinates", Pair::conjugate);
  add("hidden units permuted", Pair::permuted);
  add("mirror and gradient descent, step 0.01", Pair::mirror).step = 0.01;
  add("mirror and gradient descent, step 0.001", Pair::mirror).step = 0.001;
  add("factor and extension", Pair::factor);
  const auto curve = [&](const std::string& what, auto change) {
    for (const double separation : options.separations) {
      Scenario& scenario = add(fmt::format("separated{}", what), Pair::separated);
      scenario.studies = options.power_studies;
      scenario.separation = separation;
      change(scenario);
    }
  };
  curve("", [](Scenario&) {});
  for (const int seeds : options.power_seeds)
    curve(fmt::format(", {} seeds", seeds), [&](Scenario& s) { s.seeds = seeds; });
  for (const int initials : options.power_initials)
    curve(fmt::format(", {} initials", initials), [&](Scenario& s) { s.initials = initials; });
  for (const double noise : options.power_noise)
    curve(fmt::format(", noise {}", noise), [&](Scenario& s) { s.noise = noise; });
  return all;
}

SpectrumSet simulate(const Study& study, const Scenario& scenario, std::uint64_t number) {
  if (scenario.pair == Pair::permuted) return permuted_networks(study, scenario, number);
  if (scenario.pair == Pair::mirror) return mirror_pair(study, scenario, number);
  SpectrumSet set(2);
  for (int side = 0; side < 2; ++side) {
    const LinearSystem system(study, scenario, number, side);
    for (int s = 0; s < scenario.seeds; ++s)
      set[static_cast<std::size_t>(side)].push_back(
          spectrum_of(system.run(static_cast<std::uint64_t>(s)), study.koopman, system.dimension()));
  }
  return set;
}

double known_distance(const Study& study, const Scenario& scenario) {
  if (scenario.pair == Pair::permuted) return 0;
  if (scenario.pair == Pair::mirror) return std::numeric_limits<double>::quiet_NaN();
  return wasserstein(truth(modes_of(study, scenario, 0)), truth(modes_of(study, scenario, 1)));
}

}  // namespace equikoop
