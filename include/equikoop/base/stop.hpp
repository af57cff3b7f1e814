// SPDX-License-Identifier: BSD-3-Clause
// When to stop early: a signal (Slurm's warning, Ctrl-C) or the wall time given on the command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace equikoop {

/// Watches SIGTERM, SIGUSR1 and SIGINT from its construction on, and a wall-time limit counted from
/// there. Whoever works looks at requested() as often as he can. Where that takes too long (one large
/// factorisation, a data file on a slow disk, a rank that waits for one of these), the process leaves
/// k_patience after the request with exit code 85: archives are whole at any moment. One object a process.
class Stop {
 public:
  static constexpr unsigned k_patience = 20;  ///< s

  /// `walltime` as hh:mm:ss, mm:ss or seconds, or empty for none. The work is asked to stop a grace
  /// time of 30 s (or a tenth of the limit, if that is less) before it. Throws UsageError.
  /// `speaks`: whether this process says so when it leaves in the middle of its work.
  explicit Stop(const std::string& walltime = "", bool speaks = true);

  bool requested() const;
  /// "signal 10" or "the wall time", for messages.
  std::string reason() const;

 private:
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace equikoop
