// SPDX-License-Identifier: BSD-3-Clause
// Errors that reach a user: what, where, how to mend; and the exit codes of the program.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace equikoop {

/// Exit codes of the program; documented in --help.
enum class Exit : int { done = 0, failure = 1, usage = 2, resumable = 85 };

/// `text` as one line that a terminal only shows: control characters, which a file name or a value of a
/// study may hold, become \xNN.
std::string one_line(std::string_view text);

/// What the user reads of any exception: its own words on one line, or what to do where memory is out.
std::string line_of(const std::exception& error);

/// A mistake or fault with the one line that the user reads and the exit code it leads to. Whatever
/// `line` quotes, what() is one_line(line).
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& line, Exit code = Exit::failure)
      : std::runtime_error(one_line(line)), code_(code) {}
  Exit code() const noexcept { return code_; }

 private:
  Exit code_;
};

/// The user asked for something that cannot be: exit code 2.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& line) : Error(line, Exit::usage) {}
};

/// The work was stopped (signal or wall time) and can be resumed: exit code 85.
class Interrupted : public Error {
 public:
  explicit Interrupted(const std::string& line) : Error(line, Exit::resumable) {}
};

/// This rank stopped only because another did: the line to show is that rank's.
class Followed : public Interrupted {
 public:
  Followed() : Interrupted("stopped because another rank did") {}
};

/// Where a call stands: as a default argument, the line of the caller. (std::source_location needs
/// clang 16 where the library is GCC's.)
struct Location {
  const char* file = "";
  int line = 0;
  static constexpr Location here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

/// Throws Error naming `intent` and MPI's own message unless `code` is MPI_SUCCESS.
void check_mpi(int code, std::string_view intent,
               Location where = Location::here());

/// Throws Error naming `intent` and the system's message for errno value `code`.
[[noreturn]] void throw_system_error(int code, std::string_view intent);

}  // namespace equikoop
