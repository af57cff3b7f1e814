// SPDX-License-Identifier: BSD-3-Clause
// The networks of an ensemble: forward and backward through all layers of all initials. Owns the
// activities, not the parameters. Allocates when constructed, never after.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aligned.hpp"
#include "first_layer.hpp"
#include "layers.hpp"
#include "parameters.hpp"

namespace equikoop {

template <class Real>
class Network {
 public:
  /// `max_batch`: the most rows a batch may have.
  Network(const NetworkShape& shape, Activation activation, std::size_t initials,
          std::unique_ptr<FirstLayer<Real>> first_layer, std::size_t max_batch);

  const ParameterLayout& layout() const { return layout_; }

  /// Loss and hits of each initial on `batch`.   parameters (layout().size())
  std::span<const BatchScore> evaluate(const Batch<Real>& batch, std::span<const Real> parameters);

  /// The same, followed by target = beta·target + alpha·∂(mean loss)/∂parameters. `target` may be
  /// the parameters themselves: a layer's weights change only after their last use.
  std::span<const BatchScore> accumulate(const Batch<Real>& batch, std::span<Real> parameters,
                                         Accumulate<Real> how, std::span<Real> target);

  /// `accumulate` on the parameters themselves. With `next`, what it needs of the first layer is
  /// computed while that layer is updated: the next call on this network must be for *next, with
  /// these parameters unchanged. The numbers are the same.
  std::span<const BatchScore> descend(const Batch<Real>& batch, std::span<Real> parameters,
                                      Accumulate<Real> how, const Batch<Real>* next);

 private:
  /// Activities of one layer for all initials, (M·width, batch).
  struct Layer {
    std::size_t width = 0;
    AlignedVector<Real> z;  ///< before the activation, and after it where that is enough
    AlignedVector<Real> a;  ///< after the activation; empty where z holds it
    AlignedVector<Real> d;  ///< derivative of the mean loss by z
  };
  Matrix<Real> view(AlignedVector<Real>& values, std::size_t layer) const;
  Matrix<Real> output(std::size_t layer);
  Matrix<const Real> weights(std::span<const Real> block, std::size_t layer, std::size_t m) const;
  Matrix<Real> weights(std::span<Real> block, std::size_t layer, std::size_t m) const;

  void forward(const Batch<Real>& batch, std::span<const Real> parameters);
  void later_forward(std::size_t layer, std::span<const Real> parameters);
  std::span<const BatchScore> forward_and_loss(const Batch<Real>& batch,
                                               std::span<const Real> parameters);
  void backward(const Batch<Real>& batch, std::span<Real> parameters, Accumulate<Real> how,
                std::span<Real> target, const Batch<Real>* next);
  void later_backward(std::size_t layer, std::span<Real> parameters, Accumulate<Real> how,
                      std::span<Real> target);

  Activation activation_;
  std::unique_ptr<FirstLayer<Real>> first_layer_;
  ParameterLayout layout_;
  std::size_t batch_ = 0;  ///< samples of the current batch
  bool prepared_ = false;  ///< layers_[0].z is that of the batch to come, before its bias
  std::vector<Layer> layers_;
  std::size_t stride_;  ///< between the rows of activities
  std::vector<BatchScore> scores_;
};

}  // namespace equikoop
