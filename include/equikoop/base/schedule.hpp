// SPDX-License-Identifier: BSD-3-Clause
// How long ranks need for unequal units of work that they take from a WorkCounter: the counter acted
// out event by event, with rank 0 as busy as it is in truth. For numbers of ranks that are not at hand.
#pragma once

#include <vector>

namespace equikoop {

/// A unit of work as one rank does it.
struct TimedUnit {
  double seconds = 0;
  double interval = 0;  ///< s between looks at the counter inside of it; 0: none before its end
};

/// What the counter itself costs.
struct CounterCost {
  double latency = 5e-6;  ///< s that a message takes from rank to rank
  double answer = 2e-6;   ///< s of rank 0 for an answer
};

struct Schedule {
  double seconds = 0;     ///< from the first request to the end of the last unit
  double efficiency = 1;  ///< seconds of work / (ranks * seconds)
  double bound = 0;       ///< no order of the units is faster: max(work / ranks, longest unit)
};

/// `units` in the order in which they are handed out. Rank 0 works like all others, and answers between
/// its units and whenever it looks. O(units * log(ranks)).
Schedule simulate_counter(const std::vector<TimedUnit>& units, int ranks, const CounterCost& cost = {});

}  // namespace equikoop
