// SPDX-License-Identifier: BSD-3-Clause
#include "gram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "equikoop/base/random.hpp"
#include "lapack.hpp"
#include "petsc_owner.hpp"

namespace equikoop {

namespace {

/// Sides under which LAPACK's whole tridiagonal reduction is cheaper than Krylov steps.
constexpr std::size_t k_lapack_side = 400;

/// Krylov-Schur pays where at most this share of the eigenpairs is wanted.
constexpr std::size_t k_krylov_share = 8;

void mirror_lower_triangle(Matrix& a) {
  for (std::size_t j = 0; j < a.columns; ++j)
    for (std::size_t i = j + 1; i < a.rows; ++i) a(j, i) = a(i, j);
}

void set_start(EPS solver, Mat matrix) {
  VecOwner start;
  check_petsc(MatCreateVecs(matrix, start.out(), nullptr), "make a start vector");
  PetscInt size = 0;
  check_petsc(VecGetSize(start.raw(), &size), "size a start vector");
  const RandomStream stream({.stream = Stream::krylov_start, .item = 2});
  double* values = nullptr;
  check_petsc(VecGetArrayWrite(start.raw(), &values), "write a vector");
  for (PetscInt i = 0; i < size; ++i) values[i] = stream.normal(static_cast<std::uint64_t>(i));
  check_petsc(VecRestoreArrayWrite(start.raw(), &values), "release a vector");
  Vec list[] = {start.raw()};
  check_petsc(EPSSetInitialSpace(solver, 1, list), "set the start vector");
}

/// Of a symmetric matrix of which the lower triangle is given; fills the other.
SymmetricEigen largest_by_krylov(Matrix& a, std::size_t count) {
  mirror_lower_triangle(a);
  const auto size = static_cast<PetscInt>(a.rows);
  MatOwner matrix;
  EpsOwner solver;
  check_petsc(MatCreateSeqDense(PETSC_COMM_SELF, size, size, a.values.data(), matrix.out()),
              "make the Gram matrix");
  check_petsc(EPSCreate(PETSC_COMM_SELF, solver.out()), "make the eigensolver");
  check_petsc(EPSSetOperators(solver.raw(), matrix.raw(), nullptr), "set the Gram matrix");
  check_petsc(EPSSetProblemType(solver.raw(), EPS_HEP), "state symmetry");
  check_petsc(EPSSetWhichEigenpairs(solver.raw(), EPS_LARGEST_REAL), "ask for the largest");
  check_petsc(
      EPSSetDimensions(solver.raw(), static_cast<PetscInt>(count), PETSC_DEFAULT, PETSC_DEFAULT),
      "set the number of modes");
  // Below sqrt(eps) of the largest a Gram eigenvalue is rounding: no relative accuracy there.
  check_petsc(EPSSetConvergenceTest(solver.raw(), EPS_CONV_NORM), "set the convergence test");
  check_petsc(EPSSetTolerances(solver.raw(), 1e-15, PETSC_DEFAULT), "set the tolerance");
  set_start(solver.raw(), matrix.raw());
  check_petsc(EPSSolve(solver.raw()), "decompose the Gram matrix");
  PetscInt found = 0;
  check_petsc(EPSGetConverged(solver.raw(), &found), "count converged pairs");
  SymmetricEigen result;
  if (static_cast<std::size_t>(found) < count) return result;
  result = {std::vector<double>(count), Matrix(a.rows, count)};
  for (std::size_t j = 0; j < count; ++j) {
    VecOwner view;
    check_petsc(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, size, result.vectors.column(j).data(),
                                      view.out()),
                "view an eigenvector");
    check_petsc(EPSGetEigenpair(solver.raw(), static_cast<PetscInt>(j), &result.values[j], nullptr,
                                view.raw(), nullptr),
                "read an eigenpair");
  }
  return result;
}

SymmetricEigen decompose(Matrix gram, const GramRequest& request) {
  if (request.size >= k_lapack_side && request.modes * k_krylov_share <= request.size &&
      !request.every_value) {
    SymmetricEigen result = largest_by_krylov(gram, request.modes);
    if (!result.values.empty()) return result;
  }
  return largest_symmetric(std::move(gram), request.every_value ? request.size : request.modes);
}

}  // namespace

GramEigen decompose_on_root(const Comm& group, const GramRequest& request,
                            const std::function<Matrix()>& make) {
  GramEigen result;
  result.count = request.modes;
  result.values.resize(request.every_value ? request.size : request.modes);
  together(group, [&] {
    if (!group.is_root()) return;
    SymmetricEigen parts = decompose(make(), request);
    result.values = std::move(parts.values);
    result.vectors = std::move(parts.vectors);
  });
  group.broadcast(std::span(result.values));
  return result;
}

}  // namespace equikoop
