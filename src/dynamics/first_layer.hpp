// SPDX-License-Identifier: BSD-3-Clause
// The first layers of all initials, stacked in one product: where nearly all the arithmetic is.
// Two ways to compute it (dense, sparse) behind one interface; neither knows the rest of a network.
#pragma once

#include <memory>
#include <span>

#include "equikoop/data/view.hpp"
#include "matrix.hpp"
#include "parameters.hpp"

namespace equikoop {

/// What is added where: target = beta·target + alpha·gradient. A gradient is {1, 0}; a step of
/// gradient descent on the weights themselves is {−lr, 1 − lr·decay}.
template <class Real>
struct Accumulate {
  Real alpha = 1;
  Real beta = 0;
};

/// x (batch, inputs)   w (inputs, columns) in panels   z (batch, columns)
template <class Real>
class FirstLayer {
 public:
  virtual ~FirstLayer() = default;

  /// How the weights must be stored.
  virtual PanelMatrix storage() const = 0;
  /// z = x·w
  virtual void forward(Matrix<const Real> x, std::span<const Real> w, Matrix<Real> z) = 0;
  /// target = beta·target + alpha·xᵀ·dz   target stored like w; x is that of the last `forward`.
  virtual void backward(Matrix<const Real> x, Matrix<const Real> dz, Accumulate<Real> how,
                        std::span<Real> target) = 0;
};

/// BLAS on all values of x.
template <class Real>
std::unique_ptr<FirstLayer<Real>> dense_first_layer(std::size_t inputs, std::size_t columns);

}  // namespace equikoop
