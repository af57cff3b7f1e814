// SPDX-License-Identifier: BSD-3-Clause
// The update rules: mirror descent, its reparameterisation, bisection, and gradient descent with
// momentum. Each reads like its equation in equikoop/dynamics/descent.hpp.
#include "descent_methods.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace equikoop::descent {

namespace {

// Ranges of the starts, arXiv 2302.09160.
constexpr Interval k_start_x{0.1, 0.9};
constexpr Interval k_start_log_x{-2.3, -0.1};
constexpr Interval k_start_lower{-4.0 / 3.0, -1.0 / 3.0};
constexpr Interval k_start_upper{1.0 / 7.0, 8.0 / 7.0};

/// u with x(u) = x.
double inverse_parameter(Regulariser regulariser, double x) {
  return regulariser == Regulariser::log_barrier ? std::log(x) : 2.0 * std::sqrt(x);
}

double parameterise(Regulariser regulariser, double u) {
  return regulariser == Regulariser::log_barrier ? std::exp(u) : 0.25 * u * u;
}

/// x'(u).
double parameter_slope(Regulariser regulariser, double u) {
  return regulariser == Regulariser::log_barrier ? std::exp(u) : 0.5 * u;
}

Interval preimage(Regulariser regulariser, Interval box) {
  return {inverse_parameter(regulariser, box.low), inverse_parameter(regulariser, box.high)};
}

/// u of a start: drawn in the range of u, or the image of the x that mirror descent starts from.
std::vector<double> start_of_parameter(Regulariser regulariser, const Start& start) {
  if (start.layout != Starts::matched)
    return start.point(regulariser == Regulariser::log_barrier ? k_start_log_x
                                                               : preimage(regulariser, k_start_x));
  std::vector<double> u = start.point(k_start_x);
  for (double& value : u) value = inverse_parameter(regulariser, value);
  return u;
}

/// The mirror step from x along `slope` = η ∂f, before projection.
double mirror_step(Regulariser regulariser, double x, double slope) {
  if (regulariser == Regulariser::entropy) return x * std::exp(-slope);
  const double dual = 1.0 / x + slope;
  // Beyond the dual domain the step's objective falls all the way to the upper end of the box.
  return dual <= 0.0 ? std::numeric_limits<double>::infinity() : 1.0 / dual;
}

class MirrorDescent final : public Trajectory {
 public:
  MirrorDescent(const Configuration& c, const Objective& objective, Interval box,
                std::vector<double> x)
      : objective_(objective),
        regulariser_(c.model.regulariser),
        box_(box),
        rate_(c.training.learning_rate),
        x_(std::move(x)),
        gradient_(x_.size()) {}

  double loss() const override { return objective_.value(x_); }
  void observe(std::span<double> features) const override {
    std::copy(x_.begin(), x_.end(), features.begin());
  }
  void advance() override {
    objective_.gradient(x_, gradient_);
    for (std::size_t i = 0; i < x_.size(); ++i)
      x_[i] = box_.project(mirror_step(regulariser_, x_[i], rate_ * gradient_[i]));
  }

 private:
  const Objective& objective_;
  Regulariser regulariser_;
  Interval box_;
  double rate_;
  std::vector<double> x_, gradient_;
};

/// Gradient descent on f(x(u)) in u.
class ReparameterisedDescent final : public Trajectory {
 public:
  ReparameterisedDescent(const Configuration& c, const Objective& objective, Interval box,
                         std::vector<double> u)
      : objective_(objective),
        regulariser_(c.model.regulariser),
        box_(preimage(regulariser_, box)),
        rate_(c.training.learning_rate),
        coordinates_(c.model.coordinates),
        u_(std::move(u)),
        gradient_(u_.size()) {}

  double loss() const override { return objective_.value(position()); }
  void observe(std::span<double> features) const override {
    if (coordinates_ == Coordinates::own)
      std::copy(u_.begin(), u_.end(), features.begin());
    else
      std::transform(u_.begin(), u_.end(), features.begin(),
                     [this](double u) { return parameterise(regulariser_, u); });
  }
  void advance() override {
    objective_.gradient(position(), gradient_);
    for (std::size_t i = 0; i < u_.size(); ++i) {
      const double slope = gradient_[i] * parameter_slope(regulariser_, u_[i]);
      u_[i] = box_.project(u_[i] - rate_ * slope);
    }
  }

 private:
  std::vector<double> position() const {
    std::vector<double> x(u_.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = parameterise(regulariser_, u_[i]);
    return x;
  }

  const Objective& objective_;
  Regulariser regulariser_;
  Interval box_;
  double rate_;
  Coordinates coordinates_;
  std::vector<double> u_, gradient_;
};

class Bisection final : public Trajectory {
 public:
  Bisection(const Configuration& c, const Objective& objective, const Start& start)
      : objective_(objective),
        on_root_(c.model.on_root),
        lower_(start.point(k_start_lower)),
        upper_(start.point(k_start_upper)),
        middle_(lower_.size()) {
    halve();
  }

  double loss() const override { return objective_.value(middle_); }
  void observe(std::span<double> features) const override {
    std::copy(middle_.begin(), middle_.end(), features.begin());
  }
  void advance() override {
    const double value = loss();
    if (value == 0.0) {
      if (on_root_ == OnRoot::zero) std::fill(middle_.begin(), middle_.end(), 0.0);
      return;
    }
    (value > 0.0 ? upper_ : lower_) = middle_;
    halve();
  }

 private:
  void halve() {
    for (std::size_t i = 0; i < middle_.size(); ++i) middle_[i] = (lower_[i] + upper_[i]) / 2.0;
  }

  const Objective& objective_;
  OnRoot on_root_;
  std::vector<double> lower_, upper_, middle_;
};

/// Heavy ball; β = 0 is gradient descent.
class GradientDescent final : public Trajectory {
 public:
  GradientDescent(const Configuration& c, const Objective& objective, Interval box,
                  std::vector<double> x)
      : objective_(objective),
        box_(box),
        rate_(c.training.learning_rate),
        beta_(c.model.method == DescentMethod::momentum ? c.training.momentum : 0.0),
        x_(std::move(x)),
        velocity_(x_.size(), 0.0),
        gradient_(x_.size()) {}

  double loss() const override { return objective_.value(x_); }
  void observe(std::span<double> features) const override {
    std::copy(x_.begin(), x_.end(), features.begin());
    if (features.size() > x_.size())
      std::copy(velocity_.begin(), velocity_.end(), features.begin() + std::ssize(x_));
  }
  void advance() override {
    objective_.gradient(x_, gradient_);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      velocity_[i] = beta_ * velocity_[i] + gradient_[i];
      x_[i] = box_.project(x_[i] - rate_ * velocity_[i]);
    }
  }

 private:
  const Objective& objective_;
  Interval box_;
  double rate_, beta_;
  std::vector<double> x_, velocity_, gradient_;
};

/// No bounds at all for gd and momentum on the quadratic loss, else [1/steps, 1].
Interval box_of(const Configuration& c) {
  const bool plain =
      c.model.method == DescentMethod::gd || c.model.method == DescentMethod::momentum;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (plain && c.model.loss == DescentLoss::quadratic) return {-infinity, infinity};
  return {1.0 / c.training.steps, 1.0};
}

}  // namespace

std::unique_ptr<Trajectory> begin_trajectory(const Configuration& c, const Objective& objective,
                                             const Start& start) {
  switch (c.model.method) {
    case DescentMethod::omd:
      return std::make_unique<MirrorDescent>(c, objective, box_of(c), start.point(k_start_x));
    case DescentMethod::ogd:
      return std::make_unique<ReparameterisedDescent>(
          c, objective, box_of(c), start_of_parameter(c.model.regulariser, start));
    case DescentMethod::bisection:
      return std::make_unique<Bisection>(c, objective, start);
    case DescentMethod::gd:
    case DescentMethod::momentum:
      break;
  }
  return std::make_unique<GradientDescent>(c, objective, box_of(c), start.point(k_start_x));
}

}  // namespace equikoop::descent
