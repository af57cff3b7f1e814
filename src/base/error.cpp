// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/error.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <array>
#include <system_error>

namespace equikoop {

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
