// SPDX-License-Identifier: BSD-3-Clause
// Who does what next: ranks ask rank 0 for units of work, so that unequal units balance. Results
// never depend on who took what. Plain messages: one-sided counters need what not every network
// has.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop {

class WorkCounter {
 public:
  /// Units 0..total-1. Collective.
  WorkCounter(const Comm& comm, std::int64_t total);
  WorkCounter(const WorkCounter&) = delete;
  WorkCounter& operator=(const WorkCounter&) = delete;
  /// Collective, unless an error that is not shared is on its way out.
  ~WorkCounter();

  /// The next unit, or nothing when all are taken or the counter is closed. Any rank at any time
  /// before finish(); waits until rank 0 looks up from its own work (progress, take or finish).
  std::optional<std::int64_t> take();
  /// Asks for the unit that take() will give, so that it need not wait; to be called near the end of the
  /// unit before: it is taken from now on. Local.
  void ask();
  /// To be called by every rank when it takes no more; rank 0 answers the others until all are
  /// here. Collective.
  void finish();
  /// Someone failed or has to stop: every later take() gives nothing, closed() becomes true on all
  /// ranks, and this rank takes no more. Includes finish(), so it waits for all ranks.
  void close();
  /// Whether some rank has closed the counter. Local; news takes as long as rank 0 takes to look
  /// up.
  bool closed();
  /// Units taken so far, on rank 0; elsewhere 0. Local.
  std::int64_t taken() const;
  /// On rank 0, answers the other ranks; to be called often while it computes. Local.
  void progress();

 private:
  std::int64_t answer();
  bool answer_one();
  std::int64_t next_unit();
  void tell_closed();
  void notify(std::int64_t news);

  Comm comm_;
  std::int64_t total_;
  std::int64_t next_ = 0;  ///< rank 0: the first unit that nobody has
  std::int64_t unit_ = 0;  ///< elsewhere: what rank 0 answers
  MPI_Request answer_ = MPI_REQUEST_NULL;  ///< while it owes that
  bool closed_ = false;
  bool finished_ = false;
  int unwinding_;
  std::int64_t news_ = 0;  ///< the one message of rank 0 to every other about the end
  MPI_Request news_request_ = MPI_REQUEST_NULL;
  std::vector<MPI_Request> sent_;
};

}  // namespace equikoop
