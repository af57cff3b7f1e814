// SPDX-License-Identifier: BSD-3-Clause
// The update rules, one class each.
#include "optimizer.hpp"

#include <cmath>

#include "aligned.hpp"

namespace equikoop {
namespace {

template <class Real>
void add_decay(double decay, std::span<const Real> w, std::span<Real> g) {
  if (decay == 0.0) return;
  const Real factor = static_cast<Real>(decay);
  for (std::size_t i = 0; i < w.size(); ++i) g[i] += factor * w[i];
}

template <class Real>
class Sgd final : public Optimizer<Real> {
 public:
  explicit Sgd(const TrainingOptions& options) : o_(options) {}
  void step(std::span<Real> w, std::span<Real> g) override {
    add_decay<Real>(o_.weight_decay, w, g);
    const Real rate = static_cast<Real>(o_.learning_rate);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= rate * g[i];
  }

 private:
  TrainingOptions o_;
};

/// v ← μ·v + g;  w ← w − lr·v, or w ← w − lr·(g + μ·v) with Nesterov's look-ahead.
template <class Real>
class Momentum final : public Optimizer<Real> {
 public:
  Momentum(const TrainingOptions& options, std::size_t size)
      : o_(options), v_(size), nesterov_(options.optimizer == OptimizerKind::nesterov) {}
  void step(std::span<Real> w, std::span<Real> g) override {
    add_decay<Real>(o_.weight_decay, w, g);
    const Real rate = static_cast<Real>(o_.learning_rate);
    const Real keep = static_cast<Real>(o_.momentum);
    for (std::size_t i = 0; i < w.size(); ++i) {
      v_[i] = keep * v_[i] + g[i];
      w[i] -= rate * (nesterov_ ? g[i] + keep * v_[i] : v_[i]);
    }
  }
  std::vector<std::span<const Real>> state() const override { return {std::span(v_)}; }

 private:
  TrainingOptions o_;
  AlignedVector<Real> v_;
  bool nesterov_;
};

/// Kingma & Ba 2015, with bias correction; adamw decays the weights themselves (Loshchilov & Hutter
/// 2019).
template <class Real>
class Adam final : public Optimizer<Real> {
 public:
  Adam(const TrainingOptions& options, std::size_t size)
      : o_(options), m_(size), v_(size), decoupled_(options.optimizer == OptimizerKind::adamw) {}
  void step(std::span<Real> w, std::span<Real> g) override {
    ++steps_;
    if (!decoupled_) add_decay<Real>(o_.weight_decay, w, g);
    const Real kept =
        static_cast<Real>(decoupled_ ? 1.0 - o_.learning_rate * o_.weight_decay : 1.0);
    const Real beta1 = static_cast<Real>(o_.beta1);
    const Real beta2 = static_cast<Real>(o_.beta2);
    const Real rest1 = static_cast<Real>(1.0 - o_.beta1);
    const Real rest2 = static_cast<Real>(1.0 - o_.beta2);
    const Real rate = static_cast<Real>(o_.learning_rate / (1.0 - std::pow(o_.beta1, steps_)));
    const Real root = static_cast<Real>(std::sqrt(1.0 - std::pow(o_.beta2, steps_)));
    const Real epsilon = static_cast<Real>(o_.epsilon);
    for (std::size_t i = 0; i < w.size(); ++i) {
      m_[i] = beta1 * m_[i] + rest1 * g[i];
      v_[i] = beta2 * v_[i] + rest2 * g[i] * g[i];
      w[i] = kept * w[i] - rate * m_[i] / (std::sqrt(v_[i]) / root + epsilon);
    }
  }
  std::vector<std::span<const Real>> state() const override {
    return {std::span(m_), std::span(v_)};
  }

 private:
  TrainingOptions o_;
  AlignedVector<Real> m_;
  AlignedVector<Real> v_;
  bool decoupled_;
  int steps_ = 0;
};

/// v ← α·v + (1 − α)·g²;  w ← w − lr·g/(√v + ε).
template <class Real>
class RmsProp final : public Optimizer<Real> {
 public:
  RmsProp(const TrainingOptions& options, std::size_t size) : o_(options), v_(size) {}
  void step(std::span<Real> w, std::span<Real> g) override {
    add_decay<Real>(o_.weight_decay, w, g);
    const Real keep = static_cast<Real>(o_.decay);
    const Real rest = static_cast<Real>(1.0 - o_.decay);
    const Real rate = static_cast<Real>(o_.learning_rate);
    const Real epsilon = static_cast<Real>(o_.epsilon);
    for (std::size_t i = 0; i < w.size(); ++i) {
      v_[i] = keep * v_[i] + rest * g[i] * g[i];
      w[i] -= rate * g[i] / (std::sqrt(v_[i]) + epsilon);
    }
  }
  std::vector<std::span<const Real>> state() const override { return {std::span(v_)}; }

 private:
  TrainingOptions o_;
  AlignedVector<Real> v_;
};

/// Mirror descent with the hypentropy potential (Ghai, Hazan & Singer 2020): w = β·sinh θ,
/// θ ← θ − lr·g. By the addition theorem w ← w·cosh x − √(β² + w²)·sinh x with x = lr·g, which
/// loses nothing where w/β is small or large.
template <class Real>
class Mirror final : public Optimizer<Real> {
 public:
  explicit Mirror(const TrainingOptions& options) : o_(options) {}
  void step(std::span<Real> w, std::span<Real> g) override {
    add_decay<Real>(o_.weight_decay, w, g);
    const Real rate = static_cast<Real>(o_.learning_rate);
    const Real beta = static_cast<Real>(o_.mirror_beta);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const Real x = rate * g[i];
      w[i] = w[i] * std::cosh(x) - std::sqrt(beta * beta + w[i] * w[i]) * std::sinh(x);
    }
  }

 private:
  TrainingOptions o_;
};

}  // namespace

template <class Real>
std::unique_ptr<Optimizer<Real>> make_optimizer(const TrainingOptions& options, std::size_t size) {
  switch (options.optimizer) {
    case OptimizerKind::sgd:
      break;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
      return std::make_unique<Momentum<Real>>(options, size);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return std::make_unique<Adam<Real>>(options, size);
    case OptimizerKind::rmsprop:
      return std::make_unique<RmsProp<Real>>(options, size);
    case OptimizerKind::mirror:
      return std::make_unique<Mirror<Real>>(options);
  }
  return std::make_unique<Sgd<Real>>(options);
}

int state_vectors(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
    case OptimizerKind::mirror:
      return 0;
    case OptimizerKind::momentum:
    case OptimizerKind::nesterov:
    case OptimizerKind::rmsprop:
      return 1;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return 2;
  }
  return 0;
}

template std::unique_ptr<Optimizer<float>> make_optimizer(const TrainingOptions&, std::size_t);
template std::unique_ptr<Optimizer<double>> make_optimizer(const TrainingOptions&, std::size_t);

}  // namespace equikoop
