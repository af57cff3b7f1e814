// SPDX-License-Identifier: BSD-3-Clause
// Update rules as PyTorch 1.13 defines them, and mirror descent. Elementwise on the flat block of
// an ensemble, so they know no layers. Weight decay is L2 (added to the gradient) but in adamw.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "equikoop/study/options.hpp"

namespace equikoop {

template <class Real>
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One step on `weights`; `gradient` may be overwritten. Both have the size given to
  /// make_optimizer.
  virtual void step(std::span<Real> weights, std::span<Real> gradient) = 0;
  /// What the rule remembers besides the weights, in the order of the observable `state`: the
  /// momentum buffer; first and second moments; mean square. Each has the size of the weights.
  virtual std::vector<std::span<const Real>> state() const { return {}; }
};

/// State starts at zero. sgd: w ← w − lr·g.
template <class Real>
std::unique_ptr<Optimizer<Real>> make_optimizer(const TrainingOptions& options, std::size_t size);

/// Number of spans that state() has.
int state_vectors(OptimizerKind kind);

}  // namespace equikoop
