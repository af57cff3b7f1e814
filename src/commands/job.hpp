// SPDX-License-Identifier: BSD-3-Clause
// What every command has: the ranks, the study, the folder, the log, the way to stop.
#pragma once

#include <memory>
#include <string>

#include "arguments.hpp"
#include "equikoop/archive/provenance.hpp"
#include "equikoop/base/comm.hpp"
#include "equikoop/base/error.hpp"
#include "equikoop/base/log.hpp"
#include "equikoop/base/stop.hpp"
#include "equikoop/base/timer.hpp"
#include "equikoop/data/search.hpp"

namespace equikoop {

/// Keeps others out of a folder of results while it lives. Rank 0 only; a killed job leaves no lock.
/// Where the file system has no locks (Lustre may be mounted so), nobody is kept out.
class FolderLock {
 public:
  /// Throws Error if another job holds it.
  explicit FolderLock(const std::string& folder);
  /// Whether others are kept out.
  bool holds() const noexcept { return holds_; }
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
  bool holds_ = true;
};

struct Job {
  const Comm& comm;
  Arguments arguments;
  Study study;
  std::string out;
  Provenance provenance;
  DataSearch search;
  Log log;
  Stop stop;
  int nodes = 1;
  std::string hosts;
  std::unique_ptr<FolderLock> lock;

  std::string path(const char* file) const { return out + "/" + file; }
};

/// Throws Error that says how to make `path`, a file of `stage`, unless it is there. Collective.
void require_file(const Job& job, const std::string& path, const std::string& stage);

/// Reads the study, makes and probes the folder of results, locks it. Collective.
Job begin_job(const Comm& comm, const Arguments& arguments, const std::string& data_environment);

/// A stop as the user reads it: how much is whole, and the command that goes on.
Interrupted stopped(const Job& job, const Error& error, std::size_t done, std::size_t all, const char* unit);

/// The first lines of a log: who, what, where, with what. Collective.
void print_header(const Job& job);

}  // namespace equikoop
