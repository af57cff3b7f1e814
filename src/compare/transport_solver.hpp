// SPDX-License-Identifier: BSD-3-Clause
// Exact optimal transport between integer masses: successive shortest paths with potentials.
// Integers make every augmentation exact, so that ties and tiny masses cannot stall it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equikoop::detail {

/// Units of mass per row that move to each column: (rows, columns) row-major.
using Flow = std::vector<std::int64_t>;

/// The flow of least total cost that ships all of `supply` (rows) and gives no column more than
/// its `capacity`; cost (rows, columns) finite. Throws Error if the capacities are too small.
Flow transport(std::span<const double> cost, std::span<const std::int64_t> supply,
               std::span<const std::int64_t> capacity);

/// Masses as integers of equal total: exactly proportional for uniform masses (empty weights) of
/// `count` and `other` elements; to 2⁻⁵⁰ of the total otherwise.
std::vector<std::int64_t> uniform_units(std::size_t count, std::size_t other);
std::vector<std::int64_t> weighted_units(std::span<const double> weights, std::size_t count);

}  // namespace equikoop::detail
