// SPDX-License-Identifier: BSD-3-Clause
// Random spectra for tests: pure functions of their index, like everything random here.
#pragma once

#include <cstdint>

#include "equikoop/base/random.hpp"
#include "equikoop/compare/seed_distances.hpp"
#include "equikoop/compare/spectrum_set.hpp"
#include "equikoop/compare/transport.hpp"

namespace equikoop::test {

inline RandomStream numbers(std::uint64_t item) {
  return RandomStream({12345, Stream::synthetic_data, 0, 0, item});
}

/// k values uniform in the square [-1, 1]².
inline WeightedSpectrum random_spectrum(std::size_t k, std::uint64_t item) {
  const auto stream = numbers(item);
  WeightedSpectrum s;
  for (std::size_t i = 0; i < k; ++i)
    s.values.emplace_back(stream.uniform(2 * i, -1.0, 1.0), stream.uniform(2 * i + 1, -1.0, 1.0));
  return s;
}

/// The same with uniform random masses.
inline WeightedSpectrum random_weighted(std::size_t k, std::uint64_t item) {
  auto s = random_spectrum(k, item);
  const auto stream = numbers(item + 1000000);
  for (std::size_t i = 0; i < k; ++i) s.weights.push_back(stream.uniform(i, 0.01, 1.0));
  return s;
}

/// Spectra of k values around fixed centres, each seed with normal noise, all moved by `shift`.
inline std::vector<WeightedSpectrum> noisy_seeds(std::size_t seeds, std::size_t k, double noise,
                                                 double shift, std::uint64_t item) {
  std::vector<WeightedSpectrum> all(seeds);
  const auto stream = numbers(item + 2000000);
  for (std::size_t s = 0; s < seeds; ++s)
    for (std::size_t i = 0; i < k; ++i) {
      const std::uint64_t e = 2 * (s * k + i);
      const double centre = 0.1 * static_cast<double>(i);
      all[s].values.emplace_back(centre + shift + noise * stream.normal(e),
                                 noise * stream.normal(e + 1));
    }
  return all;
}

/// All distances among the seeds of two configurations.
inline SeedDistances seed_distances(const std::vector<WeightedSpectrum>& a,
                                    const std::vector<WeightedSpectrum>& b, bool paired) {
  SeedDistances d{a.size(), b.size(), paired, {}, {}, {}};
  const auto fill = [](const auto& x, const auto& y) {
    std::vector<double> m;
    for (const auto& u : x)
      for (const auto& v : y) m.push_back(&u == &v ? 0.0 : wasserstein(u, v));
    return m;
  };
  d.across = fill(a, b);
  d.within_first = fill(a, a);
  d.within_second = fill(b, b);
  return d;
}

}  // namespace equikoop::test
