// SPDX-License-Identifier: BSD-3-Clause
// The Gram matrix Zᵀ Z of delay vectors: a sliding sum along the diagonals of the Gram matrix of
// the raw snapshots, which is one product whatever the delays.
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "factorise_ways.hpp"
#include "gram.hpp"
#include "lapack.hpp"

namespace equikoop {

namespace {

/// Directions whose eigenvalue lies below this share of the largest are rounding: a left vector
/// Z v / sigma made from them would be no direction of the data.
constexpr double k_least_eigenvalue = 1e-13;

/// This rank's share of the Gram matrix of raw snapshots, (M·T, M·T), lower triangle. `pulse`: as
/// in FactoriseRequest.
template <class Real>
Matrix raw_gram_share(const DelayOperator<Real>& z, const std::function<void()>& pulse) {
  const DelayShape& shape = z.shape();
  const std::size_t snapshots = shape.initials * shape.times;
  Matrix gram(snapshots, snapshots);
  std::vector<double> x;
  z.for_each_panel([&](const TrajectoryView<Real>& panel, std::size_t) {
    const std::size_t d = panel.features;
    x.resize(snapshots * d);
    for (std::size_t s = 0; s < snapshots; ++s)
      std::copy_n(panel.starts[s / shape.times] + s % shape.times * panel.time_stride, d,
                  x.data() + s * d);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, static_cast<int>(snapshots),
                static_cast<int>(d), 1.0, x.data(), static_cast<int>(d), 1.0, gram.values.data(),
                static_cast<int>(snapshots));
    if (pulse) pulse();
  });
  return gram;
}

/// One diagonal of one pair of trajectories: entries (first + s, second + s).
struct Diagonal {
  std::size_t raw_row, raw_column;  ///< of its first entry, in the raw Gram matrix
  std::size_t row, column;          ///< of its first entry, in the delayed one
  std::size_t length;               ///< delayed entries
};

void slide(const Matrix& raw, const Diagonal& at, std::size_t blocks, Matrix& delayed) {
  const auto entry = [&](std::size_t s) { return raw(at.raw_row + s, at.raw_column + s); };
  double sum = 0.0;
  for (std::size_t s = 0; s < blocks; ++s) sum += entry(s);
  delayed(at.row, at.column) = sum;
  for (std::size_t s = 1; s < at.length; ++s) {
    sum += entry(s + blocks - 1) - entry(s - 1);
    delayed(at.row + s, at.column + s) = sum;
  }
}

/// Zᵀ Z, lower triangle, from the lower triangle of the raw Gram matrix.
Matrix delayed_gram(const DelayShape& shape, const Matrix& raw) {
  const std::size_t each = shape.columns_each(), times = shape.times;
  Matrix delayed(shape.columns(), shape.columns());
  for (std::size_t a = 0; a < shape.initials; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      for (std::size_t shift = 0; shift < each; ++shift) {
        slide(raw, {a * times + shift, b * times, a * each + shift, b * each, each - shift},
              shape.blocks, delayed);
        if (b < a && shift > 0)
          slide(raw, {a * times, b * times + shift, a * each, b * each + shift, each - shift},
                shape.blocks, delayed);
      }
    }
  }
  return delayed;
}

}  // namespace

template <class Real>
LeftVectors snapshots_way(const DelayOperator<Real>& z, const FactoriseRequest& request) {
  const DelayShape& shape = z.shape();
  const Comm& group = z.group();
  Matrix raw = raw_gram_share(z, request.pulse);
  for (std::size_t s = 0; s < raw.columns; ++s)
    check_mpi(
        MPI_Reduce(group.is_root() ? MPI_IN_PLACE : raw.column(s).data(), raw.column(s).data(),
                   static_cast<int>(raw.rows), MPI_DOUBLE, MPI_SUM, 0, group.raw()),
        "sum the Gram matrix over features");
  GramEigen parts = decompose_on_root(group, {request.modes, request.every_value, shape.columns()},
                                      [&] { return delayed_gram(shape, std::exchange(raw, {})); });
  std::size_t count = 0;
  while (count < parts.count && parts.values[count] > k_least_eigenvalue * parts.values[0]) ++count;
  Matrix right(shape.columns(), count);
  for (std::size_t j = 0; j < count; ++j) {
    if (group.is_root())
      std::copy_n(parts.vectors.column(j).begin(), right.rows, right.column(j).begin());
    group.broadcast(right.column(j));
    for (double& value : right.column(j)) value /= std::sqrt(parts.values[j]);
  }
  Matrix basis = orthonormal_nearest(group, z.apply(right));
  if (!request.every_value) parts.values.resize(count);
  return {square_roots(std::move(parts.values)), std::move(basis), static_cast<int>(count)};
}

template LeftVectors snapshots_way(const DelayOperator<float>&, const FactoriseRequest&);
template LeftVectors snapshots_way(const DelayOperator<double>&, const FactoriseRequest&);

}  // namespace equikoop
