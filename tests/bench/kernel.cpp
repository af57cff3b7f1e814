// SPDX-License-Identifier: BSD-3-Clause
// Seconds and memory of the kernel spectrum of one ensemble of an archive, shared by all ranks; and
// its eigenvalues on a shorter window against LAPACK on matrices written out by their definition.
//   bench_kernel FILE CONFIGURATION SEED DELAYS MODES PAIRS_CHECKED
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/base/timer.hpp"
#include "equikoop/koopman/dmd.hpp"
#include "equikoop/koopman/residuals.hpp"
#include "equikoop/koopman/slepc_session.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "koopman/lapack.hpp"
#include "measure.hpp"

namespace {

using namespace equikoop;
using bench::seconds_of;

/// Relative error of an eigenvalue that is always allowed.
constexpr double k_agreement = 1e-9;

struct Request {
  std::string file;
  std::size_t configuration, seed, delays, modes, checked;
};

KoopmanOptions options_of(const Request& request) {
  KoopmanOptions options;
  options.kernel = Kernel::gaussian;
  options.rank = static_cast<int>(request.modes);
  options.regularisation = 0.1;  // 1e-5 of the trace
  options.method = Method::snapshots;
  options.folds = 0;
  return options;
}

/// Delay vectors as columns, and of the pairs the first of both.
struct Explicit {
  Matrix vectors;
  std::vector<std::size_t> now;
};

Explicit delay_vectors(const TrajectoryView<float>& view, std::size_t delays) {
  const std::size_t each = view.times - delays, d = view.features;
  Explicit data{Matrix((delays + 1) * d, view.initials() * each), {}};
  for (std::size_t m = 0; m < view.initials(); ++m)
    for (std::size_t t = 0; t < each; ++t) {
      if (t + 1 < each) data.now.push_back(m * each + t);
      for (std::size_t e = 0; e <= delays; ++e)
        for (std::size_t f = 0; f < d; ++f)
          data.vectors(e * d + f, m * each + t) = double(view.starts[m][(t + e) * view.time_stride + f]);
    }
  return data;
}

double square_distance(const Explicit& data, std::size_t i, std::size_t j) {
  const auto a = data.vectors.column(i), b = data.vectors.column(j);
  double sum = 0.0;
  for (std::size_t r = 0; r < a.size(); ++r) sum += (a[r] - b[r]) * (a[r] - b[r]);
  return sum;
}

double norm(const Matrix& a) {
  double sum = 0.0;
  for (const double value : a.values) sum += value * value;
  return std::sqrt(sum);
}

/// The leading eigenvalues of B⁻¹ A by dgeev, and for each how far rounding of A and B may move it:
/// ε (‖A‖ + |λ|‖B‖) ‖u‖‖v‖ / |uᴴ B v|, u and v its left and right vectors of the pencil.
struct Reference {
  std::vector<std::complex<double>> eigenvalues;
  std::vector<double> bounds;
};

Reference reference(const Explicit& data, const KoopmanOptions& options) {
  const std::size_t n = data.now.size();
  std::vector<double> squares;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) squares.push_back(square_distance(data, data.now[i], data.now[j]));
  std::nth_element(squares.begin(), squares.begin() + std::ptrdiff_t(squares.size() / 2), squares.end());
  const double twice = 2.0 * squares[squares.size() / 2];
  Matrix a(n, n), b(n, n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      a(i, j) = std::exp(-square_distance(data, data.now[i] + 1, data.now[j]) / twice);
      b(i, j) = std::exp(-square_distance(data, data.now[i], data.now[j]) / twice);
    }
  for (std::size_t i = 0; i < n; ++i) b(i, i) += options.regularisation;
  const ModeSet modes = modes_of(least_squares(b, a));  // left vectors y of B⁻¹A are B u
  const auto count = static_cast<std::size_t>(options.rank);
  ComplexMatrix whole(n, n), y(n, count);
  for (std::size_t e = 0; e < whole.values.size(); ++e) whole.values[e] = b.values[e];
  std::copy_n(modes.left.values.begin(), y.values.size(), y.values.begin());
  const ComplexMatrix u = solve(std::move(whole), y);
  Reference result;
  for (std::size_t j = 0; j < count; ++j) {
    std::complex<double> product = 0.0;
    double length = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      product += std::conj(y(i, j)) * modes.right(i, j);
      length += std::norm(u(i, j));
    }
    const double size = norm(a) + std::abs(modes.eigenvalues[j]) * norm(b);
    result.eigenvalues.push_back(modes.eigenvalues[j]);
    result.bounds.push_back(std::numeric_limits<double>::epsilon() * size * std::sqrt(length) / std::abs(product));
  }
  return result;
}

/// The largest error in units of what is allowed: 1e-9 of the eigenvalue, or the bound of rounding.
double error_of(const std::vector<std::complex<double>>& found, const Reference& wanted) {
  const auto partner = partners(found, wanted.eigenvalues);
  double worst = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto j = static_cast<std::size_t>(partner[i]);
    const double allowed = std::max(k_agreement * std::abs(wanted.eigenvalues[j]), wanted.bounds[j]);
    worst = std::max(worst, std::abs(found[i] - wanted.eigenvalues[j]) / allowed);
  }
  return worst;
}

void check(const Request& request, const Comm& world, const TrajectoryView<float>& all,
           const TrajectoryView<float>& mine) {
  const std::size_t times = std::min(all.times, request.checked / all.initials() + request.delays + 1);
  const KoopmanOptions options = options_of(request);
  const auto found = ensemble_spectrum(world, mine.window(0, times), options, request.delays);
  together(world, [&] {
    if (!world.is_root()) return;
    const Reference wanted = reference(delay_vectors(all.window(0, times), request.delays), options);
    std::fprintf(stderr, "check: %s; bounds of rounding up to %.1e\n", found.why.c_str(),
                 *std::max_element(wanted.bounds.begin(), wanted.bounds.end()));
    const std::size_t least = request.modes - 1;  // the last may be half a conjugate pair
    bench::print_check("kernel eigenvalues against LAPACK, in units of max(1e-9, bound of rounding)",
                       found.eigenvalues.size() < least ? HUGE_VAL : error_of(found.eigenvalues, wanted), 1.0);
  });
}

void run(const Request& request, const Comm& world) {
  const SlepcSession slepc(MPI_COMM_WORLD);
  const auto archive = TrajectoryArchive::read(world, request.file);
  const auto& layout = archive.layout();
  const auto& shape = layout.configurations.at(request.configuration);
  const Range range = block(shape.features, std::size_t(world.size()), std::size_t(world.rank()));
  std::vector<float> values(layout.initials * shape.time.size() * range.size());
  archive.read_ensemble<float>(request.configuration, request.seed, range, values);
  const auto mine = view_of<float>(values, {layout.initials, shape.time.size(), range.size()});
  EnsembleSpectrum spectrum;
  const double before = peak_memory();
  world.barrier();
  const double seconds = seconds_of(
      [&] { spectrum = ensemble_spectrum(world, mine, options_of(request), request.delays); });
  const double slowest = world.max(seconds), memory = world.max(peak_memory()), program = world.max(before);
  if (world.is_root()) {
    std::fprintf(stderr, "%s: %d eigenvalues; %s\n", shape.name.c_str(), spectrum.rank, spectrum.why.c_str());
    bench::print_series("seconds", "s", {slowest});
    bench::print_series("memory", "B", {memory});
    bench::print_series("memory before", "B", {program});
  }
  std::vector<float> whole(layout.initials * shape.time.size() * shape.features);
  archive.read_ensemble<float>(request.configuration, request.seed, {0, shape.features}, whole);
  check(request, world, view_of<float>(whole, {layout.initials, shape.time.size(), shape.features}), mine);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 7)
    throw std::runtime_error("usage: bench_kernel FILE CONFIGURATION SEED DELAYS MODES PAIRS_CHECKED");
  MPI_Init(&argc, &argv);
  run({argv[1], std::stoul(argv[2]), std::stoul(argv[3]), std::stoul(argv[4]), std::stoul(argv[5]),
       std::stoul(argv[6])}, Comm(MPI_COMM_WORLD));
  MPI_Finalize();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_kernel: %s\n", error.what());
  MPI_Abort(MPI_COMM_WORLD, 1);
}
