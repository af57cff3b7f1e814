// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/slepc_session.hpp"

#include <fmt/format.h>
#include <slepcsys.h>

namespace equikoop {

SlepcSession::SlepcSession(MPI_Comm world, const std::vector<std::string>& options)
    : words_{"equikoop", "-no_signal_handler", "-skip_petscrc"}, world_(world) {
  words_.insert(words_.end(), options.begin(), options.end());
  for (std::string& word : words_) arguments_.push_back(word.data());
  arguments_.push_back(nullptr);
  PETSC_COMM_WORLD = world_.raw();
  int count = static_cast<int>(words_.size());
  char** list = arguments_.data();
  check_petsc(SlepcInitialize(&count, &list, nullptr, nullptr), "start SLEPc");
  check_petsc(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr), "silence PETSc's errors");
}

SlepcSession::~SlepcSession() {
  (void)PetscPopErrorHandler();
  (void)SlepcFinalize();
}

void check_petsc(int code, std::string_view intent, Location where) {
  if (code == 0) return;
  const char* general = nullptr;
  char* specific = nullptr;
  (void)PetscErrorMessage(static_cast<PetscErrorCode>(code), &general, &specific);
  throw Error(fmt::format("PETSc failed to {}: {}{}{} ({}:{})", intent,
                          general ? general : "unknown error", specific && *specific ? ": " : "",
                          specific ? specific : "", where.file, where.line));
}

}  // namespace equikoop
