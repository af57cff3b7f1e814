// SPDX-License-Identifier: BSD-3-Clause
// What the koopman module reads: the trajectories of one ensemble as they lie in memory, or on a
// disk. A view only: windows in time and subsets of initials copy nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/base/partition.hpp"

namespace equikoop {

/// Trajectories that do not fit memory: read anew, some features at a time, wherever all of them
/// are passed over.
template <class Real>
struct TrajectoryStream {
  /// Puts the features `features` of this rank at the times `times` of a trajectory into `to`,
  /// (times, features) row-major. Throws where it cannot.
  std::function<void(std::size_t trajectory, Range times, Range features, Real* to)> read;
  std::size_t most_numbers = 0;  ///< held at a time; a panel of features (panels.hpp) always is
};

/// The snapshots of one ensemble on this rank. In memory, snapshot t of trajectory m is the
/// `features` numbers at starts[m] + t·time_stride; of a stream, it is snapshot `first` + t of its
/// trajectory streamed[m]. Over the ranks of a group the features are contiguous blocks in rank
/// order, of any sizes, empty ones too; trajectories and times are equal everywhere.
template <class Real>
struct TrajectoryView {
  std::vector<const Real*> starts;  ///< one a trajectory (initial)
  std::size_t times = 0;            ///< snapshots a trajectory, T
  std::size_t features = 0;         ///< on this rank
  std::size_t time_stride = 0;      ///< numbers from one snapshot to the next, >= features
  const TrajectoryStream<Real>* stream = nullptr;  ///< null: in memory
  std::vector<std::size_t> streamed = {};
  std::size_t first = 0;

  std::size_t initials() const noexcept { return stream ? streamed.size() : starts.size(); }

  /// The snapshots begin..end-1 of every trajectory.
  TrajectoryView window(std::size_t begin, std::size_t end) const {
    TrajectoryView part = *this;
    for (const Real*& start : part.starts) start += begin * time_stride;
    part.first += begin;
    part.times = end - begin;
    return part;
  }

  /// The trajectories `chosen`, in that order.
  TrajectoryView only(std::span<const std::size_t> chosen) const {
    TrajectoryView part = *this;
    part.starts.clear();
    part.streamed.clear();
    for (const std::size_t m : chosen) {
      if (stream) part.streamed.push_back(streamed[m]);
      else part.starts.push_back(starts[m]);
    }
    return part;
  }

  /// Some of the features, of trajectories in memory.
  TrajectoryView panel(Range some) const {
    TrajectoryView part = *this;
    for (const Real*& start : part.starts) start += some.begin;
    part.features = some.size();
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
  TrajectoryView<Real> view;
  view.times = shape.times;
  view.features = view.time_stride = shape.features;
  for (std::size_t m = 0; m < shape.initials; ++m)
    view.starts.push_back(values.data() + m * shape.times * shape.features);
  return view;
}

/// The view of all that `stream` gives, which has to outlive it.
template <class Real>
TrajectoryView<Real> view_of(const TrajectoryStream<Real>& stream, const TrajectoryShape& shape) {
  TrajectoryView<Real> view;
  view.times = shape.times;
  view.features = view.time_stride = shape.features;
  view.stream = &stream;
  for (std::size_t m = 0; m < shape.initials; ++m) view.streamed.push_back(m);
  return view;
}

/// Indices of the trajectories without NaN or infinity on any rank. Collective.
template <class Real>
std::vector<std::size_t> finite_trajectories(const Comm& group, const TrajectoryView<Real>& view);

}  // namespace equikoop
