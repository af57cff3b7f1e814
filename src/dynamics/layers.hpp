// SPDX-License-Identifier: BSD-3-Clause
// The layers of a network for all initials of an ensemble at once, forward and backward side by
// side. Activities of a layer are one (M·width, batch) matrix: initial m owns rows m·width ...
#pragma once

#include <cstdint>
#include <span>

#include "equikoop/study/options.hpp"
#include "matrix.hpp"

namespace equikoop {

/// Whether the derivative needs the pre-activation z; otherwise a = f(z) is enough and may
/// overwrite z.
bool needs_preactivation(Activation activation);

/// a = f(z)   z, a (units, batch) of equal stride; may be the same matrix unless needs_preactivation.
/// What lies between the rows of `a` may change.
template <class Real>
void activation_forward(Activation activation, Matrix<const std::type_identity_t<Real>> z,
                        Matrix<Real> a);

/// dz = da ⊙ f'(z), in place: `d` holds da before and dz after.   z, a, d (units, batch) of equal
/// stride; what lies between the rows of `d` may change.
template <class Real>
void activation_backward(Activation activation, Matrix<const std::type_identity_t<Real>> z,
                         Matrix<const std::type_identity_t<Real>> a, Matrix<Real> d);

/// z[u] += bias[u] for every unit u.   z (units, batch)   bias (units)
template <class Real>
void bias_forward(std::span<const std::type_identity_t<Real>> bias, Matrix<Real> z);

/// dbias = beta·dbias + alpha·Σ_b dz[b]   dz (units, batch)   dbias (units)
template <class Real>
void bias_backward(Matrix<const std::type_identity_t<Real>> dz, std::type_identity_t<Real> alpha,
                   std::type_identity_t<Real> beta, std::span<Real> dbias);

/// Per initial: the loss of a minibatch and how many samples it classifies rightly.
struct BatchScore {
  double loss = 0.0;  ///< sum of −log softmax(z)[label] over the batch
  int correct = 0;    ///< samples whose largest logit, the first of equals, is the label's
};

/// Log-softmax with negative log-likelihood, scores[m] for initial m.
/// z (M·classes, batch)   labels (batch)   scores (M)
/// `dz`, unless empty (data == nullptr), receives d(mean loss)/dz = (softmax(z) − onehot)/batch; it
/// may not overlap `z`.
template <class Real>
void softmax_loss(Matrix<const std::type_identity_t<Real>> z, std::span<const std::uint8_t> labels,
                  Matrix<Real> dz, std::span<BatchScore> scores);

}  // namespace equikoop
