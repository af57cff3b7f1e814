// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/spectra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "configuration_group.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/digest.hpp"
#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

void fill_analysis(hid_t id, const SpectraLayout& layout, const AnalysisShape& analysis) {
  h5::write_attribute(id, "delays", static_cast<std::int64_t>(analysis.delays));
  h5::write_attribute(id, "window_begin", analysis.window_begin);
  h5::write_attribute(id, "window_end", analysis.window_end);
  h5::write_attribute(id, "method", analysis.method);
  h5::write_attribute(id, "rank_rule", analysis.rank_rule);
  h5::write_attribute(id, "delays_factor", analysis.delays_factor);
  h5::write_attribute(id, "rank_factor", analysis.rank_factor);
  const auto seed = index_scale(id, schema::k_seed, layout.seeds, "replicate");
  const auto mode = index_scale(id, schema::k_mode, layout.modes, "mode, by decreasing modulus");
  const auto complex = h5::complex_type();
  const auto modal = [&](const char* name, hid_t type, const h5::Description& description) {
    scaled_dataset(id, name, type, {&seed, &mode}, description);
  };
  const auto single = [&](const char* name, hid_t type, const h5::Description& description) {
    scaled_dataset(id, name, type, {&seed}, description);
  };
  modal(schema::k_eigenvalues, complex.get(),
        {"Koopman eigenvalues", "1 per recorded step", "NaN beyond the rank"});
  modal(schema::k_residuals_insample, H5T_IEEE_F64LE,
        {"residual of the eigenpair, in sample", "1", "|g(next) - lambda g| / |g| over all initials"});
  modal(schema::k_residuals_heldout, H5T_IEEE_F64LE,
        {"residual of the eigenpair, held out", "1", "mean over folds of initials left out of the fit"});
  modal(schema::k_amplitudes, H5T_IEEE_F64LE,
        {"amplitude of the mode", "1", "share of the modes' energy along the trajectories"});
  modal(schema::k_singular_values, H5T_IEEE_F64LE, {"singular values of the delay matrix", "1", ""});
  single(schema::k_total_energy, H5T_IEEE_F64LE,
         {"sum of the squares of the delay matrix", "1", ""});
  single(schema::k_rank, H5T_STD_I32LE, {"modes kept", "1", "0: the ensemble has no spectrum"});
  single(schema::k_trajectories_used, H5T_STD_I32LE,
         {"trajectories in the fit", "1", "those that did not diverge"});
  single(schema::k_noise_cut, H5T_STD_I32LE, {"modes cut at the noise of the stored precision", "1", ""});
  if (layout.solver_residuals)
    modal(schema::k_residuals_solver, H5T_IEEE_F64LE,
          {"residual of the eigenpair, of the eigensolver", "1", "|A v - lambda B v| / |B v|"});
  const bool main = analysis.id.empty();
  const bool reduced = main && layout.reduced && layout.modes <= k_most_reduced;
  complete_marks(id, seed, layout.seeds,
                 fmt::format("of row [seed] of eigenvalues, residuals_insample, residuals_heldout, amplitudes, "
                             "singular_values, total_energy, rank, trajectories_used, noise_cut{}{}{}",
                             layout.solver_residuals ? ", residuals_solver" : "",
                             reduced ? ", reduced_operator" : "",
                             main && layout.pseudospectrum > 0 ? "; of the first seed then pseudospectrum" : ""));
  if (!reduced) return;
  scaled_dataset(id, schema::k_reduced, H5T_IEEE_F64LE, {&seed, &mode, &mode},
                 {"reduced operator", "1", "in an orthonormal basis of the kept modes; NaN beyond the rank"});
}

/// Scales `real` and `imaginary`, and the residuals on them.
void fill_pseudospectrum(hid_t group, const SpectraLayout& layout) {
  const auto axis = pseudospectrum_axis(static_cast<std::size_t>(layout.pseudospectrum));
  const auto scale = [&](const char* name) {
    auto dataset = h5::create_dataset(group, name, H5T_IEEE_F64LE, {axis.size()}, {name, "1", ""});
    h5::write(dataset, h5::all_of(dataset), std::span<const double>(axis));
    h5::make_scale(dataset, name);
    return dataset;
  };
  const auto imaginary = scale("imaginary");
  const auto real = scale("real");
  scaled_dataset(group, schema::k_pseudospectrum, H5T_IEEE_F64LE, {&imaginary, &real},
                 {"pseudospectrum of the first seed", "1",
                  "least residual |g(next) - z g| / |g| of any function of the kept modes"});
}

void fill_configuration(hid_t parent, const SpectraLayout& layout, std::size_t index) {
  const SpectraShape& shape = layout.configurations[index];
  const auto group = create_configuration(parent, shape.name, index, shape.parameters, shape.clock);
  h5::write_attribute(group.get(), "features", static_cast<std::int64_t>(shape.features));
  h5::write_attribute(group.get(), "snapshots", static_cast<std::int64_t>(shape.snapshots));
  h5::write_attribute(group.get(), "initials", static_cast<std::int64_t>(shape.initials));
  fill_analysis(group.get(), layout, shape.analyses.front());
  if (layout.pseudospectrum > 0) fill_pseudospectrum(group.get(), layout);
  if (shape.analyses.size() < 2) return;
  const auto further = h5::create_group(group.get(), schema::k_analyses);
  for (std::size_t a = 1; a < shape.analyses.size(); ++a) {
    const auto id = h5::create_group(further.get(), shape.analyses[a].id);
    h5::write_attribute(id.get(), schema::k_index, static_cast<std::int64_t>(a));
    fill_analysis(id.get(), layout, shape.analyses[a]);
  }
}

AnalysisShape read_analysis(hid_t group, const std::string& id) {
  const auto factor = [&](const char* name) {
    const auto names = h5::attribute_names(group);
    const bool there = std::find(names.begin(), names.end(), name) != names.end();
    return there ? h5::read_real_attribute(group, name) : 1.0;
  };
  return {id, static_cast<int>(h5::read_integer_attribute(group, "delays")),
          h5::read_real_attribute(group, "window_begin"), h5::read_real_attribute(group, "window_end"),
          h5::read_text_attribute(group, "method"), h5::read_text_attribute(group, "rank_rule"),
          factor("delays_factor"), factor("rank_factor")};
}

SpectraShape read_shape(hid_t parent, const std::string& name) {
  const auto group = h5::open_group(parent, name);
  SpectraShape shape;
  shape.name = name;
  shape.parameters = read_parameters(group.get());
  shape.clock = read_clock(group.get());
  shape.features = static_cast<std::size_t>(h5::read_integer_attribute(group.get(), "features"));
  shape.snapshots = static_cast<std::size_t>(h5::read_integer_attribute(group.get(), "snapshots"));
  shape.analyses.push_back(read_analysis(group.get(), ""));
  if (!h5::exists(group.get(), schema::k_analyses)) return shape;
  const auto further = h5::open_group(group.get(), schema::k_analyses);
  for (const auto& id : h5::groups_by_index(further.get()))
    shape.analyses.push_back(read_analysis(h5::open_group(further.get(), id).get(), id));
  return shape;
}

SpectraLayout read_layout(hid_t file) {
  SpectraLayout layout;
  const auto parent = h5::open_group(file, schema::k_configurations);
  for (const auto& name : h5::groups_by_index(parent.get())) {
    layout.configurations.push_back(read_shape(parent.get(), name));
    const auto group = h5::open_group(parent.get(), name);
    const auto dims = h5::dimensions(h5::open_dataset(group.get(), schema::k_eigenvalues));
    const bool first = layout.configurations.size() == 1;
    if (dims.size() != 2 || (!first && (dims[0] != layout.seeds || dims[1] != layout.modes)))
      throw Error(fmt::format("configuration {}: eigenvalues are not [seed, mode] as those of the first: the file is "
                              "damaged", name));
    layout.seeds = dims[0];
    layout.modes = dims[1];
  }
  return layout;
}

/// Whether the checksum of a row is of this dataset as well. The file says it itself: those written
/// before 1.2 left out the operator and the pseudospectrum.
bool covers(hid_t group, const char* dataset) {
  if (!h5::exists(group, dataset) || !h5::exists(group, schema::k_sha256)) return false;
  const auto sums = h5::open_dataset(group, schema::k_sha256);
  return h5::read_text_attribute(sums.get(), "description").find(dataset) != std::string::npos;
}

/// The operator of a row in its place in the file: (modes, modes), NaN beyond the rank.
std::vector<double> padded_square(const SpectrumRow& row, std::size_t modes) {
  std::vector<double> square(modes * modes, k_nan);
  const std::size_t rank = row.reduced.empty() ? 0 : static_cast<std::size_t>(row.rank);
  for (std::size_t i = 0; i < rank; ++i)
    for (std::size_t j = 0; j < rank; ++j) square[i * modes + j] = row.reduced[i * rank + j];
  return square;
}

template <class T>
std::vector<T> padded(const std::vector<T>& values, std::size_t size, T filler) {
  std::vector<T> result(values);
  result.resize(size, filler);
  return result;
}

}  // namespace

std::vector<double> pseudospectrum_axis(std::size_t n) {
  constexpr double k_reach = 1.25;
  std::vector<double> axis;
  for (std::size_t i = 0; i < n; ++i)
    axis.push_back(n == 1 ? 0.0 : -k_reach + 2 * k_reach * static_cast<double>(i) / static_cast<double>(n - 1));
  return axis;
}

SpectraArchive SpectraArchive::begin(const Comm& comm, const std::string& path, const Study& study,
                                     const SpectraLayout& layout, const Provenance& provenance,
                                     const std::string& source, bool force) {
  int there = comm.is_root() && std::filesystem::exists(path) && !force ? 1 : 0;
  comm.broadcast(std::span(&there, 1));
  if (there == 0)
    create_whole(comm, path, [&](hid_t file) {
      write_header(file, schema::k_spectra_type, source, study, provenance);
      const auto parent = h5::create_group(file, schema::k_configurations);
      for (std::size_t i = 0; i < layout.configurations.size(); ++i)
        fill_configuration(parent.get(), layout, i);
      write_checksums(file, Final::scales);
    });
  SpectraArchive archive;
  archive.archive_ = open_archive(comm, path, schema::k_spectra_type, true);
  check_same_study(archive.archive_.header, path, study,
                   {"study", "data", "model", "training", "record", "koopman"});
  if (archive.archive_.header.source != source)
    throw UsageError(fmt::format(
        "{} was made from other trajectories than those there now; --force makes it anew", path));
  std::vector<std::string> wanted, there_are;
  together(comm, [&] {
    const auto stored = read_layout(archive.id());
    for (const auto& analysis : layout.configurations.front().analyses) wanted.push_back(analysis.id);
    for (const auto& analysis : stored.configurations.front().analyses) there_are.push_back(analysis.id);
    if (wanted != there_are)
      throw UsageError(fmt::format("{} holds other analyses than the study asks for; --force makes it anew", path));
  });
  archive.layout_ = layout;
  return archive;
}

SpectraArchive SpectraArchive::read(const Comm& comm, const std::string& path) {
  SpectraArchive archive;
  archive.archive_ = open_archive(comm, path, schema::k_spectra_type, false);
  together(comm, [&] { archive.layout_ = read_layout(archive.id()); });
  return archive;
}

h5::Handle SpectraArchive::group(std::size_t configuration, std::size_t analysis) const {
  const SpectraShape& shape = layout_.configurations[configuration];
  const auto parent = h5::open_group(id(), schema::k_configurations);
  auto main = h5::open_group(parent.get(), shape.name);
  if (analysis == 0) return main;
  const auto further = h5::open_group(main.get(), schema::k_analyses);
  return h5::open_group(further.get(), shape.analyses[analysis].id);
}

std::vector<std::uint8_t> SpectraArchive::complete(std::size_t configuration,
                                                   std::size_t analysis) const {
  return h5::read_all<std::uint8_t>(group(configuration, analysis).get(), schema::k_complete, layout_.seeds);
}

std::size_t SpectraArchive::complete_count() const {
  std::size_t count = 0;
  for (std::size_t c = 0; c < layout_.configurations.size(); ++c)
    for (std::size_t a = 0; a < layout_.configurations[c].analyses.size(); ++a) {
      const auto marks = complete(c, a);
      count += static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
    }
  return count;
}

std::size_t SpectraArchive::row_count() const {
  std::size_t count = 0;
  for (const auto& shape : layout_.configurations) count += shape.analyses.size() * layout_.seeds;
  return count;
}

void SpectraArchive::write_row(std::size_t configuration, std::size_t analysis, std::size_t seed,
                               const SpectrumRow& row, std::span<const double> pseudospectrum) {
  const auto id = group(configuration, analysis);
  const std::size_t modes = layout_.modes;
  Digest digest;
  const auto modal = [&]<class T>(const char* name, const std::vector<T>& values, T filler) {
    const auto whole = padded(values, modes, filler);
    digest.add(std::span<const T>(whole));
    h5::write(h5::open_dataset(id.get(), name), {{seed, 0}, {1, modes}}, std::span<const T>(whole));
  };
  const auto single = [&]<class T>(const char* name, T value) {
    digest.add(std::span<const T>(&value, 1));
    h5::write(h5::open_dataset(id.get(), name), {{seed}, {1}}, std::span<const T>(&value, 1));
  };
  modal(schema::k_eigenvalues, row.eigenvalues, std::complex<double>(k_nan, k_nan));
  modal(schema::k_residuals_insample, row.residuals_insample, k_nan);
  modal(schema::k_residuals_heldout, row.residuals_heldout, k_nan);
  modal(schema::k_amplitudes, row.amplitudes, k_nan);
  modal(schema::k_singular_values, row.singular_values, k_nan);
  single(schema::k_total_energy, row.total_energy);
  single(schema::k_rank, std::int32_t{row.rank});
  single(schema::k_trajectories_used, std::int32_t{row.trajectories_used});
  single(schema::k_noise_cut, std::int32_t{row.noise_cut});
  if (h5::exists(id.get(), schema::k_residuals_solver))
    modal(schema::k_residuals_solver, row.residuals_solver, k_nan);
  if (h5::exists(id.get(), schema::k_reduced)) {
    const auto square = padded_square(row, modes);
    h5::write(h5::open_dataset(id.get(), schema::k_reduced), {{seed, 0, 0}, {1, modes, modes}},
              std::span<const double>(square));
    if (covers(id.get(), schema::k_reduced)) digest.add(std::span<const double>(square));
  }
  if (seed == 0 && h5::exists(id.get(), schema::k_pseudospectrum)) {
    const auto dataset = h5::open_dataset(id.get(), schema::k_pseudospectrum);
    h5::require_size(dataset, schema::k_pseudospectrum, pseudospectrum.size());
    h5::write(dataset, h5::all_of(dataset), pseudospectrum);
    if (covers(id.get(), schema::k_pseudospectrum)) digest.add(pseudospectrum);
  }
  set_mark(id.get(), archive_.disk, seed, digest.finish_text());
}

Checksum SpectraArchive::verify(std::size_t configuration, std::size_t analysis, std::size_t seed) const {
  const auto id = group(configuration, analysis);
  const auto stored = stored_checksum(id.get(), seed);
  if (!stored) return Checksum::none;
  Digest digest;
  const auto modal = [&]<class T>(const char* name, T) {
    const auto row = h5::read<T>(h5::open_dataset(id.get(), name), {{seed, 0}, {1, layout_.modes}});
    digest.add(std::span<const T>(row));
  };
  const auto single = [&]<class T>(const char* name, T) {
    const auto value = h5::read<T>(h5::open_dataset(id.get(), name), {{seed}, {1}});
    digest.add(std::span<const T>(value));
  };
  modal(schema::k_eigenvalues, std::complex<double>{});
  for (const char* name : {schema::k_residuals_insample, schema::k_residuals_heldout, schema::k_amplitudes,
                           schema::k_singular_values})
    modal(name, double{});
  single(schema::k_total_energy, double{});
  for (const char* name : {schema::k_rank, schema::k_trajectories_used, schema::k_noise_cut})
    single(name, std::int32_t{});
  if (h5::exists(id.get(), schema::k_residuals_solver)) modal(schema::k_residuals_solver, double{});
  if (covers(id.get(), schema::k_reduced)) {
    const auto square = h5::read<double>(h5::open_dataset(id.get(), schema::k_reduced),
                                         {{seed, 0, 0}, {1, layout_.modes, layout_.modes}});
    digest.add(std::span<const double>(square));
  }
  if (seed == 0 && covers(id.get(), schema::k_pseudospectrum)) {
    const auto grid = h5::read_all<double>(id.get(), schema::k_pseudospectrum);
    digest.add(std::span<const double>(grid));
  }
  return *stored == digest.finish_text() ? Checksum::right : Checksum::wrong;
}

void SpectraArchive::write_rows(std::size_t configuration, std::size_t seed, const std::vector<SpectrumRow>& rows,
                                std::span<const double> pseudospectrum) {
  for (std::size_t a = 0; a < rows.size(); ++a)
    if (complete(configuration, a)[seed] == 0) write_row(configuration, a, seed, rows[a], pseudospectrum);
}

std::vector<SpectrumRow> SpectraArchive::read_rows(std::size_t configuration,
                                                   std::size_t analysis) const {
  const auto id = group(configuration, analysis);
  const std::size_t all = layout_.seeds * layout_.modes;
  const auto ranks = h5::read_all<std::int32_t>(id.get(), schema::k_rank, layout_.seeds);
  const auto used = h5::read_all<std::int32_t>(id.get(), schema::k_trajectories_used, layout_.seeds);
  const auto cut = h5::read_all<std::int32_t>(id.get(), schema::k_noise_cut, layout_.seeds);
  const auto energy = h5::read_all<double>(id.get(), schema::k_total_energy, layout_.seeds);
  const auto eigenvalues = h5::read_all<std::complex<double>>(id.get(), schema::k_eigenvalues, all);
  const auto insample = h5::read_all<double>(id.get(), schema::k_residuals_insample, all);
  const auto heldout = h5::read_all<double>(id.get(), schema::k_residuals_heldout, all);
  const auto amplitudes = h5::read_all<double>(id.get(), schema::k_amplitudes, all);
  const auto sigma = h5::read_all<double>(id.get(), schema::k_singular_values, all);
  const auto done = complete(configuration, analysis);
  const bool has_solver = h5::exists(id.get(), schema::k_residuals_solver);
  const auto solver = has_solver ? h5::read_all<double>(id.get(), schema::k_residuals_solver, all) : std::vector<double>{};
  const bool has_reduced = h5::exists(id.get(), schema::k_reduced);
  const auto reduced = has_reduced ? h5::read_all<double>(id.get(), schema::k_reduced, all * layout_.modes) : std::vector<double>{};

  std::vector<SpectrumRow> rows(layout_.seeds);
  for (std::size_t seed = 0; seed < layout_.seeds; ++seed) {
    if (done[seed] == 0) continue;
    if (ranks[seed] < 0 || static_cast<std::size_t>(ranks[seed]) > layout_.modes)
      throw Error(fmt::format("{}: the rank {} of configuration {}, seed {} is impossible: the file is damaged",
                              archive_.path, ranks[seed], layout_.configurations[configuration].name, seed));
    const auto part = [&]<class T>(const std::vector<T>& values) {
      const auto first = values.begin() + static_cast<std::ptrdiff_t>(seed * layout_.modes);
      return std::vector<T>(first, first + ranks[seed]);
    };
    rows[seed] = {part(eigenvalues), part(insample), part(heldout), part(amplitudes), part(sigma),
                  energy[seed], ranks[seed], used[seed], cut[seed], {}};
    if (has_solver) rows[seed].residuals_solver = part(solver);
    const auto rank = static_cast<std::size_t>(ranks[seed]);
    for (std::size_t i = 0; has_reduced && i < rank; ++i) {
      const auto row = reduced.begin() + static_cast<std::ptrdiff_t>((seed * layout_.modes + i) * layout_.modes);
      rows[seed].reduced.insert(rows[seed].reduced.end(), row, row + static_cast<std::ptrdiff_t>(rank));
    }
  }
  return rows;
}

}  // namespace equikoop
