// SPDX-License-Identifier: BSD-3-Clause
// SLEPc around the tests of the koopman module.
#include <mpi.h>

#include <memory>

#include "equikoop/koopman/slepc_session.hpp"
#include "support/main_hooks.hpp"

namespace equikoop::test {

namespace {
std::unique_ptr<SlepcSession> session;
}

void set_up() {
  session = std::make_unique<SlepcSession>(MPI_COMM_WORLD);
}
void tear_down() {
  session.reset();
}

}  // namespace equikoop::test
