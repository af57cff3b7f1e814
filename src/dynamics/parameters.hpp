// SPDX-License-Identifier: BSD-3-Clause
// Where each weight of an ensemble lies: the canonical order of one network (what users see) and
// the flat block of all initials (what kernels, optimisers and recorders work on).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aligned.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/data/view.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// A fully connected network. Canonical order of its parameters: layer by layer, the weights W
/// (out, in) row by row, then the bias (out) if there is one.
struct NetworkShape {
  std::vector<int> sizes;  ///< inputs, widths of the hidden layers, classes
  bool bias = false;

  std::size_t layers() const { return sizes.size() - 1; }
  std::size_t in(std::size_t layer) const { return static_cast<std::size_t>(sizes[layer]); }
  std::size_t out(std::size_t layer) const { return static_cast<std::size_t>(sizes[layer + 1]); }
  std::size_t weights(std::size_t layer) const { return in(layer)*out(layer); }
  std::size_t parameters(std::size_t layer) const {
    return weights(layer) + (bias ? out(layer) : 0);
  }
  /// Canonical indices of a layer's weights and bias; of all layers before it for `end`.
  std::size_t begin(std::size_t layer) const;
  std::size_t parameters() const { return begin(layers()); }
};

NetworkShape network_shape(const ModelOptions& model, const DataShape& data);

/// A (rows, columns) matrix stored as panels of `panel` columns, each (rows, its columns)
/// contiguous; the last may be narrower. One panel is an ordinary row-major matrix.
struct PanelMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;  ///< with padding
  std::size_t panel = 0;

  std::size_t panels() const { return (columns + panel - 1) / panel; }
  Range columns_of(std::size_t p) const {
    return {p * panel, p * panel + panel < columns ? p * panel + panel : columns};
  }
  std::size_t position(std::size_t row, std::size_t column) const {
    const Range range = columns_of(column / panel);
    return range.begin * rows + row * range.size() + (column - range.begin);
  }
  std::size_t size() const { return rows * columns; }
};

/// The flat block of an ensemble: first layers of all initials stacked as one (inputs, M·out)
/// matrix, whose column m·out + o belongs to output o of initial m; their biases in the same order;
/// then for each initial its later layers in canonical order. Padding is zero and stays zero.
class ParameterLayout {
 public:
  /// `panel`: columns of a panel of the first layer, 0 for a single one.
  ParameterLayout(NetworkShape shape, std::size_t initials, PanelMatrix first);

  const NetworkShape& shape() const { return shape_; }
  std::size_t initials() const { return initials_; }
  const PanelMatrix& first() const { return first_; }
  std::size_t size() const { return tail_begin_ + initials_ * tail_stride_; }

  /// Position of the stacked first bias (M·out, then padding).
  std::size_t first_bias() const { return first_.size(); }
  /// Position of the weights (out, in) of a later layer (layer >= 1), followed by its bias.
  std::size_t weights(std::size_t layer, std::size_t initial) const {
    return tail_begin_ + initial * tail_stride_ + shape_.begin(layer) - shape_.begin(1);
  }
  std::size_t bias(std::size_t layer, std::size_t initial) const {
    return weights(layer, initial) + shape_.weights(layer);
  }
  /// Position of canonical parameter `index` of an initial.
  std::size_t position(std::size_t initial, std::size_t index) const;

  /// Copies canonical parameters [range) of an initial from the block.
  template <class Real>
  void gather(std::span<const Real> block, std::size_t initial, Range range,
              std::span<Real> values) const;

 private:
  NetworkShape shape_;
  std::size_t initials_;
  PanelMatrix first_;
  std::size_t tail_begin_;
  std::size_t tail_stride_;
};

/// The stacked first layers as one panel, rows padded.
template <class Real>
PanelMatrix single_panel(const NetworkShape& shape, std::size_t initials) {
  const std::size_t stride = padded_stride<Real>(initials * shape.out(0));
  return {shape.in(0), stride, stride};
}

/// Which random numbers the weights of an ensemble come from.
struct InitialisationKey {
  std::uint64_t study_seed = 0;
  std::uint64_t seed = 0;     ///< index of the seed, offset included
  double perturbation = 0.0;  ///< ε
};

/// Initial weights of all initials in the layout's order: initial 0 is the base w0 (PyTorch's
/// Linear, He et al. 2015 or Glorot & Bengio 2010), initial m is w0·(1 + ε·U(-1,1)) elementwise.
/// Computed in double, rounded once.
template <class Real>
void initialise(const ParameterLayout& layout, const ModelOptions& model,
                const InitialisationKey& key, std::span<Real> block);

}  // namespace equikoop
