// SPDX-License-Identifier: BSD-3-Clause
// The life of SLEPc and PETSc in a program, and the one way their calls are checked. No PETSc
// header leaks from here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "equikoop/base/comm.hpp"

namespace equikoop {

/// SLEPc is usable while this lives: one a program, after MPI_Init and destroyed before
/// MPI_Finalize, outliving every object that uses SLEPc. PETSc neither catches signals nor prints
/// its errors: they come as Error through check_petsc.
class SlepcSession {
 public:
  /// `options`: words for PETSc's option database, for example {"-log_view"}. Collective.
  explicit SlepcSession(MPI_Comm world, const std::vector<std::string>& options = {});
  ~SlepcSession();
  SlepcSession(const SlepcSession&) = delete;
  SlepcSession& operator=(const SlepcSession&) = delete;

 private:
  std::vector<std::string> words_;  ///< PETSc keeps pointers to its arguments
  std::vector<char*> arguments_;
  Comm world_;
};

/// Throws Error naming `intent` and PETSc's own message unless `code` is 0.
void check_petsc(int code, std::string_view intent,
                 Location where = Location::here());

}  // namespace equikoop
