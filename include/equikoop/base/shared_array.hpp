// SPDX-License-Identifier: BSD-3-Clause
// One copy of an array for all ranks of a node, in an MPI shared-memory window. Not a way to
// exchange messages: one rank writes, sync(), and from then on all only read.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "equikoop/base/comm.hpp"

namespace equikoop {

/// Throws Error unless the file system at `folder` has `bytes` to spare. Nothing is checked
/// where the folder does not exist: shared memory then lives elsewhere.
void require_shared_memory(std::size_t bytes, const std::string& folder = "/dev/shm");

/// Owns a shared-memory window whose bytes all lie on rank 0 of the node. Move-only.
class SharedWindow {
 public:
  SharedWindow() = default;
  /// `node`: ranks that share memory (Comm::split_node). The bytes are zero. Collective over
  /// `node`; too little shared memory is an Error on every rank of it.
  SharedWindow(const Comm& node, std::size_t bytes);
  SharedWindow(SharedWindow&& other) noexcept;
  SharedWindow& operator=(SharedWindow&& other) noexcept;
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;
  /// Collective over the node, except while an exception unwinds: the other ranks may then never
  /// arrive, so the window is left to the end of the process.
  ~SharedWindow();

  std::byte* data() const noexcept { return data_; }
  std::size_t bytes() const noexcept { return bytes_; }
  /// What any rank has written before is seen by every rank after. Collective over the node.
  void sync() const;

 private:
  void release() noexcept;

  MPI_Win raw_ = MPI_WIN_NULL;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  int unwinding_ = 0;  ///< exceptions in flight when the window was made
};

/// `size` values of plain type T, one copy a node, zero at first. Move-only.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SharedArray() = default;
  /// Collective over `node`; see SharedWindow for the errors.
  SharedArray(const Comm& node, std::size_t size) : window_(node, size * sizeof(T)) {}

  std::span<T> values() noexcept {
    return {reinterpret_cast<T*>(window_.data()), window_.bytes() / sizeof(T)};
  }
  std::span<const T> values() const noexcept {
    return {reinterpret_cast<const T*>(window_.data()), window_.bytes() / sizeof(T)};
  }
  /// Collective over the node; see SharedWindow::sync.
  void sync() const { window_.sync(); }

 private:
  SharedWindow window_;
};

}  // namespace equikoop
