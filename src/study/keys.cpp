// SPDX-License-Identifier: BSD-3-Clause
// The table itself: one entry a key, grouped by section. Nothing else knows a key's name.
#include "equikoop/study/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numbers>

#include "equikoop/base/error.hpp"
#include "key_types.hpp"

namespace equikoop {
namespace {

constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr int k_large = 1'000'000'000;

/// What every entry has, before its type adds how it is parsed.
struct Entry {
  std::string name;
  std::string default_value;
  std::string unit;
  std::string help;
  Values values = Values::one;
};

Key make(Entry entry, std::function<void(Draft&, const std::string&)> apply) {
  return {std::move(entry.name), std::move(entry.default_value), std::move(entry.unit),
          std::move(entry.help), entry.values, std::move(apply)};
}

template <class Member>
Key integer(const Entry& entry, std::int64_t low, std::int64_t high, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    auto& target = member(draft);
    target = static_cast<std::remove_reference_t<decltype(target)>>(
        parse_integer(name, text, low, high));
  });
}

template <class Member>
Key number(const Entry& entry, const Bounds& bounds, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    member(draft) = parse_number(name, text, bounds);
  });
}

template <class Member>
Key text(const Entry& entry, Member member) {
  return make(entry, [=](Draft& draft, const std::string& value) { member(draft) = value; });
}

template <class Member>
Key flag(const Entry& entry, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& value) {
    member(draft) = parse_flag(name, value);
  });
}

/// An enumeration whose values are, in order, `words`; the words are added to the help.
template <class Member>
Key choice(Entry entry, const std::vector<std::string>& words, Member member) {
  entry.help += fmt::format(" ({})", fmt::join(words, ", "));
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& value) {
    auto& target = member(draft);
    target = static_cast<std::remove_reference_t<decltype(target)>>(
        parse_choice(name, value, words));
  });
}

// Where a value goes: EQUIKOOP_AT(training.steps) is a function from a draft to that member.
#define EQUIKOOP_STUDY(member) [](Draft& draft) -> auto& { return draft.study.member; }
#define EQUIKOOP_AT(member) [](Draft& draft) -> auto& { return draft.configuration.member; }

std::vector<Key> section_study() {
  return {
      text({"study.name", "", "", "Name of the results; default: the file's name"},
           EQUIKOOP_STUDY(name)),
      text({"study.question", "", "", "The question the study answers, for the report", Values::text},
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
      text({"data.path", "", "", "Folder of the IDX files; default: EQUIKOOP_DATA, then data/ "
                                 "beside the study file", Values::text},
           EQUIKOOP_AT(data.path)),
      integer({"data.samples", "0", "samples", "Training samples used; 0: all", Values::sweep}, 0,
              k_large, EQUIKOOP_AT(data.samples)),
      integer({"data.test_samples", "0", "samples", "Test samples used; 0: all"}, 0, k_large,
              EQUIKOOP_AT(data.test_samples)),
      choice({"data.normalise", "auto", "", "How pixels are scaled; auto: mnist's constants for "
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
      number({"data.label_noise", "0", "", "Share of training labels drawn at random",
              Values::sweep},
             {0, 1, false}, EQUIKOOP_AT(data.label_noise)),
  };
}

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
      number({"model.scale", "1", "", "Multiplies the base weights", Values::sweep},
             {0, 1e6, true}, EQUIKOOP_AT(model.scale)),
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
      choice({"model.coordinates", "own", "", "Descent: what ogd records, u or x(u)", Values::sweep},
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
      number({"training.beta2", "0.999", "", "adam, adamw: decay of the second moment",
              Values::sweep},
             {0, 1, false}, EQUIKOOP_AT(training.beta2)),
      number({"training.decay", "0.99", "", "rmsprop: decay of the squared gradient",
              Values::sweep},
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

void parse_windows(Draft& draft, const std::string& value) {
  draft.study.koopman.windows.clear();
  for (const auto& word : words_of(value)) {
    const auto ends = split(word, ':');
    if (ends.size() != 2)
      throw UsageError(fmt::format(
          "koopman.windows = {}: give ranges of the trajectory like 0:1 or 0:0.5 0.5:1", value));
    const double begin = parse_number("koopman.windows", ends[0], {0, 1, false});
    draft.study.koopman.windows.push_back(
        {begin, parse_number("koopman.windows", ends[1], {begin, 1, true})});
  }
  if (draft.study.koopman.windows.empty())
    throw UsageError("koopman.windows: give at least one range, like 0:1");
}

/// Numbers separated by blanks, each within `bounds`; `empty_word` (where given) stands for none.
template <class Member>
Key numbers(Entry entry, const Bounds& bounds, Member member) {
  entry.values = Values::text;
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    auto& target = member(draft);
    using Number = typename std::remove_reference_t<decltype(target)>::value_type;
    target.clear();
    if (text == "none") return;
    for (const auto& word : words_of(text)) {
      if constexpr (std::is_integral_v<Number>)
        target.push_back(static_cast<Number>(parse_integer(name, word, static_cast<std::int64_t>(bounds.low),
                                                           static_cast<std::int64_t>(bounds.high))));
      else
        target.push_back(parse_number(name, word, bounds));
    }
    if (target.empty()) throw UsageError(fmt::format("{}: give at least one number", name));
  });
}

void parse_metrics(Draft& draft, const std::string& text) {
  static const std::vector<std::string> words{"w1",       "w2",        "log",       "amplitude",
                                              "residual", "hausdorff", "procrustes"};
  auto& metrics = draft.study.compare.metrics;
  metrics.clear();
  if (text == "none") return;
  for (const auto& word : words_of(text)) {
    const auto metric = static_cast<Metric>(parse_choice("compare.metrics", word, words));
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end())
      throw UsageError(fmt::format("compare.metrics names {} twice", word));
    metrics.push_back(metric);
  }
}

std::vector<Key> section_koopman() {
  return {
      integer({"koopman.delays", "32", "recorded steps",
               "Delays; with delays_rule = matched: of the configuration with fewest features"},
              0, 1'000'000, EQUIKOOP_STUDY(koopman.delays)),
      choice({"koopman.delays_rule", "matched", "",
              "matched: delays times features held constant over the sweep"},
             {"matched", "fixed"}, EQUIKOOP_STUDY(koopman.delays_rule)),
      choice({"koopman.rank_rule", "number", "", "How many modes are kept"},
             {"number", "energy", "gavish_donoho", "full"}, EQUIKOOP_STUDY(koopman.rank_rule)),
      integer({"koopman.rank", "10", "modes", "Modes kept (rank_rule = number), or the most kept"},
              1, 100'000, EQUIKOOP_STUDY(koopman.rank)),
      number({"koopman.energy", "0.99", "", "rank_rule = energy: share of squared singular values"},
             {0, 1, true}, EQUIKOOP_STUDY(koopman.energy)),
      choice({"koopman.method", "auto", "", "How the delay matrix is factorised"},
             {"auto", "features", "snapshots", "matrix_free", "dense"},
             EQUIKOOP_STUDY(koopman.method)),
      choice({"koopman.regression", "standard", "", "Regression of the one-step operator"},
             {"standard", "total_least_squares", "forward_backward"},
             EQUIKOOP_STUDY(koopman.regression)),
      integer({"koopman.folds", "5", "", "Folds over initials of held-out residuals; 0: none"}, 0,
              1'000'000, EQUIKOOP_STUDY(koopman.folds)),
      make({"koopman.windows", "0:1", "", "Parts of the trajectory analysed; the first is the main one",
            Values::text},
           parse_windows),
      numbers({"koopman.grid_delays", "1", "delays", "Robustness: multiples of the delays, each a factorisation "
                                                    "of its own; none: no grid"},
              {0, 1e3, true}, EQUIKOOP_STUDY(koopman.grid_delays)),
      numbers({"koopman.grid_ranks", "0.5 1", "modes kept", "Robustness: multiples of the rank; one factorisation "
                                                           "serves all"},
              {0, 1e3, true}, EQUIKOOP_STUDY(koopman.grid_ranks)),
      integer({"koopman.pseudospectrum", "0", "points a side", "Grid of the pseudospectrum of each configuration's "
                                                              "first seed; 0: none"},
              0, 10'000, EQUIKOOP_STUDY(koopman.pseudospectrum)),
  };
}

std::vector<Key> section_compare() {
  return {
      integer({"compare.order", "1", "", "p of the Wasserstein distance"}, 1, 16,
              EQUIKOOP_STUDY(compare.order)),
      choice({"compare.scaling", "none", "", "log compares logarithms of eigenvalues"},
             {"none", "log"}, EQUIKOOP_STUDY(compare.scaling)),
      choice({"compare.clock", "step", "", "scaling = log: rates per step, per sample seen, or per "
                                           "time (learning rate * step)"},
             {"step", "sample", "time"}, EQUIKOOP_STUDY(compare.clock)),
      choice({"compare.weights", "none", "", "Masses of the eigenvalues"},
             {"none", "amplitude", "residual"}, EQUIKOOP_STUDY(compare.weights)),
      number({"compare.max_residual", "0", "", "Leaves out eigenvalues whose residual (held out where there is one) "
                                               "is larger, and says how many; 0: none"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(compare.max_residual)),
      make({"compare.metrics", "w1 w2 log amplitude residual hausdorff procrustes", "",
            "Distances that every pair is tested with beside the study's own; none: no other", Values::text},
           parse_metrics),
      flag({"compare.paired", "on", "", "Equal seeds of two configurations form a pair (on, off)"},
           EQUIKOOP_STUDY(compare.paired)),
      integer({"compare.permutations", "999", "", "Relabelings of the permutation test"}, 1,
              10'000'000, EQUIKOOP_STUDY(compare.permutations)),
      integer({"compare.bootstrap", "999", "", "Resamples of the confidence interval"}, 1,
              10'000'000, EQUIKOOP_STUDY(compare.bootstrap)),
      number({"compare.alpha", "0.05", "", "Level of the tests"}, {0, 1, true},
             EQUIKOOP_STUDY(compare.alpha)),
      choice({"compare.adjust", "benjamini_hochberg", "", "How p-values of many pairs are adjusted"},
             {"benjamini_hochberg", "holm"}, EQUIKOOP_STUDY(compare.adjust)),
      number({"compare.margin", "0.5", "noise floors", "Margin of equivalence"},
             {0, k_infinity, true}, EQUIKOOP_STUDY(compare.margin)),
      number({"compare.margin_absolute", "0", "", "Margin of equivalence as a distance; 0: use margin"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(compare.margin_absolute)),
  };
}

std::vector<Key> section_calibrate() {
  return {
      integer({"calibrate.studies", "1000", "", "Simulated studies of each scenario"}, 1, 10'000'000,
              EQUIKOOP_STUDY(calibrate.studies)),
      integer({"calibrate.power_studies", "200", "", "Simulated studies of each point of the power curves"}, 1,
              10'000'000, EQUIKOOP_STUDY(calibrate.power_studies)),
      integer({"calibrate.features", "8", "", "Observed features of the linear systems"}, 1, 10'000,
              EQUIKOOP_STUDY(calibrate.features)),
      numbers({"calibrate.moduli", "0.98 0.9 0.7", "", "Moduli of the linear system's eigenvalues"}, {0, 2, true},
              EQUIKOOP_STUDY(calibrate.moduli)),
      numbers({"calibrate.angles", "0 0.3 1", "radians", "Their angles; other than 0: a conjugate pair"},
              {0, std::numbers::pi, false}, EQUIKOOP_STUDY(calibrate.angles)),
      integer({"calibrate.steps", "60", "", "Snapshots of a trajectory"}, 4, k_large, EQUIKOOP_STUDY(calibrate.steps)),
      number({"calibrate.jitter", "0.01", "", "Deviation of the logarithms of the eigenvalues over seeds"},
             {0, 1, false}, EQUIKOOP_STUDY(calibrate.jitter)),
      number({"calibrate.noise", "0.01", "initial states", "Deviation of the noise of a step"}, {0, 1e3, false},
             EQUIKOOP_STUDY(calibrate.noise)),
      number({"calibrate.measurement", "0", "initial states", "Deviation of noise in what is recorded"},
             {0, 1e3, false}, EQUIKOOP_STUDY(calibrate.measurement)),
      numbers({"calibrate.separations", "0.005 0.01 0.02 0.04", "", "Known distances of the power curve"}, {0, 1, true},
              EQUIKOOP_STUDY(calibrate.separations)),
      numbers({"calibrate.power_seeds", "none", "", "Further numbers of seeds on the power curve"}, {2, 1e6, false},
              EQUIKOOP_STUDY(calibrate.power_seeds)),
      numbers({"calibrate.power_initials", "none", "", "Further numbers of initials on the power curve"},
              {1, 1e6, false}, EQUIKOOP_STUDY(calibrate.power_initials)),
      numbers({"calibrate.power_noise", "none", "initial states", "Further noise levels on the power curve"},
              {0, 1e3, false}, EQUIKOOP_STUDY(calibrate.power_noise)),
  };
}

#undef EQUIKOOP_STUDY
#undef EQUIKOOP_AT

std::vector<Key> all_sections() {
  std::vector<Key> keys;
  for (auto& section : {section_study(), section_data(), section_model(), section_training(),
                        section_record(), section_koopman(), section_compare(),
                        section_calibrate()})
    keys.insert(keys.end(), section.begin(), section.end());
  return keys;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Key> study_keys() {
  static const std::vector<Key> keys = all_sections();
  return keys;
}

const Key* find_key(std::string_view name) {
  const auto keys = study_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string nearest_key(std::string_view name) {
  const auto keys = study_keys();
  // A name without (or with the wrong) section is compared by its last part as well.
  const auto last = [](std::string_view full) { return full.substr(full.find('.') + 1); };
  // Among equals the one whose section fits is meant.
  const auto distance = [&](const Key& key) {
    const std::size_t whole = edit_distance(name, key.name);
    return std::pair(std::min(whole, edit_distance(last(name), last(key.name))), whole);
  };
  return std::min_element(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
           return distance(a) < distance(b);
         })->name;
}

std::string study_reference() {
  std::string page =
      "Keys of a study file. Several values, separated by blanks, sweep a key marked *: every\n"
      "combination is a configuration. Any key can be given as --section.key=value.\n";
  std::string section;
  for (const Key& key : study_keys()) {
    const auto dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      page += fmt::format("\n[{}]\n", section);
    }
    page += fmt::format("  {:<17}{} {}{}{}\n", key.name.substr(dot + 1),
                        key.values == Values::sweep ? "*" : " ", key.help,
                        key.unit.empty() ? "" : fmt::format(" [{}]", key.unit),
                        key.default_value.empty() ? "" : fmt::format("; default {}", key.default_value));
  }
  return page;
}

}  // namespace equikoop
