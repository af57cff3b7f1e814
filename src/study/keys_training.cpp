// SPDX-License-Identifier: BSD-3-Clause
// The keys of what is trained and recorded: [study], [data], [model], [training], [record].
#include <string>
#include <vector>

#include "key_makers.hpp"
#include "key_sections.hpp"

namespace equikoop::keys {
namespace {

void parse_width(Draft& draft, const std::string& value) {
  draft.configuration.model.hidden.clear();
  for (const auto& part : split(value, 'x'))
    draft.configuration.model.hidden.push_back(
        static_cast<int>(parse_integer("model.width", part, 1, 10'000'000)));
  if (draft.configuration.model.hidden.empty())
    throw UsageError("model.width: give a width like 40, or 64x64 for two hidden layers");
}

void parse_hessian(Draft& draft, const std::string& value) {
  draft.configuration.model.hessian.clear();
  for (const auto& part : split(value, ','))
    draft.configuration.model.hessian.push_back(
        parse_number("model.hessian", part, {-k_infinity, k_infinity, false}));
}

}  // namespace

std::vector<Key> section_study() {
  return {
      text({"study.name", "", "", "Name of the results; default: the file's name"},
           EQUIKOOP_STUDY(name)),
      text({"study.question", "", "", "The question the study answers, for the report",
            Values::text},
           EQUIKOOP_STUDY(question)),
      integer({"study.seeds", "5", "", "Replicates of each configuration"}, 1, 1'000'000,
              EQUIKOOP_STUDY(seeds)),
      integer({"study.initials", "10", "", "Trajectories of each ensemble"}, 1, 1'000'000,
              EQUIKOOP_STUDY(initials)),
      integer({"study.copies", "1", "",
               "Repeats each configuration under its own name with seeds of its own: a control"},
              1, 10'000, EQUIKOOP_STUDY(copies)),
      number({"study.perturbation", "1e-3", "",
              "Initials are base weights times 1 + perturbation * U(-1, 1)"},
             {0, 1e3, false}, EQUIKOOP_STUDY(perturbation)),
      make({"study.root_seed", "1", "", "Key of every random stream of the study"},
           [](Draft& draft, const std::string& value) {
             draft.study.root_seed = static_cast<std::uint64_t>(parse_integer(
                 "study.root_seed", value, 0, std::numeric_limits<std::int64_t>::max()));
           }),
      choice({"study.precision", "float32", "", "Arithmetic of training and stored trajectories"},
             {"float32", "float64"}, EQUIKOOP_STUDY(precision)),
      make({"study.zip", "", "",
            "Swept keys that run side by side instead of crossed; groups separated by commas",
            Values::text},
           [](Draft&, const std::string&) {}),
  };
}

std::vector<Key> section_data() {
  return {
      text({"data.source", "digits", "",
            "Data set: an IDX family by name (digits, mnist, fashion, idx), gaussian or teacher",
            Values::sweep},
           EQUIKOOP_AT(data.source)),
      text({"data.path", "", "",
            "Folder of the IDX files; default: EQUIKOOP_DATA, then data/ "
            "beside the study file",
            Values::text},
           EQUIKOOP_AT(data.path)),
      integer({"data.samples", "0", "samples", "Training samples used; 0: all", Values::sweep}, 0,
              k_large, EQUIKOOP_AT(data.samples)),
      integer({"data.test_samples", "0", "samples", "Test samples used; 0: all"}, 0, k_large,
              EQUIKOOP_AT(data.test_samples)),
      choice({"data.normalise", "auto", "",
              "How pixels are scaled; auto: mnist's constants for "
              "mnist, zero mean and unit variance else"},
             {"auto", "mnist", "standard", "unit", "none"}, EQUIKOOP_AT(data.normalise)),
      choice({"data.order", "fixed", "", "Order of the samples in an epoch", Values::sweep},
             {"fixed", "shuffled"}, EQUIKOOP_AT(data.order)),
      integer({"data.features", "64", "", "Inputs of a synthetic data set", Values::sweep}, 1,
              10'000'000, EQUIKOOP_AT(data.features)),
      integer({"data.classes", "10", "", "Classes of a synthetic data set", Values::sweep}, 2, 255,
              EQUIKOOP_AT(data.classes)),
      number({"data.separation", "1", "noise deviations",
              "Spread of the class means of a synthetic data set", Values::sweep},
             {0, 1e6, false}, EQUIKOOP_AT(data.separation)),
      number(
          {"data.label_noise", "0", "", "Share of training labels drawn at random", Values::sweep},
          {0, 1, false}, EQUIKOOP_AT(data.label_noise)),
  };
}

std::vector<Key> section_model() {
  return {
      choice({"model.kind", "network", "", "What is trained"}, {"network", "descent"},
             EQUIKOOP_AT(model.kind)),
      make({"model.width", "10", "units", "Hidden width; 64x64: two hidden layers", Values::sweep},
           parse_width),
      choice({"model.activation", "relu", "", "Activation of the hidden layers", Values::sweep},
             {"relu", "gelu", "tanh", "sigmoid", "identity"}, EQUIKOOP_AT(model.activation)),
      flag({"model.bias", "off", "", "Whether layers have a bias (on, off)", Values::sweep},
           EQUIKOOP_AT(model.bias)),
      choice({"model.initialisation", "torch", "",
              "Base weights; torch: U(-1, 1)/sqrt(fan_in), he and glorot: normal", Values::sweep},
             {"torch", "he", "glorot"}, EQUIKOOP_AT(model.initialisation)),
      number({"model.scale", "1", "", "Multiplies the base weights", Values::sweep}, {0, 1e6, true},
             EQUIKOOP_AT(model.scale)),
      choice({"model.method", "omd", "", "Descent: the algorithm", Values::sweep},
             {"omd", "ogd", "bisection", "gd", "momentum"}, EQUIKOOP_AT(model.method)),
      choice({"model.loss", "tan", "", "Descent: the loss, a sum over coordinates", Values::sweep},
             {"tan", "square", "quartic", "quadratic"}, EQUIKOOP_AT(model.loss)),
      choice({"model.regulariser", "log_barrier", "", "Descent: the mirror map of omd and ogd",
              Values::sweep},
             {"log_barrier", "entropy"}, EQUIKOOP_AT(model.regulariser)),
      choice({"model.starts", "grid", "",
              "Descent: where trajectories start; matched: random, ogd at the u of omd's x"},
             {"grid", "random", "matched"}, EQUIKOOP_AT(model.starts)),
      choice(
          {"model.coordinates", "own", "", "Descent: what ogd records, u or x(u)", Values::sweep},
          {"own", "primal"}, EQUIKOOP_AT(model.coordinates)),
      choice({"model.on_root", "zero", "",
              "Descent: what bisection records after it has hit the root exactly", Values::sweep},
             {"zero", "hold"}, EQUIKOOP_AT(model.on_root)),
      integer({"model.dimension", "2", "", "Descent: number of coordinates", Values::sweep}, 1,
              1'000'000, EQUIKOOP_AT(model.dimension)),
      make({"model.hessian", "1,0.5", "", "Descent: eigenvalues of the quadratic loss",
            Values::sweep},
           parse_hessian),
      number({"model.rotation", "0", "radians", "Descent: turns the quadratic's eigenvectors",
              Values::sweep},
             {-k_infinity, k_infinity, false}, EQUIKOOP_AT(model.rotation)),
  };
}

std::vector<Key> section_training() {
  return {
      choice({"training.optimizer", "sgd", "", "Optimiser", Values::sweep},
             {"sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "mirror"},
             EQUIKOOP_AT(training.optimizer)),
      number({"training.learning_rate", "0.1", "", "Step size", Values::sweep},
             {0, k_infinity, true}, EQUIKOOP_AT(training.learning_rate)),
      integer({"training.batch_size", "60", "samples", "Samples of a minibatch", Values::sweep}, 1,
              k_large, EQUIKOOP_AT(training.batch_size)),
      integer({"training.steps", "1000", "steps", "Length of a trajectory", Values::sweep}, 1,
              k_large, EQUIKOOP_AT(training.steps)),
      number({"training.momentum", "0.9", "", "momentum, nesterov; descent method momentum",
              Values::sweep},
             {0, 1, false}, EQUIKOOP_AT(training.momentum)),
      number({"training.beta1", "0.9", "", "adam, adamw: decay of the first moment", Values::sweep},
             {0, 1, false}, EQUIKOOP_AT(training.beta1)),
      number(
          {"training.beta2", "0.999", "", "adam, adamw: decay of the second moment", Values::sweep},
          {0, 1, false}, EQUIKOOP_AT(training.beta2)),
      number(
          {"training.decay", "0.99", "", "rmsprop: decay of the squared gradient", Values::sweep},
          {0, 1, false}, EQUIKOOP_AT(training.decay)),
      number({"training.epsilon", "1e-8", "", "adam, adamw, rmsprop: added to the denominator",
              Values::sweep},
             {0, 1, false}, EQUIKOOP_AT(training.epsilon)),
      number({"training.weight_decay", "0", "", "adamw: decoupled; the others: L2", Values::sweep},
             {0, k_infinity, false}, EQUIKOOP_AT(training.weight_decay)),
      number({"training.mirror_beta", "1", "", "mirror: beta of the hypentropy potential",
              Values::sweep},
             {0, k_infinity, true}, EQUIKOOP_AT(training.mirror_beta)),
  };
}

std::vector<Key> section_record() {
  return {
      choice({"record.observable", "output", "", "Weights recorded at a step", Values::sweep},
             {"output", "hidden", "all", "subset", "projection", "state"},
             EQUIKOOP_AT(record.observable)),
      integer({"record.size", "256", "features", "Features of subset and projection"}, 1, k_large,
              EQUIKOOP_AT(record.size)),
      integer({"record.every", "1", "steps", "Steps between snapshots", Values::sweep}, 1, k_large,
              EQUIKOOP_AT(record.every)),
  };
}

}  // namespace equikoop::keys
