// SPDX-License-Identifier: BSD-3-Clause
// Spectra of one ensemble by kernel EDMD, as spectrum.hpp hands them out.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "equikoop/koopman/spectrum.hpp"

namespace equikoop {

/// For each of `factors` that multiple of options.rank eigenvalues, from one solution: eigenvalues of
/// largest modulus are nested. Residuals are those of the eigenfunctions φ(z) = Σ_j k(z, z_j) v_j. The
/// amplitude of a mode is the share of ‖φ‖²·‖ξ‖² over all modes, ξ its Koopman mode: Z ≈ Σ ξ_i φ_iᵀ by
/// least squares. With the linear kernel all are those of the decomposition of Z itself. Collective.
template <class Real>
std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<Real>& z, const KoopmanOptions& options,
                                             std::span<const double> factors,
                                             const std::function<void()>& pulse);

extern template std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<float>&,
                                                             const KoopmanOptions&,
                                                             std::span<const double>,
                                                             const std::function<void()>&);
extern template std::vector<EnsembleSpectrum> kernel_spectra(const DelayOperator<double>&,
                                                             const KoopmanOptions&,
                                                             std::span<const double>,
                                                             const std::function<void()>&);

}  // namespace equikoop
