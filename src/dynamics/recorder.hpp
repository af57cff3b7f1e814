// SPDX-License-Identifier: BSD-3-Clause
// Collects snapshots in one buffer and hands them on in chunks; notices values that are not finite.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "aligned.hpp"
#include "equikoop/dynamics/ensemble.hpp"
#include "observer.hpp"

namespace equikoop {

/// Bytes of the buffer, unless one snapshot of all initials is larger: what is recorded is looked at, hashed
/// and handed to the system while a processor's cache holds it, and ensembles use the same pages one after
/// another (a larger block goes back to the system); enough for a request of 100 KB for each initial.
inline constexpr std::size_t k_recorder_bytes = std::size_t{2} << 20;

/// Snapshots that the buffer holds. `bytes`: of one snapshot of all initials.
constexpr std::size_t recorder_capacity(std::size_t bytes, std::size_t snapshots) {
  const std::size_t fitting = bytes == 0 ? snapshots : k_recorder_bytes / bytes;
  return std::min(std::max(fitting, std::size_t{1}), snapshots);
}

template <class Real>
class Recorder {
 public:
  /// `snapshots`: how many there will be; `sink` receives all of them, the last by finish().
  Recorder(Observer<Real> observer, std::size_t initials, std::size_t snapshots,
           const SnapshotSink<Real>& sink);

  /// Takes the next snapshot of every initial.
  void record();
  /// Hands on what is still held.
  void finish();
  const Observer<Real>& observer() const { return observer_; }
  /// Index of the first snapshot of each initial that holds a value that is not finite, or -1.
  /// Complete after finish().
  std::span<const std::int64_t> first_bad() const { return first_bad_; }

 private:
  std::size_t chunk_size() const;
  void hand_on();
  void inspect(std::size_t initial, std::span<const Real> values);

  Observer<Real> observer_;
  std::size_t initials_;
  std::size_t snapshots_;
  const SnapshotSink<Real>& sink_;
  std::size_t capacity_;        ///< snapshots a full chunk holds
  std::size_t first_ = 0;       ///< snapshot that the current chunk begins with
  std::size_t held_ = 0;        ///< snapshots in the current chunk
  AlignedVector<Real> buffer_;  ///< (initial, chunk_size(), feature)
  std::vector<std::int64_t> first_bad_;
};

}  // namespace equikoop
