// SPDX-License-Identifier: BSD-3-Clause
// trajectories.h5: what training leaves, an ensemble at a time, written by whoever trained it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "equikoop/archive/archive_file.hpp"
#include "equikoop/base/partition.hpp"

namespace equikoop {

/// Duration of one recorded step on each clock (steps, samples seen, learning rate * steps).
struct ClockDurations {
  double step = 1;
  double sample = 1;
  double time = 1;
};

/// The shape of one configuration's trajectories.
struct ConfigurationShape {
  std::string name;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::size_t features = 0;
  std::size_t steps = 0;           ///< losses a trajectory
  std::vector<std::int64_t> time;  ///< optimiser steps done at each snapshot
  ClockDurations clock;
};

struct TrajectoryLayout {
  Precision precision = Precision::float32;
  std::size_t seeds = 0;
  std::size_t initials = 0;
  std::vector<ConfigurationShape> configurations;
  bool tested = true;  ///< whether there are test losses and accuracies; imported data has none
};

/// What an ensemble leaves beside its snapshots; shapes as in the archive.
template <class Real>
struct OutcomeView {
  std::span<const Real> losses;             ///< (initial, step)
  std::span<const double> test_loss;        ///< (initial)
  std::span<const double> test_accuracy;    ///< (initial)
  std::span<const std::int64_t> diverged_at;  ///< (initial)
};

class TrajectoryArchive {
 public:
  TrajectoryArchive(TrajectoryArchive&&) noexcept;
  TrajectoryArchive& operator=(TrajectoryArchive&&) noexcept;
  ~TrajectoryArchive();

  /// Creates the file, or opens the one that is there if it belongs to the same study (`force`
  /// replaces it). Throws UsageError on another study. Collective.
  static TrajectoryArchive begin(const Comm& comm, const std::string& path, const Study& study,
                                 const TrajectoryLayout& layout, const Provenance& provenance,
                                 bool force);
  /// Opens a file for reading, ours or anybody's that follows the schema. Collective.
  static TrajectoryArchive read(const Comm& comm, const std::string& path);

  const TrajectoryLayout& layout() const noexcept { return layout_; }
  const ArchiveFile& file() const noexcept { return archive_; }
  hid_t id() const noexcept { return archive_.file.get(); }

  /// Whether the ensemble's data is whole (1) for each seed. A file without the mark is whole.
  std::vector<std::uint8_t> complete(std::size_t configuration) const;
  /// Ensembles that are whole, over all configurations.
  std::size_t complete_count() const;
  std::size_t ensemble_count() const noexcept;

  /// Snapshots first .. first+count-1 of every initial: `values` (initial, count, feature). One
  /// ensemble after another, in the order of time: then outcome, then mark.
  template <class Real>
  void write_snapshots(std::size_t configuration, std::size_t seed, std::size_t first,
                       std::size_t count, std::span<const Real> values);
  /// Any block of the observables or of the losses (schema.hpp: k_observables, k_loss), for those who
  /// have the numbers in another order; `slab` over (seed, initial, time, feature) or (seed, initial,
  /// step).
  template <class Real>
  void write_block(std::size_t configuration, const char* dataset, const h5::Slab& slab,
                   std::span<const Real> values);
  /// (seed, initial), the whole of a configuration.
  void write_diverged_at(std::size_t configuration, std::span<const std::int64_t> steps);
  template <class Real>
  void write_outcome(std::size_t configuration, std::size_t seed, const OutcomeView<Real>& outcome);
  /// Stores the checksum and has a thread force it and the data to the disk: the mark is due once they
  /// are there, and the next ensemble need not wait for it.
  void mark_later(std::size_t configuration, std::size_t seed);
  /// Sets the mark that is due, if its data has reached the disk. Throws Error if it could not.
  void settle();
  /// The same, but waits for the disk.
  void finish();
  /// Checksum and mark of an ensemble that came by write_block, which has no order that could be hashed on
  /// the way: it is read once more, after all ranks have written and forced it to the disk.
  void seal(std::size_t configuration, std::size_t seed);

  /// Every snapshot of one ensemble, some of its features, into `values` (initial, time, feature).
  template <class Real>
  void read_ensemble(std::size_t configuration, std::size_t seed, Range features,
                     std::span<Real> values) const;
  /// Some snapshots of one initial, some of their features, into `values` (time, feature).
  template <class Real>
  void read_part(std::size_t configuration, std::size_t seed, std::size_t initial, Range times, Range features,
                 Real* values) const;
  std::vector<std::int64_t> diverged_at(std::size_t configuration, std::size_t seed) const;

  /// Reads the whole ensemble and compares it with its checksum.
  Checksum verify(std::size_t configuration, std::size_t seed) const;

 private:
  struct Recording;
  struct Settling;

  TrajectoryArchive();
  std::string checksum_now(std::size_t configuration, std::size_t seed) const;
  template <class Real>
  std::string checksum_as(std::size_t configuration, std::size_t seed) const;
  h5::Handle group(std::size_t configuration) const;

  ArchiveFile archive_;
  TrajectoryLayout layout_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<Settling> settling_;
};

}  // namespace equikoop
