// SPDX-License-Identifier: BSD-3-Clause
// What the koopman module reads: the trajectories of one ensemble as they lie in memory. A view
// only: windows in time and subsets of initials copy nothing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop {

/// The snapshots of one ensemble on this rank. Snapshot t of trajectory m is the `features`
/// numbers at starts[m] + t·time_stride. Over the ranks of a group the features are contiguous
/// blocks in rank order, of any sizes, empty ones too; `starts` and `times` are equal everywhere.
template <class Real>
struct TrajectoryView {
  std::vector<const Real*> starts;  ///< one a trajectory (initial)
  std::size_t times = 0;            ///< snapshots a trajectory, T
  std::size_t features = 0;         ///< on this rank
  std::size_t time_stride = 0;      ///< numbers from one snapshot to the next, >= features

  std::size_t initials() const noexcept { return starts.size(); }

  /// The snapshots begin..end-1 of every trajectory.
  TrajectoryView window(std::size_t begin, std::size_t end) const {
    TrajectoryView part = *this;
    for (const Real*& start : part.starts) start += begin * time_stride;
    part.times = end - begin;
    return part;
  }

  /// The trajectories `chosen`, in that order.
  TrajectoryView only(std::span<const std::size_t> chosen) const {
    TrajectoryView part = *this;
    part.starts.clear();
    for (const std::size_t m : chosen) part.starts.push_back(starts[m]);
    return part;
  }
};

/// Shape of one ensemble's snapshots on this rank.
struct TrajectoryShape {
  std::size_t initials = 0;
  std::size_t times = 0;
  std::size_t features = 0;  ///< on this rank
};

/// The view of contiguous `values` (initial, time, local feature), row-major.
/// Throws Error where their number is not that of `shape`.
template <class Real>
TrajectoryView<Real> view_of(std::span<const Real> values, const TrajectoryShape& shape) {
  if (values.size() != shape.initials * shape.times * shape.features)
    throw Error("trajectories: as many numbers as (initials, times, features) are needed");
  TrajectoryView<Real> view{{}, shape.times, shape.features, shape.features};
  for (std::size_t m = 0; m < shape.initials; ++m)
    view.starts.push_back(values.data() + m * shape.times * shape.features);
  return view;
}

/// Indices of the trajectories without NaN or infinity on any rank. Collective.
template <class Real>
std::vector<std::size_t> finite_trajectories(const Comm& group, const TrajectoryView<Real>& view);

}  // namespace equikoop
