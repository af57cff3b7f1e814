// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_factor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

// ScaLAPACK and its BLACS install no headers. A descriptor: 1 (dense), context, rows, columns, rows and
// columns of a block, process row and column of the first, leading dimension.
extern "C" {
int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);
void Cblacs_gridinit(int* context, const char* order, int rows, int columns);
void Cblacs_gridexit(int context);
void Cblacs_set(int context, int what, int* value);
void pdpotrf_(const char* uplo, const int* n, double* a, const int* ia, const int* ja, const int* desca,
              int* info);
void pdtrsv_(const char* uplo, const char* trans, const char* diag, const int* n, const double* a,
             const int* ia, const int* ja, const int* desca, double* x, const int* ix, const int* jx,
             const int* descx, const int* incx);
}

namespace equikoop {

namespace {

constexpr int k_one = 1;
constexpr int k_repeatable_sums = 15;  // BLACS' SGET_TOPSREPEAT: sums in the order of the ranks

using Descriptor = std::array<int, 9>;

/// Of a (rows, pairs) matrix whose columns are dealt as blocks of pairs.
Descriptor descriptor(const ProcessRow& grid, std::size_t rows, const PairBlocks& blocks) {
  const int n = static_cast<int>(rows), size = PairBlocks::k_size;
  return {1, grid.context(), n, static_cast<int>(blocks.pairs), size, size, 0, 0, n};
}

}  // namespace

ProcessRow::ProcessRow(const Comm& group) : system_(Csys2blacs_handle(group.raw())), context_(system_) {
  Cblacs_gridinit(&context_, "R", 1, group.size());
  int repeatable = 1;
  Cblacs_set(context_, k_repeatable_sums, &repeatable);
}

ProcessRow::~ProcessRow() {
  Cblacs_gridexit(context_);
  Cfree_blacs_system_handle(system_);
}

KernelFactor::KernelFactor(const Comm& group, const KernelMatrix& kernel, double gamma,
                           std::span<const std::uint8_t> kept)
    : group_(&group), grid_(group), blocks_(kernel.blocks) {
  const std::size_t n = blocks_.pairs, numbers = n * kernel.own.size();
  if (group.max(numbers) > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(fmt::format("the kernel matrix of {} pairs is too large for {} ranks: an ensemble needs more of "
                            "them, or raise record.every", n, group.size()));
  values_ = std::make_unique_for_overwrite<double[]>(numbers);
  for (std::size_t l = 0; l < kernel.own.size(); ++l) {
    const std::size_t j = kernel.own[l];
    const auto from = kernel.columns.column(kernel.at[l]);
    double* to = values_.get() + l * n;
    for (std::size_t i = j / PairBlocks::k_size * PairBlocks::k_size; i < n; ++i)
      to[i] = kept[i] != 0 && kept[j] != 0 ? from[i] : 0.0;
    to[j] += kept[j] != 0 ? gamma : 1.0;
  }
  const Descriptor layout = descriptor(grid_, n, blocks_);
  const int order = static_cast<int>(n);
  int info = 0;
  pdpotrf_("L", &order, values_.get(), &k_one, &k_one, layout.data(), &info);
  if (info != 0)
    throw Error("the kernel matrix is not positive definite to working precision: raise "
                "koopman.regularisation");
}

void KernelFactor::solve(std::span<const double> w, std::span<double> x) const {
  std::vector<double> y(w.begin(), w.end());
  const Descriptor layout = descriptor(grid_, blocks_.pairs, blocks_), row = descriptor(grid_, 1, blocks_);
  const int order = static_cast<int>(blocks_.pairs);
  for (const char* transposed : {"N", "T"})  // a row of a matrix: its increment is its leading dimension
    pdtrsv_("L", transposed, "N", &order, values_.get(), &k_one, &k_one, layout.data(), y.data(), &k_one,
            &k_one, row.data(), &k_one);
  std::fill(x.begin(), x.end(), 0.0);
  std::size_t l = 0;
  for (std::size_t b = blocks_.rank; b < blocks_.count(); b += blocks_.ranks)
    for (std::size_t i = blocks_.range(b).begin; i < blocks_.range(b).end; ++i) x[i] = y[l++];
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, x.data(), order, MPI_DOUBLE, MPI_SUM, group_->raw()),
            "solve with the kernel matrix");
}

}  // namespace equikoop
