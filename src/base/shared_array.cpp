// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/shared_array.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cstring>
#include <exception>
#include <utility>

#include "equikoop/base/partition.hpp"

namespace equikoop {

namespace {

constexpr double k_megabyte = 1e6;

}  // namespace

void require_shared_memory(std::size_t bytes, const std::string& folder) {
  struct statvfs space {};
  if (statvfs(folder.c_str(), &space) != 0) return;
  const auto free = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  if (static_cast<double>(bytes) <= free) return;
  throw Error(fmt::format(
      "{} has {:.1f} MB free, but the data shared by the ranks of a node needs {:.1f} MB: enlarge "
      "it (containers: --shm-size) or use fewer samples",
      folder, free / k_megabyte, static_cast<double>(bytes) / k_megabyte));
}

SharedWindow::SharedWindow(const Comm& node, std::size_t bytes)
    : unwinding_(std::uncaught_exceptions()) {
  // A single rank gets ordinary memory; several would otherwise die of SIGBUS at the first touch.
  together(node, [&] {
    if (node.is_root() && node.size() > 1) require_shared_memory(bytes);
  });
  const auto own = static_cast<MPI_Aint>(node.is_root() ? bytes : 0);
  void* base = nullptr;
  check_mpi(MPI_Win_allocate_shared(own, 1, MPI_INFO_NULL, node.raw(), &base, &raw_),
            "allocate memory shared by the ranks of a node");
  MPI_Win_set_errhandler(raw_, MPI_ERRORS_RETURN);
  MPI_Aint size = 0;
  int unit = 0;
  check_mpi(MPI_Win_shared_query(raw_, 0, &size, &unit, &base), "find the shared memory of a node");
  data_ = static_cast<std::byte*>(base);
  bytes_ = bytes;
  check_mpi(MPI_Win_fence(0, raw_), "open an epoch on shared memory");
  // The first touch takes the pages, so that the next window's check sees them gone; all ranks share
  // it, and with it the memory of the node's processors.
  const Range own_part = block(bytes, static_cast<std::size_t>(node.size()), static_cast<std::size_t>(node.rank()));
  if (!own_part.empty()) std::memset(data_ + own_part.begin, 0, own_part.size());
  sync();
}

SharedWindow::SharedWindow(SharedWindow&& other) noexcept
    : raw_(std::exchange(other.raw_, MPI_WIN_NULL)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      unwinding_(other.unwinding_) {}

SharedWindow& SharedWindow::operator=(SharedWindow&& other) noexcept {
  if (this != &other) {
    release();
    raw_ = std::exchange(other.raw_, MPI_WIN_NULL);
    data_ = std::exchange(other.data_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    unwinding_ = other.unwinding_;
  }
  return *this;
}

SharedWindow::~SharedWindow() {
  release();
}

void SharedWindow::sync() const {
  check_mpi(MPI_Win_fence(0, raw_), "synchronise the shared memory of a node");
}

void SharedWindow::release() noexcept {
  if (raw_ != MPI_WIN_NULL && std::uncaught_exceptions() <= unwinding_) MPI_Win_free(&raw_);
}

}  // namespace equikoop
