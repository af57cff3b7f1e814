// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/archive/trajectories.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <numeric>
#include <utility>

#include "configuration_group.hpp"
#include "ensemble_digest.hpp"
#include "equikoop/archive/schema.hpp"
#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr std::size_t k_most_bytes = std::size_t{1} << 28;   // of one read
constexpr std::size_t k_piece_bytes = std::size_t{4} << 20;  // worth a request to the disk of its own
constexpr std::size_t k_hash_bytes = std::size_t{1} << 20;   // worth a thread

template <class Real>
Precision precision_of() {
  return sizeof(Real) == 4 ? Precision::float32 : Precision::float64;
}

void fill_configuration(hid_t parent, const TrajectoryLayout& layout, std::size_t index) {
  const ConfigurationShape& shape = layout.configurations[index];
  const auto group = create_configuration(parent, shape.name, index, shape.parameters, shape.clock);
  const hid_t id = group.get();
  const auto seed = index_scale(id, schema::k_seed, layout.seeds, "replicate");
  const auto initial = index_scale(id, schema::k_initial, layout.initials, "initial condition");
  const auto feature = index_scale(id, schema::k_feature, shape.features, "recorded weight");
  const auto time = integer_scale(id, schema::k_time, shape.time, "optimiser steps done", "steps");

  const hid_t real = layout.precision == Precision::float32 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE;
  const std::vector<hsize_t> each{layout.seeds, layout.initials};
  scaled_dataset(id, schema::k_observables, real, {&seed, &initial, &time, &feature},
                 {"recorded weights", "1", "the snapshot of every trajectory at every time"});
  if (shape.steps > 0) {
    const auto step = index_scale(id, schema::k_step, shape.steps, "optimiser steps done before");
    scaled_dataset(id, schema::k_loss, real, {&seed, &initial, &step},
                   {"training loss", "1", "mean loss of the minibatch before its update"});
  }
  if (layout.tested) {
    scaled_dataset(id, schema::k_test_loss, H5T_IEEE_F64LE, {&seed, &initial},
                   {"test loss", "1", "mean over the test set after the last step"});
    scaled_dataset(id, schema::k_test_accuracy, H5T_IEEE_F64LE, {&seed, &initial},
                   {"test accuracy", "1", "share of the test set classified correctly"});
  }
  scaled_dataset(id, schema::k_diverged_at, H5T_STD_I64LE, {&seed, &initial},
                 {"step of the first non-finite value", "steps", "-1 where there is none"});
  complete_marks(id, seed, layout.seeds,
                 "of the SHA-256 (32 bytes) of observables[seed, initial] of each initial, then loss[seed], "
                 "test_loss[seed], test_accuracy[seed], diverged_at[seed]");
}

ConfigurationShape read_shape(hid_t parent, const std::string& name) {
  const auto group = h5::open_group(parent, name);
  const auto observables = h5::open_dataset(group.get(), schema::k_observables);
  const auto dims = h5::dimensions(observables);
  if (dims.size() != 4)
    throw Error(fmt::format("configuration {}: observables has {} dimensions, expected "
                            "[seed, initial, time, feature]", name, dims.size()));
  if (std::find(dims.begin(), dims.end(), hsize_t{0}) != dims.end())
    throw Error(fmt::format("configuration {}: observables [{}, {}, {}, {}] are empty", name, dims[0], dims[1], dims[2],
                            dims[3]));
  ConfigurationShape shape;
  shape.name = name;
  shape.parameters = read_parameters(group.get());
  shape.features = dims[3];
  shape.clock = read_clock(group.get());
  if (h5::exists(group.get(), schema::k_loss)) {
    const auto loss = h5::dimensions(h5::open_dataset(group.get(), schema::k_loss));
    if (loss.size() != 3) throw Error(fmt::format("configuration {}: loss is not [seed, initial, step]", name));
    shape.steps = loss.back();
  }
  if (h5::exists(group.get(), schema::k_time)) {
    shape.time = h5::read_all<std::int64_t>(group.get(), schema::k_time, dims[2]);
  } else {
    shape.time.resize(dims[2]);
    std::iota(shape.time.begin(), shape.time.end(), 1);
  }
  return shape;
}

TrajectoryLayout read_layout(hid_t file) {
  TrajectoryLayout layout;
  const auto parent = h5::open_group(file, schema::k_configurations);
  for (const auto& name : h5::groups_by_index(parent.get())) {
    layout.configurations.push_back(read_shape(parent.get(), name));
    const auto group = h5::open_group(parent.get(), name);
    const auto observables = h5::open_dataset(group.get(), schema::k_observables);
    const auto dims = h5::dimensions(observables);
    const h5::Handle type(H5Dget_type(observables.get()), H5Tclose);
    const auto precision = H5Tget_size(type.get()) <= 4 ? Precision::float32 : Precision::float64;
    if (layout.configurations.size() == 1) {
      layout.seeds = dims[0];
      layout.initials = dims[1];
      layout.precision = precision;
    }
    if (dims[0] != layout.seeds || dims[1] != layout.initials || precision != layout.precision)
      throw Error(fmt::format(
          "configuration {} has {} seeds, {} initials and {} bytes a number, {} has {}, {} and {}: give all "
          "the same", name, dims[0], dims[1], bytes_of(precision),
          layout.configurations.front().name, layout.seeds, layout.initials,
          bytes_of(layout.precision)));
  }
  if (layout.configurations.empty()) throw Error("the file holds no configurations");
  return layout;
}

/// A configuration as far as two files must agree on it.
std::string shape_words(const TrajectoryLayout& layout, std::size_t c) {
  if (c >= layout.configurations.size()) return "no configuration";
  const ConfigurationShape& shape = layout.configurations[c];
  return fmt::format("{} with {} seeds, {} initials, {} snapshots, {} features in {}", shape.name, layout.seeds,
                     layout.initials, shape.time.size(), shape.features,
                     layout.precision == Precision::float32 ? "float32" : "float64");
}

/// Throws UsageError unless a file of trajectories is one that `wanted` may be written into. The keys of
/// a study do not tell all: another program's file has none, and a data set may have been replaced.
void check_same_shape(const TrajectoryLayout& there, const TrajectoryLayout& wanted, const std::string& path) {
  for (std::size_t c = 0; c < std::max(there.configurations.size(), wanted.configurations.size()); ++c)
    if (shape_words(there, c) != shape_words(wanted, c))
      throw UsageError(fmt::format("{} was not written for this study: it holds {}, the study asks for {}. Choose "
                                   "another --out, or --force to begin it anew", path, shape_words(there, c),
                                   shape_words(wanted, c)));
}

/// Whether there is a file with anything in it to lose. One without a whole ensemble (a job that
/// failed at its start) may be of another study: it is begun anew.
bool holds_work(const std::string& path) {
  if (!std::filesystem::exists(path)) return false;
  const auto file = h5::open_file(path, false);
  read_header(file.get(), path, schema::k_trajectories_type);
  const auto parent = h5::open_group(file.get(), schema::k_configurations);
  for (const auto& name : h5::groups_by_index(parent.get())) {
    const auto group = h5::open_group(parent.get(), name);
    if (!h5::exists(group.get(), schema::k_complete)) return true;
    const auto marks = h5::read_all<std::uint8_t>(group.get(), schema::k_complete);
    if (std::count(marks.begin(), marks.end(), 1) > 0) return true;
  }
  return false;
}

}  // namespace

/// The ensemble that is being written: its digest so far, and the snapshot that must come next.
struct TrajectoryArchive::Recording {
  std::size_t configuration = 0;
  std::size_t seed = 0;
  std::size_t next = 0;
  std::size_t waiting = 0;  ///< bytes since the disk was last asked to begin
  EnsembleDigest digest;
  std::string checksum;  ///< once the outcome is there
};

/// The ensemble whose mark is due.
struct TrajectoryArchive::Settling {
  std::size_t configuration = 0;
  std::size_t seed = 0;
  std::future<void> on_disk;
};

TrajectoryArchive::TrajectoryArchive() = default;
TrajectoryArchive::TrajectoryArchive(TrajectoryArchive&&) noexcept = default;
TrajectoryArchive& TrajectoryArchive::operator=(TrajectoryArchive&&) noexcept = default;
TrajectoryArchive::~TrajectoryArchive() = default;

TrajectoryArchive TrajectoryArchive::begin(const Comm& comm, const std::string& path,
                                           const Study& study, const TrajectoryLayout& layout,
                                           const Provenance& provenance, bool force) {
  int keep = 0;
  together(comm, [&] { keep = comm.is_root() && !force && holds_work(path) ? 1 : 0; });
  comm.broadcast(std::span(&keep, 1));
  if (keep == 0)
    create_whole(comm, path, [&](hid_t file) {
      write_header(file, schema::k_trajectories_type, "", study, provenance);
      const auto parent = h5::create_group(file, schema::k_configurations);
      for (std::size_t i = 0; i < layout.configurations.size(); ++i)
        fill_configuration(parent.get(), layout, i);
      write_checksums(file, Final::scales);
    });
  TrajectoryArchive archive;
  archive.archive_ = open_archive(comm, path, schema::k_trajectories_type, true);
  together(comm, [&] {
    check_same_study(archive.archive_.header, path, study, {"study", "data", "model", "training", "record"});
    check_same_shape(read_layout(archive.id()), layout, path);
    if (comm.is_root()) check_same_data(archive.archive_.header, path, provenance.data);
  });
  archive.layout_ = layout;
  return archive;
}

TrajectoryArchive TrajectoryArchive::read(const Comm& comm, const std::string& path) {
  TrajectoryArchive archive;
  archive.archive_ = open_archive(comm, path, schema::k_trajectories_type, false);
  together(comm, [&] {
    try {
      archive.layout_ = read_layout(archive.id());
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", path, error.what()), error.code());
    }
  });
  return archive;
}

h5::Handle TrajectoryArchive::group(std::size_t configuration) const {
  const auto parent = h5::open_group(id(), schema::k_configurations);
  return h5::open_group(parent.get(), layout_.configurations[configuration].name);
}

std::vector<std::uint8_t> TrajectoryArchive::complete(std::size_t configuration) const {
  const auto found = group(configuration);
  if (!h5::exists(found.get(), schema::k_complete)) return std::vector<std::uint8_t>(layout_.seeds, 1);
  return h5::read_all<std::uint8_t>(found.get(), schema::k_complete, layout_.seeds);
}

std::size_t TrajectoryArchive::complete_count() const {
  std::size_t count = 0;
  for (std::size_t c = 0; c < layout_.configurations.size(); ++c) {
    const auto marks = complete(c);
    count += static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
  }
  return count;
}

std::size_t TrajectoryArchive::ensemble_count() const noexcept {
  return layout_.configurations.size() * layout_.seeds;
}

template <class Real>
void TrajectoryArchive::write_snapshots(std::size_t configuration, std::size_t seed,
                                        std::size_t first, std::size_t count,
                                        std::span<const Real> values) {
  if (precision_of<Real>() != layout_.precision) throw Error("snapshots of the wrong precision");
  const auto dataset = h5::open_dataset(group(configuration).get(), schema::k_observables);
  if (first == 0) recording_ = std::make_unique<Recording>(Recording{configuration, seed, 0, 0, EnsembleDigest(layout_.initials), ""});
  if (!recording_ || recording_->configuration != configuration || recording_->seed != seed || recording_->next != first)
    throw Error("the snapshots of an ensemble were not written in the order of time");
  const std::size_t features = layout_.configurations[configuration].features;
  const std::size_t size = count * features;
  const auto hash = [&] {
    for (std::size_t i = 0; i < layout_.initials; ++i) recording_->digest.add_snapshots(i, values.subspan(i * size, size));
  };
  // Checksums take as long as the disk: a thread, if there is one to have, computes them while it writes.
  const bool large = values.size_bytes() >= k_hash_bytes;
  auto hashed = std::async(large ? std::launch::async | std::launch::deferred : std::launch::deferred, hash);
  const std::size_t most = std::max<std::size_t>(1, k_piece_bytes / (size * sizeof(Real)));
  for (std::size_t begin = 0; begin < layout_.initials; begin += most) {
    const std::size_t initials = std::min(most, layout_.initials - begin);
    h5::write(dataset, {{seed, begin, first, 0}, {1, initials, count, features}},
              values.subspan(begin * size, initials * size));
    recording_->waiting += initials * size * sizeof(Real);
    if (recording_->waiting < k_piece_bytes) continue;
    archive_.disk.start();
    recording_->waiting = 0;
  }
  hashed.get();
  recording_->next += count;
}

template <class Real>
void TrajectoryArchive::write_outcome(std::size_t configuration, std::size_t seed,
                                      const OutcomeView<Real>& outcome) {
  const auto found = group(configuration);
  const h5::Slab row{{seed, 0}, {1, layout_.initials}};
  const auto write = [&](const char* name, auto values) {
    h5::write(h5::open_dataset(found.get(), name), row, values);
  };
  const std::size_t steps = layout_.configurations[configuration].steps;
  h5::write(h5::open_dataset(found.get(), schema::k_loss), {{seed, 0, 0}, {1, layout_.initials, steps}},
            outcome.losses);
  write(schema::k_test_loss, outcome.test_loss);
  write(schema::k_test_accuracy, outcome.test_accuracy);
  write(schema::k_diverged_at, outcome.diverged_at);
  if (!recording_ || recording_->configuration != configuration || recording_->seed != seed ||
      recording_->next != layout_.configurations[configuration].time.size())
    throw Error("the outcome of an ensemble was written before all of its snapshots");
  recording_->checksum = recording_->digest.finish(outcome);
}

template <class Real>
void TrajectoryArchive::write_block(std::size_t configuration, const char* dataset, const h5::Slab& slab,
                                    std::span<const Real> values) {
  if (precision_of<Real>() != layout_.precision) throw Error("numbers of the wrong precision");
  h5::write(h5::open_dataset(group(configuration).get(), dataset), slab, values);
}

void TrajectoryArchive::write_diverged_at(std::size_t configuration, std::span<const std::int64_t> steps) {
  h5::write(h5::open_dataset(group(configuration).get(), schema::k_diverged_at),
            {{0, 0}, {layout_.seeds, layout_.initials}}, steps);
}

void TrajectoryArchive::mark_later(std::size_t configuration, std::size_t seed) {
  if (!recording_ || recording_->checksum.empty() || recording_->configuration != configuration || recording_->seed != seed)
    throw Error("an ensemble was marked before it was written");
  finish();
  write_checksum(group(configuration).get(), seed, recording_->checksum);
  recording_.reset();
  settling_ = std::make_unique<Settling>(Settling{configuration, seed, archive_.disk.finish_later()});
}

void TrajectoryArchive::settle() {
  if (settling_ && settling_->on_disk.wait_for(std::chrono::seconds(0)) == std::future_status::ready) finish();
}

void TrajectoryArchive::finish() {
  if (!settling_) return;
  const auto due = std::exchange(settling_, nullptr);
  due->on_disk.get();
  write_mark(group(due->configuration).get(), due->seed);
}

void TrajectoryArchive::seal(std::size_t configuration, std::size_t seed) {
  set_mark(group(configuration).get(), archive_.disk, seed, checksum_now(configuration, seed));
}

Checksum TrajectoryArchive::verify(std::size_t configuration, std::size_t seed) const {
  const auto stored = stored_checksum(group(configuration).get(), seed);
  if (!stored) return Checksum::none;
  return *stored == checksum_now(configuration, seed) ? Checksum::right : Checksum::wrong;
}

std::string TrajectoryArchive::checksum_now(std::size_t configuration, std::size_t seed) const {
  return layout_.precision == Precision::float32 ? checksum_as<float>(configuration, seed)
                                                 : checksum_as<double>(configuration, seed);
}

template <class Real>
std::string TrajectoryArchive::checksum_as(std::size_t configuration, std::size_t seed) const {
  const auto found = group(configuration);
  const ConfigurationShape& shape = layout_.configurations[configuration];
  const auto observables = h5::open_dataset(found.get(), schema::k_observables);
  const std::size_t block = std::max<std::size_t>(1, k_most_bytes / (shape.features * sizeof(Real)));
  EnsembleDigest digest(layout_.initials);
  for (std::size_t initial = 0; initial < layout_.initials; ++initial)
    for (std::size_t first = 0; first < shape.time.size(); first += block) {
      const std::size_t count = std::min(block, shape.time.size() - first);
      const auto values = h5::read<Real>(observables, {{seed, initial, first, 0}, {1, 1, count, shape.features}});
      digest.add_snapshots(initial, std::span<const Real>(values));
    }
  const auto row = [&]<class T>(const char* name, std::vector<hsize_t> offset, std::vector<hsize_t> count, T) {
    if (!h5::exists(found.get(), name)) return std::vector<T>();  // imported data has no tests
    return h5::read<T>(h5::open_dataset(found.get(), name), {std::move(offset), std::move(count)});
  };
  const auto losses = row(schema::k_loss, {seed, 0, 0}, {1, layout_.initials, shape.steps}, Real{});
  const auto test_loss = row(schema::k_test_loss, {seed, 0}, {1, layout_.initials}, double{});
  const auto test_accuracy = row(schema::k_test_accuracy, {seed, 0}, {1, layout_.initials}, double{});
  const auto diverged = row(schema::k_diverged_at, {seed, 0}, {1, layout_.initials}, std::int64_t{});
  return digest.finish(OutcomeView<Real>{losses, test_loss, test_accuracy, diverged});
}

template <class Real>
void TrajectoryArchive::read_ensemble(std::size_t configuration, std::size_t seed, Range features,
                                      std::span<Real> values) const {
  const std::size_t times = layout_.configurations[configuration].time.size();
  for (std::size_t initial = 0; initial < layout_.initials; ++initial)
    read_part(configuration, seed, initial, {0, times}, features, values.data() + initial * times * features.size());
}

template <class Real>
void TrajectoryArchive::read_part(std::size_t configuration, std::size_t seed, std::size_t initial, Range times,
                                  Range features, Real* values) const {
  const auto dataset = h5::open_dataset(group(configuration).get(), schema::k_observables);
  const std::size_t width = features.size();
  // One request moves at most 2^31 bytes through MPI-IO; snapshots are read in blocks below that.
  const std::size_t block = std::max<std::size_t>(1, k_most_bytes / (width * sizeof(Real)));
  for (std::size_t first = times.begin; first < times.end; first += block) {
    const std::size_t count = std::min(block, times.end - first);
    h5::read_raw(dataset, h5::number_types<Real>().second,
                 {{seed, initial, first, features.begin}, {1, 1, count, width}},
                 values + (first - times.begin) * width);
  }
}

std::vector<std::int64_t> TrajectoryArchive::diverged_at(std::size_t configuration,
                                                         std::size_t seed) const {
  const auto found = group(configuration);
  if (!h5::exists(found.get(), schema::k_diverged_at))
    return std::vector<std::int64_t>(layout_.initials, -1);
  return h5::read<std::int64_t>(h5::open_dataset(found.get(), schema::k_diverged_at),
                                {{seed, 0}, {1, layout_.initials}});
}

template void TrajectoryArchive::write_snapshots(std::size_t, std::size_t, std::size_t, std::size_t,
                                                 std::span<const float>);
template void TrajectoryArchive::write_snapshots(std::size_t, std::size_t, std::size_t, std::size_t,
                                                 std::span<const double>);
template void TrajectoryArchive::write_block(std::size_t, const char*, const h5::Slab&, std::span<const float>);
template void TrajectoryArchive::write_block(std::size_t, const char*, const h5::Slab&, std::span<const double>);
template void TrajectoryArchive::write_outcome(std::size_t, std::size_t, const OutcomeView<float>&);
template void TrajectoryArchive::write_outcome(std::size_t, std::size_t, const OutcomeView<double>&);
template void TrajectoryArchive::read_ensemble(std::size_t, std::size_t, Range, std::span<float>) const;
template void TrajectoryArchive::read_ensemble(std::size_t, std::size_t, Range, std::span<double>) const;
template void TrajectoryArchive::read_part(std::size_t, std::size_t, std::size_t, Range, Range, float*) const;
template void TrajectoryArchive::read_part(std::size_t, std::size_t, std::size_t, Range, Range, double*) const;

}  // namespace equikoop
