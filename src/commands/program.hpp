// SPDX-License-Identifier: BSD-3-Clause
// The program between main and the subcommands: pages, dispatch, and the one place where an error
// becomes a line and an exit code.
#pragma once

#include <string>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop {

/// Runs the command that `words` ask for and returns the exit code, the same on all ranks.
/// `data_environment`: value of EQUIKOOP_DATA, or empty. Collective.
int run_program(const Comm& comm, const std::vector<std::string>& words,
                const std::string& data_environment);

}  // namespace equikoop
