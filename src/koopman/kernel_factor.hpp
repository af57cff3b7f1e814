// SPDX-License-Identifier: BSD-3-Clause
// The Cholesky factor of G + γI over the ranks of a group, column blocks dealt in turn: half of n²
// numbers in all, made in place where the kernel matrix lies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel_matrix.hpp"

namespace equikoop {

/// L Lᵀ = B, B = G + γI in the rows and columns whose `kept` is not 0, the identity in the others.
/// Right-looking, block by block: the owner of a block column factors it, all others update theirs.
class KernelFactor {
 public:
  /// Throws Error on all ranks where B is not positive definite to working precision. Collective.
  KernelFactor(const Comm& group, const KernelMatrix& kernel, double gamma,
               std::span<const std::uint8_t> kept);

  /// x = B⁻¹ w.   w (local pairs)   x (pairs), on every rank. Collective.
  void solve(std::span<const double> w, std::span<double> x) const;

 private:
  Matrix& panel(std::size_t b) { return panels_[b / blocks_.ranks]; }
  const Matrix& panel(std::size_t b) const { return panels_[b / blocks_.ranks]; }
  void factor(std::size_t b);
  void update(std::size_t b, const Matrix& with);

  const Comm* group_;
  PairBlocks blocks_;
  std::vector<Matrix> panels_;  ///< of own blocks: (pairs from the block's first on, its pairs)
};

}  // namespace equikoop
