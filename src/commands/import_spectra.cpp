// SPDX-License-Identifier: BSD-3-Clause
#include "import_spectra.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>

#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "equikoop/data/array_source.hpp"
#include "equikoop/data/csv.hpp"
#include "equikoop/data/file_pattern.hpp"
#include "import_shapes.hpp"

namespace equikoop {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

using Rows = std::map<std::size_t, SpectrumRow>;  // by seed

void add_mode(SpectrumRow& row, std::complex<double> value, double residual, double amplitude, const std::string& where) {
  if (std::isnan(value.real()) || std::isnan(value.imag())) return;  // beyond the rank of this seed
  if (std::isinf(value.real()) || std::isinf(value.imag()))
    throw Error(fmt::format("{}: an eigenvalue is infinite", where));
  row.eigenvalues.push_back(value);
  row.residuals_insample.push_back(residual);
  row.residuals_heldout.push_back(k_nan);
  row.amplitudes.push_back(amplitude);
  row.singular_values.push_back(k_nan);
}

/// Eigenvalues by decreasing modulus; shares of energy that add up to 1, equal ones where none are known.
SpectrumRow in_order(const SpectrumRow& from, const std::string& where) {
  std::vector<std::size_t> order(from.eigenvalues.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(from.eigenvalues[a]) > std::abs(from.eigenvalues[b]);
  });
  double total = 0;
  const bool known = std::none_of(from.amplitudes.begin(), from.amplitudes.end(), [](double a) { return std::isnan(a); });
  for (const double amplitude : from.amplitudes) {
    if (known && !(amplitude >= 0 && std::isfinite(amplitude)))
      throw Error(fmt::format("{}: the amplitude {} is not a share of energy", where, amplitude));
    total += known ? amplitude : 1;
  }
  if (!order.empty() && !(total > 0)) throw Error(fmt::format("{}: all amplitudes are 0", where));
  SpectrumRow row;
  for (const std::size_t i : order)
    add_mode(row, from.eigenvalues[i], from.residuals_insample[i], (known ? from.amplitudes[i] : 1) / total, where);
  row.rank = static_cast<int>(row.eigenvalues.size());
  return row;
}

std::size_t seed_of(const FileSet& files, const NumberedFile& file) {
  return files.words.empty() ? 0 : files.places(file).front();
}

/// A whole number of a CSV's column, at least 0.
std::size_t index_of(const CsvTable& table, std::size_t row, const std::string& column) {
  const double value = table.number(row, column);
  if (!(value >= 0 && value < 1e6 && value == std::floor(value)))
    throw Error(fmt::format("{}: line {}, column {}: expected a whole number from 0 on", table.path, table.lines[row], column));
  return static_cast<std::size_t>(value);
}

void read_table(const std::string& path, const std::string& configuration, bool numbered, std::size_t seed, Rows& rows) {
  const CsvTable table = read_csv(path);
  const auto optional = [&](std::size_t row, const char* column) {
    return table.has(column) && !table.text(row, column).empty() ? table.number(row, column) : k_nan;
  };
  if (numbered && table.has("seed"))
    throw Error(fmt::format("{}: seeds are given in the path of the file and in a column: leave one out", path));
  bool found = false;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.has("configuration") && table.text(i, "configuration") != configuration) continue;
    found = true;
    const std::size_t at = table.has("seed") ? index_of(table, i, "seed") : seed;
    const double imaginary = table.has("imag") ? table.number(i, "imag") : 0.0;
    add_mode(rows[at], {table.number(i, "real"), imaginary}, optional(i, "residual"), optional(i, "amplitude"),
             fmt::format("{}: line {}", path, table.lines[i]));
  }
  if (!found) throw Error(fmt::format("{}: no row of configuration '{}'", path, configuration));
}

/// Complex (or real) numbers over axes seed and mode, in any order.
void read_array(const std::string& path, const ImportSource& source, bool numbered, std::size_t seed, Rows& rows) {
  const auto array = open_array(path, source.dataset);
  const auto& shape = array->shape();
  std::vector<std::string> axes = source.axes;
  if (axes.empty() && shape.size() == 1) axes = {"mode"};
  if (axes.empty() && shape.size() == 2 && !numbered) axes = {"seed", "mode"};
  const auto place = [&](const char* word) { return static_cast<std::size_t>(std::find(axes.begin(), axes.end(), word) - axes.begin()); };
  const std::size_t seed_axis = place("seed");
  const std::size_t mode_axis = place("mode");
  if (axes.size() != shape.size() || mode_axis == axes.size() || axes.size() > 2 ||
      (axes.size() == 2 && (seed_axis == axes.size() || numbered)))
    throw UsageError(fmt::format("{} has shape ({}); spectra have the axes mode, or seed and mode without a {{seed}} in the "
                                 "path: name them with axes = ...", path, fmt::join(shape, ", ")));
  Box all{std::vector<std::size_t>(shape.size(), 0), shape};
  std::vector<std::complex<double>> values(all.size());
  array->read(all, std::span(values));
  const std::size_t seeds = axes.size() == 2 ? shape[seed_axis] : 1;
  const std::size_t modes = shape[mode_axis];
  // The axis that is fastest in the file: the last one, or the first in Fortran's order.
  const bool mode_fastest = axes.size() == 1 || (mode_axis == 1) != array->first_axis_fastest();
  for (std::size_t s = 0; s < seeds; ++s)
    for (std::size_t m = 0; m < modes; ++m)
      add_mode(rows[axes.size() == 2 ? s : seed], values[mode_fastest ? s * modes + m : m * seeds + s], k_nan, k_nan, path);
}

Rows read_source(const ImportSource& source, const std::string& folder, std::string& fingerprints) {
  const FileSet files = find_files(folder, source.file, {"seed"});
  Rows rows;
  for (const auto& file : files.files) {
    fingerprints += fingerprint(file.path);
    const std::size_t seed = seed_of(files, file);
    if (std::filesystem::path(file.path).extension() == ".csv")
      read_table(file.path, source.name, !files.words.empty(), seed, rows);
    else
      read_array(file.path, source, !files.words.empty(), seed, rows);
  }
  for (auto& [seed, row] : rows) row = in_order(row, files.files.front().path);
  return rows;
}

}  // namespace

void import_spectra(Job& job, const Manifest& manifest, const std::string& folder) {
  std::vector<Rows> all;
  SpectraLayout layout;
  layout.reduced = false;
  Provenance provenance = job.provenance;
  together(job.comm, [&] {
    for (const auto& source : manifest.sources) {
      try {
        all.push_back(read_source(source, folder, provenance.sources));
      } catch (const Error& error) {
        throw Error(fmt::format("configuration {}: {}", source.name, error.what()), error.code());
      }
      for (const auto& [seed, row] : all.back()) {
        layout.seeds = std::max(layout.seeds, seed + 1);
        layout.modes = std::max(layout.modes, row.eigenvalues.size());
      }
      layout.configurations.push_back({source.name, source.parameters, 0, 0, clock_of(source),
                                       {{"", 0, 0, 1, "imported", "imported"}}, 0});
    }
    if (layout.modes == 0) throw Error("no file holds a finite eigenvalue");
  });
  const std::string path = job.path(schema::k_spectra_file);
  if (imported_before(job, path, schema::k_spectra_type, provenance.sources) == Imported::all) return;
  auto archive = SpectraArchive::begin(job.comm, path, job.study, layout, provenance, "", true);
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    RunRow run(archive.id(), "import", job.comm.size(), job.nodes, job.hosts);
    for (std::size_t c = 0; c < all.size(); ++c)
      for (std::size_t seed = 0; seed < layout.seeds; ++seed) archive.write_rows(c, seed, {all[c][seed]});
    run.finish(archive.id(), static_cast<int>(archive.row_count()));
  });
  job.log.line("import: spectra of {} configurations x {} seeds, up to {} eigenvalues, written to {}",
               layout.configurations.size(), layout.seeds, layout.modes, path);
}

}  // namespace equikoop
