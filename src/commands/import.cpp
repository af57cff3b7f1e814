// SPDX-License-Identifier: BSD-3-Clause
// equikoop import: trajectories of other programs into trajectories.h5, slab by slab; ranks take
// slabs in turn. Spectra go to import_spectra.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "commands.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/archive/spectra.hpp"
#include "import_shapes.hpp"
#include "import_spectra.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_slab_bytes = std::size_t{64} << 20;  // of one read; twice that is held
constexpr std::int64_t k_never = std::numeric_limits<std::int64_t>::max();

/// A block in the order that is written: first the feature axes that are parted (`pieces` of them),
/// then seed, initial, time, and the features that follow each other.
template <class Real>
struct Block {
  std::array<std::size_t, k_dimensions> offset{};
  std::array<std::size_t, k_dimensions> count{1, 1, 1, 1};  ///< features: of one piece
  std::vector<std::size_t> features;                        ///< first feature of each piece
  std::vector<Real> values;
};

/// Puts the values of a slab, in the order of its file, into the order of the archive.
template <class Real>
class Transposer {
 public:
  Transposer(const ImportedArray& array, const Box& box) : array_(array), box_(box), strides_(box.count.size()) {
    std::size_t stride = 1;
    for (std::size_t i = 0; i < strides_.size(); ++i) {
      const std::size_t axis = array.first_axis_fastest ? i : strides_.size() - 1 - i;
      strides_[axis] = stride;
      stride *= box.count[axis];
    }
  }

  Block<Real> block(const std::array<std::size_t, k_dimensions>& origin, std::span<const Real> values) const {
    Block<Real> result;
    result.offset = origin;
    std::vector<std::size_t> before;  // feature axes whose later ones are not whole
    std::vector<std::size_t> inner;
    for (std::size_t axis = 0; axis < array_.axes.size(); ++axis) {
      if (array_.axes[axis] != k_features) {
        result.offset[array_.axes[axis]] += box_.offset[axis];
        result.count[array_.axes[axis]] = box_.count[axis];
        continue;
      }
      if (box_.count[axis] < array_.shape[axis]) {
        before.insert(before.end(), inner.begin(), inner.end());
        inner.clear();
      }
      inner.push_back(axis);
    }
    for (const std::size_t axis : inner) result.count[k_features] *= box_.count[axis];
    add_pieces(result, before, 0, first_feature());
    result.values.reserve(values.size());
    std::vector<std::size_t> order = before;
    for (const Dimension dimension : {k_seeds, k_initials, k_times}) append_axes(order, dimension);
    order.insert(order.end(), inner.begin(), inner.end());
    copy(order, 0, 0, values, result.values);
    return result;
  }

 private:
  std::size_t feature_stride(std::size_t axis) const {
    std::size_t stride = 1;
    for (std::size_t later = axis + 1; later < array_.axes.size(); ++later)
      if (array_.axes[later] == k_features) stride *= array_.shape[later];
    return stride;
  }

  std::size_t first_feature() const {
    std::size_t first = 0;
    for (std::size_t axis = 0; axis < array_.axes.size(); ++axis)
      if (array_.axes[axis] == k_features) first += box_.offset[axis] * feature_stride(axis);
    return first;
  }

  void add_pieces(Block<Real>& block, const std::vector<std::size_t>& before, std::size_t at, std::size_t first) const {
    if (at == before.size()) return block.features.push_back(first);
    for (std::size_t i = 0; i < box_.count[before[at]]; ++i)
      add_pieces(block, before, at + 1, first + i * feature_stride(before[at]));
  }

  void append_axes(std::vector<std::size_t>& order, Dimension dimension) const {
    for (std::size_t axis = 0; axis < array_.axes.size(); ++axis)
      if (array_.axes[axis] == dimension) order.push_back(axis);
  }

  void copy(const std::vector<std::size_t>& order, std::size_t at, std::size_t from, std::span<const Real> values,
            std::vector<Real>& to) const {
    if (at == order.size()) return to.push_back(values[from]);
    const std::size_t count = box_.count[order[at]];
    const std::size_t stride = strides_[order[at]];
    if (at + 1 < order.size()) {
      for (std::size_t i = 0; i < count; ++i) copy(order, at + 1, from + i * stride, values, to);
    } else {
      for (std::size_t i = 0; i < count; ++i) to.push_back(values[from + i * stride]);
    }
  }

  const ImportedArray& array_;
  const Box& box_;
  std::vector<std::size_t> strides_;
};

template <class Real>
class Importer {
 public:
  Importer(Job& job, TrajectoryArchive& archive, PhaseTable& phases) : job_(job), archive_(archive), phases_(phases) {}

  /// Collective.
  void run(const std::vector<ImportedConfiguration>& configurations) {
    Progress progress(job_.log, "import", static_cast<double>(configurations.size()), "configurations");
    for (std::size_t c = 0; c < configurations.size(); ++c) {
      if (is_whole(c)) continue;  // from a job that was cut off later
      diverged_.assign(archive_.layout().seeds * archive_.layout().initials, k_never);
      together(job_.comm, [&] {
        take(c, configurations[c].observables, schema::k_observables);
        if (configurations[c].loss) take(c, *configurations[c].loss, schema::k_loss);
      });
      finish(c);
      progress.update(static_cast<double>(c + 1));
    }
    progress.finish();
  }

 private:
  bool is_whole(std::size_t configuration) const {
    const auto marks = archive_.complete(configuration);
    return std::count(marks.begin(), marks.end(), 1) == static_cast<std::ptrdiff_t>(marks.size());
  }

  void take(std::size_t configuration, const ImportedArray& array, const char* dataset) {
    const std::size_t most = k_slab_bytes / sizeof(Real);
    const auto boxes = slabs(array.shape, array.first_axis_fastest, most);
    for (const auto& file : array.files.files) {
      std::unique_ptr<ArraySource> source;
      for (const Box& box : boxes) {
        if (turn_++ % static_cast<std::size_t>(job_.comm.size()) != static_cast<std::size_t>(job_.comm.rank())) continue;
        if (job_.stop.requested()) throw Interrupted(fmt::format("stopped by {}", job_.stop.reason()));
        if (!source) source = open_array(file.path, array.dataset);
        write(configuration, array, dataset, array.origin(file), box, *source);
      }
    }
  }

  void write(std::size_t configuration, const ImportedArray& array, const char* dataset,
             const std::array<std::size_t, k_dimensions>& origin, const Box& box, const ArraySource& source) {
    std::vector<Real> values(box.size());
    {
      const auto scope = phases_.scope("read data");
      source.read(box, std::span<Real>(values));
      phases_.add_bytes("read data", static_cast<double>(values.size() * sizeof(Real)));
    }
    const auto block = Transposer<Real>(array, box).block(origin, values);
    const auto scope = phases_.scope("archive");
    const bool features = dataset == schema::k_observables;
    const std::size_t size = block.values.size() / block.features.size();
    for (std::size_t piece = 0; piece < block.features.size(); ++piece) {
      const std::span<const Real> part(block.values.data() + piece * size, size);
      h5::Slab slab{{block.offset[k_seeds], block.offset[k_initials], block.offset[k_times]},
                    {block.count[k_seeds], block.count[k_initials], block.count[k_times]}};
      if (features) {
        slab.offset.push_back(block.features[piece]);
        slab.count.push_back(block.count[k_features]);
        look_for_divergence(configuration, block, part);
      }
      archive_.write_block<Real>(configuration, dataset, slab, part);
    }
  }

  void look_for_divergence(std::size_t configuration, const Block<Real>& block, std::span<const Real> part) {
    const auto& times = archive_.layout().configurations[configuration].time;
    const auto& [seeds, initials, snapshots, features] = block.count;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (std::isfinite(part[i])) continue;
      const std::size_t row = i / features;
      const std::size_t time = block.offset[k_times] + row % snapshots;
      const std::size_t initial = block.offset[k_initials] + row / snapshots % initials;
      const std::size_t seed = block.offset[k_seeds] + row / snapshots / initials;
      auto& first = diverged_[seed * archive_.layout().initials + initial];
      first = std::min(first, times[time]);
    }
  }

  /// The marks, once every rank's data has reached the disk. Collective.
  void finish(std::size_t configuration) {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, diverged_.data(), static_cast<int>(diverged_.size()), MPI_INT64_T, MPI_MIN,
                            job_.comm.raw()),
              "gather the steps of non-finite values");
    together(job_.comm, [&] { archive_.file().disk.finish(); });
    together(job_.comm, [&] {
      if (!job_.comm.is_root()) return;
      std::replace(diverged_.begin(), diverged_.end(), k_never, std::int64_t{-1});
      archive_.write_diverged_at(configuration, diverged_);
      archive_.file().disk.finish();
      const auto found = std::count_if(diverged_.begin(), diverged_.end(), [](std::int64_t step) { return step >= 0; });
      if (found > 0)
        job_.log.line("import: {}: {} trajectories hold values that are not finite; they are left out of the spectra",
                      archive_.layout().configurations[configuration].name, found);
    });
    together(job_.comm, [&] {
      const auto scope = phases_.scope("archive");
      const auto ranks = static_cast<std::size_t>(job_.comm.size());
      for (auto seed = static_cast<std::size_t>(job_.comm.rank()); seed < archive_.layout().seeds; seed += ranks)
        archive_.seal(configuration, seed);
    });
  }

  Job& job_;
  TrajectoryArchive& archive_;
  PhaseTable& phases_;
  std::size_t turn_ = 0;
  std::vector<std::int64_t> diverged_;
};

Imported extent(std::size_t done, std::size_t all) {
  return done == 0 ? Imported::none : done < all ? Imported::part : Imported::all;
}

Imported extent_of(const std::string& path, const std::string& filetype) {
  const Comm self(MPI_COMM_SELF);
  if (filetype == schema::k_trajectories_type) {
    const auto archive = TrajectoryArchive::read(self, path);
    return extent(archive.complete_count(), archive.ensemble_count());
  }
  const auto archive = SpectraArchive::read(self, path);
  return extent(archive.complete_count(), archive.row_count());
}

std::string sources_of(const std::vector<ImportedConfiguration>& configurations) {
  std::string text;
  for (const auto& configuration : configurations) {
    for (const auto& file : configuration.observables.files.files) text += fingerprint(file.path);
    if (configuration.loss)
      for (const auto& file : configuration.loss->files.files) text += fingerprint(file.path);
  }
  return text;
}

void import_trajectories(Job& job, PhaseTable& phases, const Manifest& manifest, const std::string& folder) {
  std::vector<ImportedConfiguration> configurations;
  TrajectoryLayout layout;
  together(job.comm, [&] {
    configurations = open_trajectories(manifest, folder);
    layout = layout_of(manifest, configurations);
  });
  const std::string path = job.path(schema::k_trajectories_file);
  Provenance provenance = job.provenance;
  provenance.sources = sources_of(configurations);
  const Imported before = imported_before(job, path, schema::k_trajectories_type, provenance.sources);
  if (before == Imported::all) return;
  auto archive = [&] {
    const auto scope = phases.scope("open archives");
    return TrajectoryArchive::begin(job.comm, path, job.study, layout, provenance, before == Imported::none);
  }();
  if (const std::size_t done = archive.complete_count(); done > 0)
    job.log.line("import: {} of {} ensembles are there", done, archive.ensemble_count());
  std::optional<RunRow> row;
  together(job.comm, [&] {
    if (job.comm.is_root()) row.emplace(archive.id(), "import", job.comm.size(), job.nodes, job.hosts);
  });
  try {
    if (layout.precision == Precision::float32) Importer<float>(job, archive, phases).run(configurations);
    else Importer<double>(job, archive, phases).run(configurations);
  } catch (const Error& error) {
    if (error.code() != Exit::resumable) throw;
    throw stopped(job, error, archive.complete_count(), archive.ensemble_count(), "ensembles");
  }
  together(job.comm, [&] {
    if (row) row->finish(archive.id(), static_cast<int>(archive.ensemble_count()));
  });
  for (const auto& shape : layout.configurations)
    job.log.line("import: {}: {} seeds x {} initials x {} snapshots x {} features", shape.name, layout.seeds,
                 layout.initials, shape.time.size(), shape.features);
  job.log.line("import: {} configurations written to {}", layout.configurations.size(), path);
}

}  // namespace

Imported imported_before(const Job& job, const std::string& path, const char* filetype, const std::string& sources) {
  int found = static_cast<int>(Imported::none);
  together(job.comm, [&] {
    std::error_code error;
    if (!job.comm.is_root() || job.arguments.force || !std::filesystem::exists(path, error)) return;
    const auto header = read_header(h5::open_file(path, false).get(), path, filetype);
    const Imported there = extent_of(path, filetype);
    if (there == Imported::none) return;
    if (header.sources != sources || import_sections(header.study_text) != import_sections(job.study.text))
      throw UsageError(fmt::format("{} is there already and was not made from these files. Choose another --out, or "
                                   "--force to replace it", path));
    found = static_cast<int>(there);
  });
  job.comm.broadcast(std::span(&found, 1));
  if (static_cast<Imported>(found) == Imported::all) job.log.line("import: {} holds these files already", path);
  return static_cast<Imported>(found);
}

void import_data(Job& job, PhaseTable& phases) {
  Manifest manifest;
  together(job.comm, [&] {
    if (!job.study.imported)
      throw UsageError(fmt::format("{} has no [import] section: it names the files to import. See "
                                   "include/equikoop/archive/README.md", job.study.file));
    manifest = parse_manifest(job.study.text, job.study.file);
  });
  const std::string folder = std::filesystem::absolute(job.study.file).parent_path().string();
  if (manifest.kind == ImportKind::spectra) return import_spectra(job, manifest, folder);
  import_trajectories(job, phases, manifest, folder);
}

}  // namespace equikoop
