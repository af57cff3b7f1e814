// SPDX-License-Identifier: BSD-3-Clause
// The spectrum of one ensemble, from its trajectories to eigenvalues with residuals and shares.
// The only header of this module that a caller needs.
#pragma once

#include <complex>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/koopman/dmd.hpp"
#include "equikoop/koopman/factorise.hpp"
#include "equikoop/koopman/rank.hpp"
#include "equikoop/koopman/residuals.hpp"
#include "equikoop/koopman/trajectories.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// One spectrum, equal on every rank. The vectors of modes have `rank` entries each.
struct EnsembleSpectrum {
  std::vector<std::complex<double>> eigenvalues;  ///< decreasing modulus, conjugates adjacent
  std::vector<double> residuals_insample;
  std::vector<double> residuals_heldout;  ///< NaN where nothing was held out
  std::vector<double> residuals_solver;   ///< of a kernel's eigenpairs, ‖A v − λ B v‖ / ‖B v‖; else none
  std::vector<double> amplitudes;         ///< sum to 1
  std::vector<double> singular_values;    ///< of the kept modes
  double total_energy = 0.0;              ///< squared Frobenius norm of the delay matrix
  int rank = 0;                           ///< 0: no spectrum (no usable or only zero data)
  int noise_cut = 0;                      ///< modes the rule wanted and the noise floor refused
  int trajectories_used = 0;              ///< those without NaN or infinity
  std::vector<double> reduced;            ///< (rank, rank) row-major: the operator of the fit
  std::string method;                     ///< name of the way that gave it
  std::string why;                        ///< why this way, in words
};

/// What a factorisation must hold for a spectrum with `options`: with folds, three times the modes
/// kept, for the refits to move in, unless so many vectors would weigh more than a quarter of the
/// trajectories; then the modes alone.
FactoriseRequest request_for(const KoopmanOptions& options, const DelayShape& shape);

/// The spectrum of `trajectories` with `delays` delays. Trajectories with NaN or infinity on any
/// rank are left out; of a stream, which is not read once more for that, they must have been left
/// out (finite_trajectories). `pulse`: as in FactoriseRequest. Throws UsageError where they are too
/// short for the delays, or a stream with a kernel. Collective.
template <class Real>
EnsembleSpectrum ensemble_spectrum(const Comm& group, const TrajectoryView<Real>& trajectories,
                                   const KoopmanOptions& options, std::size_t delays,
                                   const std::function<void()>& pulse = {});

/// A pseudospectrum wanted beside a spectrum.
struct PseudospectrumRequest {
  std::vector<double> axis;       ///< points of both axes (pseudospectrum.hpp); empty: none wanted
  std::vector<double> residuals;  ///< receives (imaginary, real), on every rank
};

/// Spectra of several ranks from one factorisation: for each of `factors` that multiple of the rank
/// which the rule gives. A multiple above 1 is cut at the noise floor. The pseudospectrum is that of
/// the first factor. Otherwise as ensemble_spectrum. Collective.
template <class Real>
std::vector<EnsembleSpectrum> ensemble_spectra(const Comm& group,
                                               const TrajectoryView<Real>& trajectories,
                                               const KoopmanOptions& options, std::size_t delays,
                                               std::span<const double> factors,
                                               PseudospectrumRequest& pseudospectrum,
                                               const std::function<void()>& pulse = {});

/// The spectrum of the first `rank` modes of a factorisation; one factorisation and one compression
/// serve every rank. `rank.rank` at most the factorisation's modes. Collective.
EnsembleSpectrum spectrum_of(const Comm& group, const Factorisation& factorisation,
                             const CompressedPairs& compressed, const KoopmanOptions& options,
                             const RankChoice& rank);

/// What the rank rules look at in a factorisation.
RankInput rank_input(const Factorisation& factorisation);

}  // namespace equikoop
