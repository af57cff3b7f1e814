// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/stop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

constexpr double k_grace = 30;  // s

// A signal handler can reach nothing else.
volatile std::sig_atomic_t received = 0;

void remember(int number) { received = number; }

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

Stop::Stop(const std::string& walltime) {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGUSR1, SIGINT}) sigaction(number, &action, nullptr);
  if (walltime.empty()) return;
  const double limit = parse_walltime(walltime);
  const double usable = limit - std::min(k_grace, limit / 10);
  deadline_ = std::chrono::steady_clock::now() +
              std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                  std::chrono::duration<double>(usable));
}

bool Stop::requested() const {
  return received != 0 || (deadline_ && std::chrono::steady_clock::now() >= *deadline_);
}

std::string Stop::reason() const {
  return received != 0 ? fmt::format("signal {}", static_cast<int>(received)) : "the wall time";
}

}  // namespace equikoop
