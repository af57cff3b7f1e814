// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/stop.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <string_view>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr double k_grace = 30;             // s
constexpr double k_longest_alarm = 2e9;  // s, what alarm() takes

// A signal handler can reach nothing else.
volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t says_so = 0;

void remember(int number) {
  if (received == 0) ::alarm(Stop::k_patience);
  received = number;
}

/// Only what a signal handler may do.
void leave(int) {
  static constexpr std::string_view line =
      "equikoop: stopped in the middle of a long step; what is whole is kept; resume with the same command\n";
  if (says_so != 0 && ::write(STDERR_FILENO, line.data(), line.size()) < 0) ::_exit(static_cast<int>(Exit::failure));
  ::_exit(static_cast<int>(Exit::resumable));
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

double parse_walltime(const std::string& text) {
  std::vector<double> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ':');) {
    const bool digits = !part.empty() && part.size() < 7 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) parts.clear();
    if (!digits) break;
    parts.push_back(std::stod(part));
  }
  if (parts.empty() || parts.size() > 3)
    throw UsageError(fmt::format("--walltime {}: give hh:mm:ss, mm:ss or seconds", text));
  double seconds = 0;
  for (const double part : parts) seconds = 60 * seconds + part;
  return seconds;
}

}  // namespace

Stop::Stop(const std::string& walltime, bool speaks) {
  says_so = speaks ? 1 : 0;
  handle(SIGALRM, leave);
  for (const int number : {SIGTERM, SIGUSR1, SIGINT}) handle(number, remember);
  if (walltime.empty()) return;
  const double limit = parse_walltime(walltime);
  const double usable = limit - std::min(k_grace, limit / 10);
  deadline_ = std::chrono::steady_clock::now() +
              std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                  std::chrono::duration<double>(usable));
  ::alarm(static_cast<unsigned>(std::min(usable, k_longest_alarm)) + k_patience);
}

bool Stop::requested() const {
  return received != 0 || (deadline_ && std::chrono::steady_clock::now() >= *deadline_);
}

std::string Stop::reason() const {
  return received != 0 ? fmt::format("signal {}", static_cast<int>(received)) : "the wall time";
}

}  // namespace equikoop
