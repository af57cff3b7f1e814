// SPDX-License-Identifier: BSD-3-Clause
// Move-only owners of PETSc and SLEPc objects. Options are set on the raw object.
#pragma once

#include <slepceps.h>
#include <slepcsvd.h>

#include <utility>

#include "equikoop/koopman/slepc_session.hpp"

static_assert(!PetscDefined(USE_COMPLEX) && PetscDefined(USE_REAL_DOUBLE),
              "equikoop needs a PETSc built for real double scalars");

namespace equikoop {

/// Owns one object that `Destroy` frees; lives no longer than the SlepcSession.
template <class Handle, PetscErrorCode (*Destroy)(Handle*)>
class PetscOwner {
 public:
  PetscOwner() = default;
  PetscOwner(PetscOwner&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  PetscOwner& operator=(PetscOwner&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  PetscOwner(const PetscOwner&) = delete;
  PetscOwner& operator=(const PetscOwner&) = delete;
  ~PetscOwner() {
    if (raw_ != nullptr) (void)Destroy(&raw_);
  }
  Handle raw() const noexcept { return raw_; }
  /// For the creating call, once.
  Handle* out() noexcept { return &raw_; }

 private:
  Handle raw_ = nullptr;
};

using MatOwner = PetscOwner<Mat, MatDestroy>;
using VecOwner = PetscOwner<Vec, VecDestroy>;
using SvdOwner = PetscOwner<SVD, SVDDestroy>;
using EpsOwner = PetscOwner<EPS, EPSDestroy>;

}  // namespace equikoop
