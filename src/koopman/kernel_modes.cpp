// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_modes.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "equikoop/base/random.hpp"
#include "equikoop/koopman/dmd.hpp"
#include "kernel_factor.hpp"
#include "lapack.hpp"
#include "petsc_owner.hpp"

namespace equikoop {

namespace {

/// Of the Krylov space, however few eigenvalues are wanted.
constexpr std::size_t k_space_more = 20;
/// Trained networks take fewer than ten.
constexpr PetscInt k_restarts = 100;

/// ε·trace(B): of a product with B or A, for unit coefficients.
double rounding_of(const KernelMatrix& kernel, double gamma) {
  return std::numeric_limits<double>::epsilon() * double(kernel.blocks.pairs) * (kernel.mean_diagonal + gamma);
}

/// A B⁻¹ on the values of functions on the local pairs that are kept; 0 on the others.
class OneStep {
 public:
  OneStep(const Comm& group, const KernelMatrix& kernel, const KernelProblem& problem,
          std::span<const std::uint8_t> kept)
      : group_(&group), kernel_(&kernel), kept_(kept), pulse_(problem.pulse),
        tolerance_(kernel_tolerance(kernel, problem.gamma)), factor_(group, kernel, problem.gamma, kept), solution_(kernel.blocks.pairs),
        values_(kernel.columns.columns) {}

  /// v = B⁻¹ w on every rank; 0 where pairs are left out.
  std::span<const double> coefficients(std::span<const double> w) {
    factor_.solve(w, solution_);
    for (std::size_t i = 0; i < solution_.size(); ++i)
      if (kept_[i] == 0) solution_[i] = 0.0;
    return solution_;
  }

  void apply(std::span<const double> w, double* to) {
    const auto v = coefficients(w);
    const Matrix& k = kernel_->columns;
    if (k.columns > 0)
      cblas_dgemv(CblasColMajor, CblasTrans, static_cast<int>(k.rows), static_cast<int>(k.columns),
                  1.0, k.values.data(), static_cast<int>(k.rows), v.data(), 1, 0.0, values_.data(), 1);
    for (std::size_t l = 0; l < kernel_->own.size(); ++l)
      to[l] = kept_[kernel_->own[l]] != 0 ? values_[kernel_->at[l] + 1] : 0.0;
    ++products_;
    if (pulse_) pulse_();
  }

  const Comm& group() const noexcept { return *group_; }
  const KernelMatrix& kernel() const noexcept { return *kernel_; }
  bool keeps(std::size_t pair) const noexcept { return kept_[pair] != 0; }
  int products() const noexcept { return products_; }
  double tolerance() const noexcept { return tolerance_; }

 private:
  const Comm* group_;
  const KernelMatrix* kernel_;
  std::span<const std::uint8_t> kept_;
  std::function<void()> pulse_;
  double tolerance_;
  KernelFactor factor_;
  std::vector<double> solution_;  ///< v, on every rank
  std::vector<double> values_;
  int products_ = 0;
};

/// What both solvers find: w on the local pairs, packed.
struct FunctionValues {
  std::vector<std::complex<double>> eigenvalues;
  Matrix values;
};

// An exception must not cross PETSc's C frames: it becomes PETSc's own error code.
PetscErrorCode shell_multiply(Mat matrix, Vec from, Vec to) {
  try {
    void* context = nullptr;
    check_petsc(MatShellGetContext(matrix, &context), "find the kernel matrix");
    auto& step = *static_cast<OneStep*>(context);
    const double* w = nullptr;
    double* result = nullptr;
    check_petsc(VecGetArrayRead(from, &w), "read a vector");
    check_petsc(VecGetArrayWrite(to, &result), "write a vector");
    step.apply({w, step.kernel().own.size()}, result);
    check_petsc(VecRestoreArrayWrite(to, &result), "release a vector");
    check_petsc(VecRestoreArrayRead(from, &w), "release a vector");
    return 0;
  } catch (const std::exception& error) {
    return PetscError(PETSC_COMM_SELF, __LINE__, "product with the kernel matrix", __FILE__,
                      PETSC_ERR_LIB, PETSC_ERROR_INITIAL, "%s", error.what());
  }
}

/// Standard normal numbers by pair: the same start whatever the number of ranks.
void set_start(EPS solver, Mat matrix, const OneStep& step) {
  VecOwner start;
  check_petsc(MatCreateVecs(matrix, start.out(), nullptr), "make a start vector");
  const RandomStream stream({.stream = Stream::krylov_start, .item = 3});
  double* values = nullptr;
  check_petsc(VecGetArrayWrite(start.raw(), &values), "write a vector");
  const auto& own = step.kernel().own;
  for (std::size_t l = 0; l < own.size(); ++l)
    values[l] = step.keeps(own[l]) ? stream.normal(own[l]) : 0.0;
  check_petsc(VecRestoreArrayWrite(start.raw(), &values), "release a vector");
  Vec list[] = {start.raw()};
  check_petsc(EPSSetInitialSpace(solver, 1, list), "set the start vector");
}

/// Reads a vector's local numbers.
void copy_to(Vec from, std::span<double> to) {
  const double* values = nullptr;
  check_petsc(VecGetArrayRead(from, &values), "read a vector");
  std::copy_n(values, to.size(), to.begin());
  check_petsc(VecRestoreArrayRead(from, &values), "release a vector");
}

/// The first `found` pairs; a conjugate pair comes in succession, positive imaginary part first.
FunctionValues read_pairs(EPS solver, Mat matrix, std::size_t locals, std::size_t found) {
  FunctionValues result{{}, Matrix(locals, found)};
  VecOwner real, imaginary;
  check_petsc(MatCreateVecs(matrix, real.out(), imaginary.out()), "make vectors");
  for (std::size_t j = 0; j < found; ++j) {
    double re = 0.0, im = 0.0;
    check_petsc(EPSGetEigenpair(solver, static_cast<PetscInt>(j), &re, &im, real.raw(), imaginary.raw()),
                "read an eigenpair");
    result.eigenvalues.emplace_back(re, im);
    copy_to(real.raw(), result.values.column(j));
    if (im == 0.0) continue;
    if (++j == found) {  // the other half has not converged
      result.eigenvalues.pop_back();
      break;
    }
    result.eigenvalues.emplace_back(re, -im);
    copy_to(imaginary.raw(), result.values.column(j));
  }
  return result;
}

/// The largest relative residual of the `wanted` values after the last restart, as the solver estimates.
struct Convergence {
  std::size_t wanted = 0;
  double worst = 0.0;
};

PetscErrorCode note_convergence(EPS, PetscInt, PetscInt, PetscScalar*, PetscScalar*, PetscReal* estimates,
                                PetscInt count, void* context) {
  auto& convergence = *static_cast<Convergence*>(context);
  const auto known = std::min(convergence.wanted, static_cast<std::size_t>(count));
  convergence.worst = known > 0 ? *std::max_element(estimates, estimates + known) : 1.0;
  return 0;
}

FunctionValues by_krylov(OneStep& step, std::size_t count) {
  const std::size_t locals = step.kernel().own.size(), pairs = step.kernel().blocks.pairs;
  const std::size_t wanted = std::min(count + 1, pairs);  // one more may complete a pair
  MatOwner matrix;
  EpsOwner solver;
  check_petsc(MatCreateShell(step.group().raw(), static_cast<PetscInt>(locals),
                             static_cast<PetscInt>(locals), static_cast<PetscInt>(pairs),
                             static_cast<PetscInt>(pairs), &step, matrix.out()),
              "make the kernel matrix");
  using Function = void (*)();
  check_petsc(MatShellSetOperation(matrix.raw(), MATOP_MULT, reinterpret_cast<Function>(shell_multiply)),
              "set the product");
  check_petsc(EPSCreate(step.group().raw(), solver.out()), "make the eigensolver");
  check_petsc(EPSSetOperators(solver.raw(), matrix.raw(), nullptr), "set the kernel matrix");
  check_petsc(EPSSetProblemType(solver.raw(), EPS_NHEP), "state the problem");
  check_petsc(EPSSetType(solver.raw(), EPSKRYLOVSCHUR), "choose Krylov-Schur");
  check_petsc(EPSSetWhichEigenpairs(solver.raw(), EPS_LARGEST_MAGNITUDE), "ask for the largest");
  const std::size_t space = std::min(pairs, k_krylov_room * wanted + k_space_more);
  check_petsc(EPSSetDimensions(solver.raw(), static_cast<PetscInt>(wanted), static_cast<PetscInt>(space), PETSC_DEFAULT),
              "set the number of modes");
  check_petsc(EPSSetTolerances(solver.raw(), step.tolerance(), k_restarts), "set the tolerance");
  set_start(solver.raw(), matrix.raw(), step);
  Convergence convergence{std::min(count, pairs)};
  check_petsc(EPSMonitorSet(solver.raw(), note_convergence, &convergence, nullptr), "watch the eigensolver");
  check_petsc(EPSSetFromOptions(solver.raw()), "read solver options");
  check_petsc(EPSSolve(solver.raw()), "solve for the Koopman spectrum");
  PetscInt found = 0;
  check_petsc(EPSGetConverged(solver.raw(), &found), "count converged pairs");
  if (static_cast<std::size_t>(found) < std::min(count, pairs))
    throw Error(fmt::format("{} of {} eigenvalues of a kernel matrix of {} pairs converged in {} products; the "
                            "residual of the others came to {:.1e}, not {:.1e}. Raise koopman.regularisation, ten "
                            "times as much, or lower koopman.rank",
                            found, count, pairs, step.products(), convergence.worst, step.tolerance()));
  return read_pairs(solver.raw(), matrix.raw(), locals, static_cast<std::size_t>(found));
}

/// The explicit A B⁻¹, made of products with unit vectors, through LAPACK on rank 0.
FunctionValues by_lapack(OneStep& step, std::size_t count) {
  const auto& own = step.kernel().own;
  const std::size_t pairs = step.kernel().blocks.pairs;
  Matrix whole(pairs, pairs);
  std::vector<double> unit(own.size(), 0.0), image(own.size());
  for (std::size_t j = 0; j < pairs; ++j) {
    for (std::size_t l = 0; l < own.size(); ++l) unit[l] = own[l] == j && step.keeps(j) ? 1.0 : 0.0;
    step.apply(unit, image.data());
    for (std::size_t l = 0; l < own.size(); ++l) whole(own[l], j) = image[l];
  }
  for (std::size_t j = 0; j < pairs; ++j)  // each number is nonzero on one rank alone
    check_mpi(MPI_Reduce(step.group().is_root() ? MPI_IN_PLACE : whole.column(j).data(),
                         whole.column(j).data(), static_cast<int>(pairs), MPI_DOUBLE, MPI_SUM, 0,
                         step.group().raw()),
              "gather the kernel operator");
  const std::size_t kept = std::min(count + 1, pairs);
  std::vector<double> eigenvalues(2 * kept);
  Matrix packed(pairs, kept);
  together(step.group(), [&] {
    if (!step.group().is_root()) return;
    const ModeSet modes = modes_of(whole);
    for (std::size_t j = 0; j < kept; ++j) {
      eigenvalues[2 * j] = modes.eigenvalues[j].real();
      eigenvalues[2 * j + 1] = modes.eigenvalues[j].imag();
      for (std::size_t i = 0; i < pairs; ++i)  // second of a pair: minus its imaginary part
        packed(i, j) = modes.eigenvalues[j].imag() < 0.0 ? -modes.right(i, j).imag()
                                                         : modes.right(i, j).real();
    }
  });
  step.group().broadcast(std::span(eigenvalues));
  step.group().broadcast(std::span(packed.values));
  FunctionValues result{{}, Matrix(own.size(), kept)};
  for (std::size_t j = 0; j < kept; ++j) {
    result.eigenvalues.emplace_back(eigenvalues[2 * j], eigenvalues[2 * j + 1]);
    for (std::size_t l = 0; l < own.size(); ++l) result.values(l, j) = packed(own[l], j);
  }
  result.eigenvalues.resize(whole_pairs(result.eigenvalues, kept));
  return result;
}

/// Sums over the group of squares of a column pair (imaginary part absent for a real mode).
double sum_of_squares(const Comm& group, const Matrix& a, std::size_t first, std::size_t columns) {
  double sum = 0.0;
  for (std::size_t j = first; j < first + columns; ++j)
    for (const double value : a.column(j)) sum += value * value;
  return group.sum(sum);
}

/// Brings both in order, by decreasing modulus.
FunctionValues sorted(FunctionValues found) {
  FunctionValues result{{}, Matrix(found.values.rows, found.eigenvalues.size())};
  for (const std::size_t i : order_by_modulus(found.eigenvalues)) {
    std::copy_n(found.values.column(i).begin(), found.values.rows,
                result.values.column(result.eigenvalues.size()).begin());
    result.eigenvalues.push_back(found.eigenvalues[i]);
  }
  return result;
}

/// The largest ‖A v − λ w‖ / ‖w‖ of the mode whose first column is j.
double residual_of(const Comm& group, const Matrix& next, const FunctionValues& found, std::size_t j,
                   std::size_t columns, std::span<const std::uint8_t> kept, const KernelMatrix& kernel) {
  const std::complex<double> lambda = found.eigenvalues[j];
  double missed = 0.0;
  for (std::size_t l = 0; l < next.rows; ++l) {
    if (kept[kernel.own[l]] == 0) continue;
    const std::complex<double> w{found.values(l, j), columns > 1 ? found.values(l, j + 1) : 0.0};
    const std::complex<double> image{next(l, j), columns > 1 ? next(l, j + 1) : 0.0};
    missed += std::norm(image - lambda * w);
  }
  return std::sqrt(group.sum(missed) / sum_of_squares(group, found.values, j, columns));
}

}  // namespace

double kernel_tolerance(const KernelMatrix& kernel, double gamma) {
  constexpr double k_loosest = 1e-10;
  const double rounding = rounding_of(kernel, gamma) / gamma;
  return rounding < k_loosest ? rounding : k_loosest;
}

Matrix leading_columns(const Matrix& a, std::size_t count) {
  Matrix result(a.rows, count);
  std::copy_n(a.values.begin(), result.values.size(), result.values.begin());
  return result;
}

std::size_t whole_pairs(std::span<const std::complex<double>> eigenvalues, std::size_t count) {
  count = std::min(count, eigenvalues.size());
  return count > 0 && eigenvalues[count - 1].imag() > 0.0 ? count - 1 : count;
}

KernelValues values_of(const KernelMatrix& kernel, const Matrix& vectors) {
  const Matrix all = multiply(kernel.columns, vectors, Transpose::yes);
  KernelValues values{Matrix(kernel.at.size(), vectors.columns), Matrix(kernel.at.size(), vectors.columns)};
  for (std::size_t j = 0; j < vectors.columns; ++j)
    for (std::size_t l = 0; l < kernel.at.size(); ++l) {
      values.now(l, j) = all(kernel.at[l], j);
      values.next(l, j) = all(kernel.at[l] + 1, j);
    }
  return values;
}

KernelModes kernel_modes(const Comm& group, const KernelMatrix& kernel, const KernelProblem& problem,
                         std::span<const std::uint8_t> kept) {
  OneStep step(group, kernel, problem, kept);
  FunctionValues found = sorted(problem.method == Method::dense ? by_lapack(step, problem.modes)
                                                                : by_krylov(step, problem.modes));
  const std::size_t count = whole_pairs(found.eigenvalues, problem.modes);
  found.eigenvalues.resize(count);
  // One rank's eigenvalues are all's: the solver's small problem is solved on each.
  group.broadcast(std::span(reinterpret_cast<double*>(found.eigenvalues.data()), 2 * count));
  KernelModes modes{{}, Matrix(kernel.blocks.pairs, count), {}};
  for (std::size_t j = 0; j < count; ++j) {
    const auto v = step.coefficients(found.values.column(j));
    std::copy(v.begin(), v.end(), modes.vectors.column(j).begin());
  }
  modes.products = step.products();
  const Matrix next = values_of(kernel, modes.vectors).next;
  const double rounding = rounding_of(kernel, problem.gamma);
  std::size_t good = 0;
  while (good < count) {
    const std::size_t columns = found.eigenvalues[good].imag() != 0.0 ? 2 : 1;
    const double size = sum_of_squares(group, found.values, good, columns);
    double coefficients = 0.0;
    for (std::size_t j = good; j < good + columns; ++j)
      for (const double value : modes.vectors.column(j)) coefficients += value * value;
    if (!(std::abs(found.eigenvalues[good]) > rounding * std::sqrt(coefficients / size))) break;
    modes.residuals.resize(good + columns, residual_of(group, next, found, good, columns, kept, kernel));
    good += columns;
  }
  modes.refused = static_cast<int>(count - good);
  found.eigenvalues.resize(good);
  modes.eigenvalues = std::move(found.eigenvalues);
  modes.vectors = leading_columns(modes.vectors, good);
  return modes;
}

}  // namespace equikoop
