// SPDX-License-Identifier: BSD-3-Clause
// Lines for people, from rank 0 alone; and progress of long work: a bar on a terminal, one plain
// line a minute elsewhere.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace equikoop {

/// Prints whole, flushed lines to standard output if it may speak (rank 0, not --quiet).
class Log {
 public:
  explicit Log(bool speaks) : speaks_(speaks) {}

  bool speaks() const noexcept { return speaks_; }
  void print(const std::string& line) const {
    if (!speaks_) return;
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) const {
    if (speaks_) print(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  bool speaks_;
};

/// Seconds as a person says them: "0.4 s", "3 min 05 s", "2 h 10 min".
std::string duration_text(double seconds);
/// Bytes with a binary unit: "1.5 GiB".
std::string bytes_text(double bytes);

/// Progress of one piece of work, measured in `unit`s of `total`.
class Progress {
 public:
  Progress(const Log& log, std::string label, double total, std::string unit);
  /// Says how much is done; prints where it is time to.
  void update(double done);
  /// Ends the bar.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  std::string state(double done) const;

  const Log& log_;
  std::string label_;
  double total_;
  std::string unit_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace equikoop
