// SPDX-License-Identifier: BSD-3-Clause
#include "work_loop.hpp"

#include <fmt/format.h>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr double k_look_interval = 0.2;  // s between looks at the counter and the signals

}  // namespace

void Heartbeat::beat(double share) {
  counter_.progress();
  const auto now = Clock::now();
  if (std::chrono::duration<double>(now - last_).count() < k_look_interval) return;
  last_ = now;
  if (stop_.requested()) throw Interrupted(fmt::format("stopped by {}", stop_.reason()));
  if (counter_.closed()) throw Followed();
  // Units that other ranks have taken count as done: progress is a little ahead, by their number.
  progress_.update(std::max(0.0, static_cast<double>(counter_.taken()) - 1 + share));
}

int work_through(WorkCounter& counter, const std::function<void(std::int64_t unit)>& work) {
  int done = 0;
  try {
    for (auto unit = counter.take(); unit; unit = counter.take()) {
      work(*unit);
      ++done;
    }
    counter.finish();
  } catch (...) {
    counter.close();
    throw;
  }
  return done;
}

}  // namespace equikoop
