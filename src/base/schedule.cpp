// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

namespace equikoop {
namespace {

class Simulation {
 public:
  Simulation(const std::vector<TimedUnit>& units, int ranks, const CounterCost& cost)
      : units_(units), cost_(cost) {
    for (int rank = 1; rank < ranks; ++rank) arrivals_.push(cost_.latency);
  }

  /// The end of the last unit.
  double run() {
    answer_waiting();
    while (next_ < units_.size()) {
      work_on(units_[next_++]);
      answer_waiting();
    }
    return std::max(last_end_, now_);
  }

 private:
  /// Hands out units to all who have asked by now; who asks meanwhile is answered too.
  void answer_waiting() {
    while (!arrivals_.empty() && arrivals_.top() <= now_ && next_ < units_.size()) {
      arrivals_.pop();
      now_ += cost_.answer;
      const double end = now_ + cost_.latency + units_[next_++].seconds;
      last_end_ = std::max(last_end_, end);
      arrivals_.push(end + cost_.latency);
    }
  }

  /// Rank 0's own unit, with answers at the first look after each request; they lengthen it.
  void work_on(const TimedUnit& unit) {
    double left = unit.seconds;
    while (unit.interval > 0 && next_ < units_.size() && !arrivals_.empty()) {
      const double wait = std::max(0.0, arrivals_.top() - now_);
      const double until_look = std::max(1.0, std::ceil(wait / unit.interval)) * unit.interval;
      if (until_look >= left) break;
      now_ += until_look;
      left -= until_look;
      answer_waiting();
    }
    now_ += left;
  }

  const std::vector<TimedUnit>& units_;
  CounterCost cost_;
  std::priority_queue<double, std::vector<double>, std::greater<>> arrivals_;  ///< of requests at rank 0
  std::size_t next_ = 0;
  double now_ = 0;       ///< of rank 0
  double last_end_ = 0;  ///< of the other ranks
};

}  // namespace

Schedule simulate_counter(const std::vector<TimedUnit>& units, int ranks, const CounterCost& cost) {
  double work = 0;
  double longest = 0;
  for (const TimedUnit& unit : units) {
    work += unit.seconds;
    longest = std::max(longest, unit.seconds);
  }
  Schedule schedule{Simulation(units, ranks, cost).run(), 1, std::max(work / ranks, longest)};
  if (schedule.seconds > 0) schedule.efficiency = work / (ranks * schedule.seconds);
  return schedule;
}

}  // namespace equikoop
