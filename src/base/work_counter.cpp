// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/work_counter.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>

namespace equikoop {
namespace {

constexpr int k_request = 1, k_unit = 2, k_news = 3;      // tags
constexpr std::int64_t k_take = 0, k_close = 1;           // requests
constexpr std::int64_t k_none = -1;                       // instead of a unit
constexpr std::int64_t k_over = 0, k_stop = 1;            // news
constexpr auto k_pause = std::chrono::microseconds(100);  // of rank 0, when nobody asks

}  // namespace

WorkCounter::WorkCounter(const Comm& comm, std::int64_t total)
    : comm_(comm.raw()), total_(total), unwinding_(std::uncaught_exceptions()) {
  if (comm_.is_root()) return;
  check_mpi(MPI_Irecv(&news_, 1, MPI_INT64_T, 0, k_news, comm_.raw(), &news_request_),
            "set up the work counter");
}

WorkCounter::~WorkCounter() {
  if (finished_) return;
  try {
    if (std::uncaught_exceptions() <= unwinding_) finish();
  } catch (...) {  // the communicator is broken; whoever uses it next says so
  }
  if (finished_) return;
  for (MPI_Request* const request : {&news_request_, &answer_}) {
    if (*request == MPI_REQUEST_NULL) continue;
    MPI_Cancel(request);  // its buffer goes with this object
    MPI_Request_free(request);
  }
}

std::int64_t WorkCounter::next_unit() {
  return closed_ || next_ >= total_ ? k_none : next_++;
}

void WorkCounter::ask() {
  if (comm_.is_root() || answer_ != MPI_REQUEST_NULL || closed_ || finished_) return;
  check_mpi(MPI_Irecv(&unit_, 1, MPI_INT64_T, 0, k_unit, comm_.raw(), &answer_), "await a unit of work");
  check_mpi(MPI_Send(&k_take, 1, MPI_INT64_T, 0, k_request, comm_.raw()), "ask for a unit of work");
}

/// Waits for rank 0's answer, if it owes one.
std::int64_t WorkCounter::answer() {
  if (answer_ == MPI_REQUEST_NULL) return k_none;
  check_mpi(MPI_Wait(&answer_, MPI_STATUS_IGNORE), "take a unit of work");
  return unit_;
}

std::optional<std::int64_t> WorkCounter::take() {
  if (closed() || finished_) return std::nullopt;
  std::int64_t unit = k_none;
  if (comm_.is_root()) {
    progress();
    unit = next_unit();
  } else {
    ask();
    unit = answer();
  }
  return unit == k_none ? std::nullopt : std::optional(unit);
}

/// Answers one rank if one has asked.
bool WorkCounter::answer_one() {
  int asked = 0;
  MPI_Status status;
  check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, k_request, comm_.raw(), &asked, &status),
            "look for requests");
  if (asked == 0) return false;
  std::int64_t request = k_take;
  check_mpi(MPI_Recv(&request, 1, MPI_INT64_T, status.MPI_SOURCE, k_request, comm_.raw(),
                     MPI_STATUS_IGNORE),
            "read a request for work");
  if (request == k_close) {
    tell_closed();
    return true;
  }
  const std::int64_t unit = next_unit();
  check_mpi(MPI_Send(&unit, 1, MPI_INT64_T, status.MPI_SOURCE, k_unit, comm_.raw()),
            "give a unit of work");
  return true;
}

void WorkCounter::progress() {
  if (!comm_.is_root() || finished_ || comm_.size() == 1) return;
  while (answer_one()) {
  }
}

/// Rank 0's one message to each of the others; they wait for it from the beginning.
void WorkCounter::notify(std::int64_t news) {
  news_ = news;
  sent_.assign(static_cast<std::size_t>(comm_.size() - 1), MPI_REQUEST_NULL);
  for (int rank = 1; rank < comm_.size(); ++rank)
    check_mpi(MPI_Isend(&news_, 1, MPI_INT64_T, rank, k_news, comm_.raw(),
                        &sent_[static_cast<std::size_t>(rank - 1)]),
              "say that the work is over");
}

void WorkCounter::tell_closed() {
  if (closed_) return;
  closed_ = true;
  notify(k_stop);
}

void WorkCounter::close() {
  if (finished_) return;
  // Synchronous: once it returns, rank 0 has it, and nothing is under way when all have finished.
  if (comm_.is_root())
    tell_closed();
  else
    check_mpi(MPI_Ssend(&k_close, 1, MPI_INT64_T, 0, k_request, comm_.raw()),
              "close the work counter");
  finish();
}

void WorkCounter::finish() {
  if (finished_) return;
  answer();  // of a rank that asked and then failed: rank 0 answers until all are here
  MPI_Request barrier = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibarrier(comm_.raw(), &barrier), "finish the work counter");
  for (int all_here = 0; all_here == 0;) {
    progress();
    check_mpi(MPI_Test(&barrier, &all_here, MPI_STATUS_IGNORE), "wait for the last units");
    if (all_here == 0) std::this_thread::sleep_for(k_pause);
  }
  finished_ = true;  // nobody asks any more: each had its answers before it came here
  if (comm_.is_root() && !closed_) notify(k_over);
  check_mpi(MPI_Waitall(static_cast<int>(sent_.size()), sent_.data(), MPI_STATUSES_IGNORE),
            "finish the work counter");
  check_mpi(MPI_Wait(&news_request_, MPI_STATUS_IGNORE), "finish the work counter");
  closed_ = closed_ || news_ == k_stop;
}

bool WorkCounter::closed() {
  int heard = 0;
  if (!closed_ && news_request_ != MPI_REQUEST_NULL) {
    check_mpi(MPI_Test(&news_request_, &heard, MPI_STATUS_IGNORE), "hear whether the work is over");
    closed_ = heard != 0 && news_ == k_stop;
  }
  return closed_;
}

std::int64_t WorkCounter::taken() const {
  return std::min(next_, total_);
}

}  // namespace equikoop
