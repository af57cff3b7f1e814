// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "equikoop/koopman/kernel.hpp"
#include "kernel_modes.hpp"

namespace equikoop {

namespace {

/// Pairs up to which LAPACK on the explicit operator is as fast as Krylov steps; beyond, it pays where
/// more than 1 / k_krylov_share of the eigenvalues are wanted.
constexpr std::size_t k_lapack_pairs = 300;
constexpr std::size_t k_krylov_share = 4;

/// Pairs of a pilot, if two trajectories have as many: as many seconds, and matrices beyond the caches.
constexpr std::size_t k_pilot_pairs = 2000;
constexpr std::size_t k_fewest_initials = 2;

/// An entry of the kernel matrix beside its inner product (sliding sum, exponential), in the time of as
/// many operations of a matrix product.
constexpr double k_entry = 200.0;

/// Operations until the first product: the kernel matrix, and its factor for the fit and each of `refits`.
double preparation(const DelayShape& shape, double refits) {
  const double n = double(shape.columns());
  return n * n * (2.0 * double(shape.features) + k_entry) + (1.0 + refits) * n * n * n / 3.0;
}

double refits(const DelayShape& shape, const KoopmanOptions& options) {
  const double folds = std::min(double(options.folds), double(shape.initials));
  return folds > 1.0 ? folds : 0.0;
}

}  // namespace

MethodChoice choose_kernel_method(const DelayShape& shape, Method asked, std::size_t modes) {
  if (asked != Method::automatic) return {asked, fmt::format("kernel, {}: asked for", to_string(asked))};
  const std::size_t pairs = shape.columns();
  const bool dense = pairs <= k_lapack_pairs || modes * k_krylov_share > pairs;
  return {dense ? Method::dense : Method::snapshots,
          fmt::format("kernel matrices of {} pairs: {}", pairs,
                      dense ? "LAPACK" : "Krylov-Schur, matrices distributed")};
}

double kernel_memory(const DelayShape& shape, std::size_t modes, int ranks) {
  const double n = double(shape.columns()), each = n / ranks, k = double(modes);
  const double matrices = 12.0 * n * (each + double(PairBlocks::k_size));
  const double panels = 8.0 * double(shape.initials * shape.times) * double(PairBlocks::k_size + shape.blocks);
  return matrices + panels + 8.0 * (2.0 * n * k + each * (double(k_krylov_room + 2) * k + 20.0));
}

KernelPilot kernel_pilot(const DelayShape& shape, const KoopmanOptions& options) {
  const std::size_t fitting = std::max(k_fewest_initials, k_pilot_pairs / shape.columns_each());
  KernelPilot pilot{std::min(shape.initials, fitting), options};
  pilot.options.method = choose_kernel_method(shape, options.method, std::size_t(options.rank)).method;
  pilot.options.regularisation *= double(pilot.initials) / double(shape.initials);
  pilot.options.folds = 0;
  return pilot;
}

double kernel_seconds(const DelayShape& shape, const KoopmanOptions& options, const DelayShape& pilot,
                      const KernelSeconds& measured) {
  const double larger = double(shape.columns()) / double(pilot.columns()), fits = 1.0 + refits(shape, options);
  const bool dense = choose_kernel_method(shape, options.method, std::size_t(options.rank)).method == Method::dense;
  const double longer = dense ? larger : double(shape.columns_each()) / double(pilot.columns_each());
  return measured.preparation * preparation(shape, fits - 1.0) / preparation(pilot, 0.0) +
         measured.products * fits * longer * larger * larger;
}

}  // namespace equikoop
