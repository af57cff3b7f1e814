// SPDX-License-Identifier: BSD-3-Clause
// Lanczos bidiagonalisation on products with the raw trajectories: SLEPc's solver, our operator.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "equikoop/base/partition.hpp"
#include "equikoop/base/random.hpp"
#include "factorise_ways.hpp"
#include "petsc_owner.hpp"

namespace equikoop {

namespace {

/// Relative residual of a singular triplet at which it counts as converged.
constexpr double k_tolerance = 1e-12;
/// Residuals below this share of ‖Z‖_F cannot be told from rounding of the products.
constexpr double k_attainable = 10 * std::numeric_limits<double>::epsilon();

/// Left vectors u that are kept with their products Zᵀ u for directions beyond the converged ones,
/// in multiples of the modes wanted: their span is the Krylov space of the solver, which
/// approximates the next directions without one product more.
constexpr std::size_t k_recorded_room = 2;

/// Vectors of the Krylov space before a restart. Convergence is looked at when it is full: 36 for
/// ten modes ends in one go on the spectra of training, where 20 (the solver's own choice) takes
/// three and 41 products of each kind.
constexpr std::size_t k_basis_room = 3, k_basis_more = 6;

/// Z as PETSc sees it: rows by features, columns in even blocks. `Real` data behind it.
template <class Real>
struct ShellContext {
  const DelayOperator<Real>* z;
  std::vector<int> counts;      ///< columns a rank
  std::vector<int> offsets;     ///< first column of each rank
  std::vector<double> columns;  ///< a vector over all columns
  std::vector<double> lefts;    ///< the first vectors u multiplied by Zᵀ, local rows each
  std::vector<double> rights;   ///< and Zᵀ u, the columns of this rank each
  std::size_t recorded = 0, most_recorded = 0;
  std::function<void()> pulse;
  int products = 0;  ///< products with Z or its transpose
  double norm = 0.0;
  double noise_floor = 0.0;

  explicit ShellContext(const DelayOperator<Real>& operator_) : z(&operator_) {
    const auto ranks = static_cast<std::size_t>(z->group().size());
    const std::size_t total = z->shape().columns();
    for (std::size_t r = 0; r < ranks; ++r) {
      const Range mine = block(total, ranks, r);
      counts.push_back(static_cast<int>(mine.size()));
      offsets.push_back(static_cast<int>(mine.begin));
    }
    columns.resize(total);
  }
  int mine() const { return counts[static_cast<std::size_t>(z->group().rank())]; }
  int first() const { return offsets[static_cast<std::size_t>(z->group().rank())]; }

  void record(const double* u, const double* w) {
    if (recorded == most_recorded) return;
    lefts.insert(lefts.end(), u, u + z->shape().local_rows());
    rights.insert(rights.end(), w, w + mine());
    ++recorded;
  }
  void finish_product() {
    ++products;
    if (pulse) pulse();
  }
};

// An exception must not cross PETSc's C frames: it becomes PETSc's own error code.
template <class Work>
PetscErrorCode guarded(Work&& work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    return PetscError(PETSC_COMM_SELF, __LINE__, "product with the delay matrix", __FILE__,
                      PETSC_ERR_LIB, PETSC_ERROR_INITIAL, "%s", error.what());
  }
}

template <class Real>
ShellContext<Real>& context_of(Mat matrix) {
  void* context = nullptr;
  check_petsc(MatShellGetContext(matrix, &context), "find the delay matrix");
  return *static_cast<ShellContext<Real>*>(context);
}

template <class Real>
PetscErrorCode shell_multiply(Mat matrix, Vec v, Vec u) {
  return guarded([&] {
    auto& context = context_of<Real>(matrix);
    const double* from = nullptr;
    double* to = nullptr;
    check_petsc(VecGetArrayRead(v, &from), "read a vector");
    check_mpi(MPI_Allgatherv(from, context.mine(), MPI_DOUBLE, context.columns.data(),
                             context.counts.data(), context.offsets.data(), MPI_DOUBLE,
                             context.z->group().raw()),
              "gather a right vector");
    check_petsc(VecRestoreArrayRead(v, &from), "release a vector");
    check_petsc(VecGetArrayWrite(u, &to), "write a vector");
    context.z->apply(context.columns, {to, context.z->shape().local_rows()});
    check_petsc(VecRestoreArrayWrite(u, &to), "release a vector");
    context.finish_product();
  });
}

template <class Real>
PetscErrorCode shell_multiply_transpose(Mat matrix, Vec u, Vec w) {
  return guarded([&] {
    auto& context = context_of<Real>(matrix);
    const double* from = nullptr;
    double* to = nullptr;
    check_petsc(VecGetArrayRead(u, &from), "read a vector");
    check_petsc(VecGetArrayWrite(w, &to), "write a vector");
    context.z->apply_transpose_share({from, context.z->shape().local_rows()}, context.columns);
    check_mpi(MPI_Reduce_scatter(context.columns.data(), to, context.counts.data(), MPI_DOUBLE,
                                 MPI_SUM, context.z->group().raw()),
              "sum a right vector over features");
    context.record(from, to);
    check_petsc(VecRestoreArrayRead(u, &from), "release a vector");
    check_petsc(VecRestoreArrayWrite(w, &to), "release a vector");
    context.finish_product();
  });
}

/// Error estimate of a triplet relative to what double precision and the data can give: to its
/// singular value, but never finer than k_attainable·‖Z‖_F; below the noise floor it only has to
/// be certain that the value is below.
template <class Real>
PetscErrorCode estimate_error(SVD, PetscReal sigma, PetscReal residual, PetscReal* error,
                              void* raw) {
  const auto& context = *static_cast<const ShellContext<Real>*>(raw);
  const bool is_noise =
      sigma + residual < context.noise_floor && residual < 0.1 * context.noise_floor;
  const double scale = std::max(sigma, k_attainable / k_tolerance * context.norm);
  *error = is_noise ? 0.0 : residual / scale;
  return 0;
}

template <class Real>
MatOwner shell_matrix(ShellContext<Real>& context) {
  const DelayShape& shape = context.z->shape();
  MatOwner matrix;
  check_petsc(MatCreateShell(context.z->group().raw(), static_cast<PetscInt>(shape.local_rows()),
                             context.mine(), static_cast<PetscInt>(shape.rows()),
                             static_cast<PetscInt>(shape.columns()), &context, matrix.out()),
              "make the delay matrix");
  using Function = void (*)();
  check_petsc(MatShellSetOperation(matrix.raw(), MATOP_MULT,
                                   reinterpret_cast<Function>(shell_multiply<Real>)),
              "set the product");
  check_petsc(MatShellSetOperation(matrix.raw(), MATOP_MULT_TRANSPOSE,
                                   reinterpret_cast<Function>(shell_multiply_transpose<Real>)),
              "set the transposed product");
  return matrix;
}

/// Standard normal numbers by global index: the same start whatever the number of ranks.
template <class Real>
void set_start(SVD solver, Mat matrix, const ShellContext<Real>& context) {
  const DelayShape& shape = context.z->shape();
  VecOwner right, left;
  check_petsc(MatCreateVecs(matrix, right.out(), left.out()), "make start vectors");
  const RandomStream of_right({.stream = Stream::krylov_start, .item = 0});
  const RandomStream of_left({.stream = Stream::krylov_start, .item = 1});
  double* values = nullptr;
  check_petsc(VecGetArrayWrite(right.raw(), &values), "write a vector");
  for (int c = 0; c < context.mine(); ++c)
    values[c] = of_right.normal(static_cast<std::uint64_t>(context.first() + c));
  check_petsc(VecRestoreArrayWrite(right.raw(), &values), "release a vector");
  check_petsc(VecGetArrayWrite(left.raw(), &values), "write a vector");
  for (std::size_t i = 0; i < shape.blocks; ++i)
    for (std::size_t f = 0; f < shape.local_features; ++f)
      values[i * shape.local_features + f] =
          of_left.normal(i * shape.features + shape.feature_offset + f);
  check_petsc(VecRestoreArrayWrite(left.raw(), &values), "release a vector");
  Vec rights[] = {right.raw()}, lefts[] = {left.raw()};
  check_petsc(SVDSetInitialSpaces(solver, 1, rights, 1, lefts), "set the start vectors");
}

template <class Real>
SvdOwner configured_solver(Mat matrix, ShellContext<Real>& context, std::size_t modes) {
  SvdOwner solver;
  check_petsc(SVDCreate(context.z->group().raw(), solver.out()), "make the solver");
  check_petsc(SVDSetOperators(solver.raw(), matrix, nullptr), "set the delay matrix");
  check_petsc(SVDSetType(solver.raw(), SVDTRLANCZOS), "choose Lanczos");
  check_petsc(SVDSetImplicitTranspose(solver.raw(), PETSC_TRUE), "transpose implicitly");
  check_petsc(SVDSetWhichSingularTriplets(solver.raw(), SVD_LARGEST), "ask for the largest");
  const DelayShape& shape = context.z->shape();
  const std::size_t basis =
      std::min({k_basis_room * modes + k_basis_more, shape.rows(), shape.columns()});
  check_petsc(SVDSetDimensions(solver.raw(), static_cast<PetscInt>(modes),
                               static_cast<PetscInt>(basis), PETSC_DEFAULT),
              "set the number of modes");
  check_petsc(SVDSetTolerances(solver.raw(), k_tolerance, PETSC_DEFAULT), "set the tolerance");
  check_petsc(SVDSetConvergenceTestFunction(solver.raw(), estimate_error<Real>, &context, nullptr),
              "set the convergence test");
  set_start(solver.raw(), matrix, context);
  check_petsc(SVDSetFromOptions(solver.raw()), "read solver options");
  return solver;
}

LeftVectors read_triplets(SVD solver, Mat matrix, const DelayShape& shape, std::size_t modes) {
  LeftVectors result{std::vector<double>(modes), Matrix(shape.local_rows(), modes), 0};
  VecOwner left;
  check_petsc(MatCreateVecs(matrix, nullptr, left.out()), "make a left vector");
  for (std::size_t j = 0; j < modes; ++j) {
    check_petsc(SVDGetSingularTriplet(solver, static_cast<PetscInt>(j), &result.sigma[j],
                                      left.raw(), nullptr),
                "read a singular triplet");
    const double* values = nullptr;
    check_petsc(VecGetArrayRead(left.raw(), &values), "read a vector");
    std::copy_n(values, shape.local_rows(), result.basis.column(j).begin());
    check_petsc(VecRestoreArrayRead(left.raw(), &values), "release a vector");
    if (!std::isfinite(result.sigma[j])) throw Error("SLEPc returned a singular value of NaN");
  }
  return result;
}

/// What was recorded, as columns; every rank has recorded equally many.
template <class Real>
Directions recorded_directions(ShellContext<Real>& context) {
  Directions found{Matrix(context.z->shape().local_rows(), context.recorded),
                   Matrix(context.columns.size(), context.recorded)};
  found.vectors.values = std::move(context.lefts);
  for (std::size_t j = 0; j < context.recorded; ++j)
    check_mpi(MPI_Allgatherv(context.rights.data() + j * static_cast<std::size_t>(context.mine()),
                             context.mine(), MPI_DOUBLE, found.products.column(j).data(),
                             context.counts.data(), context.offsets.data(), MPI_DOUBLE,
                             context.z->group().raw()),
              "gather right vectors");
  context.rights = {};
  return found;
}

}  // namespace

template <class Real>
LeftVectors matrix_free_way(const DelayOperator<Real>& z, const FactoriseRequest& request,
                            double noise_floor) {
  ShellContext<Real> context(z);
  context.norm = std::sqrt(z.total_energy());
  context.noise_floor = noise_floor;
  const MatOwner matrix = shell_matrix(context);
  if (request.modes > request.needed) context.most_recorded = k_recorded_room * request.modes;
  context.pulse = request.pulse;
  const SvdOwner solver = configured_solver(matrix.raw(), context, request.needed);
  check_petsc(SVDSolve(solver.raw()), "solve for the Koopman spectrum");
  PetscInt found = 0;
  SVDConvergedReason reason = SVD_CONVERGED_ITERATING;
  check_petsc(SVDGetConverged(solver.raw(), &found), "count converged triplets");
  check_petsc(SVDGetConvergedReason(solver.raw(), &reason), "read the reason");
  if (reason < 0 || static_cast<std::size_t>(found) < request.needed)
    throw Error(
        fmt::format("SLEPc's SVD found {} of {} singular triplets (reason {}) in {} products",
                    found, request.needed, static_cast<int>(reason), context.products));
  LeftVectors result = read_triplets(solver.raw(), matrix.raw(), z.shape(), request.needed);
  if (request.modes > request.needed)
    extend(z, result, recorded_directions(context), request.modes - request.needed);
  result.products = context.products;
  return result;
}

template LeftVectors matrix_free_way(const DelayOperator<float>&, const FactoriseRequest&, double);
template LeftVectors matrix_free_way(const DelayOperator<double>&, const FactoriseRequest&, double);

}  // namespace equikoop
