// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/residuals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "equikoop/base/assignment.hpp"
#include "lapack.hpp"

namespace equikoop {

namespace {

constexpr double k_none = std::numeric_limits<double>::quiet_NaN();

/// conj(left) applied to each row of `y`: the eigenfunctions on the data, (rows, k).
ComplexMatrix eigenfunctions(const Matrix& y, const ComplexMatrix& left) {
  Matrix real(left.rows, left.columns), imaginary(left.rows, left.columns);
  for (std::size_t e = 0; e < left.values.size(); ++e) {
    real.values[e] = left.values[e].real();
    imaginary.values[e] = -left.values[e].imag();
  }
  const Matrix a = multiply(y, real), b = multiply(y, imaginary);
  ComplexMatrix g(a.rows, a.columns);
  for (std::size_t e = 0; e < g.values.size(); ++e) g.values[e] = {a.values[e], b.values[e]};
  return g;
}

/// The trajectories of fold `fold`, or all others.
std::vector<std::size_t> members(std::size_t trajectories, std::size_t folds, std::size_t fold,
                                 bool inside) {
  std::vector<std::size_t> result;
  for (std::size_t m = 0; m < trajectories; ++m)
    if ((m % folds == fold) == inside) result.push_back(m);
  return result;
}

/// The leading right singular vectors of `now` above the noise floor: (K, at most `rank`).
Matrix leading_directions(const Matrix& now, std::size_t rank, double floor) {
  const Svd parts = svd(upper_factor(now));
  std::size_t kept = 0;
  while (kept < std::min(rank, parts.sigma.size()) && parts.sigma[kept] > floor) ++kept;
  Matrix directions(now.columns, kept);
  for (std::size_t j = 0; j < kept; ++j)
    for (std::size_t i = 0; i < now.columns; ++i) directions(i, j) = parts.vt(j, i);
  return directions;
}

/// Residuals of the refit without fold `fold` on that fold, in the order of `reference`.
std::vector<double> of_fold(const CompressedPairs& compressed, const HeldOut& how, std::size_t fold,
                            std::size_t folds, std::span<const std::complex<double>> reference) {
  const std::size_t count = compressed.trajectories.size();
  const auto others = members(count, folds, fold, false);
  const auto seen = pairs_of(compressed, others, compressed.modes);
  const Matrix directions = leading_directions(seen.now, how.rank, how.noise_floor);
  std::vector<double> result(reference.size(), k_none);
  if (directions.columns == 0) return result;
  const ModeSet refit = modes_of(reduced_operator(in_basis(seen, directions), how.regression));
  const auto unseen = pairs_of(compressed, members(count, folds, fold, true), compressed.modes);
  const auto of_refit = residuals(refit, in_basis(unseen, directions));
  const auto partner = partners(reference, refit.eigenvalues);
  for (std::size_t i = 0; i < reference.size(); ++i)
    if (partner[i] >= 0) result[i] = of_refit[static_cast<std::size_t>(partner[i])];
  return result;
}

}  // namespace

std::vector<int> partners(std::span<const std::complex<double>> reference,
                          std::span<const std::complex<double>> found) {
  const std::size_t k = reference.size();
  std::vector<double> cost(k * k, 0.0);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < found.size(); ++j)
      cost[i * k + j] = std::abs(reference[i] - found[j]);
  std::vector<int> partner = assign(cost, k);
  for (int& j : partner)
    if (j >= static_cast<int>(found.size())) j = -1;
  return partner;
}

std::vector<double> residuals(const ModeSet& modes, const SnapshotPairs& pairs) {
  const ComplexMatrix now = eigenfunctions(pairs.now, modes.left);
  const ComplexMatrix next = eigenfunctions(pairs.next, modes.left);
  std::vector<double> result;
  for (std::size_t i = 0; i < modes.eigenvalues.size(); ++i) {
    double missed = 0.0, size = 0.0;
    for (std::size_t row = 0; row < now.rows; ++row) {
      missed += std::norm(next(row, i) - modes.eigenvalues[i] * now(row, i));
      size += std::norm(now(row, i));
    }
    result.push_back(size > 0.0 ? std::sqrt(missed / size) : k_none);
  }
  return result;
}

std::vector<double> amplitudes(const ModeSet& modes, const SnapshotPairs& pairs) {
  const std::size_t k = modes.eigenvalues.size();
  if (k == 0) return {};
  const Matrix energy = upper_factor(pairs.now);  // same column products, fewer rows
  ComplexMatrix y(k, energy.rows);
  for (std::size_t row = 0; row < energy.rows; ++row)
    for (std::size_t i = 0; i < k; ++i) y(i, row) = energy(row, i);
  const ComplexMatrix b = least_squares(modes.right, std::move(y));
  std::vector<double> share(k, 0.0);
  for (std::size_t row = 0; row < b.columns; ++row)
    for (std::size_t i = 0; i < k; ++i) share[i] += std::norm(b(i, row));
  const double total = std::accumulate(share.begin(), share.end(), 0.0);
  for (double& s : share) s /= total;
  return share;
}

std::vector<double> held_out_residuals(const CompressedPairs& compressed, const HeldOut& how,
                                       std::span<const std::complex<double>> reference) {
  const std::size_t folds =
      std::min(static_cast<std::size_t>(std::max(0, how.folds)), compressed.trajectories.size());
  std::vector<double> mean(reference.size(), k_none);
  if (folds < 2 || reference.empty()) return mean;
  std::vector<double> sum(reference.size(), 0.0);
  std::vector<int> count(reference.size(), 0);
  for (std::size_t fold = 0; fold < folds; ++fold) {
    const auto residual = of_fold(compressed, how, fold, folds, reference);
    for (std::size_t i = 0; i < residual.size(); ++i) {
      if (std::isnan(residual[i])) continue;
      sum[i] += residual[i];
      ++count[i];
    }
  }
  for (std::size_t i = 0; i < mean.size(); ++i)
    if (count[i] > 0) mean[i] = sum[i] / count[i];
  return mean;
}

}  // namespace equikoop
