// SPDX-License-Identifier: BSD-3-Clause
#include "procrustes_newton.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace equikoop::detail {
namespace {

using Matrix = std::vector<double>;

constexpr int k_most_steps = 100;
constexpr int k_most_shifts = 40;
constexpr double k_rounding = 1e-15;     // of ‖A‖‖M‖: what a product of both is known to
constexpr double k_least_shift = 1e-13;  // of ‖A‖‖M‖: a symmetry of both leaves the form singular
constexpr double k_first_shift = 1e-3;   // of the mean curvature
constexpr double k_longest = 1.0;        // radians in a plane: beyond, the expansion says nothing

/// r = x y
void multiply(const double* x, const double* y, double* r, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = r + i * n;
    std::fill(row, row + n, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      const double f = x[i * n + k];
      for (std::size_t j = 0; j < n; ++j) row[j] += f * y[k * n + j];
    }
  }
}

void transpose(std::span<const double> x, Matrix& r, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) r[j * n + i] = x[i * n + j];
}

double inner(std::span<const double> x, std::span<const double> y) {
  double sum = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

}  // namespace

NewtonAscent::NewtonAscent(std::span<const double> a, std::size_t n)
    : a_(a), n_(n), planes_(n < 2 ? 0 : n * (n - 1) / 2) {
  for (auto* x : {&a_transposed_, &m_transposed_, &along_, &across_, &cayley_, &left_, &work_, &c_, &m_})
    x->resize(n * n);
  for (auto* x : {&gradient_, &step_}) x->resize(planes_);
  for (auto* x : {&form_, &factor_}) x->resize(planes_ * planes_);
  transpose(a_, a_transposed_, n);
}

double NewtonAscent::value(const Matrix& m) const { return inner(a_, m); }

/// Gradient and form at M. In planes (p, q) and (r, s) the form is
///   δ_pr S_qs − δ_ps S_qr − δ_qr S_ps + δ_qs S_pr
///   − M_pr A_qs + M_ps A_qr + M_qr A_ps − M_qs A_pr − (the same of both transposed)
/// with S the symmetric part of M Aᵀ + Mᵀ A.
void NewtonAscent::expand(const Matrix& m) {
  const std::size_t n = n_;
  transpose(m, m_transposed_, n);
  multiply(m.data(), a_transposed_.data(), along_.data(), n);
  multiply(m_transposed_.data(), a_.data(), across_.data(), n);
  const Matrix &x = along_, &y = across_;
  const auto s_at = [&](std::size_t i, std::size_t j) {
    return 0.5 * (x[i * n + j] + x[j * n + i] + y[i * n + j] + y[j * n + i]);
  };
  std::size_t plane = 0;
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t q = p + 1; q < n; ++q, ++plane) {
      gradient_[plane] = x[q * n + p] - x[p * n + q] + y[q * n + p] - y[p * n + q];
      double* const row = &form_[plane * planes_];
      const double *const ap = &a_[p * n], *const aq = &a_[q * n];
      const double *const mp = &m[p * n], *const mq = &m[q * n];
      const double *const bp = &a_transposed_[p * n], *const bq = &a_transposed_[q * n];
      const double *const tp = &m_transposed_[p * n], *const tq = &m_transposed_[q * n];
      std::size_t at = p * n - p * (p + 1) / 2;  // plane (r, r + 1)
      for (std::size_t r = p; r + 1 < n; at += n - r - 1, ++r) {
        double* const entry = row + at - r - 1;  // (r, s) at s
        for (std::size_t s = r + 1; s < n; ++s)
          entry[s] = mp[s] * aq[r] - mp[r] * aq[s] + mq[r] * ap[s] - mq[s] * ap[r] +
                     tp[s] * bq[r] - tp[r] * bq[s] + tq[r] * bp[s] - tq[s] * bp[r];
        if (r == p)
          for (std::size_t s = r + 1; s < n; ++s) entry[s] += s_at(q, s);
        if (r == q)
          for (std::size_t s = r + 1; s < n; ++s) entry[s] -= s_at(p, s);
        if (r < q) entry[q] += s_at(p, r);
        // s = p needs r < p: below the diagonal.
      }
    }
}

/// Cholesky's factor Rᵀ R of the form plus a shift; false where it is not positive.
bool NewtonAscent::factor(double shift) {
  const std::size_t n = planes_;
  std::copy(form_.begin(), form_.end(), factor_.begin());
  for (std::size_t k = 0; k < n; ++k) factor_[k * n + k] += shift;
  for (std::size_t k = 0; k < n; ++k) {
    double* const pivot = &factor_[k * n];
    if (!(pivot[k] > 0.0)) return false;
    const double scale = 1.0 / std::sqrt(pivot[k]);
    for (std::size_t j = k; j < n; ++j) pivot[j] *= scale;
    for (std::size_t i = k + 1; i < n; ++i) {
      double* const row = &factor_[i * n];
      const double f = pivot[i];
      for (std::size_t j = i; j < n; ++j) row[j] -= f * pivot[j];
    }
  }
  return true;
}

void NewtonAscent::solve() {
  const std::size_t n = planes_;
  step_ = gradient_;
  for (std::size_t k = 0; k < n; ++k) {
    const double* const row = &factor_[k * n];
    step_[k] /= row[k];
    for (std::size_t j = k + 1; j < n; ++j) step_[j] -= row[j] * step_[k];
  }
  for (std::size_t k = n; k-- > 0;) {
    const double* const row = &factor_[k * n];
    double sum = step_[k];
    for (std::size_t j = k + 1; j < n; ++j) sum -= row[j] * step_[j];
    step_[k] = sum / row[k];
  }
}

/// (I − Ω/2)⁻¹ (I + Ω/2); elimination needs no pivots, as the symmetric part of I − Ω/2 is I.
void NewtonAscent::transform() {
  const std::size_t n = n_;
  std::size_t plane = 0;
  for (std::size_t p = 0; p < n; ++p) {
    left_[p * n + p] = cayley_[p * n + p] = 1.0;
    for (std::size_t q = p + 1; q < n; ++q, ++plane) {
      left_[q * n + p] = cayley_[p * n + q] = 0.5 * step_[plane];
      left_[p * n + q] = cayley_[q * n + p] = -0.5 * step_[plane];
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = 1.0 / left_[k * n + k];
    for (std::size_t i = k + 1; i < n; ++i) {
      const double f = left_[i * n + k] * pivot;
      for (std::size_t j = k + 1; j < n; ++j) left_[i * n + j] -= f * left_[k * n + j];
      for (std::size_t j = 0; j < n; ++j) cayley_[i * n + j] -= f * cayley_[k * n + j];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    const double pivot = 1.0 / left_[k * n + k];
    for (std::size_t j = 0; j < n; ++j) cayley_[k * n + j] *= pivot;
    for (std::size_t i = 0; i < k; ++i) {
      const double f = left_[i * n + k];
      for (std::size_t j = 0; j < n; ++j) cayley_[i * n + j] -= f * cayley_[k * n + j];
    }
  }
}

void NewtonAscent::apply(const Matrix& c, const Matrix& m) {
  transform();
  multiply(cayley_.data(), c.data(), c_.data(), n_);
  multiply(cayley_.data(), m.data(), work_.data(), n_);
  transpose(cayley_, left_, n_);
  multiply(work_.data(), left_.data(), m_.data(), n_);
}

void NewtonAscent::ascend(Matrix& c, Matrix& m) {
  const double scale = std::sqrt(inner(a_, a_) * inner(m, m));
  if (planes_ == 0 || scale == 0.0) return;
  double reached = value(m);
  double shift = 0.0;
  for (int step = 0; step < k_most_steps; ++step) {
    expand(m);
    double curvature = 0.0;
    for (std::size_t k = 0; k < planes_; ++k) curvature += std::abs(form_[k * planes_ + k]);
    curvature /= static_cast<double>(planes_);
    const double least = k_least_shift * scale;
    const auto raised = [&] { return std::max(4.0 * shift, k_first_shift * curvature); };
    shift *= 0.1;
    if (shift < k_first_shift * curvature) shift = least;
    bool moved = false;
    double promised = 0.0;
    for (int trial = 0; trial < k_most_shifts && !moved; ++trial, shift = moved ? shift : raised()) {
      if (!factor(shift)) continue;
      solve();
      promised = 0.5 * inner(gradient_, step_);
      if (std::any_of(step_.begin(), step_.end(), [](double v) { return std::abs(v) > k_longest; }))
        continue;
      apply(c, m);
      moved = value(m_) >= reached - k_rounding * scale;
    }
    if (!moved) return;
    std::swap(c, c_);
    std::swap(m, m_);
    reached = value(m);
    if (promised < k_rounding * scale) return;
  }
}

}  // namespace equikoop::detail
