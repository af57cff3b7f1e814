// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/procrustes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "equikoop/base/error.hpp"
#include "procrustes_newton.hpp"

namespace equikoop {
namespace {

using Matrix = std::vector<double>;  // (n, n) row-major

constexpr int k_most_sweeps = 1000;
constexpr int k_sweeps_before_newton = 8;
constexpr double k_still = 1e-12;  // radians: what is left to turn changes no digit that is used

double inner(std::span<const double> x, std::span<const double> y) {
  double sum = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

/// g(θ) = c1 cos θ + s1 sin θ + c2 cos 2θ + s2 sin 2θ: ⟨A, G M Gᵀ⟩ up to a constant.
class Profile {
 public:
  double c1 = 0.0, s1 = 0.0, c2 = 0.0, s2 = 0.0;

  double value(double c, double s) const {
    return c1 * c + s1 * s + c2 * (c * c - s * s) + 2.0 * s2 * s * c;
  }
  /// The angle of the maximum: the best of a grid that no peak slips through, then Newton's steps.
  double peak() const {
    constexpr double k_width = 2.0 * std::numbers::pi / k_grid;
    int best = 0;
    double most = value(1.0, 0.0);
    for (int i = 1; i < k_grid; ++i) {
      const double here = value(grid().cosine[i], grid().sine[i]);
      if (here > most) {
        most = here;
        best = i;
      }
    }
    double angle = best <= k_grid / 2 ? best * k_width : (best - k_grid) * k_width;
    for (int step = 0; step < 8; ++step) {
      const double c = std::cos(angle), s = std::sin(angle);
      const double cc = c * c - s * s, ss = 2.0 * s * c;
      const double bend = -c1 * c - s1 * s - 4.0 * (c2 * cc + s2 * ss);
      if (!(bend < 0.0)) break;
      const double slope = s1 * c - c1 * s + 2.0 * (s2 * cc - c2 * ss);
      const double turn = std::clamp(-slope / bend, -0.5 * k_width, 0.5 * k_width);
      angle += turn;
      if (std::abs(turn) < k_turned) break;
    }
    return angle;
  }

 private:
  static constexpr int k_grid = 16;
  static constexpr double k_turned = 1e-14;  // radians
  struct Grid {
    std::array<double, k_grid> cosine, sine;
  };
  static const Grid& grid() {
    static const Grid values = [] {
      Grid g{};
      for (std::size_t i = 0; i < k_grid; ++i) {
        g.cosine[i] = std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / k_grid);
        g.sine[i] = std::sin(2.0 * std::numbers::pi * static_cast<double>(i) / k_grid);
      }
      return g;
    }();
    return values;
  }
};

/// How ⟨A, G M Gᵀ⟩ depends on the angle of the rotation G in the plane (p, q).
Profile profile(std::span<const double> a, const Matrix& m, std::size_t n, std::size_t p,
                std::size_t q) {
  Profile g;
  for (std::size_t r = 0; r < n; ++r) {
    if (r == p || r == q) continue;
    const std::size_t pr = p * n + r, qr = q * n + r, rp = r * n + p, rq = r * n + q;
    g.c1 += a[pr] * m[pr] + a[qr] * m[qr] + a[rp] * m[rp] + a[rq] * m[rq];
    g.s1 += a[pr] * m[qr] - a[qr] * m[pr] + a[rp] * m[rq] - a[rq] * m[rp];
  }
  const auto half = [&](auto& x, double sign, std::size_t i, std::size_t j) {
    return 0.5 * (x[i] + sign * x[j]);
  };
  const std::size_t pp = p * n + p, qq = q * n + q, pq = p * n + q, qp = q * n + p;
  const double ua = half(a, -1.0, pp, qq), va = half(a, 1.0, pq, qp);
  const double um = half(m, -1.0, pp, qq), vm = half(m, 1.0, pq, qp);
  g.c2 = 2.0 * (ua * um + va * vm);
  g.s2 = 2.0 * (ua * vm - va * um);
  return g;
}

/// Rows p and q of x become cos·row_p + sin·row_q and cos·row_q − sin·row_p.
void rotate_rows(Matrix& x, std::size_t n, std::size_t p, std::size_t q, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  for (std::size_t r = 0; r < n; ++r) {
    const double xp = x[p * n + r], xq = x[q * n + r];
    x[p * n + r] = c * xp + s * xq;
    x[q * n + r] = c * xq - s * xp;
  }
}

void rotate_columns(Matrix& x, std::size_t n, std::size_t p, std::size_t q, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  for (std::size_t r = 0; r < n; ++r) {
    const double xp = x[r * n + p], xq = x[r * n + q];
    x[r * n + p] = c * xp + s * xq;
    x[r * n + q] = c * xq - s * xp;
  }
}

/// Coordinates C and the operator in them, M = C B Cᵀ.
struct Coordinates {
  Matrix c, m;

  void rotate(std::size_t n, std::size_t p, std::size_t q, double angle) {
    rotate_rows(c, n, p, q, angle);
    rotate_rows(m, n, p, q, angle);
    rotate_columns(m, n, p, q, angle);
  }
};

/// Sweeps all planes until none turns any more, or often enough to be near a maximum.
void sweep(std::span<const double> a, Coordinates& at, std::size_t n, int most) {
  for (int round = 0; round < most; ++round) {
    double turned = 0.0;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        const double angle = profile(a, at.m, n, p, q).peak();
        at.rotate(n, p, q, angle);
        turned = std::max(turned, std::abs(angle));
      }
    if (turned < k_still) return;
  }
}

/// Sweeps, then Newton's steps, again while a sweep finds a higher hill across a valley.
void ascend(std::span<const double> a, Coordinates& at, std::size_t n, detail::NewtonAscent& last_steps) {
  constexpr double k_higher = 1e-12;  // of ‖A‖‖M‖
  const double scale = std::sqrt(inner(a, a) * inner(at.m, at.m));
  for (int round = 0; round < k_most_sweeps; ++round) {
    sweep(a, at, n, k_sweeps_before_newton);
    last_steps.ascend(at.c, at.m);
    Coordinates beyond = at;
    sweep(a, beyond, n, 1);
    if (!(inner(a, beyond.m) > inner(a, at.m) + k_higher * scale)) return;
    at = std::move(beyond);
  }
}

/// Start 0: the identity; others: random angles in every plane. Odd ones: first axis reflected.
Coordinates start(std::span<const double> b, std::size_t n, int index, const RandomStream& stream) {
  Coordinates at{Matrix(n * n, 0.0), Matrix(b.begin(), b.end())};
  for (std::size_t i = 0; i < n; ++i) at.c[i * n + i] = 1.0;
  if (index % 2 == 1) {
    at.c[0] = -1.0;
    for (std::size_t i = 1; i < n; ++i) {
      at.m[i] = -at.m[i];
      at.m[i * n] = -at.m[i * n];
    }
  }
  std::uint64_t element = static_cast<std::uint64_t>(index / 2) * n * n;
  for (std::size_t p = 0; index >= 2 && p < n; ++p)
    for (std::size_t q = p + 1; q < n; ++q)
      at.rotate(n, p, q, stream.uniform(element++, -std::numbers::pi, std::numbers::pi));
  return at;
}

void check(std::span<const double> x, std::size_t n, const char* what) {
  const bool finite = std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
  if (x.size() != n * n || !finite)
    throw Error(std::string("Procrustes distance: ") + what + " must have " +
                std::to_string(n * n) + " finite entries");
}

double mean_diagonal(std::span<const double> x, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i * n + i];
  return n == 0 ? 0.0 : sum / static_cast<double>(n);
}

/// x + shift·I
Matrix shifted(std::span<const double> x, std::size_t n, double shift) {
  Matrix result(x.begin(), x.end());
  for (std::size_t i = 0; i < n; ++i) result[i * n + i] += shift;
  return result;
}

double difference(std::span<const double> x, const Matrix& y) {
  double squares = 0.0;
  for (std::size_t k = 0; k < y.size(); ++k) squares += (x[k] - y[k]) * (x[k] - y[k]);
  return std::sqrt(squares);
}

/// The angle whose cosine is ⟨A, M⟩/(‖A‖‖M‖), accurate also near 0 (Kahan's formula).
double angle_between(std::span<const double> a, const Matrix& m) {
  const double na = std::sqrt(inner(a, a)), nm = std::sqrt(inner(m, m));
  if (na == 0.0 || nm == 0.0) return na == nm ? 0.0 : 0.5 * std::numbers::pi;
  double apart = 0.0, along = 0.0;
  for (std::size_t k = 0; k < m.size(); ++k) {
    apart += (a[k] / na - m[k] / nm) * (a[k] / na - m[k] / nm);
    along += (a[k] / na + m[k] / nm) * (a[k] / na + m[k] / nm);
  }
  return 2.0 * std::atan2(std::sqrt(apart), std::sqrt(along));
}

}  // namespace

ProcrustesResult procrustes(std::span<const double> a, std::span<const double> b, std::size_t n,
                            const RandomKey& key, int starts) {
  check(a, n, "first operator");
  check(b, n, "second operator");
  if (starts < 1) throw Error("Procrustes distance: needs at least 1 start");
  const RandomStream stream(key);
  // Multiples of the identity turn into themselves: without them no digits of the rest are lost.
  const double shift_a = mean_diagonal(a, n), shift_b = mean_diagonal(b, n);
  const Matrix from = shifted(a, n, -shift_a), to = shifted(b, n, -shift_b);
  const bool newton = n <= detail::k_most_newton_side;
  detail::NewtonAscent last_steps(from, newton ? n : 0);
  ProcrustesResult best{std::numeric_limits<double>::infinity(), 0.0, {}};
  for (int index = 0; index < 2 * starts && n > 0; ++index) {
    Coordinates at = start(to, n, index, stream);
    if (newton)
      ascend(from, at, n, last_steps);
    else
      sweep(from, at, n, k_most_sweeps);
    const double distance = difference(a, shifted(at.m, n, shift_b));
    if (!(distance < best.distance)) continue;
    best = {distance, angle_between(a, shifted(at.m, n, shift_b)), std::move(at.c)};
  }
  if (n == 0) best.distance = 0.0;
  return best;
}

}  // namespace equikoop
