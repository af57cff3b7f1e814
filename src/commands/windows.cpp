// SPDX-License-Identifier: BSD-3-Clause
#include "windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "equikoop/compare/transport.hpp"
#include "spectrum_sets.hpp"

namespace equikoop {
namespace {

using Spectra = std::vector<WeightedSpectrum>;  // [seed]

/// The analyses that are windows of training, by begin and end; those of equal delays alone.
std::vector<std::size_t> windows_of(const SpectraShape& shape) {
  std::vector<std::size_t> found;
  for (std::size_t a = 0; a < shape.analyses.size(); ++a)
    if (a == 0 || shape.analyses[a].id.starts_with("window=")) found.push_back(a);
  std::stable_sort(found.begin(), found.end(), [&](std::size_t i, std::size_t j) {
    const auto& a = shape.analyses[i];
    const auto& b = shape.analyses[j];
    return std::pair(a.window_begin, a.window_end) < std::pair(b.window_begin, b.window_end);
  });
  return found;
}

/// Mean over equal seeds, or over different ones of the same spectra; NaN where there is none.
double mean_distance(const Spectra& a, const Spectra& b, int order) {
  const bool floor = &a == &b;
  double total = 0;
  int count = 0;
  for (std::size_t s = 0; s < a.size(); ++s)
    for (std::size_t t = floor ? s + 1 : s; t < (floor ? a.size() : s + 1); ++t) {
      if (a[s].empty() || b[t].empty()) continue;
      total += wasserstein(a[s], b[t], order);
      ++count;
    }
  return count > 0 ? total / count : std::numeric_limits<double>::quiet_NaN();
}

/// The symmetric square table of `sets`; this rank's rows of it, the others zero.
std::vector<double> table_of(const Job& job, const std::vector<Spectra>& sets) {
  const std::size_t n = sets.size();
  const auto ranks = static_cast<std::size_t>(job.comm.size());
  std::vector<double> table(n * n, 0.0);
  for (std::size_t i = static_cast<std::size_t>(job.comm.rank()); i < n; i += ranks) {
    if (job.stop.requested())
      throw Interrupted(fmt::format("distances stopped by {}", job.stop.reason()));
    for (std::size_t j = i; j < n; ++j)
      table[i * n + j] = table[j * n + i] =
          mean_distance(sets[i], sets[j], job.study.compare.order);
  }
  return table;
}

void append(std::vector<double>& all, const std::vector<double>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Each number was made by one rank and is zero on the others, so the sum is exact.
void add_ranks(const Comm& comm, std::vector<double>& values) {
  if (values.empty()) return;
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE,
                          MPI_SUM, comm.raw()),
            "gather distances between windows");
}

}  // namespace

WindowDistances window_distances(const Job& job, const SpectraArchive& archive) {
  const auto& configurations = archive.layout().configurations;
  const auto windows = windows_of(configurations.front());
  WindowDistances result;
  if (windows.size() < 2) return result;
  for (const std::size_t a : windows) {
    const auto& analysis = configurations.front().analyses[a];
    result.begin.push_back(analysis.window_begin);
    result.end.push_back(analysis.window_end);
  }
  together(job.comm, [&] {
    std::vector<std::vector<Spectra>> by_window(windows.size());
    for (std::size_t c = 0; c < configurations.size(); ++c) {
      std::vector<Spectra> own;
      const auto order = windows_of(configurations[c]);
      for (std::size_t w = 0; w < order.size(); ++w) {
        own.push_back(read_spectra(archive, c, order[w], job.study.compare));
        by_window[w].push_back(own.back());
      }
      append(result.within, table_of(job, own));
    }
    for (const auto& sets : by_window) append(result.across, table_of(job, sets));
  });
  add_ranks(job.comm, result.within);
  add_ranks(job.comm, result.across);
  return result;
}

}  // namespace equikoop
