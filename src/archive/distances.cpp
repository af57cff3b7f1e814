// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/distances.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "configuration_group.hpp"
#include "equikoop/archive/schema.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_verdict_bytes = 64;

/// Texts as a fixed-length dataset.
h5::Handle text_dataset(hid_t parent, const std::string& name, const std::vector<std::string>& texts,
                        std::size_t least, const h5::Description& description) {
  std::size_t length = least;
  for (const auto& text : texts) length = std::max(length, text.size());
  std::vector<char> bytes(length * texts.size(), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::memcpy(bytes.data() + i * length, texts[i].data(), texts[i].size());
  const auto type = h5::text_type(length);
  auto dataset = h5::create_dataset(parent, name, type.get(), {texts.size()}, description);
  if (!texts.empty()) h5::write_raw(dataset, type.get(), h5::all_of(dataset), bytes.data());
  return dataset;
}

void write_table(hid_t file, const h5::Handle& configuration, const ConfigurationTable& table) {
  const auto dataset = scaled_dataset(file, table.name, H5T_IEEE_F64LE,
                                      {&configuration, &configuration}, table.description);
  h5::write(dataset, h5::all_of(dataset), std::span<const double>(table.values));
}

void write_column(hid_t group, const h5::Handle& pair, const PairColumn& column) {
  if (column.integer) {
    const std::vector<std::int32_t> whole(column.values.begin(), column.values.end());
    const auto dataset = scaled_dataset(group, column.name, H5T_STD_I32LE, {&pair}, column.description);
    h5::write(dataset, h5::all_of(dataset), std::span<const std::int32_t>(whole));
    return;
  }
  const auto dataset = scaled_dataset(group, column.name, H5T_IEEE_F64LE, {&pair}, column.description);
  h5::write(dataset, h5::all_of(dataset), std::span<const double>(column.values));
}

using Scales = std::vector<const h5::Handle*>;

void write_window_tables(hid_t group, const std::string& name, const Scales& scales, const std::string& between,
                         const WindowTables& tables) {
  const auto put = [&](const std::string& dataset_name, const h5::Description& description,
                       const std::vector<double>& values) {
    const auto dataset = scaled_dataset(group, dataset_name, H5T_IEEE_F64LE, scales, description);
    h5::write(dataset, h5::all_of(dataset), std::span<const double>(values));
  };
  put(name, {"mean spectral distance between " + between, "1", "diagonal: over different seeds"}, tables.distance);
  put(name + "_effect", {"energy statistic between " + between, "1", ""}, tables.effect);
  put(name + "_margin", {"margin of equivalence of " + between, "1", ""}, tables.margin);
  put(name + "_p_adjusted", {"p after Benjamini-Hochberg over the pairs of a table", "1", between}, tables.p_adjusted);
  const auto verdict = scaled_dataset(group, name + "_verdict", H5T_STD_I32LE, scales,
                                      {"verdict on " + between, "1", "as /pairs/verdict; -1: itself"});
  h5::write(verdict, h5::all_of(verdict), std::span<const std::int32_t>(tables.verdict));
}

/// /windows: the scale `window` counts them, begin and end say which part each is.
void write_windows(hid_t file, const h5::Handle& configuration, const WindowDistances& windows) {
  if (windows.begin.empty()) return;
  const auto group = h5::create_group(file, schema::k_windows);
  const auto window = index_scale(group.get(), "window", windows.begin.size(), "part of the training");
  const auto put = [&](const char* name, const std::vector<double>& values) {
    const auto dataset = scaled_dataset(group.get(), name, H5T_IEEE_F64LE, {&window},
                                        {std::string(name) + " of the window", "share of the trajectory", ""});
    h5::write(dataset, h5::all_of(dataset), std::span<const double>(values));
  };
  put("begin", windows.begin);
  put("end", windows.end);
  write_window_tables(group.get(), "within", {&configuration, &window, &window},
                      "windows of a configuration", windows.within);
  write_window_tables(group.get(), "across", {&window, &configuration, &configuration},
                      "configurations in a window", windows.across);
}

/// /robustness: the scale `point` counts the points, the other columns say what each is. `pair` is a
/// scale of its own: netCDF knows the dimensions of a group and of those above it, not of those beside it.
void write_robustness(hid_t file, const RobustnessTable& table, std::size_t pairs) {
  if (table.metric.empty()) return;
  const auto group = h5::create_group(file, schema::k_robustness);
  const auto point = index_scale(group.get(), "point", table.metric.size(), "point of the grid");
  const auto pair = index_scale(group.get(), "pair", pairs, "row of /pairs");
  const auto put = [&](const char* name, const std::vector<const h5::Handle*>& scales,
                       const h5::Description& description, const std::vector<double>& values) {
    const auto dataset = scaled_dataset(group.get(), name, H5T_IEEE_F64LE, scales, description);
    h5::write(dataset, h5::all_of(dataset), std::span<const double>(values));
  };
  const auto metric = text_dataset(group.get(), "metric", table.metric, 1,
                                   {"distance", "1", "study: the study's own"});
  h5::attach_scale(metric, point, 0);
  put("delays_factor", {&point}, {"delays", "the study's", ""}, table.delays);
  put("rank_factor", {&point}, {"modes", "the study's", ""}, table.rank);
  put("begin", {&point}, {"begin of the window", "share of the trajectory", ""}, table.begin);
  put("end", {&point}, {"end of the window", "share of the trajectory", ""}, table.end);
  put("distance", {&point, &pair}, {"mean spectral distance", "1", ""}, table.distance);
  put("effect", {&point, &pair}, {"energy statistic", "1", ""}, table.effect);
  put("margin", {&point, &pair}, {"margin of equivalence", "1", ""}, table.margin);
  put("p_adjusted", {&point, &pair}, {"adjusted p", "1", ""}, table.p_adjusted);
  const auto verdict = scaled_dataset(group.get(), "verdict", H5T_STD_I32LE, {&point, &pair},
                                      {"verdict", "1", "as in /pairs"});
  h5::write(verdict, h5::all_of(verdict), std::span<const std::int32_t>(table.verdict));
}

void fill(hid_t file, const DistancesContent& content) {
  const auto configuration =
      text_dataset(file, schema::k_configuration, content.configurations, 1, {"configuration", "1", ""});
  h5::make_scale(configuration, schema::k_configuration);
  const auto seed = index_scale(file, schema::k_seed, content.seeds, "replicate");
  if (!content.distances.empty()) {
    const auto dataset = scaled_dataset(
        file, "distances", H5T_IEEE_F64LE, {&configuration, &configuration, &seed, &seed},
        {"spectral distance", "1", "Wasserstein distance of the two spectra; NaN where one is missing"});
    h5::write(dataset, h5::all_of(dataset), std::span<const double>(content.distances));
  }
  for (const auto& table : content.tables) write_table(file, configuration, table);
  const auto floor = scaled_dataset(file, "floor", H5T_IEEE_F64LE, {&configuration},
                                    {"noise floor", "1", "mean distance between seeds of a configuration"});
  h5::write(floor, h5::all_of(floor), std::span<const double>(content.floor));
  write_windows(file, configuration, content.windows);
  if (!content.left_out.empty()) {
    const auto dataset = scaled_dataset(file, "eigenvalues_left_out", H5T_STD_I32LE, {&configuration, &seed},
                                        {"eigenvalues left out", "1", "residual above compare.max_residual"});
    h5::write(dataset, h5::all_of(dataset), std::span<const std::int32_t>(content.left_out));
  }
  // A study of one configuration has no pairs, and HDF5 no empty dimension scale worth the name.
  if (content.verdicts.empty()) return;
  const auto group = h5::create_group(file, schema::k_pairs);
  const auto pair = index_scale(group.get(), "pair", content.verdicts.size(), "pair of configurations");
  for (const auto& column : content.pairs) write_column(group.get(), pair, column);
  const auto words = text_dataset(group.get(), "verdict_text", content.verdicts, k_verdict_bytes,
                                  {"verdict in words", "1", ""});
  h5::attach_scale(words, pair, 0);
  write_robustness(file, content.robustness, content.verdicts.size());
}

}  // namespace

void write_distances(const Comm& comm, const std::string& path, const Study& study,
                     const Provenance& provenance, const std::string& source,
                     const DistancesContent& content) {
  create_whole(comm, path, [&](hid_t file) {
    write_header(file, schema::k_distances_type, source, study, provenance);
    fill(file, content);
    write_checksums(file, Final::all);
  });
}

}  // namespace equikoop
