// SPDX-License-Identifier: BSD-3-Clause
// Trains one small ensemble on seeded synthetic data and dumps data, initial weights, snapshots and
// losses, so that network_reference.py and optimizer_reference.py can redo the training without us.
// Usage: dump_training OUT key=value ...   (keys and defaults: see main)
// OUT, all values float64: features classes train initials parameters steps snapshot_features, then
// x (train, features), labels (train), weights (initial, parameters),
// snapshots (initial, step, snapshot_features), losses (initial, step).
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamics/parameters.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/dynamics/trainer.hpp"

namespace {

using namespace equikoop;
using Keys = std::map<std::string, std::string>;

template <class Value>
Value pick(const std::map<std::string, Value>& table, const std::string& name) {
  const auto found = table.find(name);
  if (found == table.end()) throw std::runtime_error("no such choice: " + name);
  return found->second;
}

Study study_from(const Keys& keys) {
  Study study;
  study.initials = std::stoi(keys.at("initials"));
  study.perturbation = std::stod(keys.at("perturbation"));
  Configuration c;
  c.model.hidden.clear();
  for (std::size_t at = 0; at < keys.at("hidden").size();) {
    std::size_t used = 0;
    c.model.hidden.push_back(std::stoi(keys.at("hidden").substr(at), &used));
    at += used + 1;
  }
  c.model.activation = pick<Activation>({{"relu", Activation::relu},
                                         {"gelu", Activation::gelu},
                                         {"tanh", Activation::tanh},
                                         {"sigmoid", Activation::sigmoid},
                                         {"identity", Activation::identity}},
                                        keys.at("activation"));
  c.training.optimizer = pick<OptimizerKind>({{"sgd", OptimizerKind::sgd},
                                              {"momentum", OptimizerKind::momentum},
                                              {"nesterov", OptimizerKind::nesterov},
                                              {"adam", OptimizerKind::adam},
                                              {"adamw", OptimizerKind::adamw},
                                              {"rmsprop", OptimizerKind::rmsprop},
                                              {"mirror", OptimizerKind::mirror}},
                                             keys.at("optimizer"));
  c.model.bias = keys.at("bias") == "1";
  c.training.steps = std::stoi(keys.at("steps"));
  c.training.batch_size = std::stoi(keys.at("batch_size"));
  c.training.learning_rate = std::stod(keys.at("learning_rate"));
  c.training.weight_decay = std::stod(keys.at("weight_decay"));
  c.training.mirror_beta = std::stod(keys.at("mirror_beta"));
  c.record.observable = Observable::state;
  study.configurations.push_back(c);
  return study;
}

/// Normal values of which a share `1 - density` is replaced by one background value.
template <class Real>
std::vector<Real> synthetic(const DataShape& shape, double density, Real background) {
  const RandomStream value({1, Stream::synthetic_data, 0, 0, 0});
  const RandomStream kept({1, Stream::synthetic_data, 0, 0, 1});
  std::vector<Real> x(static_cast<std::size_t>(shape.train * shape.features));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = kept.uniform(i) < density ? static_cast<Real>(value.normal(i)) : background;
  }
  return x;
}

std::vector<std::uint8_t> synthetic_labels(const DataShape& shape) {
  const RandomStream stream({1, Stream::synthetic_data, 0, 0, 2});
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(shape.train));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] =
        static_cast<std::uint8_t>(stream.below(i, static_cast<std::uint64_t>(shape.classes)));
  }
  return labels;
}

template <class Real>
std::vector<double> canonical_weights(const Study& study, const DataShape& data) {
  const Configuration& c = study.configurations[0];
  const NetworkShape shape = network_shape(c.model, data);
  const auto initials = static_cast<std::size_t>(study.initials);
  const ParameterLayout layout(shape, initials, single_panel<Real>(shape, initials));
  std::vector<Real> block(layout.size());
  initialise(layout, c.model, {study.root_seed, 0, study.perturbation}, std::span<Real>(block));
  std::vector<double> weights;
  for (std::size_t m = 0; m < initials; ++m) {
    for (std::size_t i = 0; i < shape.parameters(); ++i) {
      weights.push_back(static_cast<double>(block[layout.position(m, i)]));
    }
  }
  return weights;
}

template <class Container>
void write(std::ofstream& out, const Container& values) {
  for (const auto& value : values) {
    const auto number = static_cast<double>(value);
    out.write(reinterpret_cast<const char*>(&number), sizeof number);
  }
}

template <class Real>
void dump(const std::string& path, const Keys& keys) {
  const Study study = study_from(keys);
  const Configuration& c = study.configurations[0];
  const DataShape shape{std::stoi(keys.at("features")), std::stoi(keys.at("classes")),
                        std::stoi(keys.at("train")), 0};
  const double density = std::stod(keys.at("density"));
  const Real background = static_cast<Real>(-0.42421296);
  const std::vector<Real> x = synthetic(shape, density, background);
  const std::vector<std::uint8_t> labels = synthetic_labels(shape);
  DataView<Real> data{shape, x, {}, labels, {}, background, density};
  const SparseMatrix<Real> sparse(x, static_cast<std::size_t>(shape.features), background);
  if (keys.at("first_layer") == "sparse") data.sparse_train = sparse.rows();

  const std::size_t features = feature_count(c, shape);
  const auto initials = static_cast<std::size_t>(study.initials);
  const auto steps = static_cast<std::size_t>(c.training.steps);
  std::vector<Real> snapshots(initials * steps * features);
  const SnapshotSink<Real> sink = [&](std::size_t first, std::size_t count,
                                      std::span<const Real> values) {
    for (std::size_t m = 0; m < initials; ++m) {
      std::copy_n(values.data() + m * count * features, count * features,
                  snapshots.data() + (m * steps + first) * features);
    }
  };
  const EnsembleOutcome<Real> outcome = train_ensemble<Real>(study, c, data, 0, sink, {});
  const std::vector<double> weights = canonical_weights<Real>(study, shape);

  std::ofstream out(path, std::ios::binary);
  write(out, std::vector<std::size_t>{static_cast<std::size_t>(shape.features),
                                      static_cast<std::size_t>(shape.classes),
                                      static_cast<std::size_t>(shape.train), initials,
                                      weights.size() / initials, steps, features});
  write(out, x);
  write(out, labels);
  write(out, weights);
  write(out, snapshots);
  write(out, outcome.losses);
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) try {
  Keys keys{{"precision", "float64"}, {"features", "24"},
            {"classes", "10"},        {"train", "330"},
            {"density", "1"},         {"initials", "3"},
            {"perturbation", "1e-3"}, {"hidden", "7"},
            {"activation", "relu"},   {"bias", "0"},
            {"optimizer", "sgd"},     {"steps", "100"},
            {"batch_size", "20"},     {"learning_rate", "0.1"},
            {"weight_decay", "0"},    {"mirror_beta", "1"},
            {"first_layer", "dense"}};
  if (argc < 2) throw std::runtime_error("usage: dump_training OUT key=value ...");
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (keys.count(argument.substr(0, equals)) == 0) {
      throw std::runtime_error("no such key: " + argument);
    }
    keys[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  if (keys.at("precision") == "float32") {
    dump<float>(argv[1], keys);
  } else {
    dump<double>(argv[1], keys);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "dump_training: %s\n", error.what());
  return 1;
}
