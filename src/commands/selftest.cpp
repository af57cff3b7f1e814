// SPDX-License-Identifier: BSD-3-Clause
// equikoop selftest: does this build compute what is known on paper, on this machine, under this
// launcher? Ends with OK and figures of merit; the first number that is wrong ends it as an error.
#include <cblas.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/compare/transport.hpp"
#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {
namespace {

/// Gradient descent on a quadratic: the states decay by 1 - 0.1 h for every eigenvalue h of the Hessian.
constexpr const char* k_descent =
    "[study]\nname = descent\nseeds = 2\ninitials = 6\nprecision = float64\n"
    "[model]\nkind = descent\nmethod = gd\nloss = quadratic\ndimension = 2\nhessian = 1,0.5\nrotation = 0.6\n"
    "starts = random\n"
    "[training]\nlearning_rate = 0.1\nsteps = 60\n"
    "[koopman]\ndelays = 1\ndelays_rule = fixed\nrank = 2\nfolds = 0\n";
constexpr double k_descent_rates[] = {0.95, 0.9};

/// The quickstart on synthetic data.
constexpr const char* k_networks =
    "[study]\nname = networks\nseeds = 4\ninitials = 6\n"
    "[data]\nsource = gaussian\nsamples = 2000\ntest_samples = 200\norder = shuffled\n"
    "[model]\nwidth = 5 20\n"
    "[training]\nlearning_rate = 0.1\nbatch_size = 60\nsteps = 300\n"
    "[koopman]\ndelays = 32\nrank = 10\n";

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void expect(const char* what, double error, double bound, const Log& log) {
  if (!(error <= bound))
    throw Error(fmt::format("selftest: {}: error {:.2g}, allowed {:.2g}; this build or a library under it is "
                            "broken (equikoop --version lists them)", what, error, bound));
  log.line("  {:<58} error {:.1e}", what, error);
}

/// A rotation with decay, eigenvalues r e^{+-i a}, spread over ranks feature by feature.
double known_rotation_error(const Comm& comm) {
  constexpr double k_modulus = 0.98;
  constexpr double k_angle = 0.3;
  constexpr std::size_t k_times = 60;
  const RandomStream stream({1, Stream::synthetic_data, 0, 0, 1});
  const auto rank = static_cast<std::uint64_t>(comm.rank());
  std::vector<double> values;
  for (std::size_t t = 0; t < k_times; ++t)
    for (std::uint64_t f = 0; f < 2; ++f) {
      const double phase = 3 * stream.uniform(2 * rank + f, -1, 1);
      values.push_back(std::pow(k_modulus, t) * std::cos(k_angle * static_cast<double>(t) + phase));
    }
  KoopmanOptions options;
  options.rank = 2;
  options.folds = 0;
  const auto found = ensemble_spectrum<double>(comm, view_of<double>(values, {1, k_times, 2}), options, 3);
  double error = found.eigenvalues.size() == 2 ? 0 : 1;
  for (const auto& value : found.eigenvalues)
    error = std::max(error, std::abs(std::complex<double>(value.real(), std::abs(value.imag())) -
                                     std::polar(k_modulus, k_angle)));
  return error;
}

/// A spectrum and itself moved by 0.25 lie 0.25 apart, for every order.
double known_distance_error() {
  WeightedSpectrum a, b;
  for (int i = 0; i < 10; ++i) {
    a.values.push_back(std::polar(0.9, 0.7 * i));
    b.values.push_back(a.values.back() + 0.25);
  }
  return std::max(std::abs(wasserstein(a, b, 1) - 0.25), std::abs(wasserstein(a, b, 2) - 0.25));
}

/// Seconds of the three stages.
struct StageSeconds {
  double train = 0, spectra = 0, distances = 0;
};

/// Runs `text` as a study in `folder`; everything as `equikoop run` does it, silently.
StageSeconds run_study(const Comm& comm, const std::string& folder, const std::string& name, const char* text) {
  Arguments arguments;
  arguments.command = "run";
  arguments.command_line = "equikoop selftest";
  arguments.target = folder + "/" + name + ".ini";
  arguments.out = folder + "/" + name;
  arguments.quiet = true;
  together(comm, [&] {
    if (!comm.is_root()) return;
    std::filesystem::create_directories(folder);
    std::ofstream file(arguments.target);
    file << text << std::flush;
    if (!file) throw Error(fmt::format("selftest: cannot write {}; choose a folder with --out", arguments.target));
  });
  Job job = begin_job(comm, arguments, "");
  PhaseTable phases = stage_phases();
  const double start = now();
  train(job, phases);
  const double trained = now();
  spectra(job, phases);
  const double computed = now();
  distances(job, phases);
  return {comm.max(trained - start), comm.max(computed - trained), comm.max(now() - computed)};
}

/// The greatest error of the descent study's eigenvalues, read back from spectra.h5.
double descent_error(const Comm& comm, const std::string& folder) {
  const auto archive = SpectraArchive::read(comm, folder + "/descent/" + schema::k_spectra_file);
  double error = 0;
  together(comm, [&] {
    for (const SpectrumRow& row : archive.read_rows(0, 0)) {
      if (row.rank != 2) throw Error("selftest: the descent study has not two eigenvalues");
      for (std::size_t k = 0; k < 2; ++k) error = std::max(error, std::abs(row.eigenvalues[k] - k_descent_rates[k]));
    }
  });
  return error;
}

double matrix_gflops() {
  constexpr int k_side = 768;
  const std::vector<float> a(k_side * k_side, 0.5f), b(k_side * k_side, 0.25f);
  std::vector<float> c(k_side * k_side);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double start = now();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, k_side, k_side, k_side, 1.0f, a.data(), k_side, b.data(),
                k_side, 0.0f, c.data(), k_side);
    best = std::min(best, now() - start);
  }
  return 2.0 * k_side * k_side * k_side / best / 1e9;
}

double reduce_microseconds(const Comm& comm) {
  constexpr int k_times = 200;
  comm.barrier();
  const double start = now();
  for (int i = 0; i < k_times; ++i) comm.sum(1.0);
  return comm.max((now() - start) / k_times * 1e6);
}

}  // namespace

void selftest(const Comm& comm, const Arguments& arguments) {
  const Log log(comm.is_root() && !arguments.quiet);
  const double start = now();
  log.line("equikoop selftest on {} ranks", comm.size());
  expect("Koopman eigenvalues of a decaying rotation", known_rotation_error(comm), 1e-8, log);
  expect("Wasserstein distances of a moved spectrum", known_distance_error(), 1e-12, log);

  // Ranks on several nodes share it: it lies in the current folder, not in one node's /tmp.
  const bool own_folder = arguments.out.empty();
  const std::string folder =
      comm.broadcast(own_folder ? fmt::format("equikoop_selftest.{}", ::getpid()) : arguments.out);
  StageSeconds seconds;
  double error = 0;
  const auto clean = [&] {
    comm.barrier();
    std::error_code ignored;
    if (own_folder && comm.is_root()) std::filesystem::remove_all(folder, ignored);
  };
  try {
    run_study(comm, folder, "descent", k_descent);
    error = descent_error(comm, folder);
    seconds = run_study(comm, folder, "networks", k_networks);
  } catch (...) {
    clean();
    throw;
  }
  clean();
  expect("gradient descent, through the three stages and files", error, 1e-7, log);
  constexpr double k_network_steps = 2 * 4 * 6 * 300;  // configurations x seeds x initials x steps
  log.line("figures of merit of this machine, {} ranks:", comm.size());
  log.line("  float32 matrix product of one rank   {:.3g} GFLOP/s (slowest rank)", comm.min(matrix_gflops()));
  log.line("  reduction over all ranks             {:.3g} us", reduce_microseconds(comm));
  log.line("  training                             {:.3g} network steps/s", k_network_steps / seconds.train);
  log.line("  spectra                              {:.3g} /s (200 and 50 features, 6 trajectories of 300)",
           8 / seconds.spectra);
  log.line("OK ({})", duration_text(comm.max(now() - start)));
}

}  // namespace equikoop
