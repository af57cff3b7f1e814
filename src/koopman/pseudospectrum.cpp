// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/pseudospectrum.hpp"

#include <array>
#include <cstdint>

#include "lapack.hpp"

namespace equikoop {

namespace {

/// G (2k, k) with ‖(next − z now) R⁻¹ c‖ = ‖(G − z [I; 0]) c‖: from the triangular factor of
/// [now next] = Q [R S; 0 T], G = [S R⁻¹; T R⁻¹].
Matrix shifted_form(const SnapshotPairs& pairs) {
  const std::size_t k = pairs.now.columns;
  Matrix both(pairs.now.rows, 2 * k);
  for (std::size_t j = 0; j < k; ++j)
    for (std::size_t i = 0; i < pairs.now.rows; ++i) {
      both(i, j) = pairs.now(i, j);
      both(i, k + j) = pairs.next(i, j);
    }
  const Matrix factor = upper_factor(std::move(both));
  // X R = B by Xᵀ: Rᵀ Xᵀ = Bᵀ.
  Matrix r(k, k), b(k, factor.rows);
  for (std::size_t j = 0; j < k; ++j) {
    for (std::size_t i = 0; i <= j && i < factor.rows; ++i) r(j, i) = factor(i, j);
    for (std::size_t i = 0; i < factor.rows; ++i) b(j, i) = factor(i, k + j);
  }
  const Matrix x = least_squares(std::move(r), std::move(b));
  Matrix g(factor.rows, k);
  for (std::size_t i = 0; i < factor.rows; ++i)
    for (std::size_t j = 0; j < k; ++j) g(i, j) = x(j, i);
  return g;
}

double least_residual(const Matrix& g, std::complex<double> z) {
  ComplexMatrix shifted(g.rows, g.columns);
  for (std::size_t e = 0; e < g.values.size(); ++e) shifted.values[e] = g.values[e];
  for (std::size_t j = 0; j < g.columns; ++j) shifted(j, j) -= z;
  return smallest_singular_value(std::move(shifted));
}

/// The factor of rank 0, on every rank. Collective.
Matrix shared(const Comm& group, const SnapshotPairs& pairs) {
  Matrix g;
  together(group, [&] {
    if (group.is_root()) g = shifted_form(pairs);
  });
  std::array<std::uint64_t, 2> shape{g.rows, g.columns};
  group.broadcast(std::span<std::uint64_t>(shape));
  if (!group.is_root()) g = Matrix(shape[0], shape[1]);
  group.broadcast(std::span(g.values));
  return g;
}

}  // namespace

std::vector<double> pseudospectrum(const Comm& group, const SnapshotPairs& pairs,
                                   std::span<const double> axis) {
  const Matrix g = shared(group, pairs);
  const std::size_t n = axis.size();
  const auto ranks = static_cast<std::size_t>(group.size());
  std::vector<double> grid(n * n, 0.0);
  together(group, [&] {
    for (std::size_t i = static_cast<std::size_t>(group.rank()); i < n; i += ranks)
      for (std::size_t j = 0; j < n; ++j) grid[i * n + j] = least_residual(g, {axis[j], axis[i]});
  });
  // Each point was made by one rank and is 0 on the others: the sum is exact.
  if (n > 0)
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, grid.data(), static_cast<int>(grid.size()), MPI_DOUBLE,
                            MPI_SUM, group.raw()),
              "gather the pseudospectrum");
  return grid;
}

}  // namespace equikoop
