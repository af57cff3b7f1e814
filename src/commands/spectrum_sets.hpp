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

/// The main analysis of every configuration.
SpectrumSet read_spectra(const SpectraArchive& archive, const CompareOptions& options);

}  // namespace equikoop
