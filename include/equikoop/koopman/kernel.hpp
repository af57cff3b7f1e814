// SPDX-License-Identifier: BSD-3-Clause
// Kernel extended dynamic mode decomposition: Koopman eigenvalues on functions that are not linear in
// the delay vector, from kernel values alone. Here what it costs; the spectrum comes from spectrum.hpp.
// Source: Williams, Rowley & Kevrekidis, J. Comput. Dyn. 2 (2015) 247, arXiv:1411.2260.
#pragma once

#include <cstddef>

#include "equikoop/koopman/delay_operator.hpp"
#include "equikoop/koopman/factorise.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// The way to the `modes` eigenvalues of largest modulus, of n x n matrices of n pairs. snapshots:
/// SLEPc's Krylov-Schur on distributed matrices; dense: LAPACK on the explicit operator, where n is
/// small or many of its eigenvalues are wanted.
MethodChoice choose_kernel_method(const DelayShape& shape, Method asked, std::size_t modes);

/// Bytes that the kernel spectrum takes on each of `ranks` ranks beside the raw trajectories: kernel
/// matrix and triangular factor, 12 n²/ranks (16 with huge pages), and what is linear in
/// n = initials·(snapshots − d − 1).
double kernel_memory(const DelayShape& shape, std::size_t modes, int ranks);

/// A kernel spectrum to be timed in place of a large one. Trajectories of an ensemble lie so close that the
/// eigenvalues of G grow with their number: fewer of them with as much less regularisation take as many
/// products.
struct KernelPilot {
  std::size_t initials = 0;  ///< trajectories of all
  KoopmanOptions options;
};
KernelPilot kernel_pilot(const DelayShape& shape, const KoopmanOptions& options);

/// Seconds of a kernel spectrum on one rank: until its first product, and from there on.
struct KernelSeconds {
  double preparation = 0.0;
  double products = 0.0;
};

/// Seconds of all fits of `shape` from those of the pilot, of the shape `pilot`: the factor grows with n³,
/// the kernel matrix and a product with n², and the number of products with the length of trajectories.
double kernel_seconds(const DelayShape& shape, const KoopmanOptions& options, const DelayShape& pilot,
                      const KernelSeconds& measured);

}  // namespace equikoop
