// SPDX-License-Identifier: BSD-3-Clause
#include "spectrum_sets.hpp"

#include "equikoop/compare/scaling.hpp"

namespace equikoop {
namespace {

double duration_on(Clock clock, const ClockDurations& durations) {
  switch (clock) {
    case Clock::step:
      return durations.step;
    case Clock::sample:
      return durations.sample;
    case Clock::time:
      return durations.time;
  }
  return durations.step;
}

std::vector<double> masses(const SpectrumRow& row, Weights weights) {
  if (weights == Weights::amplitude) return row.amplitudes;
  if (weights == Weights::none) return {};
  // A residual r is an error bar of the eigenvalue; 1/(1 + r) keeps exact modes at full weight.
  std::vector<double> result;
  for (const double residual : row.residuals_insample) result.push_back(1 / (1 + residual));
  return result;
}

WeightedSpectrum spectrum_of(const SpectrumRow& row, const CompareOptions& options,
                             double duration) {
  WeightedSpectrum spectrum{row.eigenvalues, masses(row, options.weights), row.amplitudes};
  return options.scaling == Scaling::log && !spectrum.empty() ? log_scaled(spectrum, duration)
                                                              : spectrum;
}

}  // namespace

std::vector<WeightedSpectrum> read_spectra(const SpectraArchive& archive, std::size_t configuration,
                                           std::size_t analysis, const CompareOptions& options) {
  const double duration =
      duration_on(options.clock, archive.layout().configurations[configuration].clock);
  std::vector<WeightedSpectrum> spectra;
  for (const auto& row : archive.read_rows(configuration, analysis))
    spectra.push_back(spectrum_of(row, options, duration));
  return spectra;
}

SpectrumSet read_spectra(const SpectraArchive& archive, const CompareOptions& options) {
  SpectrumSet set;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    set.push_back(read_spectra(archive, c, 0, options));
  return set;
}

}  // namespace equikoop
