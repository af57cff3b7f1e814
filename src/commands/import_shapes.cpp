// SPDX-License-Identifier: BSD-3-Clause
#include "import_shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

const std::vector<std::string> k_words{"seed", "initial", "time"};

Dimension dimension_of(const std::string& word) {
  const auto found = std::find(k_words.begin(), k_words.end(), word);
  return static_cast<Dimension>(found - k_words.begin());
}

/// The axes of a file: as named, or those that the path leaves, if their number fits.
std::vector<std::string> axis_words(const std::vector<std::string>& named, const FileSet& files, std::size_t count,
                                    bool features, const std::string& path) {
  std::vector<std::string> words;
  for (const auto& word : named)
    if (features || dimension_of(word) != k_features) words.push_back(word);
  if (named.empty()) {
    words = k_words;
    if (features) words.push_back("feature");
    std::erase_if(words, [&](const auto& word) {
      return std::find(files.words.begin(), files.words.end(), word) != files.words.end();
    });
  }
  if (words.size() != count)
    throw UsageError(fmt::format("{} has {} axes, expected {} ({}): name all with axes = ..., of seed, initial, time; any "
                                 "other word is an axis of features", path, count, words.size(), fmt::join(words, " ")));
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool special = dimension_of(words[i]) != k_features;
    const bool twice = std::count(words.begin(), words.end(), words[i]) > 1 ||
                       std::find(files.words.begin(), files.words.end(), words[i]) != files.words.end();
    if (special && twice)
      throw UsageError(fmt::format("{}: axis {} is given twice (in axes and in the path of the file, or in axes alone)",
                                   path, words[i]));
  }
  return words;
}

ImportedArray open_array_set(const std::string& folder, const std::string& pattern, const std::string& dataset,
                             const std::vector<std::string>& named, bool features) {
  ImportedArray array;
  array.files = find_files(folder, pattern, k_words);
  array.dataset = dataset;
  for (const auto& file : array.files.files) {
    const auto source = open_array(file.path, dataset);
    if (source->is_complex())
      throw Error(fmt::format("{}: holds complex numbers; trajectories are real: give real and imaginary parts as features",
                              file.path));
    if (&file == &array.files.files.front()) {
      array.shape = source->shape();
      array.first_axis_fastest = source->first_axis_fastest();
      array.real_bytes = source->real_bytes();
    }
    if (source->shape() != array.shape || source->first_axis_fastest() != array.first_axis_fastest)
      throw Error(fmt::format("{} has shape ({}), {} has ({}): files of one configuration have one shape and order",
                              file.path, fmt::join(source->shape(), ", "), array.files.files.front().path,
                              fmt::join(array.shape, ", ")));
    array.real_bytes = std::max(array.real_bytes, source->real_bytes());
  }
  const std::string& first = array.files.files.front().path;
  const auto words = axis_words(named, array.files, array.shape.size(), features, first);
  for (std::size_t i = 0; i < words.size(); ++i) {
    array.axes.push_back(dimension_of(words[i]));
    array.extents[array.axes.back()] *= array.shape[i];
  }
  for (std::size_t w = 0; w < array.files.words.size(); ++w)
    array.extents[dimension_of(array.files.words[w])] = array.files.values[w].size();
  if (array.extents[k_times] < 3)
    throw UsageError(fmt::format("{}: {} snapshots along time; a spectrum needs at least 3 (is an axis named time?)",
                                 first, array.extents[k_times]));
  return array;
}

/// Optimiser steps at each snapshot: the numbers in the paths, or multiples of `every`.
std::vector<std::int64_t> times_of(const ImportedConfiguration& configuration) {
  const auto& files = configuration.observables.files;
  for (std::size_t w = 0; w < files.words.size(); ++w) {
    if (files.words[w] != "time") continue;
    const auto& times = files.values[w];
    for (std::size_t i = 2; i < times.size(); ++i)
      if (times[i] - times[i - 1] != times[1] - times[0])
        throw Error(fmt::format("[import {}]: the times {}, {} and {} are not evenly spaced: a spectrum needs equal steps "
                                "between snapshots", configuration.source.name, times[i - 2], times[i - 1], times[i]));
    return times;
  }
  std::vector<std::int64_t> times(configuration.observables.extents[k_times]);
  for (std::size_t i = 0; i < times.size(); ++i)
    times[i] = static_cast<std::int64_t>(i + 1) * configuration.source.every;
  return times;
}

double parameter(const ImportSource& source, const std::string& key) {
  double value = 1;
  for (const auto& [name, text] : source.parameters)
    if (name == key) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void check_loss(const ImportedConfiguration& configuration) {
  if (!configuration.loss) return;
  const auto& loss = configuration.loss->extents;
  const auto& own = configuration.observables.extents;
  if (loss[k_seeds] != own[k_seeds] || loss[k_initials] != own[k_initials])
    throw Error(fmt::format("[import {}]: the losses have {} seeds and {} initials, the trajectories {} and {}",
                            configuration.source.name, loss[k_seeds], loss[k_initials], own[k_seeds], own[k_initials]));
}

}  // namespace

std::array<std::size_t, k_dimensions> ImportedArray::origin(const NumberedFile& file) const {
  std::array<std::size_t, k_dimensions> at{};
  const auto places = files.places(file);
  for (std::size_t w = 0; w < places.size(); ++w) at[dimension_of(files.words[w])] = places[w];
  return at;
}

std::vector<ImportedConfiguration> open_trajectories(const Manifest& manifest, const std::string& folder) {
  std::vector<ImportedConfiguration> found;
  for (const auto& source : manifest.sources) {
    try {
      ImportedConfiguration configuration{
          source, open_array_set(folder, source.file, source.dataset, source.axes, true), nullptr};
      if (!source.loss.empty() || !source.loss_dataset.empty())
        configuration.loss = std::make_unique<ImportedArray>(
            open_array_set(folder, source.loss.empty() ? source.file : source.loss, source.loss_dataset, source.axes, false));
      check_loss(configuration);
      found.push_back(std::move(configuration));
    } catch (const Error& error) {
      throw Error(fmt::format("configuration {}: {}", source.name, error.what()), error.code());
    }
  }
  return found;
}

TrajectoryLayout layout_of(const Manifest& manifest, const std::vector<ImportedConfiguration>& configurations) {
  const auto& first = configurations.front();
  std::size_t bytes = 4;
  for (const auto& configuration : configurations) bytes = std::max(bytes, configuration.observables.real_bytes);
  if (manifest.precision != ImportPrecision::as_stored) bytes = manifest.precision == ImportPrecision::float32 ? 4 : 8;
  TrajectoryLayout layout{bytes == 4 ? Precision::float32 : Precision::float64, first.observables.extents[k_seeds],
                          first.observables.extents[k_initials], {}, false};
  for (const auto& configuration : configurations) {
    const auto& extents = configuration.observables.extents;
    if (extents[k_seeds] != layout.seeds || extents[k_initials] != layout.initials)
      throw UsageError(fmt::format("configuration {} has {} seeds and {} initials, {} has {} and {}: give all the same",
                                   configuration.source.name, extents[k_seeds], extents[k_initials], first.source.name,
                                   layout.seeds, layout.initials));
    layout.configurations.push_back({configuration.source.name, configuration.source.parameters, extents[k_features],
                                     configuration.loss ? configuration.loss->extents[k_times] : 0,
                                     times_of(configuration), clock_of(configuration.source)});
  }
  return layout;
}

ClockDurations clock_of(const ImportSource& source) {
  const double every = source.every;
  return {every, every * parameter(source, "training.batch_size"), every * parameter(source, "training.learning_rate")};
}

std::string fingerprint(const std::string& path) {
  std::error_code error;
  return fmt::format("{} {} {:x}\n", path, std::filesystem::file_size(path, error),
                     std::filesystem::last_write_time(path, error).time_since_epoch().count());
}

}  // namespace equikoop
