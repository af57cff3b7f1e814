// SPDX-License-Identifier: BSD-3-Clause
// When to stop early: a signal (Slurm's warning, Ctrl-C) or the wall time given on the command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace equikoop {

/// Watches SIGTERM, SIGUSR1 and SIGINT from its construction on, and a wall-time limit counted from
/// there. One object a process.
class Stop {
 public:
  /// `walltime` as hh:mm:ss, mm:ss or seconds, or empty for none. The work is asked to stop a grace
  /// time of 30 s (or a tenth of the limit, if that is less) before it. Throws UsageError.
  explicit Stop(const std::string& walltime = "");

  bool requested() const;
  /// "signal 10" or "the wall time", for messages.
  std::string reason() const;

 private:
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace equikoop
