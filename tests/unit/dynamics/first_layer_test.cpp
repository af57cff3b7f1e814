// SPDX-License-Identifier: BSD-3-Clause
// The sparse first layer against BLAS on every value.
#include "dynamics/first_layer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "dynamics/aligned.hpp"
#include "toy.hpp"

namespace equikoop {
namespace {

/// Inputs, columns, samples of a batch, share of entries.
using Case = std::tuple<int, int, int, double>;

class SparseFirstLayer : public testing::TestWithParam<Case> {};

/// A layer with its weights and activities; column-wise numbers are the same for every storage.
template <class Real>
struct Layer {
  std::unique_ptr<FirstLayer<Real>> layer;
  std::size_t columns, batch;
  AlignedVector<Real> w, z;

  Layer(std::unique_ptr<FirstLayer<Real>> made, std::size_t column_count, std::size_t samples)
      : layer(std::move(made)),
        columns(column_count),
        batch(samples),
        w(layer->storage().size()),
        z(columns * batch) {
    const RandomStream stream({5, Stream::synthetic_data});
    const PanelMatrix p = layer->storage();
    for (std::size_t k = 0; k < p.rows; ++k) {
      for (std::size_t c = 0; c < columns; ++c) {
        w[p.position(k, c)] = static_cast<Real>(stream.uniform(c * p.rows + k, -1, 1));
      }
    }
  }
  Matrix<Real> activities() { return {z.data(), columns, batch, batch}; }
  Real weight(std::size_t k, std::size_t c) const { return w[layer->storage().position(k, c)]; }
};

/// Samples of toy data, not in order.
std::vector<std::uint32_t> samples_from(std::size_t first, std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::size_t b = 0; b < count; ++b) rows[b] = static_cast<std::uint32_t>((b * 37 + first) % 89);
  return rows;
}

/// backward, then forward of another batch; then the same in one on a copy of the weights.
template <class Real>
void compare_step(Layer<Real> apart, Layer<Real> together, const Batch<Real>& batch, const Batch<Real>& next) {
  const RandomStream stream({7, Stream::synthetic_data});
  AlignedVector<Real> dz(apart.z.size());
  for (std::size_t i = 0; i < dz.size(); ++i) dz[i] = static_cast<Real>(stream.uniform(i, -1, 1));
  const Matrix<const Real> gradient{dz.data(), apart.columns, apart.batch, apart.batch};
  for (const Accumulate<Real> how : {Accumulate<Real>{Real(-0.1), 1}, {Real(-0.1), Real(0.98)}}) {
    apart.layer->backward(batch, gradient, how, apart.w);
    apart.layer->forward(next, apart.w, apart.activities());
    together.layer->step(batch, gradient, how, together.w, next, together.activities());
    EXPECT_EQ(together.w, apart.w);
    EXPECT_EQ(together.z, apart.z);
  }
}

template <class Real>
void compare_step_with_parts(const Case& sizes) {
  const auto& [inputs, columns, batch, density] = sizes;
  const auto n = static_cast<std::size_t>(inputs);
  const auto m = static_cast<std::size_t>(columns);
  const auto samples = static_cast<std::size_t>(batch);
  const auto data = toy::Data<Real>(density, {inputs, 4, 90, 1}).in_sparse_form();
  const DataView<Real> view = data.view();
  const auto rows = samples_from(5, samples), later = samples_from(60, samples);
  const std::vector<std::uint8_t> labels(samples);
  const auto sparse = [&] {
    return Layer<Real>(sparse_first_layer<Real>(n, m, samples, data.background), m, samples);
  };
  compare_step<Real>(sparse(), sparse(), {{nullptr, samples, n, n}, labels, &view.sparse_train, rows},
                     {{nullptr, samples, n, n}, labels, &view.sparse_train, later});
  const auto dense = [&] { return Layer<Real>(dense_first_layer<Real>(n, m, samples), m, samples); };
  compare_step<Real>(dense(), dense(), {{data.train.data(), samples, n, n}, labels},
                     {{data.train.data() + n, samples, n, n}, labels});
}

template <class Real>
void compare(const Case& sizes) {
  const auto& [inputs, columns, batch, density] = sizes;
  const auto n = static_cast<std::size_t>(inputs);
  const auto m = static_cast<std::size_t>(columns);
  const auto samples = static_cast<std::size_t>(batch);
  const auto data = toy::Data<Real>(density, {inputs, 4, 90, 1}).in_sparse_form();
  const DataView<Real> view = data.view();
  const auto rows = samples_from(5, samples);
  AlignedVector<Real> x(samples * n);
  for (std::size_t b = 0; b < samples; ++b) {
    std::copy_n(data.train.data() + rows[b] * n, n, x.data() + b * n);
  }
  const std::vector<std::uint8_t> labels(samples);
  const Batch<Real> by_value{{x.data(), samples, n, n}, labels};
  const Batch<Real> by_row{{nullptr, samples, n, n}, labels, &view.sparse_train, rows};

  Layer<Real> dense(dense_first_layer<Real>(n, m, samples), m, samples);
  Layer<Real> sparse(sparse_first_layer<Real>(n, m, samples, data.background), m, samples);
  dense.layer->forward(by_value, dense.w, dense.activities());
  sparse.layer->forward(by_row, sparse.w, sparse.activities());
  // Sums of `inputs` products of order 1, each rounded; normal values stay below 6.
  const double epsilon = std::numeric_limits<Real>::epsilon();
  const double bound = 6 * epsilon * static_cast<double>(std::max(n, samples));
  for (std::size_t i = 0; i < dense.z.size(); ++i) EXPECT_NEAR(sparse.z[i], dense.z[i], bound);

  const RandomStream stream({6, Stream::synthetic_data});
  for (std::size_t i = 0; i < dense.z.size(); ++i) {
    dense.z[i] = sparse.z[i] = static_cast<Real>(stream.uniform(i, -1, 1));
  }
  for (const Accumulate<Real> how : {Accumulate<Real>{Real(-0.1), 1}, {Real(-0.1), Real(0.98)}, {1, 0}}) {
    if (how.beta == Real(0)) {  // what is there must not matter
      std::fill(sparse.w.begin(), sparse.w.end(), std::numeric_limits<Real>::quiet_NaN());
    }
    dense.layer->backward(by_value, dense.activities(), how, dense.w);
    sparse.layer->backward(by_row, sparse.activities(), how, sparse.w);
    double largest = 0;
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t c = 0; c < m; ++c) {
        largest = std::max(largest, std::abs(static_cast<double>(sparse.weight(k, c) - dense.weight(k, c))));
      }
    }
    EXPECT_LE(largest, bound) << "beta " << how.beta;
    EXPECT_EQ(largest, largest);
  }
}

TEST_P(SparseFirstLayer, AgreesWithBlasInSinglePrecision) { compare<float>(GetParam()); }
TEST_P(SparseFirstLayer, AgreesWithBlasInDoublePrecision) { compare<double>(GetParam()); }
TEST_P(SparseFirstLayer, StepsToTheBitAsItsPartsInSinglePrecision) { compare_step_with_parts<float>(GetParam()); }
TEST_P(SparseFirstLayer, StepsToTheBitAsItsPartsInDoublePrecision) { compare_step_with_parts<double>(GetParam()); }

INSTANTIATE_TEST_SUITE_P(SizesThatFillVectorsPanelsAndBlocksOrNot, SparseFirstLayer,
                         testing::Values(Case{1, 1, 1, 0.5}, Case{12, 15, 60, 0.2},
                                         Case{113, 50, 7, 0.19}, Case{300, 129, 64, 0.19},
                                         Case{64, 400, 20, 0.0}, Case{225, 33, 61, 1.0}));

TEST(SparseFirstLayerBits, OfAColumnDoNotDependOnTheColumnsBesideIt) {
  const auto data = toy::Data<float>(0.3, {120, 4, 90, 1}).in_sparse_form();
  const DataView<float> view = data.view();
  std::vector<std::uint32_t> rows(20);
  std::iota(rows.begin(), rows.end(), 7U);
  const std::vector<std::uint8_t> labels(20);
  const Batch<float> batch{{nullptr, 20, 120, 120}, labels, &view.sparse_train, rows};
  Layer<float> few(sparse_first_layer<float>(120, 5, 20, data.background), 5, 20);
  Layer<float> many(sparse_first_layer<float>(120, 250, 20, data.background), 250, 20);
  few.layer->forward(batch, few.w, few.activities());
  many.layer->forward(batch, many.w, many.activities());
  EXPECT_TRUE(std::equal(few.z.begin(), few.z.end(), many.z.begin()));
}

/// Largest difference of trajectories that only the first layer tells apart.
double difference(const Configuration& c, double density) {
  const auto data = toy::Data<double>(density).in_sparse_form();
  const auto sparse = toy::train<double>(toy::study(), c, data.view());
  DataView<double> view = data.view();
  view.sparse_train = view.sparse_test = {};
  const auto dense = toy::train<double>(toy::study(), c, view);
  EXPECT_NEAR(sparse.outcome.test_loss[1], dense.outcome.test_loss[1], 1e-12);
  double largest = 0;
  for (std::size_t i = 0; i < dense.snapshots.size(); ++i) {
    largest = std::max(largest, std::abs(sparse.snapshots[i] - dense.snapshots[i]));
  }
  return largest;
}

TEST(SparseTraining, FollowsTheDenseForEveryObservableOrderAndOptimiser) {
  for (const Observable observable : {Observable::output, Observable::hidden, Observable::all,
                                      Observable::subset, Observable::projection, Observable::state}) {
    for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::adam}) {
      Configuration c = toy::configuration();
      c.record.observable = observable;
      c.record.size = 9;
      c.training.optimizer = optimizer;
      c.training.learning_rate = optimizer == OptimizerKind::sgd ? 0.1 : 0.003;
      c.training.weight_decay = optimizer == OptimizerKind::sgd ? 0.01 : 0;
      c.data.order = observable == Observable::all ? Order::shuffled : Order::fixed;
      EXPECT_LT(difference(c, 0.2), 1e-12) << static_cast<int>(observable);
    }
  }
}

TEST(SparseTraining, IsNotChangedByWhatIsRecorded) {
  const auto data = toy::Data<float>(0.2).in_sparse_form();
  Configuration c = toy::configuration();
  const auto all = toy::train<float>(toy::study(), c, data.view());
  c.record.observable = Observable::output;
  c.record.every = 5;
  EXPECT_EQ(toy::train<float>(toy::study(), c, data.view()).outcome.losses, all.outcome.losses);
}

TEST(SparseTraining, NamesTheStepAtWhichATrajectoryDiverges) {
  const auto data = toy::Data<float>(0.2).in_sparse_form();
  Configuration c = toy::configuration();
  c.training.learning_rate = 1e38;
  for (const std::int64_t step : toy::train<float>(toy::study(), c, data.view()).outcome.diverged_at) {
    EXPECT_EQ(step, 2);
  }
}

}  // namespace
}  // namespace equikoop
