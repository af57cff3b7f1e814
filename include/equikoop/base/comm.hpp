// SPDX-License-Identifier: BSD-3-Clause
// A communicator with an owner, and how all ranks fail together. Not a wrapper of all of MPI.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>

#include "equikoop/base/error.hpp"

namespace equikoop {

/// The MPI datatype of a plain number.
template <class T>
MPI_Datatype mpi_type() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, double>) return MPI_DOUBLE;
  else if constexpr (std::is_same_v<U, float>) return MPI_FLOAT;
  else if constexpr (std::is_same_v<U, char>) return MPI_CHAR;
  else if constexpr (std::is_same_v<U, std::uint8_t>) return MPI_UINT8_T;
  else if constexpr (std::is_integral_v<U> && sizeof(U) == 4)
    return std::is_signed_v<U> ? MPI_INT32_T : MPI_UINT32_T;
  else if constexpr (std::is_integral_v<U> && sizeof(U) == 8)
    return std::is_signed_v<U> ? MPI_INT64_T : MPI_UINT64_T;
  else static_assert(sizeof(T) == 0, "no MPI type for this type");
}

/// Owns a duplicate of a communicator, with errors returned instead of aborting. Move-only.
class Comm {
 public:
  /// Duplicates `other`. Collective.
  explicit Comm(MPI_Comm other);
  Comm(Comm&& other) noexcept;
  Comm& operator=(Comm&& other) noexcept;
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;
  ~Comm();

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  bool is_root() const noexcept { return rank_ == 0; }
  MPI_Comm raw() const noexcept { return raw_; }

  /// The ranks with the same `color`, ordered as here. Collective.
  Comm split(int color) const;
  /// The ranks that share memory with this one. Collective.
  Comm split_node() const;
  void barrier() const;

  /// Reductions of one number over all ranks; every rank gets the result. Collective.
  template <class T>
  T sum(T value) const { return reduce(value, MPI_SUM); }
  template <class T>
  T max(T value) const { return reduce(value, MPI_MAX); }
  template <class T>
  T min(T value) const { return reduce(value, MPI_MIN); }

  /// Sum of the numbers of the ranks before this one; 0 on rank 0. Collective.
  template <class T>
  T sum_before(T value) const {
    T result{};
    check_mpi(MPI_Exscan(&value, &result, 1, mpi_type<T>(), MPI_SUM, raw_), "sum numbers of the ranks before");
    return is_root() ? T{} : result;
  }
  /// Replaces each of `values` by its sum over all ranks. Collective.
  template <class T>
  void sum_each(std::span<T> values) const {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), mpi_type<T>(), MPI_SUM, raw_),
              "sum numbers");
  }

  /// Copies `values` of `root` to every rank. Collective.
  template <class T>
  void broadcast(std::span<T> values, int root = 0) const {
    check_mpi(MPI_Bcast(values.data(), static_cast<int>(values.size()), mpi_type<T>(), root, raw_),
              "broadcast");
  }
  /// The text of `root`, on every rank. Collective.
  std::string broadcast(std::string text, int root = 0) const;

 private:
  struct Adopt {};
  Comm(MPI_Comm raw, Adopt);
  template <class T>
  T reduce(T value, MPI_Op op) const {
    T result{};
    check_mpi(MPI_Allreduce(&value, &result, 1, mpi_type<T>(), op, raw_), "reduce a number");
    return result;
  }
  void release() noexcept;

  MPI_Comm raw_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

/// Runs `work` on every rank. If it throws on some, every rank throws the gravest of the errors
/// (a fault before a stop, a stop before a rank that followed it; the lowest rank's among equals), so
/// that all go down together with one message. `work` itself must not need the other
/// ranks after it can fail. Collective.
void together(const Comm& comm, const std::function<void()>& work);

}  // namespace equikoop
