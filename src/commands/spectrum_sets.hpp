// SPDX-License-Identifier: BSD-3-Clause
// The rows of spectra.h5 as what is compared: masses and time scale as the study asks.
#pragma once

#include "equikoop/archive/spectra.hpp"
#include "equikoop/compare/spectrum_set.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// One configuration's spectra [seed] of one analysis, scaled to the study's clock and weighted.
std::vector<WeightedSpectrum> read_spectra(const SpectraArchive& archive, std::size_t configuration,
                                           std::size_t analysis, const CompareOptions& options);

/// One analysis, by default the main one, of every configuration.
SpectrumSet read_spectra(const SpectraArchive& archive, const CompareOptions& options, std::size_t analysis = 0);

/// The residual by which an eigenvalue is judged: held out where there is one, else in sample.
double judged_residual(const SpectrumRow& row, std::size_t mode);

/// Eigenvalues of `row` whose residual is above options.max_residual.
int left_out(const SpectrumRow& row, const CompareOptions& options);

}  // namespace equikoop
