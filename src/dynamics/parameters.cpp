// SPDX-License-Identifier: BSD-3-Clause
// The two orders of an ensemble's parameters and the way from one to the other.
#include "parameters.hpp"

#include <algorithm>

namespace equikoop {

std::size_t NetworkShape::begin(std::size_t layer) const {
  std::size_t index = 0;
  for (std::size_t l = 0; l < layer; ++l) index += parameters(l);
  return index;
}

NetworkShape network_shape(const ModelOptions& model, const DataShape& data) {
  NetworkShape shape{{data.features}, model.bias};
  shape.sizes.insert(shape.sizes.end(), model.hidden.begin(), model.hidden.end());
  shape.sizes.push_back(data.classes);
  return shape;
}

ParameterLayout::ParameterLayout(NetworkShape shape, std::size_t initials, PanelMatrix first)
    : shape_(std::move(shape)), initials_(initials), first_(first) {
  // Every part starts on a cache line, whatever the precision (16 elements of 4 bytes).
  constexpr std::size_t k_line = k_cache_line / sizeof(float);
  tail_begin_ = round_up(first_.size() + (shape_.bias ? first_.columns : 0), k_line);
  tail_stride_ = round_up(shape_.parameters() - shape_.begin(1), k_line);
}

std::size_t ParameterLayout::position(std::size_t initial, std::size_t index) const {
  const std::size_t out = shape_.out(0);
  if (index < shape_.weights(0)) {
    return first_.position(index % shape_.in(0), initial * out + index / shape_.in(0));
  }
  if (index < shape_.begin(1)) return first_bias() + initial * out + index - shape_.weights(0);
  return tail_begin_ + initial * tail_stride_ + index - shape_.begin(1);
}

template <class Real>
void ParameterLayout::gather(std::span<const Real> block, std::size_t initial, Range range,
                             std::span<Real> values) const {
  const std::size_t first_end = std::min(std::max(shape_.begin(1), range.begin), range.end);
  Real* value = values.data();
  for (std::size_t index = range.begin; index < first_end; ++index) {
    *value++ = block[position(initial, index)];
  }
  if (first_end < range.end) {
    const std::size_t begin = position(initial, first_end);
    std::copy_n(block.data() + begin, range.end - first_end, value);
  }
}

template void ParameterLayout::gather(std::span<const float>, std::size_t, Range,
                                      std::span<float>) const;
template void ParameterLayout::gather(std::span<const double>, std::size_t, Range,
                                      std::span<double>) const;

}  // namespace equikoop
