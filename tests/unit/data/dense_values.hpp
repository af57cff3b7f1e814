// SPDX-License-Identifier: BSD-3-Clause
// All values of samples that are held in the sparse form.
#pragma once

#include <cstddef>
#include <vector>

#include "equikoop/data/sparse.hpp"

namespace equikoop::test {

/// (samples, inputs); exact up to the rounding of the entries.
template <class Real>
std::vector<Real> dense_values(const SparseRows<Real>& rows, Real background) {
  const std::size_t blocks = rows.blocks(), segments = rows.begin.size() - 1;
  std::vector<Real> values(segments / blocks * rows.inputs, background);
  for (std::size_t segment = 0; segment < segments; ++segment)
    for (std::size_t e = rows.begin[segment]; e < rows.begin[segment + 1]; ++e)
      values[segment / blocks * rows.inputs + rows.input[e]] += rows.value[e];
  return values;
}

}  // namespace equikoop::test
