// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/timer.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <numeric>

namespace equikoop {

namespace {

constexpr std::size_t k_most_ranks_listed = 16;

std::vector<double> gather_on_root(const Comm& comm, double value) {
  std::vector<double> all(comm.is_root() ? static_cast<std::size_t>(comm.size()) : 0);
  check_mpi(MPI_Gather(&value, 1, MPI_DOUBLE, all.data(), 1, MPI_DOUBLE, 0, comm.raw()),
            "gather the memory of ranks");
  return all;
}

/// The peak of each rank in order of ranks; of the largest ones where there are many.
void print_memory(const Log& log, const std::vector<double>& memory) {
  std::vector<std::size_t> ranks(memory.size());
  std::iota(ranks.begin(), ranks.end(), std::size_t{0});
  if (ranks.size() > k_most_ranks_listed) {
    std::stable_sort(ranks.begin(), ranks.end(),
                     [&](std::size_t a, std::size_t b) { return memory[a] > memory[b]; });
    ranks.resize(k_most_ranks_listed);
  }
  std::string line = "peak memory";
  for (const std::size_t rank : ranks)
    line += fmt::format("{} rank {}: {}", rank == ranks.front() ? "" : ",", rank, bytes_text(memory[rank]));
  if (ranks.size() < memory.size()) line += fmt::format(", {} ranks less", memory.size() - ranks.size());
  log.line("{}", line);
}

/// A value in KiB of one of Linux's tables, in bytes; 0 where there is none.
double proc_bytes(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with(key)) return 1024 * std::stod(line.substr(key.size()));
  return 0;
}

}  // namespace

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
  const auto memory = gather_on_root(comm, peak_memory());
  if (comm.is_root()) print_memory(log, memory);
  log.line("wall time {:.2f} s; peak memory of a rank {}, of all {}", wall,
           bytes_text(comm.max(peak_memory())), bytes_text(comm.sum(peak_memory())));
}

double peak_memory() {
  const double peak = proc_bytes("/proc/self/status", "VmHWM:");
  if (peak > 0) return peak;
  rusage usage{};  // counts what the process held before its program was loaded, too
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

double resident_memory() { return proc_bytes("/proc/self/status", "VmRSS:"); }

double available_memory() { return proc_bytes("/proc/meminfo", "MemAvailable:"); }

}  // namespace equikoop
