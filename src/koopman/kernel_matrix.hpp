// SPDX-License-Identifier: BSD-3-Clause
// The kernel matrix of an ensemble's delay vectors, its columns shared by the ranks of a group. Neither
// delay vectors nor a second matrix for their successors are ever formed.
#pragma once

#include <cstddef>
#include <vector>

#include "equikoop/koopman/delay_operator.hpp"
#include "equikoop/koopman/kernel.hpp"
#include "equikoop/koopman/matrix.hpp"
#include "pair_blocks.hpp"

namespace equikoop {

/// k(z_i, z) for the columns z_i of Z, i = 0..n-1, and this rank's delay vectors z: those of its
/// pairs, and of each run of pairs the one that follows. With G_ij = k(z_i, z_j) and
/// A_ij = k(z'_i, z_j), both of a pair lie in successive columns.
struct KernelMatrix {
  PairBlocks blocks;
  std::vector<std::size_t> own;  ///< this rank's pairs, in local order
  std::vector<std::size_t> at;   ///< (local pairs): the column of z_l; that of z'_l is the next
  Matrix columns;                ///< (n, local delay vectors)
  double width = 0.0;            ///< w of the kernel; 0: the delay vectors do not differ, no kernel
  double mean_diagonal = 0.0;    ///< trace(G) / n
};

/// What a kernel is, filled in from the study.
struct KernelShape {
  Kernel kernel = Kernel::linear;
  double width = 0.0;  ///< 0: from the data
  int degree = 2;
};

/// Each entry of ZᵀZ is a sum of d + 1 entries of the Gram matrix of the raw snapshots along a
/// diagonal, and each of the kernel a function of three of ZᵀZ: one product of the raw trajectories
/// with themselves, block by block, whatever the delays. Collective.
template <class Real>
KernelMatrix kernel_matrix(const DelayOperator<Real>& z, const KernelShape& shape);

extern template KernelMatrix kernel_matrix(const DelayOperator<float>&, const KernelShape&);
extern template KernelMatrix kernel_matrix(const DelayOperator<double>&, const KernelShape&);

}  // namespace equikoop
