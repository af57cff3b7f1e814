// SPDX-License-Identifier: BSD-3-Clause
// Initial weights of an ensemble: the base of a seed and its small perturbations.
#include <cmath>

#include "equikoop/base/random.hpp"
#include "parameters.hpp"

namespace equikoop {
namespace {

/// One layer's share of the base initialisation, before the scale.
class LayerDistribution {
 public:
  LayerDistribution(const NetworkShape& shape, std::size_t layer, Initialisation rule)
      : rule_(rule) {
    const auto in = static_cast<double>(shape.in(layer));
    const auto out = static_cast<double>(shape.out(layer));
    switch (rule) {
      case Initialisation::torch:
        width_ = 1.0 / std::sqrt(in);
        break;
      case Initialisation::he:
        width_ = std::sqrt(2.0 / in);
        break;
      case Initialisation::glorot:
        width_ = std::sqrt(2.0 / (in + out));
        break;
    }
  }
  double weight(const RandomStream& stream, std::size_t index) const {
    return rule_ == Initialisation::torch ? stream.uniform(index, -width_, width_)
                                          : width_ * stream.normal(index);
  }
  double bias(const RandomStream& stream, std::size_t index) const {
    return rule_ == Initialisation::torch ? stream.uniform(index, -width_, width_) : 0.0;
  }

 private:
  Initialisation rule_;
  double width_ = 0.0;  ///< bound of the uniform distribution or standard deviation of the normal
};

std::vector<double> base_weights(const NetworkShape& shape, const ModelOptions& model,
                                 const RandomStream& stream) {
  std::vector<double> base(shape.parameters());
  for (std::size_t layer = 0; layer < shape.layers(); ++layer) {
    const LayerDistribution draw(shape, layer, model.initialisation);
    const std::size_t bias = shape.begin(layer) + shape.weights(layer);
    for (std::size_t i = shape.begin(layer); i < shape.begin(layer + 1); ++i) {
      base[i] = model.scale * (i < bias ? draw.weight(stream, i) : draw.bias(stream, i));
    }
  }
  return base;
}

}  // namespace

template <class Real>
void initialise(const ParameterLayout& layout, const ModelOptions& model,
                const InitialisationKey& key, std::span<Real> block) {
  const RandomStream base_stream({key.study_seed, Stream::base_initialisation, key.seed});
  const std::vector<double> base = base_weights(layout.shape(), model, base_stream);
  std::fill(block.begin(), block.end(), Real(0));
  for (std::size_t m = 0; m < layout.initials(); ++m) {
    const RandomStream stream({key.study_seed, Stream::perturbation, key.seed, m});
    for (std::size_t i = 0; i < base.size(); ++i) {
      const double factor = m == 0 ? 1.0 : 1.0 + key.perturbation * stream.uniform(i, -1.0, 1.0);
      block[layout.position(m, i)] = static_cast<Real>(base[i] * factor);
    }
  }
}

template void initialise(const ParameterLayout&, const ModelOptions&, const InitialisationKey&,
                         std::span<float>);
template void initialise(const ParameterLayout&, const ModelOptions&, const InitialisationKey&,
                         std::span<double>);

}  // namespace equikoop
