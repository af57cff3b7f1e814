// SPDX-License-Identifier: BSD-3-Clause
// A small data set and study that the tests of the trainer share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "equikoop/base/random.hpp"
#include "equikoop/dynamics/trainer.hpp"

namespace equikoop::toy {

/// Owns what a DataView refers to: normal values, a share of them replaced by a background.
template <class Real>
struct Data {
  DataShape shape{12, 4, 90, 33};
  Real background = Real(-0.5);  // before the values, which need it
  std::vector<Real> train, test;
  std::vector<std::uint8_t> train_labels, test_labels;
  double density = 1.0;

  std::vector<SparseMatrix<Real>> sparse;  ///< train and test, where it is asked for

  explicit Data(double share_of_foreground = 1.0, DataShape size = {12, 4, 90, 33})
      : shape(size),
        train(values(shape.train, 0, share_of_foreground)),
        test(values(shape.test, 1, share_of_foreground)),
        train_labels(labels(shape.train, 0)),
        test_labels(labels(shape.test, 1)) {
    std::size_t foreground = 0;
    for (const Real x : train) foreground += x != background ? 1 : 0;
    density = static_cast<double>(foreground) / static_cast<double>(train.size());
  }
  DataView<Real> view() const {
    DataView<Real> view{shape, train, test, train_labels, test_labels, background, density};
    if (sparse.empty()) return view;
    view.sparse_train = sparse[0].rows();
    view.sparse_test = sparse[1].rows();
    return view;
  }
  /// The same data, for the sparse first layer.
  Data in_sparse_form() && {
    const auto inputs = static_cast<std::size_t>(shape.features);
    sparse.emplace_back(train, inputs, background);
    sparse.emplace_back(test, inputs, background);
    return std::move(*this);
  }

 private:
  std::vector<Real> values(int samples, std::uint64_t item, double share) const {
    const RandomStream value({7, Stream::synthetic_data, 0, 0, item});
    const RandomStream kept({7, Stream::synthetic_data, 0, 1, item});
    std::vector<Real> x(static_cast<std::size_t>(samples * shape.features));
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = kept.uniform(i) < share ? static_cast<Real>(value.normal(i)) : background;
    }
    return x;
  }
  std::vector<std::uint8_t> labels(int samples, std::uint64_t item) const {
    const RandomStream stream({7, Stream::synthetic_data, 0, 2, item});
    std::vector<std::uint8_t> drawn(static_cast<std::size_t>(samples));
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      drawn[i] =
          static_cast<std::uint8_t>(stream.below(i, static_cast<std::uint64_t>(shape.classes)));
    }
    return drawn;
  }
};

inline Configuration configuration() {
  Configuration c;
  c.name = "base";
  c.model.hidden = {5};
  c.training.steps = 20;
  c.training.batch_size = 15;
  c.record.observable = Observable::all;
  return c;
}

inline Study study(int initials = 3) {
  Study s;
  s.name = "toy";
  s.initials = initials;
  return s;
}

/// Outcome and snapshots of an ensemble.
template <class Real>
struct Run {
  EnsembleOutcome<Real> outcome;
  std::size_t features = 0;
  std::size_t count = 0;        ///< snapshots of each initial
  std::vector<Real> snapshots;  ///< (initial, snapshot, feature)

  std::span<const Real> snapshot(std::size_t initial, std::size_t index) const {
    return std::span(snapshots).subspan((initial * count + index) * features, features);
  }
};

template <class Real>
Run<Real> train(const Study& study, const Configuration& c, const DataView<Real>& data,
                int seed = 0, const StepHook& hook = {}) {
  Run<Real> run;
  run.features = feature_count(c, data.shape);
  run.count = static_cast<std::size_t>(c.training.steps / c.record.every);
  run.snapshots.resize(static_cast<std::size_t>(study.initials) * run.count * run.features);
  const SnapshotSink<Real> sink = [&](std::size_t first, std::size_t count,
                                      std::span<const Real> values) {
    const std::size_t block = count * run.features;
    for (std::size_t i = 0; i < values.size(); ++i) {
      run.snapshots[(i / block * run.count + first) * run.features + i % block] = values[i];
    }
  };
  run.outcome = train_ensemble<Real>(study, c, data, seed, sink, hook);
  return run;
}

}  // namespace equikoop::toy
