// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/spectrum.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

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
}

void fill(EnsembleSpectrum& spectrum, const CompressedPairs& compressed,
          const KoopmanOptions& options, double noise_floor) {
  const auto rank = static_cast<std::size_t>(spectrum.rank);
  std::vector<std::size_t> all(compressed.trajectories.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const SnapshotPairs pairs = pairs_of(compressed, all, rank);
  const ModeSet modes = modes_of(reduced_operator(pairs, options.regression));
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
EnsembleSpectrum ensemble_spectrum(const Comm& group, const TrajectoryView<Real>& trajectories,
                                   const KoopmanOptions& options, std::size_t delays,
                                   const std::function<void()>& pulse) {
  const auto usable = finite_trajectories(group, trajectories);
  const DelayOperator<Real> z(group, trajectories.only(usable), delays);
  if (usable.empty()) return {};
  FactoriseRequest request = request_for(options, z.shape());
  request.pulse = pulse;
  const Factorisation factorisation = factorise(z, request);
  const RankChoice rank = choose_rank(rank_input(factorisation), options);
  const CompressedPairs compressed = group.is_root() ? compress(factorisation) : CompressedPairs{};
  return spectrum_of(group, factorisation, compressed, options, rank);
}

template EnsembleSpectrum ensemble_spectrum(const Comm&, const TrajectoryView<float>&,
                                            const KoopmanOptions&, std::size_t,
                                            const std::function<void()>&);
template EnsembleSpectrum ensemble_spectrum(const Comm&, const TrajectoryView<double>&,
                                            const KoopmanOptions&, std::size_t,
                                            const std::function<void()>&);

}  // namespace equikoop
