// SPDX-License-Identifier: BSD-3-Clause
// How fast trajectories get to the disk through the archive and come back, an ensemble on each rank at
// once, beside one plain file on the same disk, in turn.   bench_archive FOLDER ROUNDS MEGABYTES
#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamics/recorder.hpp"
#include "equikoop/archive/trajectories.hpp"
#include "equikoop/base/random.hpp"
#include "measure.hpp"
#include "raw_file.hpp"

namespace {

using namespace equikoop;
using bench::seconds_of;

constexpr std::size_t k_initials = 10, k_features = 4000;      // output weights of width 400

/// One ensemble as the trainer hands it over, and the archive that takes it.
class Recording {
 public:
  Recording(const Comm& comm, const std::string& path, std::size_t seeds, std::size_t bytes)
      : steps_(std::max<std::size_t>(1, bytes / (k_initials * k_features * sizeof(float)))),
        chunk_(std::min(steps_, k_recorder_bytes / (k_initials * k_features * sizeof(float)))),
        values_(k_initials * chunk_ * k_features),
        losses_(k_initials * steps_, 1.0F) {
    const RandomStream stream({.study_seed = 1, .stream = Stream::synthetic_data});
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = static_cast<float>(stream.uniform(i, -1, 1));
    TrajectoryLayout layout{Precision::float32, seeds, k_initials, {}};
    ConfigurationShape shape;
    shape.name = "bench";
    shape.features = k_features;
    shape.steps = steps_;
    shape.time.resize(steps_);
    std::iota(shape.time.begin(), shape.time.end(), 1);
    layout.configurations.push_back(shape);
    archive_ = std::make_unique<TrajectoryArchive>(
        TrajectoryArchive::begin(comm, path, Study{}, layout, Provenance{}, true));
  }

  std::size_t bytes() const { return k_initials * steps_ * k_features * sizeof(float); }
  const TrajectoryArchive& archive() const { return *archive_; }

  /// Everything that training does for one ensemble, until its mark is on the disk.
  void write(std::size_t seed) {
    for (std::size_t first = 0; first < steps_; first += chunk_) {
      const std::size_t count = std::min(chunk_, steps_ - first);
      archive_->write_snapshots<float>(0, seed, first, count,
                                       std::span<const float>(values_).first(k_initials * count * k_features));
    }
    const std::vector<double> tests(k_initials, 0.5);
    const std::vector<std::int64_t> diverged(k_initials, -1);
    archive_->write_outcome<float>(0, seed, {losses_, tests, tests, diverged});
    archive_->mark_later(0, seed);
    archive_->finish();
  }

  /// Numbers of an ensemble that came back otherwise than they were handed over.
  std::size_t differences(std::span<const float> read) const {
    std::size_t wrong = 0;
    for (std::size_t first = 0; first < steps_; first += chunk_) {
      const std::size_t count = std::min(chunk_, steps_ - first);
      for (std::size_t i = 0; i < k_initials; ++i)
        for (std::size_t k = 0; k < count * k_features; ++k)
          wrong += read[(i * steps_ + first) * k_features + k] != values_[i * count * k_features + k] ? 1 : 0;
    }
    return wrong;
  }

 private:
  std::size_t steps_, chunk_;
  std::vector<float> values_, losses_;
  std::unique_ptr<TrajectoryArchive> archive_;
};

/// MB/s of `bytes` that all ranks move together in `work`, from a common start to the last end.
template <class Work>
double rate_together(const Comm& comm, double bytes, Work&& work) {
  check_mpi(MPI_Barrier(comm.raw()), "start together");
  const double seconds = seconds_of([&] {
    work();
    check_mpi(MPI_Barrier(comm.raw()), "end together");
  });
  return 1e-6 * comm.sum(bytes) / seconds;
}

/// The same of `work` on rank 0 while the others wait.
template <class Work>
double rate_alone(const Comm& comm, double bytes, Work&& work) {
  return rate_together(comm, comm.is_root() ? bytes : 0.0, [&] {
    if (comm.is_root()) work();
  });
}

void measure(const Comm& comm, const std::string& folder, std::size_t rounds, std::size_t bytes) {
  const std::string path = folder + "/bench_archive.h5", raw = folder + "/bench_archive.raw";
  const auto ranks = static_cast<std::size_t>(comm.size());
  Recording recording(comm, path, rounds * ranks, bytes);
  const std::size_t whole = ranks * recording.bytes() / bench::k_piece * bench::k_piece;
  const double moved = static_cast<double>(recording.bytes()), moved_raw = static_cast<double>(whole);
  std::vector<char> piece(bench::k_piece, 'x');
  std::vector<double> written, written_raw, read, read_raw, cold, cold_raw;
  double wrong = 0;
  std::vector<float> values(recording.bytes() / sizeof(float));
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::size_t seed = round * ranks + static_cast<std::size_t>(comm.rank());
    const auto take = [&] { recording.archive().read_ensemble<float>(0, seed, {0, k_features}, values); };
    const auto take_raw = [&] { bench::read_seconds(raw, whole, piece); };
    written.push_back(rate_together(comm, moved, [&] { recording.write(seed); }));
    written_raw.push_back(rate_alone(comm, moved_raw, [&] { bench::write_seconds(raw, whole, piece); }));
    read.push_back(rate_together(comm, moved, take));
    read_raw.push_back(rate_alone(comm, moved_raw, take_raw));
    if (comm.is_root()) {
      bench::forget(path);
      bench::forget(raw);
    }
    cold.push_back(rate_together(comm, moved, take));
    cold_raw.push_back(rate_alone(comm, moved_raw, take_raw));
    wrong += static_cast<double>(recording.differences(values));
    wrong += recording.archive().verify(0, seed) == Checksum::right ? 0 : 1;
  }
  wrong = comm.sum(wrong);
  if (!comm.is_root()) return;
  std::filesystem::remove(path);
  std::filesystem::remove(raw);
  bench::print_series("write", "MB/s", written);
  bench::print_series("raw write", "MB/s", written_raw);
  bench::print_series("read, in memory", "MB/s", read);
  bench::print_series("raw read, in memory", "MB/s", read_raw);
  bench::print_series("read, from disk", "MB/s", cold);
  bench::print_series("raw read, from disk", "MB/s", cold_raw);
  bench::print_check("numbers read as written, checksums right", wrong, 0);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: bench_archive FOLDER ROUNDS MEGABYTES");
  MPI_Init(&argc, &argv);
  measure(Comm(MPI_COMM_WORLD), argv[1], std::stoul(argv[2]), std::stoul(argv[3]) << 20);
  MPI_Finalize();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_archive: %s\n", error.what());
  return 1;
}
