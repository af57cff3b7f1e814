// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "equikoop/base/error.hpp"
#include "equikoop/base/random.hpp"

namespace equikoop {

namespace {

constexpr int k_default_train = 1500;
constexpr int k_default_test = 297;
/// Labels are stored in a byte.
constexpr int k_most_classes = 256;
/// Values of one part: 34 GB in float64, beyond which a typing error is likelier than a purpose.
constexpr std::size_t k_most_values = std::size_t{1} << 32;
constexpr std::size_t k_teacher_units = 32;

/// `item` of the keys of Stream::synthetic_data and Stream::teacher.
enum Item : std::uint64_t {
  k_class_means = 0,
  k_train_inputs = 1,
  k_test_inputs = 2,
  k_train_labels = 3,
  k_test_labels = 4,
  k_first_layer = 5,
  k_second_layer = 6,
};

RandomStream stream(std::uint64_t root_seed, Stream purpose, Item item) {
  return RandomStream({.study_seed = root_seed, .stream = purpose, .item = item});
}

void require(bool holds, const char* key, double value, const char* expected) {
  if (!holds) throw UsageError(fmt::format("data.{} = {}; expected {}", key, value, expected));
}

std::vector<double> normals(const RandomStream& random, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = random.normal(i);
  return values;
}

std::vector<std::uint8_t> balanced_labels(const RandomStream& random, int count, int classes) {
  const auto order = random.permutation(static_cast<std::uint32_t>(count));
  std::vector<std::uint8_t> labels(order.size());
  std::transform(order.begin(), order.end(), labels.begin(), [&](std::uint32_t place) {
    return static_cast<std::uint8_t>(place % static_cast<std::uint32_t>(classes));
  });
  return labels;
}

/// Adds to each sample the mean of its class.   x (n, features)   means (classes, features)
void shift_to_classes(std::vector<double>& x, const std::vector<std::uint8_t>& labels,
                      const std::vector<double>& means, double separation, std::size_t features) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t f = 0; f < features; ++f)
      x[i * features + f] += separation * means[labels[i] * features + f];
}

/// A fixed random network with one hidden layer.   first (units, features)   second (classes,
/// units)
struct Teacher {
  std::size_t features;
  std::size_t classes;
  std::vector<double> first;
  std::vector<double> second;
  std::vector<double> mean;  ///< (units): of relu(w·x) over x = N(0, I), |w|/√(2π)

  Teacher(const DataShape& shape, std::uint64_t root_seed)
      : features(static_cast<std::size_t>(shape.features)),
        classes(static_cast<std::size_t>(shape.classes)),
        first(
            normals(stream(root_seed, Stream::teacher, k_first_layer), k_teacher_units * features)),
        second(
            normals(stream(root_seed, Stream::teacher, k_second_layer), classes * k_teacher_units)),
        mean(k_teacher_units) {
    for (std::size_t u = 0; u < k_teacher_units; ++u) {
      double square = 0.0;
      for (std::size_t f = 0; f < features; ++f) square += std::pow(first[u * features + f], 2);
      mean[u] = std::sqrt(square / (2.0 * std::numbers::pi));
    }
  }

  std::uint8_t label(std::span<const double> x) const {
    std::vector<double> score(classes, 0.0);
    for (std::size_t u = 0; u < k_teacher_units; ++u) {
      double sum = 0.0;
      for (std::size_t f = 0; f < features; ++f) sum += first[u * features + f] * x[f];
      const double hidden = std::max(sum, 0.0) - mean[u];
      for (std::size_t c = 0; c < classes; ++c)
        score[c] += second[c * k_teacher_units + u] * hidden;
    }
    return static_cast<std::uint8_t>(std::max_element(score.begin(), score.end()) - score.begin());
  }

  std::vector<std::uint8_t> labels(const std::vector<double>& x) const {
    std::vector<std::uint8_t> result(x.size() / features);
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = label(std::span(x).subspan(i * features, features));
    return result;
  }
};

void label_by_class(SyntheticData& data, double separation, std::uint64_t root_seed) {
  const auto features = static_cast<std::size_t>(data.shape.features);
  const auto of = [&](Item item) { return stream(root_seed, Stream::synthetic_data, item); };
  const auto means =
      normals(of(k_class_means), static_cast<std::size_t>(data.shape.classes) * features);
  data.train_labels = balanced_labels(of(k_train_labels), data.shape.train, data.shape.classes);
  data.test_labels = balanced_labels(of(k_test_labels), data.shape.test, data.shape.classes);
  shift_to_classes(data.train, data.train_labels, means, separation, features);
  shift_to_classes(data.test, data.test_labels, means, separation, features);
}

}  // namespace

DataShape describe_synthetic(const DataOptions& options) {
  require(options.samples >= 0, "samples", options.samples, "0 (1500) or more");
  require(options.test_samples >= 0, "test_samples", options.test_samples, "0 (297) or more");
  require(options.features >= 1, "features", options.features, "at least 1");
  require(options.classes >= 2 && options.classes <= k_most_classes, "classes", options.classes,
          "2 to 256");
  const DataShape shape{.features = options.features,
                        .classes = options.classes,
                        .train = options.samples == 0 ? k_default_train : options.samples,
                        .test = options.test_samples == 0 ? k_default_test : options.test_samples};
  const auto most = static_cast<std::size_t>(std::max(shape.train, shape.test));
  if (most * static_cast<std::size_t>(shape.features) > k_most_values)
    throw UsageError(fmt::format("{} samples of {} features are too many for a synthetic data set",
                                 most, shape.features));
  return shape;
}

SyntheticData make_synthetic(const DataOptions& options, std::uint64_t root_seed) {
  require(std::isfinite(options.separation) && options.separation >= 0.0, "separation",
          options.separation, "a finite number, 0 or more");
  SyntheticData data;
  data.shape = describe_synthetic(options);
  const auto features = static_cast<std::size_t>(data.shape.features);
  const auto inputs = [&](Item item, int count) {
    return normals(stream(root_seed, Stream::synthetic_data, item),
                   static_cast<std::size_t>(count) * features);
  };
  data.train = inputs(k_train_inputs, data.shape.train);
  data.test = inputs(k_test_inputs, data.shape.test);
  if (options.source == "teacher") {
    const Teacher teacher(data.shape, root_seed);
    data.train_labels = teacher.labels(data.train);
    data.test_labels = teacher.labels(data.test);
  } else {
    label_by_class(data, options.separation, root_seed);
  }
  return data;
}

void add_label_noise(std::span<std::uint8_t> labels, double share, int classes,
                     std::uint64_t root_seed) {
  require(share >= 0.0 && share <= 1.0, "label_noise", share, "a share from 0 to 1");
  if (share == 0.0) return;
  const RandomStream random({.study_seed = root_seed, .stream = Stream::label_noise});
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (random.uniform(2 * i) < share)
      labels[i] =
          static_cast<std::uint8_t>(random.below(2 * i + 1, static_cast<std::uint64_t>(classes)));
}

}  // namespace equikoop
