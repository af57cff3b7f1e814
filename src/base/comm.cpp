// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/comm.hpp"

#include <exception>
#include <utility>

namespace equikoop {

Comm::Comm(MPI_Comm other) {
  check_mpi(MPI_Comm_dup(other, &raw_), "duplicate a communicator");
  *this = Comm(std::exchange(raw_, MPI_COMM_NULL), Adopt{});
}

Comm::Comm(MPI_Comm raw, Adopt) : raw_(raw) {
  MPI_Comm_set_errhandler(raw_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(raw_, &rank_);
  MPI_Comm_size(raw_, &size_);
}

Comm::Comm(Comm&& other) noexcept
    : raw_(std::exchange(other.raw_, MPI_COMM_NULL)), rank_(other.rank_), size_(other.size_) {}

Comm& Comm::operator=(Comm&& other) noexcept {
  if (this != &other) {
    release();
    raw_ = std::exchange(other.raw_, MPI_COMM_NULL);
    rank_ = other.rank_;
    size_ = other.size_;
  }
  return *this;
}

Comm::~Comm() { release(); }

void Comm::release() noexcept {
  if (raw_ != MPI_COMM_NULL) MPI_Comm_free(&raw_);
}

Comm Comm::split(int color) const {
  MPI_Comm part = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split(raw_, color, rank_, &part), "split a communicator");
  return Comm(part, Adopt{});
}

Comm Comm::split_node() const {
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(raw_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
            "split a communicator by node");
  return Comm(node, Adopt{});
}

void Comm::barrier() const { check_mpi(MPI_Barrier(raw_), "wait at a barrier"); }

std::string Comm::broadcast(std::string text, int root) const {
  auto length = static_cast<std::int64_t>(text.size());
  broadcast(std::span(&length, 1), root);
  text.resize(static_cast<std::size_t>(length));
  broadcast(std::span(text.data(), text.size()), root);
  return text;
}

namespace {

[[noreturn]] void throw_as(const Comm& comm, int rank, int code, std::string message) {
  comm.broadcast(std::span(&code, 1), rank);
  throw Error(comm.broadcast(std::move(message), rank), static_cast<Exit>(code));
}

}  // namespace

void together(const Comm& comm, const std::function<void()>& work) {
  // What is shown is a fault before a stop, and a stop before a rank that only followed it.
  enum Weight { fault, stop, follower, none };
  std::string message;
  int code = -1;
  int weight = none;
  try {
    work();
  } catch (const Followed& error) {
    message = error.what();
    code = static_cast<int>(error.code());
    weight = follower;
  } catch (const Error& error) {
    message = error.what();
    code = static_cast<int>(error.code());
    weight = error.code() == Exit::resumable ? stop : fault;
  } catch (const std::exception& error) {
    message = line_of(error);
    code = static_cast<int>(Exit::failure);
    weight = fault;
  }
  const int first = comm.min(weight * comm.size() + comm.rank());
  if (first >= none * comm.size()) return;
  throw_as(comm, first % comm.size(), code, std::move(message));
}

}  // namespace equikoop
