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

}  // namespace equikoop
