// SPDX-License-Identifier: BSD-3-Clause
// Ensembles written by several ranks at once: each gets its mark when it is on the disk, and the next may be
// written meanwhile.
#include "equikoop/archive/trajectories.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

constexpr std::size_t k_each = 3;  // ensembles a rank
constexpr std::size_t k_initials = 2, k_times = 5, k_features = 7;

class Trajectories : public testing::Test {
 protected:
  Trajectories() {
    if (comm_.is_root()) folder_.emplace();
    path_ = comm_.broadcast(folder_ ? (folder_->path() / "trajectories.h5").string() : std::string());
    TrajectoryLayout layout{Precision::float32, k_each * static_cast<std::size_t>(comm_.size()), k_initials, {}};
    ConfigurationShape shape;
    shape.name = "only";
    shape.features = k_features;
    shape.steps = k_times;
    for (std::size_t t = 1; t <= k_times; ++t) shape.time.push_back(static_cast<std::int64_t>(t));
    layout.configurations = {shape};
    archive_.emplace(TrajectoryArchive::begin(comm_, path_, Study{}, layout, Provenance{}, true));
  }
  ~Trajectories() override {
    archive_.reset();
    comm_.barrier();
  }

  std::size_t own(std::size_t k) const { return static_cast<std::size_t>(comm_.rank()) * k_each + k; }
  static std::vector<float> numbers(std::size_t seed, std::size_t count) {
    std::vector<float> values(k_initials * count * k_features);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(seed * 1000 + i);
    return values;
  }
  void write_snapshots(std::size_t seed) {
    archive_->write_snapshots<float>(0, seed, 0, 3, numbers(seed, 3));
    archive_->write_snapshots<float>(0, seed, 3, 2, numbers(seed, 2));
  }
  void write(std::size_t seed) {
    write_snapshots(seed);
    const std::vector<float> losses(k_initials * k_times, 1.0F);
    const std::vector<double> tests(k_initials, 0.5);
    const std::vector<std::int64_t> diverged(k_initials, -1);
    archive_->write_outcome<float>(0, seed, {losses, tests, tests, diverged});
    archive_->mark_later(0, seed);
  }
  bool marked(std::size_t seed) const { return archive_->complete(0)[seed] == 1; }

  Comm comm_{MPI_COMM_WORLD};
  std::optional<Folder> folder_;
  std::string path_;
  std::optional<TrajectoryArchive> archive_;
};

TEST_F(Trajectories, AMarkIsSetByWhoeverAsksForIt) {
  write(own(0));
  EXPECT_FALSE(marked(own(0)));  // nothing but settle and finish sets it
  while (!marked(own(0))) archive_->settle();
  write(own(1));
  archive_->finish();
  EXPECT_TRUE(marked(own(1)));
  archive_->finish();  // nothing is due
  archive_->settle();
  EXPECT_FALSE(marked(own(2)));
}

TEST_F(Trajectories, TheNextEnsembleIsWrittenWhileAMarkIsDue) {
  for (std::size_t k = 0; k < k_each; ++k) write(own(k));
  EXPECT_TRUE(marked(own(0)) && marked(own(1)));
  EXPECT_FALSE(marked(own(2)));
  archive_->finish();
  comm_.barrier();
  const auto again = TrajectoryArchive::read(comm_, path_);
  EXPECT_EQ(again.complete_count(), again.ensemble_count());
  for (std::size_t seed = 0; seed < again.layout().seeds; ++seed)
    EXPECT_EQ(again.verify(0, seed), Checksum::right) << seed;
}

TEST_F(Trajectories, AnEnsembleThatWasCutOffLeavesTheOneBeforeItsMark) {
  write(own(0));
  archive_->write_snapshots<float>(0, own(1), 0, 3, numbers(own(1), 3));
  archive_->finish();
  EXPECT_TRUE(marked(own(0)));
  EXPECT_FALSE(marked(own(1)));
  EXPECT_EQ(archive_->verify(0, own(0)), Checksum::right);
}

TEST_F(Trajectories, MarksAreNotGivenOutOfOrder) {
  EXPECT_THROW(archive_->mark_later(0, own(0)), Error);
  write_snapshots(own(0));
  EXPECT_THROW(archive_->mark_later(0, own(0)), Error);
  EXPECT_THROW(archive_->write_snapshots<float>(0, own(1), 3, 2, numbers(own(1), 2)), Error);
}

}  // namespace
}  // namespace equikoop::test
