// SPDX-License-Identifier: BSD-3-Clause
#include "spectrum_sets.hpp"

#include <cmath>

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

bool trusted(const SpectrumRow& row, std::size_t mode, const CompareOptions& options) {
  return !(options.max_residual > 0 && judged_residual(row, mode) > options.max_residual);
}

WeightedSpectrum spectrum_of(const SpectrumRow& row, const CompareOptions& options, double duration) {
  const auto weights = masses(row, options.weights);
  WeightedSpectrum spectrum{{}, {}, {}, row.reduced};
  for (std::size_t i = 0; i < row.eigenvalues.size(); ++i) {
    if (!trusted(row, i, options)) continue;
    spectrum.values.push_back(row.eigenvalues[i]);
    if (!weights.empty()) spectrum.weights.push_back(weights[i]);
    spectrum.amplitudes.push_back(row.amplitudes[i]);
  }
  return options.scaling == Scaling::log && !spectrum.empty() ? log_scaled(spectrum, duration) : spectrum;
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

double judged_residual(const SpectrumRow& row, std::size_t mode) {
  const double held_out = row.residuals_heldout[mode];
  return std::isfinite(held_out) ? held_out : row.residuals_insample[mode];
}

int left_out(const SpectrumRow& row, const CompareOptions& options) {
  int count = 0;
  for (std::size_t i = 0; i < row.eigenvalues.size(); ++i) count += trusted(row, i, options) ? 0 : 1;
  return count;
}

SpectrumSet read_spectra(const SpectraArchive& archive, const CompareOptions& options, std::size_t analysis) {
  SpectrumSet set;
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    set.push_back(read_spectra(archive, c, analysis, options));
  return set;
}

}  // namespace equikoop
