// SPDX-License-Identifier: BSD-3-Clause
// Activation functions and their derivatives.
#include <numbers>
#include <numeric>

#include "exponential.hpp"
#include "layers.hpp"
#include "normal.hpp"

namespace equikoop {
namespace {

/// Each activation as f(z) and f'(z, a) with a = f(z).
struct Relu {
  template <class Real>
  static Real value(Real z) {
    return z > Real(0) ? z : z != z ? z : Real(0);  // a NaN stays a NaN
  }
  template <class Real>
  static Real slope(Real, Real a) {
    return a > Real(0) ? Real(1) : Real(0);
  }
};

/// z·Φ(z) with the exact normal distribution function (Hendrycks & Gimpel 2016).
struct Gelu {
  template <class Real>
  static Real value(Real z) {
    return z * vectorised::normal(z).below;
  }
  template <class Real>
  static Real slope(Real z, Real) {
    constexpr Real k_density = std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
    const auto [below, e] = vectorised::normal(z);
    return below + z * k_density * e;
  }
};

struct Tanh {
  template <class Real>
  static Real value(Real z) {
    return vectorised::hyperbolic_tangent(z);
  }
  template <class Real>
  static Real slope(Real, Real a) {
    return Real(1) - a * a;
  }
};

struct Sigmoid {
  template <class Real>
  static Real value(Real z) {
    return vectorised::logistic(z);
  }
  template <class Real>
  static Real slope(Real, Real a) {
    return a * (Real(1) - a);
  }
};

struct Identity {
  template <class Real>
  static Real value(Real z) {
    return z;
  }
  template <class Real>
  static Real slope(Real, Real) {
    return Real(1);
  }
};

template <class Visitor>
void with_activation(Activation activation, Visitor&& visit) {
  switch (activation) {
    case Activation::relu:
      return visit(Relu{});
    case Activation::gelu:
      return visit(Gelu{});
    case Activation::tanh:
      return visit(Tanh{});
    case Activation::sigmoid:
      return visit(Sigmoid{});
    case Activation::identity:
      return visit(Identity{});
  }
}

}  // namespace

bool needs_preactivation(Activation activation) {
  return activation == Activation::gelu;
}

template <class Real>
void activation_forward(Activation activation, Matrix<const std::type_identity_t<Real>> z,
                        Matrix<Real> a) {
  with_activation(activation, [&](auto f) {
    const Real* const from = z.data;
    Real* const to = a.data;
    const std::size_t count = z.rows * z.stride;
    for (std::size_t i = 0; i < count; ++i) to[i] = f.value(from[i]);
  });
}

template <class Real>
void activation_backward(Activation activation, Matrix<const std::type_identity_t<Real>> z,
                         Matrix<const std::type_identity_t<Real>> a, Matrix<Real> d) {
  with_activation(activation, [&](auto f) {
    Real* const slope = d.data;
    const Real* const before = z.data;
    const Real* const after = a.data;
    const std::size_t count = d.rows * d.stride;
    for (std::size_t i = 0; i < count; ++i) slope[i] *= f.slope(before[i], after[i]);
  });
}

template <class Real>
void bias_forward(std::span<const std::type_identity_t<Real>> bias, Matrix<Real> z) {
  for (std::size_t i = 0; i < z.rows; ++i) {
    for (std::size_t j = 0; j < z.columns; ++j) z.row(i)[j] += bias[i];
  }
}

template <class Real>
void bias_backward(Matrix<const std::type_identity_t<Real>> dz, std::type_identity_t<Real> alpha,
                   std::type_identity_t<Real> beta, std::span<Real> dbias) {
  for (std::size_t i = 0; i < dz.rows; ++i) {
    const Real sum = std::accumulate(dz.row(i), dz.row(i) + dz.columns, Real(0));
    dbias[i] = (beta == Real(0) ? Real(0) : beta * dbias[i]) + alpha * sum;
  }
}

template void activation_forward(Activation, Matrix<const float>, Matrix<float>);
template void activation_forward(Activation, Matrix<const double>, Matrix<double>);
template void activation_backward(Activation, Matrix<const float>, Matrix<const float>,
                                  Matrix<float>);
template void activation_backward(Activation, Matrix<const double>, Matrix<const double>,
                                  Matrix<double>);
template void bias_forward(std::span<const float>, Matrix<float>);
template void bias_forward(std::span<const double>, Matrix<double>);
template void bias_backward(Matrix<const float>, float, float, std::span<float>);
template void bias_backward(Matrix<const double>, double, double, std::span<double>);

}  // namespace equikoop
