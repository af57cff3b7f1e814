// SPDX-License-Identifier: BSD-3-Clause
// How PETSc's errors come out: as one Error, without a word on standard error.
#include "equikoop/koopman/slepc_session.hpp"

#include <gtest/gtest.h>
#include <petscvec.h>

namespace equikoop {
namespace {

TEST(SlepcSession, TurnsPetscErrorsIntoOneLineWithTheirOwnMessage) {
  testing::internal::CaptureStderr();
  std::string message;
  try {
    Vec vector = nullptr;
    check_petsc(VecCreateSeq(PETSC_COMM_SELF, 3, &vector), "make a vector");
    double value = 0.0;
    const PetscInt index = 7;
    const PetscErrorCode code = VecGetValues(vector, 1, &index, &value);
    const PetscErrorCode freed = VecDestroy(&vector);
    check_petsc(freed, "free a vector");
    check_petsc(code == 0 ? PETSC_ERR_ARG_OUTOFRANGE : code, "read entry 7 of 3");
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_NE(message.find("PETSc failed to read entry 7 of 3"), std::string::npos) << message;
  EXPECT_NE(message.find("out of range"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(SlepcSession, ReportsAnUnknownTypeInPetscsWords) {
  Vec vector = nullptr;
  check_petsc(VecCreate(PETSC_COMM_SELF, &vector), "make a vector");
  testing::internal::CaptureStderr();
  std::string message;
  try {
    check_petsc(VecSetType(vector, "no-such-type"), "choose a type");
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  check_petsc(VecDestroy(&vector), "free a vector");
  EXPECT_NE(message.find("no-such-type"), std::string::npos) << message;
}

TEST(SlepcSession, LetsSuccessPass) {
  EXPECT_NO_THROW(check_petsc(0, "do nothing"));
}

}  // namespace
}  // namespace equikoop
