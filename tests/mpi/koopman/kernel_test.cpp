// SPDX-License-Identifier: BSD-3-Clause
// Kernel spectra on several ranks against LAPACK's generalised eigenvalues of matrices written out by
// their definition.
#include <gtest/gtest.h>
#include <lapacke.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ensembles.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/koopman/residuals.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "explicit_delay_matrix.hpp"

namespace equikoop {
namespace {

using namespace test;

constexpr double k_regularisation = 1e-4;
constexpr std::size_t k_delays = 3;
constexpr int k_modes = 9;

/// 396 pairs: four blocks of pairs, so that three ranks hold uneven shares.
const TrajectoryShape k_shape{4, 103, 7};

/// k(z, z') and k(z', z) for all pairs, from the delay vectors themselves.
class Explicit {
 public:
  Explicit(const Ensemble<double>& ensemble, Kernel kernel)
      : kernel_(kernel), vectors_(delay_vectors(ensemble, k_delays)), each_(ensemble.shape.times - k_delays) {
    for (std::size_t m = 0; m < ensemble.shape.initials; ++m)
      for (std::size_t t = 0; t + 1 < each_; ++t) now_.push_back(m * each_ + t);
    std::vector<double> squares;
    double energy = 0.0;
    for (const std::size_t i : now_) {
      energy += product(i, i);
      for (const std::size_t j : now_)
        if (j < i) squares.push_back(distance(i, j));
    }
    std::nth_element(squares.begin(), squares.begin() + std::ptrdiff_t(squares.size() / 2), squares.end());
    square_width_ = kernel == Kernel::gaussian ? squares[squares.size() / 2] : energy / double(now_.size());
  }

  std::size_t pairs() const { return now_.size(); }
  std::size_t trajectory(std::size_t pair) const { return now_[pair] / each_; }
  double g(std::size_t i, std::size_t j) const { return value(now_[i], now_[j]); }
  double a(std::size_t i, std::size_t j) const { return value(now_[i] + 1, now_[j]); }
  double gamma() const {
    double trace = 0.0;
    for (std::size_t i = 0; i < pairs(); ++i) trace += g(i, i);
    return k_regularisation * trace / double(pairs());
  }

 private:
  double product(std::size_t i, std::size_t j) const {
    double sum = 0.0;
    for (std::size_t r = 0; r < vectors_.rows; ++r) sum += vectors_(r, i) * vectors_(r, j);
    return sum;
  }
  double distance(std::size_t i, std::size_t j) const {
    double sum = 0.0;
    for (std::size_t r = 0; r < vectors_.rows; ++r) sum += std::pow(vectors_(r, i) - vectors_(r, j), 2);
    return sum;
  }
  double value(std::size_t i, std::size_t j) const {
    if (kernel_ == Kernel::gaussian) return std::exp(-0.5 * distance(i, j) / square_width_);
    return std::pow(1.0 + product(i, j) / square_width_, 2);
  }

  Kernel kernel_;
  Matrix vectors_;
  std::size_t each_;
  std::vector<std::size_t> now_;
  double square_width_ = 0.0;
};

struct Reference {
  std::vector<std::complex<double>> eigenvalues;
  std::vector<double> residuals;
};

/// The leading eigenvalues of the fit to `train` by dggev, with their residuals on `test`.
Reference reference(const Explicit& data, const std::vector<std::size_t>& train,
                    const std::vector<std::size_t>& test, double gamma) {
  const std::size_t n = train.size();
  const auto size = static_cast<lapack_int>(n);
  Matrix a(n, n), b(n, n), vectors(n, n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      a(i, j) = data.a(train[i], train[j]);
      b(i, j) = data.g(train[i], train[j]) + (i == j ? gamma : 0.0);
    }
  std::vector<double> re(n), im(n), beta(n);
  EXPECT_EQ(LAPACKE_dggev(LAPACK_COL_MAJOR, 'N', 'V', size, a.values.data(), size, b.values.data(), size,
                          re.data(), im.data(), beta.data(), nullptr, 1, vectors.values.data(), size), 0);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto eigenvalue = [&](std::size_t i) { return std::complex<double>(re[i], im[i]) / beta[i]; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return std::hypot(re[i], im[i]) / beta[i] > std::hypot(re[j], im[j]) / beta[j];
  });
  Reference result;
  for (int k = 0; k < k_modes; ++k) {
    const std::size_t i = order[std::size_t(k)], first = im[i] < 0.0 ? i - 1 : i;
    const double sign = im[i] < 0.0 ? -1.0 : im[i] > 0.0 ? 1.0 : 0.0;
    double missed = 0.0, whole = 0.0;
    for (const std::size_t row : test) {
      std::complex<double> now = 0.0, next = 0.0;
      for (std::size_t j = 0; j < n; ++j) {
        const std::complex<double> v{vectors(j, first), sign == 0.0 ? 0.0 : sign * vectors(j, first + 1)};
        now += data.g(row, train[j]) * v;
        next += data.a(row, train[j]) * v;
      }
      missed += std::norm(next - eigenvalue(i) * now);
      whole += std::norm(now);
    }
    result.eigenvalues.push_back(eigenvalue(i));
    result.residuals.push_back(std::sqrt(missed / whole));
  }
  if (result.eigenvalues.back().imag() != 0.0 &&
      std::abs(result.eigenvalues.back() - std::conj(result.eigenvalues[k_modes - 2])) > 1e-9) {
    result.eigenvalues.pop_back();
    result.residuals.pop_back();
  }
  return result;
}

std::vector<std::size_t> pairs_where(const Explicit& data, const auto& chosen) {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < data.pairs(); ++i)
    if (chosen(data.trajectory(i))) list.push_back(i);
  return list;
}

class KernelOnRanks : public testing::TestWithParam<std::tuple<Kernel, Method>> {};

TEST_P(KernelOnRanks, AgreesWithTheExplicitMatrices) {
  const Comm world(MPI_COMM_WORLD);
  const auto [kernel, method] = GetParam();
  const auto ensemble = training_like<double>(k_shape, 1e-3);
  const Explicit data(ensemble, kernel);
  const Range mine = block(k_shape.features, std::size_t(world.size()), std::size_t(world.rank()));
  KoopmanOptions options;
  options.kernel = kernel;
  options.method = method;
  options.rank = k_modes;
  options.folds = 2;
  options.regularisation = k_regularisation;
  const auto found = ensemble_spectrum(world, ensemble.features(mine.begin, mine.end), options, k_delays);

  const auto all = pairs_where(data, [](std::size_t) { return true; });
  const double gamma = data.gamma();
  const Reference whole = reference(data, all, all, gamma);
  ASSERT_EQ(found.rank, int(whole.eigenvalues.size()));
  EXPECT_LT(spectral_distance(found.eigenvalues, whole.eigenvalues), 1e-9);
  const auto partner = partners(found.eigenvalues, whole.eigenvalues);
  for (std::size_t i = 0; i < whole.eigenvalues.size(); ++i)
    EXPECT_NEAR(found.residuals_insample[i], whole.residuals[std::size_t(partner[i])], 1e-8);

  std::vector<double> held_out(found.eigenvalues.size(), 0.0);
  for (std::size_t fold = 0; fold < 2; ++fold) {
    const Reference refit =
        reference(data, pairs_where(data, [&](std::size_t m) { return m % 2 != fold; }),
                  pairs_where(data, [&](std::size_t m) { return m % 2 == fold; }), gamma);
    const auto of_refit = partners(found.eigenvalues, refit.eigenvalues);
    for (std::size_t i = 0; i < held_out.size(); ++i)
      held_out[i] += of_refit[i] < 0 ? NAN : 0.5 * refit.residuals[std::size_t(of_refit[i])];
  }
  for (std::size_t i = 0; i < held_out.size(); ++i)
    if (!std::isnan(held_out[i])) {
      EXPECT_NEAR(found.residuals_heldout[i], held_out[i], 1e-7);
    }
  EXPECT_NEAR(std::accumulate(found.amplitudes.begin(), found.amplitudes.end(), 0.0), 1.0, 1e-12);
}

TEST_P(KernelOnRanks, GivesEveryRankTheSameBits) {
  const Comm world(MPI_COMM_WORLD);
  const auto [kernel, method] = GetParam();
  const auto ensemble = training_like<double>(k_shape, 1e-3);
  const Range mine = block(k_shape.features, std::size_t(world.size()), std::size_t(world.rank()));
  KoopmanOptions options;
  options.kernel = kernel;
  options.method = method;
  options.folds = 2;
  options.regularisation = k_regularisation;
  const auto found = ensemble_spectrum(world, ensemble.features(mine.begin, mine.end), options, k_delays);
  const auto expect_equal = [&](std::vector<double> values) {
    const std::vector<double> own = values;
    world.broadcast(std::span(values));
    EXPECT_EQ(own, values);
  };
  std::vector<double> parts;
  for (const auto value : found.eigenvalues) parts.insert(parts.end(), {value.real(), value.imag()});
  expect_equal(parts);
  expect_equal(found.residuals_insample);
  expect_equal(found.residuals_heldout);
  expect_equal(found.amplitudes);
}

TEST(Kernel, IsRefusedOnAllRanksWhereItsMatrixIsNotPositiveDefinite) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<double>(k_shape, 1e-3);
  const Range mine = block(k_shape.features, std::size_t(world.size()), std::size_t(world.rank()));
  KoopmanOptions options;
  options.kernel = Kernel::gaussian;
  options.regularisation = -0.5;
  EXPECT_THROW(ensemble_spectrum(world, ensemble.features(mine.begin, mine.end), options, k_delays), Error);
}

INSTANTIATE_TEST_SUITE_P(BothKernels, KernelOnRanks,
                         testing::Combine(testing::Values(Kernel::gaussian, Kernel::polynomial),
                                          testing::Values(Method::snapshots, Method::dense)));

}  // namespace
}  // namespace equikoop
