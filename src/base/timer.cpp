// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/timer.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>

namespace equikoop {

PhaseTable::PhaseTable(std::vector<std::string> names) {
  for (auto& name : names) phases_.push_back({std::move(name)});
}

std::size_t PhaseTable::find(const std::string& name) const {
  const auto found = std::find_if(phases_.begin(), phases_.end(),
                                  [&](const Phase& phase) { return phase.name == name; });
  if (found == phases_.end()) throw Error(fmt::format("no phase is called '{}'", name));
  return static_cast<std::size_t>(found - phases_.begin());
}

PhaseTable::Scope PhaseTable::scope(const std::string& name) { return {*this, find(name)}; }

void PhaseTable::add(std::size_t phase, double seconds) {
  phases_[phase].seconds += seconds;
  phases_[phase].calls += 1;
}

void PhaseTable::add_bytes(const std::string& name, double bytes) { phases_[find(name)].bytes += bytes; }

void PhaseTable::print(const Comm& comm, const Log& log) const {
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  log.line("{:<22}{:>9}{:>10}{:>10}{:>10}{:>8}{:>12}", "phase", "calls", "min s", "mean s", "max s",
           "share", "bytes");
  for (const Phase& phase : phases_) {
    const double calls = comm.sum(phase.calls);
    const double low = comm.min(phase.seconds);
    const double high = comm.max(phase.seconds);
    const double mean = comm.sum(phase.seconds) / comm.size();
    const double bytes = comm.sum(phase.bytes);
    if (calls > 0)
      log.line("{:<22}{:>9.0f}{:>10.2f}{:>10.2f}{:>10.2f}{:>7.1f}%{:>12}", phase.name, calls, low, mean,
               high, 100 * mean / wall, bytes > 0 ? bytes_text(bytes) : "");
  }
  const double memory = peak_memory();
  const double most = comm.max(memory);
  const double total = comm.sum(memory);
  log.line("wall time {}; peak memory of a rank {}, of all {}", duration_text(wall), bytes_text(most),
           bytes_text(total));
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

double available_memory() {
  std::ifstream stream("/proc/meminfo");
  for (std::string name, unit; stream >> name;) {
    double kib = 0;
    stream >> kib;
    std::getline(stream, unit);
    if (name == "MemAvailable:") return 1024 * kib;
  }
  return 0;
}

}  // namespace equikoop
