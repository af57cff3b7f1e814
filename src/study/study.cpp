// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/study/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "equikoop/base/error.hpp"
#include "equikoop/study/keys.hpp"
#include "equikoop/study/manifest.hpp"
#include "key_types.hpp"
#include "sweep.hpp"

namespace equikoop {
namespace {

namespace po = boost::program_options;

/// Every key of the file and the overrides with its raw text. Names are checked here.
std::map<std::string, std::string> raw_values(const std::string& text,
                                              std::span<const Override> overrides) {
  std::map<std::string, std::string> raw;
  const auto known = [](const std::string& key) {
    if (!find_key(key))
      throw UsageError(fmt::format("unknown key '{}'; did you mean '{}'?", key, nearest_key(key)));
  };
  std::istringstream stream(without_import_sections(text));
  const po::options_description none;
  for (const auto& option : po::parse_config_file(stream, none, true).options) {
    known(option.string_key);
    if (!raw.emplace(option.string_key, option.value.empty() ? "" : option.value.front()).second)
      throw UsageError(fmt::format("key '{}' is given twice", option.string_key));
  }
  for (const auto& [key, value] : overrides) {
    known(key);
    raw[key] = value;
  }
  return raw;
}

/// A key's text as its values; a key that is present must have at least one.
std::vector<std::string> values_of(const Key& key, const std::string& text) {
  if (key.values == Values::text) return {text};
  const auto words = words_of(text);
  if (words.empty())
    throw UsageError(fmt::format("{} is empty: give a value, or leave the key out", key.name));
  if (key.values == Values::one && words.size() > 1)
    throw UsageError(fmt::format("{} = {}: this key takes one value", key.name, text));
  return words;
}

/// Names become folders, HDF5 groups and words of job scripts: letters, digits and a few signs.
void check_name(const std::string& what, const std::string& name) {
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("._-+=,").find(c) != std::string_view::npos;
  };
  if (name.empty() || name.front() == '.' || name.front() == '-' || name.size() > 200 ||
      !std::all_of(name.begin(), name.end(), good))
    throw UsageError(fmt::format(
        "{} = '{}': use letters, digits and ._-+=, (not first: . -), at most 200", what, name));
}

std::string point_name(const Point& point, int copy, int copies) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : point)
    parts.push_back(fmt::format("{}={}", key.substr(key.find('.') + 1), value));
  if (copies > 1) parts.push_back(fmt::format("copy={}", copy));
  return parts.empty() ? "base" : fmt::format("{}", fmt::join(parts, ","));
}

void check_quadratic(const Configuration& configuration) {
  const ModelOptions& model = configuration.model;
  if (model.kind == ModelKind::descent && model.loss == DescentLoss::quadratic &&
      model.hessian.size() != static_cast<std::size_t>(model.dimension))
    throw UsageError(fmt::format("model.hessian gives {} eigenvalues for model.dimension = {}",
                                 model.hessian.size(), model.dimension));
}

void check_configuration(const Study& study, const Configuration& configuration) {
  check_quadratic(configuration);
  if (configuration.model.kind == ModelKind::descent && study.precision != Precision::float64)
    throw UsageError("model.kind = descent needs study.precision = float64");
  if (configuration.record.every > configuration.training.steps)
    throw UsageError(fmt::format("record.every = {} is more than training.steps = {}: nothing is recorded",
                                 configuration.record.every, configuration.training.steps));
}

}  // namespace

void check_kernel(const KoopmanOptions& options) {
  if (options.kernel == Kernel::none) return;
  const auto refuse = [](std::string_view what) {
    throw UsageError(fmt::format("{} does not go with koopman.kernel: leave it out, or use kernel = none", what));
  };
  if (options.rank_rule != RankRule::number) refuse("koopman.rank_rule other than number");
  if (options.regression != Regression::standard) refuse("koopman.regression other than standard");
  if (options.method == Method::features || options.method == Method::matrix_free)
    refuse("koopman.method other than auto, snapshots or dense");
  if (options.pseudospectrum > 0) refuse("koopman.pseudospectrum");
  if (options.memory > 0) refuse("koopman.memory above 0");
}

namespace {

class Builder {
 public:
  Builder(const std::string& file, const std::string& text, std::span<const Override> overrides)
      : raw_(raw_values(text, overrides)) {
    draft_.study.file = file;
    draft_.study.text = text;
    draft_.study.imported = has_import_sections(text);
    for (const auto& [key, value] : overrides)
      draft_.study.text += fmt::format("{}--{}={}\n", k_override_line, key, value);
  }

  Study build() {
    for (const Key& key : study_keys()) apply_first(key);
    if (draft_.study.name.empty())
      draft_.study.name = std::filesystem::path(draft_.study.file).stem().string();
    check_name("study.name", draft_.study.name);
    check_kernel(draft_.study.koopman);
    add_configurations();
    draft_.study.resolved = resolved();
    return std::move(draft_.study);
  }

 private:
  /// Parses every value of a key (so that the last of a sweep is checked too) and keeps the first.
  void apply_first(const Key& key) {
    const auto found = raw_.find(key.name);
    if (found == raw_.end()) {
      if (!key.default_value.empty()) key.apply(draft_, key.default_value);
      return;
    }
    values_[key.name] = values_of(key, found->second);
    const auto& list = values_[key.name];
    for (auto value = list.rbegin(); value != list.rend(); ++value) key.apply(draft_, *value);
  }

  void add_configurations() {
    const auto zip = raw_.find("study.zip");
    const auto axes = sweep_axes(values_, zip == raw_.end() ? "" : zip->second);
    const double total = static_cast<double>(sweep_points(axes).size()) * draft_.study.copies;
    if (total > 100'000) throw UsageError("study.copies makes more than 100000 configurations");
    std::set<std::string> names;
    for (const Point& point : sweep_points(axes))
      for (int copy = 0; copy < draft_.study.copies; ++copy) {
        add_configuration(point, copy);
        const std::string& name = draft_.study.configurations.back().name;
        if (!names.insert(name).second)
          throw UsageError(fmt::format("the sweep gives '{}' twice: remove the repeated value", name));
      }
  }

  void add_configuration(const Point& point, int copy) {
    Draft draft{{}, draft_.configuration};
    for (const auto& [key, value] : point) find_key(key)->apply(draft, value);
    Configuration configuration = std::move(draft.configuration);
    configuration.index = static_cast<int>(draft_.study.configurations.size());
    configuration.name = point_name(point, copy, draft_.study.copies);
    configuration.seed_offset = copy * draft_.study.seeds;
    configuration.swept = point;
    configuration.parameters = parameters(point);
    check_name("the configuration", configuration.name);
    check_configuration(draft_.study, configuration);
    draft_.study.configurations.push_back(std::move(configuration));
  }

  std::string value_text(const Key& key) const {
    const auto found = raw_.find(key.name);
    return found == raw_.end() ? key.default_value : found->second;
  }

  /// All keys of data, model, training and record, with the values of this point.
  Point parameters(const Point& point) const {
    Point all;
    for (const Key& key : study_keys()) {
      const std::string section = key.name.substr(0, key.name.find('.'));
      if (section == "study" || section == "koopman" || section == "compare" ||
          section == "calibrate")
        continue;
      const auto swept = std::find_if(point.begin(), point.end(),
                                      [&](const auto& entry) { return entry.first == key.name; });
      all.emplace_back(key.name, swept == point.end() ? value_text(key) : swept->second);
    }
    return all;
  }

  /// Of imported data, the keys of training say nothing.
  bool speaks(const std::string& key) const {
    static const std::vector<std::string> sections{"koopman", "compare"};
    static const std::vector<std::string> keys{"study.name", "study.question", "study.root_seed"};
    const auto in = [](const auto& words, const std::string& word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    return !draft_.study.imported || in(sections, key.substr(0, key.find('.'))) || in(keys, key);
  }

  std::string resolved() const {
    std::string text;
    for (const Key& key : study_keys())
      if (speaks(key.name)) text += fmt::format("{} = {}\n", key.name,
                          key.name == "study.name" ? draft_.study.name : value_text(key));
    return text;
  }

  std::map<std::string, std::string> raw_;
  KeyValues values_;
  Draft draft_;
};

}  // namespace

Study parse_study(const std::string& text, const std::string& file,
                  std::span<const Override> overrides) {
  try {
    return Builder(file, text, overrides).build();
  } catch (const Error& error) {
    throw UsageError(fmt::format("{}: {}", file, error.what()));
  } catch (const po::error& error) {
    throw UsageError(fmt::format("{}: {}", file, error.what()));
  }
}

Study read_study(const Comm& comm, const std::string& file, std::span<const Override> overrides) {
  std::string text;
  together(comm, [&] {
    if (!comm.is_root()) return;
    std::error_code error;
    std::ifstream stream(file);
    if (std::filesystem::is_directory(file, error) || !stream)
      throw UsageError(fmt::format("cannot read the study file {}: {}", file,
                                   std::filesystem::exists(file, error)
                                       ? "it is not a readable file" : "there is none"));
    std::stringstream buffer;
    buffer << stream.rdbuf();
    text = buffer.str();
    if (file.ends_with(".json")) text = json_as_ini(text, file);
  });
  return parse_study(comm.broadcast(text), file, overrides);
}

int snapshot_count(const Configuration& configuration) {
  return configuration.training.steps / configuration.record.every;
}

}  // namespace equikoop
