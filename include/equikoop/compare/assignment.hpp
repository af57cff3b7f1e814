// SPDX-License-Identifier: BSD-3-Clause
// Optimal assignment of small dense problems, as fast as the distances of a large study need it.
// Shortest augmenting paths after a column reduction (Jonker & Volgenant, Computing 38, 1987).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace equikoop {

/// The column of each row that minimises the total cost; `cost` (n, n) row-major, finite.
/// Exact up to the rounding of sums of costs. O(n³). Throws Error for a wrong size.
std::vector<int> optimal_assignment(std::span<const double> cost, std::size_t n);

}  // namespace equikoop
