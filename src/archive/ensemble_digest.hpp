// SPDX-License-Identifier: BSD-3-Clause
// The SHA-256 of one ensemble, from its snapshots as they are recorded. Internal to the archive.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "equikoop/archive/trajectories.hpp"
#include "equikoop/base/digest.hpp"

namespace equikoop {

/// SHA-256 over the SHA-256 (32 bytes) of the snapshots of each initial, then losses, test losses,
/// test accuracies and diverged_at, each little-endian in the order of the archive. A digest for each
/// initial, because snapshots come a few steps of all initials at a time.
class EnsembleDigest {
 public:
  explicit EnsembleDigest(std::size_t initials) : snapshots_(initials) {}

  /// The next snapshots of one initial, or a piece of them.
  template <class Real>
  void add_snapshots(std::size_t initial, std::span<const Real> values) {
    snapshots_[initial].add(values);
  }
  template <class Real>
  std::string finish(const OutcomeView<Real>& outcome) {
    Digest whole;
    for (Digest& digest : snapshots_) {
      const auto part = digest.finish();
      whole.add(std::span<const std::byte>(part));
    }
    whole.add(outcome.losses);
    whole.add(outcome.test_loss);
    whole.add(outcome.test_accuracy);
    whole.add(outcome.diverged_at);
    return whole.finish_text();
  }

 private:
  std::vector<Digest> snapshots_;
};

}  // namespace equikoop
