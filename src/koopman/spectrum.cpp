// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/spectrum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "equikoop/koopman/pseudospectrum.hpp"
#include "kernel_spectra.hpp"

namespace equikoop {

namespace {

/// Leading left singular vectors kept for the refits of held-out residuals, in multiples of the
/// modes kept.
constexpr std::size_t k_refit_room = 3;

/// Bytes of vectors that are never worth saving.
constexpr double k_small_bytes = 256e6;

/// Kept for refits: k_refit_room directions and twice as many Krylov products a mode, against
/// trajectories of 4 bytes a number.
bool has_memory_for_refits(const DelayShape& shape, std::size_t modes) {
  const double vectors = 3.0 * double(k_refit_room * modes);
  const double bytes = vectors * double(shape.rows()) * sizeof(double);
  const double raw = double(shape.initials * shape.times * shape.features) * sizeof(float);
  return bytes <= std::max(k_small_bytes, 0.25 * raw);
}

void share_from_root(const Comm& group, EnsembleSpectrum& spectrum) {
  const auto count = static_cast<std::size_t>(spectrum.rank);
  spectrum.eigenvalues.resize(count);
  // std::complex<double> is two doubles in a row by the standard.
  group.broadcast(std::span(reinterpret_cast<double*>(spectrum.eigenvalues.data()), 2 * count));
  for (auto* values :
       {&spectrum.residuals_insample, &spectrum.residuals_heldout, &spectrum.amplitudes}) {
    values->resize(count);
    group.broadcast(std::span(*values));
  }
  spectrum.reduced.resize(count * count);
  group.broadcast(std::span(spectrum.reduced));
}

/// The rank that is `factor` times the rule's. Above 1, `rank` itself grows before the rule counts
/// where it is a number; else the modes above the noise floor are the limit.
RankChoice scaled_rank(const Factorisation& f, KoopmanOptions options, double factor) {
  const auto scaled = [&](int rank) {
    return std::max(1, static_cast<int>(std::lround(factor * rank)));
  };
  if (options.rank_rule == RankRule::number) {
    options.rank = scaled(options.rank);
    RankChoice choice = choose_rank(rank_input(f), options);
    choice.rank = std::min(choice.rank, static_cast<int>(f.modes()));
    return choice;
  }
  RankChoice choice = choose_rank(rank_input(f), options);
  if (choice.rank == 0 || factor == 1.0) return choice;
  const auto above = std::find_if(f.sigma.begin(), f.sigma.end(),
                                  [&](double sigma) { return sigma <= f.noise_floor; });
  const int most = std::min(static_cast<int>(f.modes()), static_cast<int>(above - f.sigma.begin()));
  return {std::min(scaled(choice.rank), most), std::max(0, scaled(choice.rank) - most)};
}

/// The options whose factorisation holds the modes of every factor.
KoopmanOptions widest(KoopmanOptions options, std::span<const double> factors) {
  for (const double factor : factors)
    options.rank = std::max(options.rank, static_cast<int>(std::ceil(factor * options.rank)));
  return options;
}

SnapshotPairs all_pairs(const CompressedPairs& compressed, int rank) {
  std::vector<std::size_t> all(compressed.trajectories.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return pairs_of(compressed, all, static_cast<std::size_t>(rank));
}

void fill(EnsembleSpectrum& spectrum, const CompressedPairs& compressed,
          const KoopmanOptions& options, double noise_floor) {
  const auto rank = static_cast<std::size_t>(spectrum.rank);
  const SnapshotPairs pairs = all_pairs(compressed, spectrum.rank);
  const Matrix reduced = reduced_operator(pairs, options.regression);
  const ModeSet modes = modes_of(reduced);
  for (std::size_t i = 0; i < rank; ++i)
    for (std::size_t j = 0; j < rank; ++j) spectrum.reduced.push_back(reduced(i, j));
  spectrum.eigenvalues = modes.eigenvalues;
  spectrum.residuals_insample = residuals(modes, pairs);
  spectrum.amplitudes = amplitudes(modes, pairs);
  spectrum.residuals_heldout = held_out_residuals(
      compressed, {rank, options.folds, options.regression, noise_floor}, modes.eigenvalues);
}

}  // namespace

FactoriseRequest request_for(const KoopmanOptions& options, const DelayShape& shape) {
  const std::size_t most = std::min(shape.rows(), shape.columns());
  if (options.rank_rule == RankRule::full)
    return {.modes = most, .needed = most, .every_value = true, .method = options.method};
  const std::size_t needed = std::min(most, static_cast<std::size_t>(options.rank));
  const bool refits = options.folds > 1 && shape.initials > 1;
  const std::size_t room = refits && has_memory_for_refits(shape, needed) ? k_refit_room : 1;
  return {.modes = std::min(most, room * needed),
          .needed = needed,
          .every_value = options.rank_rule == RankRule::gavish_donoho,
          .method = options.method};
}

RankInput rank_input(const Factorisation& factorisation) {
  return {factorisation.sigma, factorisation.total_energy, factorisation.noise_floor,
          factorisation.shape.rows(), factorisation.shape.columns()};
}

EnsembleSpectrum spectrum_of(const Comm& group, const Factorisation& factorisation,
                             const CompressedPairs& compressed, const KoopmanOptions& options,
                             const RankChoice& rank) {
  if (rank.rank < 0 || static_cast<std::size_t>(rank.rank) > factorisation.modes())
    throw Error("spectrum: more modes wanted than the factorisation holds");
  EnsembleSpectrum spectrum;
  spectrum.rank = rank.rank;
  spectrum.noise_cut = rank.noise_cut;
  spectrum.total_energy = factorisation.total_energy;
  spectrum.trajectories_used = static_cast<int>(factorisation.shape.initials);
  spectrum.method = to_string(factorisation.method);
  spectrum.why = factorisation.why;
  spectrum.singular_values.assign(factorisation.sigma.begin(),
                                  factorisation.sigma.begin() + rank.rank);
  if (rank.rank == 0) return spectrum;
  // One rank computes, so that all hold the same bits whatever their processors.
  together(group, [&] {
    if (group.is_root()) fill(spectrum, compressed, options, factorisation.noise_floor);
  });
  share_from_root(group, spectrum);
  return spectrum;
}

template <class Real>
std::vector<EnsembleSpectrum> ensemble_spectra(const Comm& group,
                                               const TrajectoryView<Real>& trajectories,
                                               const KoopmanOptions& options, std::size_t delays,
                                               std::span<const double> factors,
                                               PseudospectrumRequest& wanted,
                                               const std::function<void()>& pulse) {
  std::vector<std::size_t> usable(trajectories.initials());
  std::iota(usable.begin(), usable.end(), std::size_t{0});
  if (!trajectories.stream) usable = finite_trajectories(group, trajectories);
  const DelayOperator<Real> z(group, trajectories.only(usable), delays);
  std::vector<EnsembleSpectrum> spectra(factors.size());
  const auto no_pseudospectrum = [&] {
    wanted.residuals.assign(wanted.axis.size() * wanted.axis.size(),
                            std::numeric_limits<double>::quiet_NaN());
  };
  no_pseudospectrum();
  if (usable.empty()) return spectra;
  if (options.kernel != Kernel::none && trajectories.stream)
    throw UsageError("koopman.kernel needs the trajectories in memory: set koopman.memory = 0");
  if (options.kernel != Kernel::none) return kernel_spectra(z, options, factors, pulse);
  FactoriseRequest request = request_for(widest(options, factors), z.shape());
  request.pulse = pulse;
  request.streamed = trajectories.stream != nullptr;
  const Factorisation f = factorise(z, request);
  const CompressedPairs compressed = group.is_root() ? compress(f) : CompressedPairs{};
  for (std::size_t i = 0; i < factors.size(); ++i)
    spectra[i] = spectrum_of(group, f, compressed, options, scaled_rank(f, options, factors[i]));
  if (wanted.axis.empty() || spectra.empty() || spectra.front().rank == 0) return spectra;
  const auto pairs = group.is_root() ? all_pairs(compressed, spectra.front().rank) : SnapshotPairs{};
  wanted.residuals = pseudospectrum(group, pairs, wanted.axis);
  return spectra;
}

template <class Real>
EnsembleSpectrum ensemble_spectrum(const Comm& group, const TrajectoryView<Real>& trajectories,
                                   const KoopmanOptions& options, std::size_t delays,
                                   const std::function<void()>& pulse) {
  PseudospectrumRequest none;
  constexpr std::array k_once{1.0};
  return ensemble_spectra(group, trajectories, options, delays, k_once, none, pulse).front();
}

template std::vector<EnsembleSpectrum> ensemble_spectra(const Comm&, const TrajectoryView<float>&,
                                                        const KoopmanOptions&, std::size_t,
                                                        std::span<const double>,
                                                        PseudospectrumRequest&,
                                                        const std::function<void()>&);
template std::vector<EnsembleSpectrum> ensemble_spectra(const Comm&, const TrajectoryView<double>&,
                                                        const KoopmanOptions&, std::size_t,
                                                        std::span<const double>,
                                                        PseudospectrumRequest&,
                                                        const std::function<void()>&);
template EnsembleSpectrum ensemble_spectrum(const Comm&, const TrajectoryView<float>&,
                                            const KoopmanOptions&, std::size_t,
                                            const std::function<void()>&);
template EnsembleSpectrum ensemble_spectrum(const Comm&, const TrajectoryView<double>&,
                                            const KoopmanOptions&, std::size_t,
                                            const std::function<void()>&);

}  // namespace equikoop
