// SPDX-License-Identifier: BSD-3-Clause
#include "shapes.hpp"

#include <algorithm>
#include <cmath>

#include "equikoop/data/dataset.hpp"
#include "equikoop/dynamics/descent.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "equikoop/study/study.hpp"

namespace equikoop {
namespace {

std::vector<std::int64_t> network_times(const Configuration& configuration) {
  std::vector<std::int64_t> times(static_cast<std::size_t>(snapshot_count(configuration)));
  for (std::size_t i = 0; i < times.size(); ++i)
    times[i] = static_cast<std::int64_t>(i + 1) * configuration.record.every;
  return times;
}

ConfigurationShape shape_of(const Configuration& configuration, const DataShape& data) {
  const bool network = configuration.model.kind == ModelKind::network;
  const double every = configuration.record.every;
  const TrainingOptions& training = configuration.training;
  return {configuration.name,
          configuration.parameters,
          network ? feature_count(configuration, data) : descent_feature_count(configuration),
          static_cast<std::size_t>(training.steps),
          network ? network_times(configuration) : descent_times(configuration),
          {every, every * (network ? training.batch_size : 1), every * training.learning_rate}};
}

}  // namespace

std::vector<DataShape> data_shapes(const Study& study, const DataSearch& search) {
  std::vector<DataShape> shapes;
  std::vector<std::pair<DataOptions, DataShape>> known;
  for (const auto& configuration : study.configurations) {
    const auto same = [&](const auto& entry) { return entry.first == configuration.data; };
    const auto found = std::find_if(known.begin(), known.end(), same);
    if (configuration.model.kind == ModelKind::descent) {
      shapes.push_back({});
    } else if (found != known.end()) {
      shapes.push_back(found->second);
    } else {
      shapes.push_back(describe_dataset(configuration.data, search));
      known.emplace_back(configuration.data, shapes.back());
    }
  }
  return shapes;
}

double step_cost(const Configuration& configuration, const DataShape& data) {
  if (configuration.model.kind == ModelKind::descent) return 100.0 * configuration.model.dimension;
  double products = 0;
  double before = data.features;
  for (const int width : configuration.model.hidden) {
    products += before * width;
    before = width;
  }
  products += before * data.classes;
  return 4 * products * configuration.training.batch_size;
}

TrajectoryLayout trajectory_layout(const Study& study, const std::vector<DataShape>& data) {
  TrajectoryLayout layout{study.precision, static_cast<std::size_t>(study.seeds),
                          static_cast<std::size_t>(study.initials), {}};
  for (std::size_t i = 0; i < data.size(); ++i)
    layout.configurations.push_back(shape_of(study.configurations[i], data[i]));
  return layout;
}

std::vector<int> delays_of(const KoopmanOptions& koopman, const std::vector<std::size_t>& features) {
  std::vector<int> delays(features.size(), koopman.delays);
  if (koopman.delays_rule == DelaysRule::fixed || koopman.delays == 0 || features.empty()) return delays;
  const double fewest = static_cast<double>(*std::min_element(features.begin(), features.end()));
  for (std::size_t i = 0; i < features.size(); ++i)
    delays[i] = std::max(1, static_cast<int>(std::lround(koopman.delays * fewest / static_cast<double>(features[i]))));
  return delays;
}

std::size_t most_modes(const KoopmanOptions& koopman, const std::vector<std::size_t>& features,
                       const std::vector<int>& delays, std::size_t snapshots) {
  if (koopman.rank_rule != RankRule::full) return static_cast<std::size_t>(koopman.rank);
  std::size_t most = 1;
  for (std::size_t i = 0; i < features.size(); ++i)
    most = std::max(most, std::min(features[i] * static_cast<std::size_t>(delays[i] + 1), snapshots));
  return most;
}

}  // namespace equikoop
