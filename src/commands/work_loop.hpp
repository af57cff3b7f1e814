// SPDX-License-Identifier: BSD-3-Clause
// How ranks (or groups of them) work through the units of a stage: shared counter, progress, stop.
#pragma once

#include <chrono>
#include <functional>

#include "equikoop/base/log.hpp"
#include "equikoop/base/stop.hpp"
#include "equikoop/base/work_counter.hpp"

namespace equikoop {

/// Called inside a unit as often as its maker likes; shows progress, lets MPI move, and throws
/// Interrupted when the job has to stop or another rank has failed. Cheap: looks at a clock.
class Heartbeat {
 public:
  Heartbeat(WorkCounter& counter, Progress& progress, const Stop& stop)
      : counter_(counter), progress_(progress), stop_(stop) {}
  /// `share`: done of the current unit, 0 to 1.
  void beat(double share);

 private:
  using Clock = std::chrono::steady_clock;
  WorkCounter& counter_;
  Progress& progress_;
  const Stop& stop_;
  Clock::time_point last_ = Clock::now();
};

/// Takes units until there are none and does each; closes the counter if one fails, so that all
/// ranks end. Returns the number done by this rank. To be called inside together().
int work_through(WorkCounter& counter, const std::function<void(std::int64_t unit)>& work);

}  // namespace equikoop
