// SPDX-License-Identifier: BSD-3-Clause
// Who does what next: ranks take units of work from one counter in a window of rank 0, so that
// unequal units balance. Results never depend on who took what.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>

#include "equikoop/base/comm.hpp"

namespace equikoop {

class WorkCounter {
 public:
  /// Units 0..total-1. Collective.
  WorkCounter(const Comm& comm, std::int64_t total);
  WorkCounter(const WorkCounter&) = delete;
  WorkCounter& operator=(const WorkCounter&) = delete;
  /// Collective.
  ~WorkCounter();

  /// The next unit, or nothing when all are taken or the counter is closed. One-sided.
  std::optional<std::int64_t> take();
  /// Makes every later take() give nothing, on all ranks: someone failed or has to stop.
  void close();
  bool closed() const;
  /// Units taken so far, over all ranks.
  std::int64_t taken() const;
  /// Lets MPI answer other ranks' requests while this one computes (needed where the network cannot).
  void progress() const;

 private:
  std::int64_t fetch_add(std::int64_t value) const;

  MPI_Win window_ = MPI_WIN_NULL;
  MPI_Comm comm_;
  std::int64_t* memory_ = nullptr;
  std::int64_t total_;
};

}  // namespace equikoop
