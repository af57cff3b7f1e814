// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/error.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <array>
#include <new>
#include <stdexcept>
#include <system_error>

namespace equikoop {
namespace {

/// Whether byte `i` belongs to a control character of UTF-8: C0, delete, and C1 (two bytes, of which the
/// first is 0xC2).
bool is_control(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto is_c1 = [&](std::size_t at) { return byte(at) == 0xC2 && byte(at + 1) >= 0x80 && byte(at + 1) < 0xA0; };
  return byte(i) < 0x20 || byte(i) == 0x7F || is_c1(i) || (i > 0 && is_c1(i - 1));
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text, i)) line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    else line += text[i];
  }
  return line;
}

std::string line_of(const std::exception& error) {
  const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                      dynamic_cast<const std::length_error*>(&error) != nullptr;
  if (memory) return "out of memory: give fewer ranks to a node or a smaller study (equikoop plan says what one takes)";
  return one_line(error.what());
}

void check_mpi(int code, std::string_view intent, Location where) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(fmt::format("MPI failed to {}: {} ({}:{})", intent, text.data(), where.file,
                          where.line));
}

void throw_system_error(int code, std::string_view intent) {
  throw Error(fmt::format("cannot {}: {}", intent, std::system_category().message(code)));
}

}  // namespace equikoop
