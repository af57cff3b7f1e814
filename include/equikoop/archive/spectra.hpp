// SPDX-License-Identifier: BSD-3-Clause
// spectra.h5: one spectrum an ensemble and analysis, written by whoever computed it. Small, and what
// people share.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "equikoop/archive/trajectories.hpp"

namespace equikoop {

/// One analysis of a configuration: the main one (id empty) or a further one under analyses/ID.
struct AnalysisShape {
  std::string id;
  int delays = 0;
  double window_begin = 0;
  double window_end = 1;
  std::string method;     ///< how the delay matrix is factorised, as chosen before the work
  std::string rank_rule;
  double delays_factor = 1;  ///< multiples of the study's delays and rank: points of the
  double rank_factor = 1;    ///< robustness grid
};

struct SpectraShape {
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::size_t features = 0;
  std::size_t snapshots = 0;
  ClockDurations clock;
  std::vector<AnalysisShape> analyses;  ///< the first is the main one
  std::size_t initials = 0;             ///< trajectories of an ensemble; 0: not known
  bool streamed = false;                ///< read at every pass over them (not archived)
};

/// Reduced operators of at most this side are kept beside their eigenvalues.
inline constexpr std::size_t k_most_reduced = 64;

struct SpectraLayout {
  std::size_t seeds = 0;
  std::size_t modes = 0;
  int pseudospectrum = 0;  ///< points a side, or 0
  std::vector<SpectraShape> configurations;
  bool reduced = true;  ///< whether the reduced operator is kept; imported spectra have none
  bool solver_residuals = false;  ///< whether those are kept: of kernels
};

/// The spectrum of one ensemble; vectors hold `rank` values, or none where rank is 0.
struct SpectrumRow {
  std::vector<std::complex<double>> eigenvalues;
  std::vector<double> residuals_insample;
  std::vector<double> residuals_heldout;
  std::vector<double> amplitudes;
  std::vector<double> singular_values;
  double total_energy = 0;
  int rank = 0;
  int trajectories_used = 0;
  int noise_cut = 0;
  std::vector<double> reduced;  ///< (rank, rank) row-major, of the main analysis; or empty
  std::vector<double> residuals_solver{};  ///< of kernels; or empty
};

/// The square of the complex plane that a pseudospectrum covers: real and imaginary parts of its
/// grid of n points a side, the unit circle with a margin.
std::vector<double> pseudospectrum_axis(std::size_t n);

class SpectraArchive {
 public:
  /// Creates the file for spectra of the trajectories `source`, or opens the one that is there if
  /// it belongs to them and to the same study (`force` replaces it). Collective.
  static SpectraArchive begin(const Comm& comm, const std::string& path, const Study& study,
                              const SpectraLayout& layout, const Provenance& provenance,
                              const std::string& source, bool force);
  /// Collective.
  static SpectraArchive read(const Comm& comm, const std::string& path);

  const SpectraLayout& layout() const noexcept { return layout_; }
  const ArchiveFile& file() const noexcept { return archive_; }
  hid_t id() const noexcept { return archive_.file.get(); }

  std::vector<std::uint8_t> complete(std::size_t configuration, std::size_t analysis) const;
  std::size_t complete_count() const;
  std::size_t row_count() const;

  /// Writes the row of each analysis and then, after it has reached the disk, its mark.
  /// `pseudospectrum`, for the first seed where the file keeps one: the least residual at each point
  /// (imaginary, real) of the grid.
  void write_rows(std::size_t configuration, std::size_t seed, const std::vector<SpectrumRow>& rows,
                  std::span<const double> pseudospectrum = {});
  /// The rows of every seed; those not complete have rank 0.
  std::vector<SpectrumRow> read_rows(std::size_t configuration, std::size_t analysis) const;
  /// Compares a row with its checksum.
  Checksum verify(std::size_t configuration, std::size_t analysis, std::size_t seed) const;

 private:
  h5::Handle group(std::size_t configuration, std::size_t analysis) const;
  void write_row(std::size_t configuration, std::size_t analysis, std::size_t seed, const SpectrumRow& row,
                 std::span<const double> pseudospectrum);

  ArchiveFile archive_;
  SpectraLayout layout_;
};

}  // namespace equikoop
