// SPDX-License-Identifier: BSD-3-Clause
// What an ensemble holds in training, from the shapes of what it allocates.
#include <algorithm>

#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "equikoop/study/study.hpp"
#include "optimizer.hpp"
#include "parameters.hpp"
#include "recorder.hpp"
#include "sparse_columns.hpp"

namespace equikoop {
namespace {

/// Bytes of all initials' networks: blocks of the size of the weights, activities, minibatch,
/// observable.
double network_memory(const Study& study, const Configuration& configuration, const DataShape& data,
                      bool sparse, double real) {
  const NetworkShape shape = network_shape(configuration.model, data);
  const OptimizerKind kind = configuration.training.optimizer;
  const double batch = configuration.training.batch_size, inputs = data.features;
  const double parameters = static_cast<double>(shape.parameters());
  // Weights, gradient where the update is not fused with it, state.
  const double blocks = 1 + (kind == OptimizerKind::sgd ? 0 : 1) + state_vectors(kind);
  double activities = 0;
  for (std::size_t l = 0; l < shape.layers(); ++l)
    activities += 2 * static_cast<double>(shape.out(l)) * batch;
  // By inputs where the samples are used by rows; else of even and of odd steps.
  const double apart = SparseColumns<float>::k_apart;
  const double minibatch = inputs * (sparse ? (batch + apart) * (real + sizeof(std::uint16_t)) : batch * 2 * real);
  const RecordOptions& record = configuration.record;
  double observable = 0;
  if (record.observable == Observable::projection) observable = record.size * parameters * real;
  if (record.observable == Observable::subset)
    observable = static_cast<double>(record.size) * study.initials * sizeof(std::size_t);
  return real * study.initials * (blocks * parameters + activities) + minibatch + observable;
}

}  // namespace

double training_memory(const Study& study, const Configuration& configuration,
                       const DataShape& data, bool sparse) {
  const double real = bytes_of(study.precision);
  const bool network = configuration.model.kind == ModelKind::network;
  const double features = static_cast<double>(network ? feature_count(configuration, data)
                                                      : descent_feature_count(configuration));
  const double snapshot = real * study.initials * features;
  const auto snapshots = static_cast<std::size_t>(snapshot_count(configuration));
  const double buffer = snapshot * static_cast<double>(recorder_capacity(static_cast<std::size_t>(snapshot), snapshots));
  const double losses = real * study.initials * configuration.training.steps;
  return buffer + losses + (network ? network_memory(study, configuration, data, sparse, real) : 0);
}

}  // namespace equikoop
