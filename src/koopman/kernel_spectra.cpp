// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_spectra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "equikoop/koopman/kernel.hpp"
#include "equikoop/study/study.hpp"
#include "kernel_modes.hpp"
#include "lapack.hpp"

namespace equikoop {

namespace {

constexpr double k_none = std::numeric_limits<double>::quiet_NaN();

/// Singular values of the eigenfunctions on the data below this share of the largest are dropped from
/// the least-squares fit of Koopman modes: functions that hardly differ.
constexpr double k_least_direction = 1e-10;

/// Pairs of the trajectories in (or not in) a fold.
std::vector<std::uint8_t> pairs_of_fold(const DelayShape& shape, std::size_t folds, std::size_t fold,
                                        bool inside) {
  std::vector<std::uint8_t> chosen(shape.columns());
  for (std::size_t i = 0; i < chosen.size(); ++i)
    chosen[i] = (i / shape.columns_each() % folds == fold) == inside ? 1 : 0;
  return chosen;
}

/// ‖φ(z') − λ φ(z)‖ / ‖φ(z)‖ of every mode over the chosen pairs; NaN where φ vanishes.
std::vector<double> residuals(const Comm& group, const KernelMatrix& kernel, const KernelModes& modes,
                              const KernelValues& values, std::span<const std::uint8_t> chosen) {
  const std::size_t k = modes.eigenvalues.size();
  std::vector<double> sums(2 * k, 0.0);
  for (std::size_t i = 0; i < k; ++i) {
    const std::complex<double> lambda = modes.eigenvalues[i];
    const std::size_t re = lambda.imag() < 0.0 ? i - 1 : i, im = re + 1;
    const double sign = lambda.imag() < 0.0 ? -1.0 : lambda.imag() > 0.0 ? 1.0 : 0.0;
    const auto at = [&](const Matrix& a, std::size_t l) {
      return std::complex<double>(a(l, re), sign == 0.0 ? 0.0 : sign * a(l, im));
    };
    for (std::size_t l = 0; l < values.now.rows; ++l) {
      if (chosen[kernel.own[l]] == 0) continue;
      const auto now = at(values.now, l);
      sums[i] += std::norm(at(values.next, l) - lambda * now);
      sums[k + i] += std::norm(now);
    }
  }
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM,
                          group.raw()),
            "sum residuals");
  std::vector<double> result;
  for (std::size_t i = 0; i < k; ++i)
    result.push_back(sums[k + i] > 0.0 ? std::sqrt(sums[i] / sums[k + i]) : k_none);
  return result;
}

/// The eigenfunctions on all pairs, on rank 0.
Matrix gather(const Comm& group, const KernelMatrix& kernel, const Matrix& local) {
  Matrix all(kernel.blocks.pairs, local.columns);
  for (std::size_t j = 0; j < local.columns; ++j) {
    for (std::size_t l = 0; l < local.rows; ++l) all(kernel.own[l], j) = local(l, j);
    check_mpi(MPI_Reduce(group.is_root() ? MPI_IN_PLACE : all.column(j).data(), all.column(j).data(),
                         static_cast<int>(all.rows), MPI_DOUBLE, MPI_SUM, 0, group.raw()),
              "gather eigenfunctions");
  }
  return all;
}

/// F⁺ᵀ, (n, k): Z F⁺ᵀ are the Koopman modes of the columns of F.
Matrix pseudo_inverse_transposed(const Matrix& f) {
  Svd parts = svd(f);
  for (std::size_t j = 0; j < parts.sigma.size(); ++j) {
    const bool kept = parts.sigma[j] > k_least_direction * parts.sigma[0];
    for (double& value : parts.u.column(j)) value = kept ? value / parts.sigma[j] : 0.0;
  }
  return multiply(parts.u, parts.vt);
}

template <class Real>
std::vector<double> amplitudes(const DelayOperator<Real>& z, const KernelMatrix& kernel,
                               std::span<const std::complex<double>> eigenvalues, const Matrix& now) {
  const Comm& group = z.group();
  Matrix f = gather(group, kernel, now);
  std::vector<double> sizes(now.columns);  // squared lengths, then taken out of the fit
  Matrix dual(f.rows, f.columns);
  together(group, [&] {
    if (!group.is_root()) return;
    for (std::size_t j = 0; j < f.columns; ++j) {
      for (const double value : f.column(j)) sizes[j] += value * value;
      for (double& value : f.column(j)) value /= std::sqrt(std::max(sizes[j], 1e-300));
    }
    dual = pseudo_inverse_transposed(f);
  });
  group.broadcast(std::span(sizes));
  group.broadcast(std::span(dual.values));
  std::vector<double> energy(now.columns);  // of unit columns: of a real function and its mode
  std::vector<double> mode(z.shape().local_rows());
  for (std::size_t j = 0; j < now.columns; ++j) {
    z.apply(dual.column(j), mode);
    for (const double value : mode) energy[j] += value * value;
  }
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, energy.data(), static_cast<int>(energy.size()), MPI_DOUBLE,
                          MPI_SUM, group.raw()),
            "sum amplitudes");
  // Re φ·c₁ + Im φ·c₂ = φ·ξ + conj, ξ = (c₁ − i c₂)/2 with c of the columns as they are.
  std::vector<double> share(energy.size());
  for (std::size_t j = 0; j < share.size(); ++j) {
    if (eigenvalues[j].imag() == 0.0) {
      share[j] = energy[j];
    } else if (eigenvalues[j].imag() > 0.0) {
      const double mean = 0.25 * (sizes[j] + sizes[j + 1]) *
                          (energy[j] / std::max(sizes[j], 1e-300) +
                           energy[j + 1] / std::max(sizes[j + 1], 1e-300));
      share[j] = share[j + 1] = mean;
    }
  }
  const double total = std::accumulate(share.begin(), share.end(), 0.0);
  for (double& s : share) s /= total;
  return share;
}

/// Eigenpairs of the fit without a fold, and their residuals on that fold.
struct Refit {
  std::vector<std::complex<double>> eigenvalues;
  std::vector<double> residuals;
};

std::vector<Refit> refits(const Comm& group, const DelayShape& shape, const KernelMatrix& kernel,
                          const KernelProblem& problem, int wanted_folds) {
  const std::size_t folds = std::min(static_cast<std::size_t>(std::max(0, wanted_folds)), shape.initials);
  std::vector<Refit> result;
  for (std::size_t fold = 0; folds > 1 && fold < folds; ++fold) {
    const auto others = pairs_of_fold(shape, folds, fold, false);
    const auto held_out = pairs_of_fold(shape, folds, fold, true);
    const KernelModes modes = kernel_modes(group, kernel, problem, others);
    result.push_back({modes.eigenvalues, residuals(group, kernel, modes,
                                                   values_of(kernel, modes.vectors), held_out)});
  }
  return result;
}

/// The mean over the refits of the residual of each eigenvalue's partner among their leading ones.
std::vector<double> held_out_residuals(std::span<const std::complex<double>> reference,
                                       const std::vector<Refit>& refits) {
  std::vector<double> sum(reference.size(), 0.0), mean(reference.size(), k_none);
  std::vector<int> count(reference.size(), 0);
  for (const Refit& refit : refits) {
    const std::size_t leading = whole_pairs(refit.eigenvalues, reference.size());
    const auto partner = partners(reference, std::span(refit.eigenvalues).first(leading));
    for (std::size_t i = 0; i < reference.size(); ++i) {
      const double residual = partner[i] < 0 ? k_none : refit.residuals[static_cast<std::size_t>(partner[i])];
      if (std::isnan(residual)) continue;
      sum[i] += residual;
      ++count[i];
    }
  }
  for (std::size_t i = 0; i < mean.size(); ++i)
    if (count[i] > 0) mean[i] = sum[i] / count[i];
  return mean;
}

}  // namespace

template <class Real>
std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<Real>& z, const KoopmanOptions& options,
                                             std::span<const double> factors,
                                             const std::function<void()>& pulse) {
  check_kernel(options);
  const Comm& group = z.group();
  const auto modes_of_factor = [&](double factor) {
    return static_cast<std::size_t>(std::max(1L, std::lround(factor * options.rank)));
  };
  std::size_t most = 1;
  for (const double factor : factors) most = std::max(most, modes_of_factor(factor));
  const MethodChoice choice = choose_kernel_method(z.shape(), options.method, most);
  EnsembleSpectrum none;
  none.total_energy = z.total_energy();
  none.trajectories_used = static_cast<int>(z.shape().initials);
  none.method = to_string(choice.method);
  none.why = choice.why;
  std::vector<EnsembleSpectrum> spectra(factors.size(), none);
  const KernelMatrix kernel =
      kernel_matrix(z, {options.kernel, options.kernel_width, options.kernel_degree});
  if (kernel.width == 0.0) return spectra;
  const KernelProblem problem{options.regularisation * kernel.mean_diagonal, most, choice.method, pulse};
  const std::vector<std::uint8_t> all(z.shape().columns(), 1);
  const KernelModes modes = kernel_modes(group, kernel, problem, all);
  const KernelValues values = values_of(kernel, modes.vectors);
  const auto insample = residuals(group, kernel, modes, values, all);
  const auto refitted = refits(group, z.shape(), kernel, problem, options.folds);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    EnsembleSpectrum& spectrum = spectra[i];
    const std::size_t wanted = std::min(modes_of_factor(factors[i]), z.shape().columns());
    const std::size_t count = whole_pairs(modes.eigenvalues, wanted);
    const auto leading = static_cast<std::ptrdiff_t>(count);
    spectrum.rank = static_cast<int>(count);
    spectrum.noise_cut = modes.refused > 0 ? static_cast<int>(wanted - count) : 0;
    spectrum.eigenvalues.assign(modes.eigenvalues.begin(), modes.eigenvalues.begin() + leading);
    spectrum.residuals_insample.assign(insample.begin(), insample.begin() + leading);
    spectrum.residuals_solver.assign(modes.residuals.begin(), modes.residuals.begin() + leading);
    spectrum.residuals_heldout = held_out_residuals(spectrum.eigenvalues, refitted);
    spectrum.singular_values.assign(count, k_none);
    const double worst = count > 0 ? *std::max_element(modes.residuals.begin(), modes.residuals.begin() + leading) : 0.0;
    spectrum.why += fmt::format("; width {:.6g}, {} products, largest residual of the solver {:.1e}",
                                kernel.width, modes.products, worst);
    if (count > 0)
      spectrum.amplitudes = amplitudes(z, kernel, spectrum.eigenvalues, leading_columns(values.now, count));
  }
  return spectra;
}

template std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<float>&, const KoopmanOptions&,
                                                      std::span<const double>,
                                                      const std::function<void()>&);
template std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<double>&, const KoopmanOptions&,
                                                      std::span<const double>,
                                                      const std::function<void()>&);

}  // namespace equikoop
