// SPDX-License-Identifier: BSD-3-Clause
// What the ways of factorising hold.
#include <algorithm>

#include "equikoop/koopman/factorise.hpp"
#include "panels.hpp"

namespace equikoop {

double factorisation_memory(const DelayShape& shape, const FactoriseRequest& request, int ranks,
                            double held) {
  const double rows = double(shape.rows()), columns = double(shape.columns());
  const double modes = double(request.modes), p = ranks;
  const double snapshots = double(shape.initials * shape.times);
  const double gathered = snapshots * double(shape.features);
  const double kept = modes * (rows / p + columns);  // basis and coordinates
  double passing = kept, between = kept;             // numbers, during a pass and between passes
  switch (choose_method(shape, request, ranks).method) {
    case Method::matrix_free: {
      // Left and right vectors of a Krylov space; where there are refits, the products of its
      // vectors once more, and two copies of them while they are made orthonormal.
      const double krylov = 3.0 * double(request.needed) + 6.0;
      const double copies = request.modes > request.needed ? 4.0 : 1.0;
      passing += copies * krylov * (rows / p + columns);
      break;
    }
    case Method::features:
      between += gathered + rows * double(shape.features) + 2.0 * rows * rows;
      break;
    case Method::snapshots: {
      // The Gram matrix of snapshots, that of delay vectors made of it; then the basis once more
      // while it is made orthonormal.
      const double panel = std::min(double(shape.features) / p, double(k_most_panel_features));
      passing = std::max(kept, snapshots * (snapshots + panel));
      between = std::max(kept + modes * rows / p, snapshots * snapshots + columns * columns);
      break;
    }
    default: {
      const double small = std::min(rows, columns);
      between += gathered + 2.0 * rows * columns + 3.0 * small * small;
    }
  }
  return std::max(held + sizeof(double) * passing,
                  (request.streamed ? 0.0 : held) + sizeof(double) * between);
}

}  // namespace equikoop
