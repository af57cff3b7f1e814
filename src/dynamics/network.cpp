// SPDX-License-Identifier: BSD-3-Clause
// Forward and backward through the layers of an ensemble.
#include "network.hpp"

namespace equikoop {

template <class Real>
Network<Real>::Network(const NetworkShape& shape, Activation activation, std::size_t initials,
                       std::unique_ptr<FirstLayer<Real>> first_layer, std::size_t max_batch)
    : activation_(activation),
      first_layer_(std::move(first_layer)),
      layout_(shape, initials, first_layer_->storage()),
      layers_(shape.layers()),
      stride_(padded_stride<Real>(max_batch)),
      scores_(initials) {
  for (std::size_t l = 0; l < shape.layers(); ++l) {
    const bool last = l + 1 == shape.layers();
    const std::size_t size = initials * shape.out(l) * stride_;
    layers_[l].width = shape.out(l);
    layers_[l].z.resize(size);
    layers_[l].d.resize(size);
    if (!last && needs_preactivation(activation)) layers_[l].a.resize(size);
  }
}

template <class Real>
Matrix<Real> Network<Real>::view(AlignedVector<Real>& values, std::size_t layer) const {
  return {values.data(), layout_.initials() * layers_[layer].width, batch_, stride_};
}

template <class Real>
Matrix<Real> Network<Real>::output(std::size_t layer) {
  Layer& l = layers_[layer];
  return view(l.a.empty() ? l.z : l.a, layer);
}

template <class Real>
Matrix<const Real> Network<Real>::weights(std::span<const Real> block, std::size_t layer,
                                          std::size_t m) const {
  const NetworkShape& shape = layout_.shape();
  return {block.data() + layout_.weights(layer, m), shape.out(layer), shape.in(layer),
          shape.in(layer)};
}

template <class Real>
Matrix<Real> Network<Real>::weights(std::span<Real> block, std::size_t layer, std::size_t m) const {
  const NetworkShape& shape = layout_.shape();
  return {block.data() + layout_.weights(layer, m), shape.out(layer), shape.in(layer),
          shape.in(layer)};
}

template <class Real>
std::span<const BatchScore> Network<Real>::evaluate(const Batch<Real>& batch,
                                                    std::span<const Real> parameters) {
  forward(batch, parameters);
  softmax_loss(view(layers_.back().z, layers_.size() - 1), batch.labels, Matrix<Real>{},
               std::span(scores_));
  return scores_;
}

template <class Real>
std::span<const BatchScore> Network<Real>::accumulate(const Batch<Real>& batch,
                                                      std::span<Real> parameters,
                                                      Accumulate<Real> how,
                                                      std::span<Real> target) {
  const auto scores = forward_and_loss(batch, parameters);
  backward(batch, parameters, how, target, nullptr);
  return scores;
}

template <class Real>
std::span<const BatchScore> Network<Real>::descend(const Batch<Real>& batch,
                                                   std::span<Real> parameters,
                                                   Accumulate<Real> how, const Batch<Real>* next) {
  const auto scores = forward_and_loss(batch, parameters);
  backward(batch, parameters, how, parameters, next);
  return scores;
}

template <class Real>
std::span<const BatchScore> Network<Real>::forward_and_loss(const Batch<Real>& batch,
                                                            std::span<const Real> parameters) {
  forward(batch, parameters);
  Layer& last = layers_.back();
  softmax_loss(view(last.z, layers_.size() - 1), batch.labels, view(last.d, layers_.size() - 1),
               std::span(scores_));
  return scores_;
}

template <class Real>
void Network<Real>::forward(const Batch<Real>& batch, std::span<const Real> parameters) {
  batch_ = batch.labels.size();
  Matrix<Real> z = view(layers_[0].z, 0);
  if (!prepared_) first_layer_->forward(batch, parameters.first(layout_.first().size()), z);
  prepared_ = false;
  if (layout_.shape().bias) {
    bias_forward(parameters.subspan(layout_.first_bias(), z.rows), z);
  }
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    activation_forward(activation_, view(layers_[l - 1].z, l - 1), output(l - 1));
    later_forward(l, parameters);
  }
}

/// z_l = W·a_{l-1} + bias for each initial   a (in, batch)   W (out, in)   z (out, batch)
template <class Real>
void Network<Real>::later_forward(std::size_t layer, std::span<const Real> parameters) {
  const std::size_t in = layers_[layer - 1].width;
  const std::size_t out = layers_[layer].width;
  for (std::size_t m = 0; m < layout_.initials(); ++m) {
    Matrix<Real> z = view(layers_[layer].z, layer).band(m * out, out);
    multiply<Real>(1, weights(parameters, layer, m), Form::plain,
                   output(layer - 1).band(m * in, in), Form::plain, 0, z);
    if (layout_.shape().bias) bias_forward(parameters.subspan(layout_.bias(layer, m), out), z);
  }
}

template <class Real>
void Network<Real>::backward(const Batch<Real>& batch, std::span<Real> parameters,
                             Accumulate<Real> how, std::span<Real> target,
                             const Batch<Real>* next) {
  for (std::size_t l = layers_.size() - 1; l > 0; --l) {
    later_backward(l, parameters, how, target);
    activation_backward(activation_, view(layers_[l - 1].z, l - 1), output(l - 1),
                        view(layers_[l - 1].d, l - 1));
  }
  const Matrix<Real> dz = view(layers_[0].d, 0);
  const std::span<Real> first = target.first(layout_.first().size());
  if (next != nullptr) {
    Matrix<Real> z = view(layers_[0].z, 0);  // nothing reads that of this batch any more
    z.columns = next->labels.size();
    first_layer_->step(batch, dz, how, first, *next, z);
    prepared_ = true;
  } else {
    first_layer_->backward(batch, dz, how, first);
  }
  if (layout_.shape().bias) {
    bias_backward(dz, how.alpha, how.beta, target.subspan(layout_.first_bias(), dz.rows));
  }
}

/// da_{l-1} = Wᵀ·dz_l, then W' += dz_l·a_{l-1}ᵀ   dz (out, batch)   W, W' (out, in)   a (in, batch)
template <class Real>
void Network<Real>::later_backward(std::size_t layer, std::span<Real> parameters,
                                   Accumulate<Real> how, std::span<Real> target) {
  const std::size_t in = layers_[layer - 1].width;
  const std::size_t out = layers_[layer].width;
  for (std::size_t m = 0; m < layout_.initials(); ++m) {
    const Matrix<Real> dz = view(layers_[layer].d, layer).band(m * out, out);
    multiply<Real>(1, weights(std::span<const Real>(parameters), layer, m), Form::transposed, dz,
                   Form::plain, 0, view(layers_[layer - 1].d, layer - 1).band(m * in, in));
    multiply<Real>(how.alpha, dz, Form::plain, output(layer - 1).band(m * in, in),
                   Form::transposed, how.beta, weights(target, layer, m));
    if (layout_.shape().bias) {
      bias_backward(dz, how.alpha, how.beta, target.subspan(layout_.bias(layer, m), out));
    }
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace equikoop
