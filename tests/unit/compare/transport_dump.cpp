// SPDX-License-Identifier: BSD-3-Clause
// Prints random spectra and their distances, one case a line, for an independent evaluation in
// Python: order, n, m, weighted, then n × (re, im, mass), m × (re, im, mass), then W. All in hex.
#include <cstdio>

#include "random_spectra.hpp"

namespace {

using equikoop::WeightedSpectrum;

void print(const WeightedSpectrum& s) {
  for (std::size_t i = 0; i < s.values.size(); ++i)
    std::printf(" %a %a %a", s.values[i].real(), s.values[i].imag(),
                s.weights.empty() ? 1.0 : s.weights[i]);
}

}  // namespace

int main() {
  for (std::uint64_t item = 0; item < 1000; ++item) {
    const auto draw = equikoop::test::numbers(item + 9000000);
    const bool equal = item % 2 == 0;
    const bool weighted = item % 4 >= 2;
    const std::size_t n = 1 + draw.below(0, 40);
    const std::size_t m = equal ? n : 1 + draw.below(1, 40);
    const int order = item % 3 == 0 ? 2 : 1;
    const auto make = weighted ? equikoop::test::random_weighted : equikoop::test::random_spectrum;
    const auto a = make(n, 2 * item);
    const auto b = make(m, 2 * item + 1);
    std::printf("%d %zu %zu %d", order, n, m, weighted ? 1 : 0);
    print(a);
    print(b);
    std::printf(" %a\n", equikoop::wasserstein(a, b, order));
  }
  return 0;
}
