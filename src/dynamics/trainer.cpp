// SPDX-License-Identifier: BSD-3-Clause
// The training loop of an ensemble, from initial weights to test accuracy.
#include "equikoop/dynamics/trainer.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "minibatches.hpp"
#include "network.hpp"
#include "optimizer.hpp"
#include "recorder.hpp"

namespace equikoop {
namespace {

/// Test samples that are evaluated together where minibatches are smaller: enough for the products
/// to run at speed.
constexpr std::size_t k_test_batch = 64;

std::uint64_t stream_seed(const Configuration& configuration, int seed) {
  return static_cast<std::uint64_t>(seed + configuration.seed_offset);
}

template <class Real>
class EnsembleTrainer {
 public:
  EnsembleTrainer(const Study& study, const Configuration& configuration,
                  const DataView<Real>& data, int seed, const SnapshotSink<Real>& sink)
      : options_(configuration.training),
        every_(static_cast<std::size_t>(configuration.record.every)),
        steps_(static_cast<std::size_t>(options_.steps)),
        initials_(static_cast<std::size_t>(study.initials)),
        data_(data),
        network_(make_network(configuration)),
        parameters_(network_.layout().size()),
        gradient_(fused() ? 0 : parameters_.size()),
        optimizer_(make_optimizer<Real>(options_, parameters_.size())),
        batches_(data, configuration.data.order, static_cast<std::size_t>(options_.batch_size),
                 {study.root_seed, Stream::data_order, stream_seed(configuration, seed)}),
        recorder_(make_observer(study, configuration), initials_, steps_ / every_, sink),
        outcome_(empty_outcome()) {
    initialise(network_.layout(), configuration.model,
               {study.root_seed, stream_seed(configuration, seed), study.perturbation},
               std::span<Real>(parameters_));
  }

  EnsembleOutcome<Real> run(const StepHook& hook) {
    Batch<Real> batch = batches_.at(0), next;
    for (std::size_t step = 0; step < steps_; ++step, batch = next) {
      const bool more = step + 1 < steps_;
      if (more) next = batches_.at(step + 1);
      keep_losses(step, advance(batch, more ? &next : nullptr));
      if ((step + 1) % every_ == 0) recorder_.record();
      if (hook) hook(static_cast<int>(step) + 1);
    }
    recorder_.finish();
    keep_divergence();
    test();
    return std::move(outcome_);
  }

 private:
  /// Plain gradient descent adds its update inside the products of the gradient: the parameters are
  /// touched once a step.
  bool fused() const { return options_.optimizer == OptimizerKind::sgd; }

  /// Of a batch, in training or testing.
  std::size_t most_samples() const {
    return std::max(static_cast<std::size_t>(options_.batch_size), k_test_batch);
  }

  Network<Real> make_network(const Configuration& configuration) const {
    const NetworkShape shape = network_shape(configuration.model, data_.shape);
    const std::size_t batch = most_samples();
    const std::size_t columns = initials_ * shape.out(0);
    return {shape, configuration.model.activation, initials_,
            data_.sparse_train.empty()
                ? dense_first_layer<Real>(shape.in(0), columns, batch)
                : sparse_first_layer<Real>(shape.in(0), columns, batch, data_.background),
            batch};
  }

  Observer<Real> make_observer(const Study& study, const Configuration& configuration) const {
    std::vector<std::span<const Real>> blocks{std::span<const Real>(parameters_)};
    for (const auto& state : optimizer_->state()) blocks.push_back(state);
    return {configuration.record, network_.layout(), std::move(blocks), study.root_seed};
  }

  EnsembleOutcome<Real> empty_outcome() const {
    constexpr double k_unknown = std::numeric_limits<double>::quiet_NaN();
    return {std::vector<Real>(initials_ * steps_), std::vector<double>(initials_, k_unknown),
            std::vector<double>(initials_, k_unknown), std::vector<std::int64_t>(initials_, -1)};
  }

  std::span<const BatchScore> advance(const Batch<Real>& batch, const Batch<Real>* next) {
    const std::span<Real> parameters(parameters_);
    if (fused()) {
      const double kept = 1.0 - options_.learning_rate * options_.weight_decay;
      return network_.descend(
          batch, parameters, {static_cast<Real>(-options_.learning_rate), static_cast<Real>(kept)},
          next);
    }
    const auto scores = network_.accumulate(batch, parameters, {1, 0}, std::span(gradient_));
    optimizer_->step(parameters, std::span(gradient_));
    return scores;
  }

  void keep_losses(std::size_t step, std::span<const BatchScore> scores) {
    for (std::size_t m = 0; m < initials_; ++m) {
      const double loss = scores[m].loss / options_.batch_size;
      outcome_.losses[m * steps_ + step] = static_cast<Real>(loss);
      if (!std::isfinite(loss) && outcome_.diverged_at[m] < 0) {
        outcome_.diverged_at[m] = static_cast<std::int64_t>(step) + 1;
      }
    }
  }

  /// The earlier of the first loss and the first snapshot that are not finite.
  void keep_divergence() {
    for (std::size_t m = 0; m < initials_; ++m) {
      const std::int64_t snapshot = recorder_.first_bad()[m];
      if (snapshot < 0) continue;
      const std::int64_t step = (snapshot + 1) * static_cast<std::int64_t>(every_);
      std::int64_t& first = outcome_.diverged_at[m];
      first = first < 0 ? step : std::min(first, step);
    }
  }

  /// Test samples in a row.
  Batch<Real> test_batch(std::span<const std::uint32_t> samples) const {
    const auto features = static_cast<std::size_t>(data_.shape.features);
    const auto labels = data_.test_labels.subspan(samples[0], samples.size());
    if (!data_.sparse_test.empty())
      return {{nullptr, samples.size(), features, features}, labels, &data_.sparse_test, samples};
    return {{data_.test.data() + samples[0] * features, samples.size(), features, features}, labels};
  }

  void test() {
    const auto samples = static_cast<std::size_t>(data_.shape.test);
    if (samples == 0) return;
    const std::size_t most = most_samples();
    std::vector<std::uint32_t> numbers(samples);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::vector<BatchScore> totals(initials_);
    for (std::size_t first = 0; first < samples; first += most) {
      const std::size_t count = std::min(most, samples - first);
      const auto scores = network_.evaluate(test_batch(std::span(numbers).subspan(first, count)),
                                            std::span<const Real>(parameters_));
      for (std::size_t m = 0; m < initials_; ++m) {
        totals[m].loss += scores[m].loss;
        totals[m].correct += scores[m].correct;
      }
    }
    for (std::size_t m = 0; m < initials_; ++m) {
      outcome_.test_loss[m] = totals[m].loss / static_cast<double>(samples);
      outcome_.test_accuracy[m] = totals[m].correct / static_cast<double>(samples);
    }
  }

  TrainingOptions options_;
  std::size_t every_;
  std::size_t steps_;
  std::size_t initials_;
  const DataView<Real>& data_;
  Network<Real> network_;
  AlignedVector<Real> parameters_;
  AlignedVector<Real> gradient_;  ///< empty where the update is fused
  std::unique_ptr<Optimizer<Real>> optimizer_;
  Minibatches<Real> batches_;
  Recorder<Real> recorder_;
  EnsembleOutcome<Real> outcome_;
};

}  // namespace

std::size_t feature_count(const Configuration& configuration, const DataShape& data) {
  return observed_features(configuration.record, network_shape(configuration.model, data),
                           state_vectors(configuration.training.optimizer));
}

template <class Real>
EnsembleOutcome<Real> train_ensemble(const Study& study, const Configuration& configuration,
                                     const DataView<Real>& data, int seed,
                                     const SnapshotSink<Real>& sink, const StepHook& hook) {
  return EnsembleTrainer<Real>(study, configuration, data, seed, sink).run(hook);
}

template EnsembleOutcome<float> train_ensemble(const Study&, const Configuration&,
                                               const DataView<float>&, int,
                                               const SnapshotSink<float>&, const StepHook&);
template EnsembleOutcome<double> train_ensemble(const Study&, const Configuration&,
                                                const DataView<double>&, int,
                                                const SnapshotSink<double>&, const StepHook&);

}  // namespace equikoop
