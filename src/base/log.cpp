// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace equikoop {
namespace {

constexpr double k_bar_interval = 0.2;   // s, on a terminal
constexpr double k_line_interval = 60.0;  // s, in a batch log
constexpr int k_bar_width = 30;           // characters

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Whether a person watches standard output. MPI launchers give rank 0 a terminal of their own even
/// when they write to a file or a pipe, so the launcher's output has to be a terminal as well, where
/// the system tells (/proc).
bool watched() {
  if (::isatty(STDOUT_FILENO) != 1) return false;
  std::error_code unknown;
  const auto target = std::filesystem::read_symlink(fmt::format("/proc/{}/fd/1", ::getppid()), unknown);
  return unknown || target.string().starts_with("/dev/pts/") || target.string().starts_with("/dev/tty") ||
         target.string().starts_with("/dev/console");
}

}  // namespace

std::string duration_text(double value) {
  if (value < 60) return fmt::format("{:.1f} s", value);
  const auto whole = static_cast<long>(value + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string bytes_text(double bytes) {
  static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

Progress::Progress(const Log& log, std::string label, double total, std::string unit)
    : log_(log), label_(std::move(label)), total_(total), unit_(std::move(unit)),
      terminal_(log.speaks() && watched()) {}

std::string Progress::state(double done) const {
  const double elapsed = seconds(Clock::now() - start_);
  const double rate = elapsed > 0 ? done / elapsed : 0;
  const std::string left = rate > 0 ? duration_text((total_ - done) / rate) : "unknown";
  return fmt::format("{:3.0f} %  {:.0f}/{:.0f} {}  {:.3g} {}/s  ETA {}",
                     total_ > 0 ? 100 * done / total_ : 100.0, done, total_, unit_, rate, unit_, left);
}

void Progress::update(double done) {
  if (!log_.speaks()) return;
  const auto now = Clock::now();
  if (seconds(now - last_) < (terminal_ ? k_bar_interval : k_line_interval)) return;
  last_ = now;
  if (!terminal_) return log_.line("{}: {}", label_, state(done));
  const auto filled = static_cast<int>(k_bar_width * std::clamp(total_ > 0 ? done / total_ : 1, 0.0, 1.0));
  fmt::print("\r{} [{:=<{}}{: <{}}] {}\033[K", label_, "", filled, "", k_bar_width - filled, state(done));
  std::fflush(stdout);
  drawn_ = true;
}

void Progress::finish() {
  if (drawn_) fmt::print("\r\033[K");
  drawn_ = false;
}

}  // namespace equikoop
