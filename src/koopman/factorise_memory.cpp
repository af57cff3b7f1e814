// SPDX-License-Identifier: BSD-3-Clause
// What the ways of factorising hold beside the trajectories.
#include <algorithm>

#include "equikoop/koopman/factorise.hpp"
#include "panels.hpp"

namespace equikoop {

double factorisation_memory(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  const double rows = double(shape.rows()), columns = double(shape.columns());
  const double modes = double(request.modes), p = ranks;
  const double snapshots = double(shape.initials * shape.times);
  const double gathered = snapshots * double(shape.features);
  const double panel = std::min(double(shape.features) / p, double(k_most_panel_features));
  double numbers = modes * (rows / p + columns);  // basis and coordinates
  switch (choose_method(shape, request, ranks).method) {
    case Method::matrix_free: {
      // Left and right vectors of a Krylov space; where there are refits, the products of its
      // vectors once more, and two copies of them while they are made orthonormal.
      const double krylov = 3.0 * double(request.needed) + 6.0;
      const double copies = request.modes > request.needed ? 4.0 : 1.0;
      numbers += copies * krylov * (rows / p + columns);
      break;
    }
    case Method::features:
      numbers += gathered + rows * double(shape.features) + 2.0 * rows * rows;
      break;
    case Method::snapshots:
      // The Gram matrices of snapshots and of delay vectors; then the basis once more while it is
      // made orthonormal, when nothing of a stream is held.
      numbers += std::max(snapshots * (snapshots + panel) + columns * columns,
                          request.streamed ? 0.0 : modes * rows / p);
      break;
    default: {
      const double small = std::min(rows, columns);
      numbers += gathered + 2.0 * rows * columns + 3.0 * small * small;
    }
  }
  return sizeof(double) * numbers;
}

}  // namespace equikoop
