// SPDX-License-Identifier: BSD-3-Clause
// Where the time goes: named phases, and the table of them over all ranks at the end of a job.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/base/log.hpp"

namespace equikoop {

class PhaseTable {
 public:
  /// Adds the time of its own life to a phase.
  class Scope {
   public:
    Scope(PhaseTable& table, std::size_t phase) : table_(table), phase_(phase) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { table_.add(phase_, std::chrono::duration<double>(Clock::now() - start_).count()); }

   private:
    using Clock = std::chrono::steady_clock;
    PhaseTable& table_;
    std::size_t phase_;
    Clock::time_point start_ = Clock::now();
  };

  /// The phases, in the order of the table; every rank names the same.
  explicit PhaseTable(std::vector<std::string> names);

  /// Times the block it stands in. `name` must be one of the table's.
  [[nodiscard]] Scope scope(const std::string& name);
  /// Bytes moved in a phase, for its rate.
  void add_bytes(const std::string& name, double bytes);
  /// Prints calls, min/mean/max seconds over ranks, share of the wall time, bytes, and the
  /// peak memory of each rank. Collective.
  void print(const Comm& comm, const Log& log) const;

 private:
  friend class Scope;
  struct Phase {
    std::string name;
    double seconds = 0;
    double calls = 0;
    double bytes = 0;
  };
  std::size_t find(const std::string& name) const;
  void add(std::size_t phase, double seconds);

  std::vector<Phase> phases_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Largest resident memory of this process so far, in bytes.
double peak_memory();
/// Resident now, in bytes; 0 where the system does not say.
double resident_memory();
/// Memory that new work could use on this node, in bytes; 0 where the system does not say.
double available_memory();

}  // namespace equikoop
