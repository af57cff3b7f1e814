// SPDX-License-Identifier: BSD-3-Clause
// Log-softmax with negative log-likelihood, and its gradient.
#include <cmath>

#include "layers.hpp"

namespace equikoop {
namespace {

/// The first of the largest values, as argmax has it; a NaN is never the largest.
template <class Real>
std::size_t largest(std::span<const Real> z) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < z.size(); ++c) {
    if (z[c] > z[best]) best = c;
  }
  return best;
}

/// One sample of one network: adds to its score; writes (softmax(z) − onehot)·scale to dz.
template <class Real>
void sample_loss(std::span<const Real> z, std::size_t label, Real scale, Real* dz,
                 BatchScore& score) {
  const std::size_t best = largest(z);
  const Real shift = z[best];
  const Real target = z[label] - shift;
  Real sum = 0;
  for (const Real value : z) sum += std::exp(value - shift);
  score.loss += static_cast<double>(std::log(sum) - target);
  score.correct += best == label ? 1 : 0;
  if (dz == nullptr) return;
  for (std::size_t c = 0; c < z.size(); ++c) dz[c] = std::exp(z[c] - shift) * (scale / sum);
  dz[label] -= scale;
}

}  // namespace

template <class Real>
void softmax_loss(Matrix<const std::type_identity_t<Real>> z, std::span<const std::uint8_t> labels,
                  Matrix<Real> dz, std::span<BatchScore> scores) {
  const std::size_t classes = z.columns / scores.size();
  const Real scale = Real(1) / static_cast<Real>(z.rows);
  for (std::size_t m = 0; m < scores.size(); ++m) {
    scores[m] = {};
    for (std::size_t b = 0; b < z.rows; ++b) {
      const std::size_t begin = m * classes;
      sample_loss(std::span<const Real>(z.row(b) + begin, classes), labels[b], scale,
                  dz.data == nullptr ? nullptr : dz.row(b) + begin, scores[m]);
    }
  }
}

template void softmax_loss(Matrix<const float>, std::span<const std::uint8_t>, Matrix<float>,
                           std::span<BatchScore>);
template void softmax_loss(Matrix<const double>, std::span<const std::uint8_t>, Matrix<double>,
                           std::span<BatchScore>);

}  // namespace equikoop
