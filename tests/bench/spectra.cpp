// SPDX-License-Identifier: BSD-3-Clause
// Seconds of the Koopman spectrum of one ensemble of an archive, part by part, beside the bare
// matrix products it rests on; and its eigenvalues against the explicit matrix through LAPACK.
//   bench_spectra FILE CONFIGURATION SEED DELAYS ROUNDS [dense]
#include <cblas.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/base/assignment.hpp"
#include "equikoop/base/timer.hpp"
#include "equikoop/koopman/slepc_session.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "measure.hpp"

namespace {

using namespace equikoop;
using bench::seconds_of;

constexpr double k_agreement = 1e-9;  // with LAPACK, of the optimally matched eigenvalues

struct Request {
  std::string file;
  std::size_t configuration, seed, delays, rounds;
  bool dense;
};

/// The largest difference of eigenvalues matched at least total cost.
double distance(const EnsembleSpectrum& a, const EnsembleSpectrum& b) {
  const std::size_t k = a.eigenvalues.size();
  if (b.eigenvalues.size() != k) return HUGE_VAL;
  std::vector<double> cost(k * k);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      cost[i * k + j] = std::abs(a.eigenvalues[i] - b.eigenvalues[j]);
  const std::vector<int> partner = assign(cost, k);
  double largest = 0.0;
  for (std::size_t i = 0; i < k; ++i)
    largest = std::max(largest, cost[i * k + static_cast<std::size_t>(partner[i])]);
  return largest;
}

/// Seconds of one large matrix product in double with as many operations as one product with Z
/// and one with its transpose.
double floor_seconds(const DelayShape& shape) {
  const std::size_t side = 512;
  const std::vector<double> a(side * side, 1.0), b(side * side, 1.0);
  std::vector<double> c(side * side, 0.0);
  const double seconds = seconds_of([&] {
    for (int i = 0; i < 4; ++i)
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, side, side, side, 1.0, a.data(), side,
                  b.data(), side, 0.0, c.data(), side);
  });
  const double rate = 4.0 * 2.0 * std::pow(double(side), 3) / seconds;
  return 4.0 * double(shape.rows()) * double(shape.columns()) / rate;
}

template <class Real>
void measure(const Request& request, const TrajectoryArchive& archive, const Comm& self) {
  const auto& layout = archive.layout();
  const auto& shape = layout.configurations.at(request.configuration);
  std::vector<Real> values(layout.initials * shape.time.size() * shape.features);
  archive.read_ensemble<Real>(request.configuration, request.seed, {0, shape.features}, values);
  const auto view = view_of<Real>(values, {layout.initials, shape.time.size(), shape.features});
  KoopmanOptions options;
  std::vector<double> whole, factorised, compressed, applied, transposed, floors;
  EnsembleSpectrum spectrum;
  for (std::size_t round = 0; round < request.rounds; ++round) {
    whole.push_back(seconds_of(
        [&] { spectrum = ensemble_spectrum<Real>(self, view, options, request.delays); }));
    const DelayOperator<Real> z(self, view, request.delays);
    Factorisation parts;
    factorised.push_back(seconds_of([&] { parts = factorise(z, request_for(options, z.shape())); }));
    compressed.push_back(seconds_of([&] { compress(parts); }));
    std::vector<double> v(z.shape().columns(), 1.0), u(z.shape().local_rows());
    applied.push_back(seconds_of([&] { z.apply(v, u); }));
    transposed.push_back(seconds_of([&] { z.apply_transpose_share(u, v); }));
    floors.push_back(floor_seconds(z.shape()));
    if (round == 0)
      std::fprintf(stderr, "%s %d products: %s\n", shape.name.c_str(), parts.products,
                   parts.why.c_str());
  }
  bench::print_series("spectrum", "s", whole);
  bench::print_series("factorise", "s", factorised);
  bench::print_series("compress", "s", compressed);
  bench::print_series("product", "s", applied);
  bench::print_series("transposed product", "s", transposed);
  bench::print_series("floor of a pair of products", "s", floors);
  bench::print_series("memory", "B", {peak_memory()});
  bench::print_series("raw", "B", {double(values.size() * sizeof(Real))});
  if (!request.dense) return;
  options.method = Method::dense;
  EnsembleSpectrum reference;
  const double seconds = seconds_of(
      [&] { reference = ensemble_spectrum<Real>(self, view, options, request.delays); });
  bench::print_series("dense", "s", {seconds});
  bench::print_check("eigenvalues against dense LAPACK", distance(spectrum, reference), k_agreement);
}

void run(const Request& request) {
  const Comm self(MPI_COMM_SELF);
  const SlepcSession slepc(MPI_COMM_SELF);
  const auto archive = TrajectoryArchive::read(self, request.file);
  if (archive.layout().precision == Precision::float32)
    measure<float>(request, archive, self);
  else
    measure<double>(request, archive, self);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 6)
    throw std::runtime_error("usage: bench_spectra FILE CONFIGURATION SEED DELAYS ROUNDS [dense]");
  MPI_Init(&argc, &argv);
  run({argv[1], std::stoul(argv[2]), std::stoul(argv[3]), std::stoul(argv[4]), std::stoul(argv[5]),
       argc > 6});
  MPI_Finalize();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_spectra: %s\n", error.what());
  return 1;
}
