// SPDX-License-Identifier: BSD-3-Clause
// The exponential and what is made of it, as short sequences of +, × and bit operations that compilers
// turn into vectors. No tables, no calls.
#pragma once

#include <bit>
#include <cstdint>

namespace equikoop::vectorised {

template <class Real>
struct Format;
template <>
struct Format<float> {
  using Bits = std::int32_t;
  static constexpr int k_mantissa = 23, k_bias = 127;
  static constexpr int k_terms = 7;                 ///< degree of the polynomial
  static constexpr float k_low = -104.0F;           ///< e^x rounds to 0 below
  static constexpr float k_high = 89.0F;            ///< and to infinity above
  static constexpr float k_shift = 12582912.0F;     ///< 1.5·2^23: adding it rounds to a whole number
  static constexpr float k_log2e = 1.44269504F;
  static constexpr float k_ln2_high = 0.693359375F; ///< 9 bits: times a whole number it is exact
  static constexpr float k_ln2_low = -2.12194440e-4F;
};
template <>
struct Format<double> {
  using Bits = std::int64_t;
  static constexpr int k_mantissa = 52, k_bias = 1023;
  static constexpr int k_terms = 13;
  static constexpr double k_low = -746.0;
  static constexpr double k_high = 710.0;
  static constexpr double k_shift = 6755399441055744.0;
  static constexpr double k_log2e = 1.4426950408889634;
  static constexpr double k_ln2_high = 0.69314718036912382;  ///< 32 bits
  static constexpr double k_ln2_low = 1.9082149292705877e-10;
};

/// e^x = 2^n·(1 + p): |x − n·ln 2| <= (ln 2)/2 and p = r + r²/2 + ... + r^k/k!, which leaves out less
/// than 6e-9 (float) and 5e-18 (double) of 1.
template <class Real>
struct Split {
  Real p;
  Real half;   ///< 2^⌊n/2⌋
  Real other;  ///< 2^(n − ⌊n/2⌋): in two factors n may leave the range of exponents
};

template <class Real>
inline Real power_of_two(typename Format<Real>::Bits n) {
  return std::bit_cast<Real>((n + Format<Real>::k_bias) << Format<Real>::k_mantissa);
}

/// x = n·ln 2 + r; x is within the range of results that are finite and not 0.
template <class Real>
struct Reduced {
  Real r;
  typename Format<Real>::Bits n;
};

template <class Real>
inline Reduced<Real> reduce(Real x) {
  using F = Format<Real>;
  x = x < F::k_low ? F::k_low : x;  // a NaN stays
  x = x > F::k_high ? F::k_high : x;
  const Real shifted = x * F::k_log2e + F::k_shift;
  const Real whole = shifted - F::k_shift;
  return {(x - whole * F::k_ln2_high) - whole * F::k_ln2_low,
          std::bit_cast<typename F::Bits>(shifted) - std::bit_cast<typename F::Bits>(F::k_shift)};
}

template <class Real>
inline Split<Real> split(Reduced<Real> x) {
  Real p = 0;
#pragma GCC unroll 16
  for (int k = Format<Real>::k_terms; k > 1; --k) {
    p = (Real(1) + p) * x.r * (Real(1) / static_cast<Real>(k));
  }
  p = (Real(1) + p) * x.r;
  const auto half = x.n >> 1;
  return {p, power_of_two<Real>(half), power_of_two<Real>(x.n - half)};
}

/// e^x within 2 units in the last place, subnormal results rounded twice; 0 and infinity beyond the
/// range, NaN for NaN.
template <class Real>
inline Real exponential(Real x) {
  const Split<Real> s = split(reduce(x));
  return (Real(1) + s.p) * s.half * s.other;
}

/// e^(x + rest) without rounding the sum, |rest| <= 0.05: the polynomial's error grows to 2e-8 (float).
template <class Real>
inline Real exponential_of_sum(Real x, Real rest) {
  Reduced<Real> reduced = reduce(x);
  reduced.r += rest;
  const Split<Real> s = split(reduced);
  return (Real(1) + s.p) * s.half * s.other;
}

/// e^x − 1 within 3 units in the last place, near 0 too.
template <class Real>
inline Real exponential_minus_1(Real x) {
  const Split<Real> s = split(reduce(x));
  const Real scale = s.half * s.other;
  return scale * s.p + (scale - Real(1));
}

/// tanh x = −(e^(−2|x|) − 1)/(e^(−2|x|) + 1) with the sign of x: relative accuracy near 0 too.
template <class Real>
inline Real hyperbolic_tangent(Real x) {
  const Real size = x < Real(0) ? -x : x;
  const Real e = exponential_minus_1(Real(-2) * size);
  const Real t = (Real(0) - e) / (e + Real(2));
  return x < Real(0) ? -t : t;
}

/// 1/(1 + e^(−x))
template <class Real>
inline Real logistic(Real x) {
  return Real(1) / (Real(1) + exponential(-x));
}

}  // namespace equikoop::vectorised
