// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/work_counter.hpp"

#include <algorithm>

namespace equikoop {
namespace {

// Larger than any number of units, small enough that a few closings cannot overflow.
constexpr std::int64_t k_closed = std::int64_t{1} << 56;

}  // namespace

WorkCounter::WorkCounter(const Comm& comm, std::int64_t total) : comm_(comm.raw()), total_(total) {
  const MPI_Aint bytes = comm.is_root() ? sizeof(std::int64_t) : 0;
  check_mpi(MPI_Win_allocate(bytes, sizeof(std::int64_t), MPI_INFO_NULL, comm_, &memory_, &window_),
            "set up the work counter");
  if (comm.is_root()) {
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
    *memory_ = 0;
    MPI_Win_unlock(0, window_);
  }
  comm.barrier();
  check_mpi(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "set up the work counter");
}

WorkCounter::~WorkCounter() {
  if (window_ == MPI_WIN_NULL) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

std::int64_t WorkCounter::fetch_add(std::int64_t value) const {
  std::int64_t before = 0;
  check_mpi(MPI_Fetch_and_op(&value, &before, MPI_INT64_T, 0, 0, MPI_SUM, window_), "take a unit of work");
  check_mpi(MPI_Win_flush(0, window_), "take a unit of work");
  return before;
}

std::optional<std::int64_t> WorkCounter::take() {
  const std::int64_t unit = fetch_add(1);
  if (unit >= total_) return std::nullopt;
  return unit;
}

void WorkCounter::close() { fetch_add(k_closed); }

bool WorkCounter::closed() const { return fetch_add(0) >= k_closed; }

std::int64_t WorkCounter::taken() const { return std::min(fetch_add(0) % k_closed, total_); }

void WorkCounter::progress() const {
  int flag = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &flag, MPI_STATUS_IGNORE);
}

}  // namespace equikoop
