// SPDX-License-Identifier: BSD-3-Clause
// Microseconds of the exact distance of two spectra, as all pairs of a study are compared.
//   bench_distances EIGENVALUES ROUNDS
#include <cmath>
#include <complex>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "compare/point_set.hpp"
#include "equikoop/base/random.hpp"
#include "measure.hpp"

namespace {

using namespace equikoop;

constexpr std::size_t k_spectra = 300;  // 90,000 distances a round

/// Conjugate pairs and real eigenvalues near 1, as training has them.
std::vector<detail::PointSet> made_up_spectra(std::size_t count) {
  const RandomStream stream({.study_seed = 1, .stream = Stream::synthetic_data});
  std::vector<detail::PointSet> spectra;
  for (std::size_t s = 0; s < k_spectra; ++s) {
    std::vector<std::complex<double>> values;
    for (std::size_t i = 0; values.size() < count; ++i) {
      const std::uint64_t element = 2 * (s * count + i);
      const double modulus = stream.uniform(element, 0.9, 1.0);
      const bool pair = i % 2 == 0 && values.size() + 2 <= count;
      values.push_back(std::polar(modulus, pair ? std::abs(0.3 * stream.normal(element + 1)) : 0.0));
      if (pair) values.push_back(std::conj(values.back()));
    }
    spectra.emplace_back(values);
  }
  return spectra;
}

void measure(std::size_t count, std::size_t rounds) {
  const auto spectra = made_up_spectra(count);
  std::vector<double> samples;
  double total = 0.0;  // printed, so that nothing is optimised away
  for (std::size_t round = 0; round < rounds; ++round) {
    const double seconds = bench::seconds_of([&] {
      for (const auto& a : spectra)
        for (const auto& b : spectra) total += detail::matched_cost(a, b, 1);
    });
    samples.push_back(1e6 * seconds / (k_spectra * k_spectra));
  }
  bench::print_series("distance", "us", samples);
  bench::print_series("sum", "", {total});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) throw std::runtime_error("usage: bench_distances EIGENVALUES ROUNDS");
  measure(std::stoul(argv[1]), std::stoul(argv[2]));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_distances: %s\n", error.what());
  return 1;
}
