// SPDX-License-Identifier: BSD-3-Clause
// Losses, gradients and starts of the descent problems. No state: values in, values out.
#include "descent_problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "equikoop/base/random.hpp"

namespace equikoop::descent {

namespace {

/// Rotates the columns p and q of the row-major (n, n) matrix `m` by `angle`.
void rotate_columns(std::vector<double>& m, std::size_t n, std::size_t p, std::size_t q,
                    double angle) {
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  for (std::size_t row = 0; row < n; ++row) {
    const double left = m[row * n + p];
    const double right = m[row * n + q];
    m[row * n + p] = c * left + s * right;
    m[row * n + q] = -s * left + c * right;
  }
}

/// k^dimension, or the largest integer where that is larger.
std::int64_t power(std::int64_t k, int dimension) {
  std::int64_t result = 1;
  for (int i = 0; i < dimension; ++i) {
    if (k > 1 && result > std::numeric_limits<std::int32_t>::max() / k)
      return std::numeric_limits<std::int32_t>::max();
    result *= k;
  }
  return result;
}

/// The largest k >= 1 with k^dimension <= initials.
int side_below(int initials, int dimension) {
  int k = std::max(1, static_cast<int>(std::pow(initials, 1.0 / dimension)));
  while (k > 1 && power(k, dimension) > initials) --k;
  while (power(k + 1, dimension) <= initials) ++k;
  return k;
}

/// Point `index` of numpy.linspace(low, high, count), bit for bit.
double linspace_point(Interval range, int count, int index) {
  if (count == 1) return range.low;
  if (index == count - 1) return range.high;
  return index * ((range.high - range.low) / (count - 1)) + range.low;
}

double loss_term(DescentLoss loss, double x) {
  switch (loss) {
    case DescentLoss::tan:
      return std::tan(x);
    case DescentLoss::square:
      return x * x;
    case DescentLoss::quartic:
      return x * x * x * x;
    case DescentLoss::quadratic:
      break;
  }
  return 0.0;
}

double loss_slope(DescentLoss loss, double x) {
  switch (loss) {
    case DescentLoss::tan:
      return 1.0 / (std::cos(x) * std::cos(x));
    case DescentLoss::square:
      return 2.0 * x;
    case DescentLoss::quartic:
      return 4.0 * x * x * x;
    case DescentLoss::quadratic:
      break;
  }
  return 0.0;
}

}  // namespace

std::vector<double> rotated_hessian(std::span<const double> eigenvalues, double angle) {
  const std::size_t n = eigenvalues.size();
  std::vector<double> q(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) q[i * n + i] = 1.0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) rotate_columns(q, n, i, j, angle);

  std::vector<double> hessian(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < n; ++k)
        hessian[i * n + j] += q[i * n + k] * eigenvalues[k] * q[j * n + k];
  return hessian;
}

Objective::Objective(const ModelOptions& model) : loss_(model.loss) {
  if (loss_ == DescentLoss::quadratic) hessian_ = rotated_hessian(model.hessian, model.rotation);
}

double Objective::value(std::span<const double> x) const {
  double sum = 0.0;
  if (loss_ != DescentLoss::quadratic) {
    for (const double coordinate : x) sum += loss_term(loss_, coordinate);
    return sum;
  }
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j)
      sum += 0.5 * x[i] * hessian_[i * x.size() + j] * x[j];
  return sum;
}

void Objective::gradient(std::span<const double> x, std::span<double> result) const {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (loss_ != DescentLoss::quadratic) {
      result[i] = loss_slope(loss_, x[i]);
      continue;
    }
    result[i] = 0.0;
    for (std::size_t j = 0; j < n; ++j) result[i] += hessian_[i * n + j] * x[j];
  }
}

std::optional<int> grid_side(int initials, int dimension) {
  const int side = side_below(initials, dimension);
  if (power(side, dimension) != initials) return std::nullopt;
  return side;
}

int nearest_grid_size(int initials, int dimension) {
  const int side = side_below(initials, dimension);
  const std::int64_t below = power(side, dimension);
  const std::int64_t above = power(side + 1, dimension);
  return static_cast<int>(initials - below <= above - initials ? below : above);
}

std::vector<double> Start::point(Interval range) const {
  std::vector<double> result(static_cast<std::size_t>(dimension));
  if (layout != Starts::grid) {
    const RandomStream stream({.study_seed = root_seed,
                               .stream = Stream::descent_start,
                               .seed = static_cast<std::uint64_t>(seed),
                               .initial = static_cast<std::uint64_t>(initial)});
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = stream.uniform(i, range.low, range.high);
    return result;
  }
  const int side = grid_side(initials, dimension).value();
  int rest = initial;
  for (std::size_t i = result.size(); i-- > 0; rest /= side)
    result[i] = linspace_point(range, side, rest % side);
  return result;
}

}  // namespace equikoop::descent
