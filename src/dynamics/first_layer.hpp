// SPDX-License-Identifier: BSD-3-Clause
// The first layers of all initials, stacked in one product: where nearly all the arithmetic is.
// Two ways to compute it (dense, sparse) behind one interface; neither knows the rest of a network.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "equikoop/data/view.hpp"
#include "matrix.hpp"
#include "parameters.hpp"

namespace equikoop {

/// Samples that are used together: their values, or which rows of a sparse form they are.
template <class Real>
struct Batch {
  Matrix<const Real> x;                            ///< (batch, inputs); no data where rows are given
  std::span<const std::uint8_t> labels;            ///< (batch)
  const SparseRows<Real>* rows = nullptr;          ///< for a sparse first layer
  std::span<const std::uint32_t> samples = {};     ///< (batch) rows of `rows`
};

/// What is added where: target = beta·target + alpha·gradient. A gradient is {1, 0}; a step of
/// gradient descent on the weights themselves is {−lr, 1 − lr·decay}.
template <class Real>
struct Accumulate {
  Real alpha = 1;
  Real beta = 0;
};

/// x (batch, inputs)   w (inputs, columns) in panels   z (columns, batch): a sample is a column of
/// the activities, so that later layers and the softmax run along the batch.
template <class Real>
class FirstLayer {
 public:
  virtual ~FirstLayer() = default;

  /// How the weights must be stored.
  virtual PanelMatrix storage() const = 0;
  /// z = (x·w)ᵀ
  virtual void forward(const Batch<Real>& batch, std::span<const Real> w, Matrix<Real> z) = 0;
  /// target = beta·target + alpha·xᵀ·dzᵀ   target stored like w; the batch is that of the last
  /// `forward`. Where beta is 0, `target` is not read.
  virtual void backward(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                        std::span<Real> target) = 0;
  /// `backward` on the weights themselves, then `forward` of `next` into z, to the last bit as one
  /// after the other: a panel of weights is used again while the caches hold it, so that memory is
  /// read and written once a step. dz and z do not overlap.
  virtual void step(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                    std::span<Real> w, const Batch<Real>& next, Matrix<Real> z) = 0;
};

/// BLAS on all values of x. `max_batch`: the most samples of a batch.
template <class Real>
std::unique_ptr<FirstLayer<Real>> dense_first_layer(std::size_t inputs, std::size_t columns,
                                                    std::size_t max_batch);

/// Background and entries apart: x = c·1 + S gives z = c·(column sums of w) + S·w, and the gradient
/// c·(sums of dz over the batch) in every row plus Sᵀ·dz. Exact but for rounding, at a cost that is
/// that of the entries. The last bits depend on neither the number of columns nor the machine's
/// vectors, only on whether it has fused multiply-adds.
/// Memory: one minibatch by inputs, max_batch·inputs·(2 B + Real), and two panels of activities.
template <class Real>
std::unique_ptr<FirstLayer<Real>> sparse_first_layer(std::size_t inputs, std::size_t columns,
                                                     std::size_t max_batch, Real background);

}  // namespace equikoop
