// SPDX-License-Identifier: BSD-3-Clause
#include "train_unit.hpp"

#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"

namespace equikoop {
namespace {

template <class Real>
EnsembleOutcome<Real> trajectories(const Study& study, const Configuration& configuration, int seed,
                                   const Dataset<Real>* data, const SnapshotSink<Real>& sink, const StepHook& hook) {
  if (configuration.model.kind == ModelKind::network)
    return train_ensemble<Real>(study, configuration, data->view(), seed, sink, hook);
  if constexpr (std::is_same_v<Real, double>) return descend_ensemble(study, configuration, seed, sink, hook);
  throw UsageError("model.kind = descent needs study.precision = float64");
}

}  // namespace

template <class Real>
void train_unit(const Study& study, std::size_t configuration, std::size_t seed, const Dataset<Real>* data,
                TrajectoryArchive& archive, PhaseTable& phases, const StepHook& hook) {
  const SnapshotSink<Real> sink = [&](std::size_t first, std::size_t count, std::span<const Real> values) {
    const auto scope = phases.scope("  of it: record");
    archive.write_snapshots<Real>(configuration, seed, first, count, values);
    phases.add_bytes("  of it: record", static_cast<double>(values.size_bytes()));
  };
  const auto outcome = [&] {
    const auto scope = phases.scope("train");
    return trajectories<Real>(study, study.configurations[configuration], static_cast<int>(seed), data, sink, hook);
  }();
  const auto scope = phases.scope("archive");
  archive.write_outcome<Real>(configuration, seed,
                              {outcome.losses, outcome.test_loss, outcome.test_accuracy, outcome.diverged_at});
  archive.mark_later(configuration, seed);
}

template void train_unit(const Study&, std::size_t, std::size_t, const Dataset<float>*, TrajectoryArchive&,
                         PhaseTable&, const StepHook&);
template void train_unit(const Study&, std::size_t, std::size_t, const Dataset<double>*, TrajectoryArchive&,
                         PhaseTable&, const StepHook&);

}  // namespace equikoop
