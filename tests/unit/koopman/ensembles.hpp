// SPDX-License-Identifier: BSD-3-Clause
// Ensembles of the koopman tests: linear systems whose eigenvalues are known on paper, and a noisy
// nonlinear decay that looks like training. Values are functions of global indices, so any
// distribution of the features over ranks holds the same data.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

#include "equikoop/base/assignment.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/koopman/trajectories.hpp"

namespace equikoop::test {

/// Trajectories in memory, (initial, time, feature), with all features.
template <class Real>
struct Ensemble {
  TrajectoryShape shape;
  std::vector<Real> values;

  TrajectoryView<Real> view() const { return view_of(std::span<const Real>(values), shape); }
  /// The features [begin, end): what one rank of a group holds.
  TrajectoryView<Real> features(std::size_t begin, std::size_t end) const {
    return view().panel({begin, end});
  }
  Real& at(std::size_t m, std::size_t t, std::size_t f) {
    return values[(m * shape.times + t) * shape.features + f];
  }
};

template <class Real>
Ensemble<Real> empty_ensemble(const TrajectoryShape& shape) {
  return {shape, std::vector<Real>(shape.initials * shape.times * shape.features)};
}

inline RandomStream stream_of(std::uint64_t purpose) {
  return RandomStream({.study_seed = 11, .stream = Stream::synthetic_data, .item = purpose});
}

/// A block of a real Jordan form: one real eigenvalue (imaginary part 0) or a conjugate pair,
/// `size` times with ones above the diagonal where size > 1 (real eigenvalues only).
struct JordanBlock {
  std::complex<double> value;
  std::size_t size = 1;
};

inline std::vector<std::complex<double>> eigenvalues_of(const std::vector<JordanBlock>& blocks) {
  std::vector<std::complex<double>> all;
  for (const JordanBlock& block : blocks) {
    for (std::size_t i = 0; i < block.size; ++i) all.push_back(block.value);
    if (block.value.imag() != 0.0) all.push_back(std::conj(block.value));
  }
  return all;
}

/// One step of the normal form.
inline std::vector<double> step(const std::vector<JordanBlock>& blocks,
                                const std::vector<double>& state) {
  std::vector<double> next(state.size());
  std::size_t i = 0;
  for (const JordanBlock& block : blocks) {
    const double a = block.value.real(), b = block.value.imag();
    if (b != 0.0) {
      next[i] = a * state[i] - b * state[i + 1];
      next[i + 1] = b * state[i] + a * state[i + 1];
      i += 2;
      continue;
    }
    for (std::size_t j = 0; j < block.size; ++j, ++i)
      next[i] = a * state[i] + (j + 1 < block.size ? state[i + 1] : 0.0);
  }
  return next;
}

/// x = M y with y' = (normal form) y from random starts, M a fixed random (features, order) matrix.
template <class Real>
Ensemble<Real> linear_ensemble(const std::vector<JordanBlock>& blocks,
                               const TrajectoryShape& shape) {
  Ensemble<Real> ensemble = empty_ensemble<Real>(shape);
  const std::size_t order = eigenvalues_of(blocks).size();
  const RandomStream mixing = stream_of(1), starts = stream_of(2);
  for (std::size_t m = 0; m < shape.initials; ++m) {
    std::vector<double> state(order);
    for (std::size_t i = 0; i < order; ++i) state[i] = 1.0 + starts.uniform(m * order + i);
    for (std::size_t t = 0; t < shape.times; ++t) {
      for (std::size_t f = 0; f < shape.features; ++f) {
        double x = 0.0;
        for (std::size_t i = 0; i < order; ++i) x += mixing.normal(f * order + i) * state[i];
        ensemble.at(m, t, f) = static_cast<Real>(x);
      }
      state = step(blocks, state);
    }
  }
  return ensemble;
}

/// Weights that decay to a minimum each at its own nonlinear rate, driven by noise common to all
/// initials as a fixed order of minibatches is, plus a little noise of their own.
template <class Real>
Ensemble<Real> training_like(const TrajectoryShape& shape, double own_noise = 1e-4) {
  Ensemble<Real> ensemble = empty_ensemble<Real>(shape);
  const RandomStream base = stream_of(3), drive = stream_of(4), own = stream_of(5);
  for (std::size_t m = 0; m < shape.initials; ++m) {
    for (std::size_t f = 0; f < shape.features; ++f) {
      double x = base.normal(f) * (1.0 + 1e-3 * own.uniform(m * shape.features + f, -1.0, 1.0));
      const double rate = 0.002 + 0.2 * base.uniform(1000000 + f);
      for (std::size_t t = 0; t < shape.times; ++t) {
        ensemble.at(m, t, f) = static_cast<Real>(x);
        const double kick = drive.normal(t * 3) * std::sin(double(f)) +
                            drive.normal(t * 3 + 1) * std::cos(2.0 * double(f));
        x += -rate * std::tanh(x - 0.3) + 0.02 * kick +
             own_noise * own.normal(7000000 + (m * shape.times + t) * shape.features + f);
      }
    }
  }
  return ensemble;
}

/// The largest distance in the best one-to-one matching (least sum) of two spectra of equal size.
inline double spectral_distance(const std::vector<std::complex<double>>& a,
                                const std::vector<std::complex<double>>& b) {
  if (a.size() != b.size()) return INFINITY;
  std::vector<double> cost(a.size() * a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) cost[i * a.size() + j] = std::abs(a[i] - b[j]);
  const auto partner = assign(cost, a.size());
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, cost[i * a.size() + static_cast<std::size_t>(partner[i])]);
  return worst;
}

}  // namespace equikoop::test
