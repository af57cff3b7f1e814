// SPDX-License-Identifier: BSD-3-Clause
// The delay matrix Z of an ensemble as an operator on the raw trajectories: products with Z and
// its transpose, never Z itself. Memory: the trajectories and a tile of them in double.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/koopman/matrix.hpp"
#include "equikoop/koopman/trajectories.hpp"

namespace equikoop {

/// Sizes of a delay matrix. With L = delays + 1 blocks, T snapshots and M trajectories:
/// rows L·D, columns M·(T - L); columns never cross from one trajectory to the next.
struct DelayShape {
  std::size_t blocks = 1;          ///< L = delays + 1
  std::size_t initials = 0;        ///< M
  std::size_t times = 0;           ///< T
  std::size_t features = 0;        ///< D, of all ranks
  std::size_t local_features = 0;  ///< of this rank
  std::size_t feature_offset = 0;  ///< of this rank's first feature

  std::size_t columns_each() const noexcept { return times - blocks; }  ///< T - d - 1
  std::size_t vectors_each() const noexcept { return columns_each() + 1; }
  std::size_t columns() const noexcept { return initials * columns_each(); }
  std::size_t rows() const noexcept { return blocks * features; }
  std::size_t local_rows() const noexcept { return blocks * local_features; }
};

/// Z with columns z_m(t) = [x_m(t); x_m(t+1); ...; x_m(t+d)], t = 0..T-d-2, m slowest. A local row
/// is (block, local feature), block slowest: a vector over local rows is an (L, D) matrix.
/// Not to be used by two threads at once (one scratch tile). Of a stream, every function that looks
/// at the trajectories is collective, and throws on all ranks where one of them cannot read.
template <class Real>
class DelayOperator {
 public:
  /// Throws UsageError where a trajectory is too short for one pair of delay vectors. Collective.
  DelayOperator(const Comm& group, TrajectoryView<Real> trajectories, std::size_t delays);

  const DelayShape& shape() const noexcept { return shape_; }
  const Comm& group() const noexcept { return *group_; }
  const TrajectoryView<Real>& trajectories() const noexcept { return view_; }

  /// visit(panel, first) for panels of this rank's features in turn, those from `first` on, in
  /// memory until visit returns.
  using PanelVisit = std::function<void(const TrajectoryView<Real>& panel, std::size_t first)>;
  void for_each_panel(const PanelVisit& visit) const { for_each_panel_of(view_, visit); }

  /// U = Z V, the rows of this rank.   V (columns, k), equal on all ranks   U (local rows, k)
  Matrix apply(const Matrix& v) const;
  /// The same for one vector, into `u`.
  void apply(std::span<const double> v, std::span<double> u) const;

  /// This rank's share of W = Zᵀ U, to be summed over ranks.   U (local rows, k)   W (columns, k)
  Matrix apply_transpose_share(const Matrix& u) const;
  /// The same for one vector, into `w`.
  void apply_transpose_share(std::span<const double> u, std::span<double> w) const;

  /// Y_m(t) = Uᵀ z_m(t) for every delay vector, t = 0..T-d-1: one more a trajectory than Z has
  /// columns, so Uᵀ Z and Uᵀ Z' both lie in it. Result (M·(T-d), k). Collective.
  Matrix project(const Matrix& u) const;
  /// The same for t = T-d-1 alone, the delay vectors that are no column of Z: (M, k). Collective.
  Matrix project_last(const Matrix& u) const;

  /// Squared Frobenius norm of Z. Collective.
  double total_energy() const;

 private:
  struct Tile;
  void for_each_panel_of(const TrajectoryView<Real>& view, const PanelVisit& visit) const;
  template <class Visit>
  void for_each_tile(Visit&& visit) const;
  template <class Visit>
  void for_each_tile_of(const TrajectoryView<Real>& panel, std::size_t first, Visit&& visit) const;
  void multiply(const double* v, double* u, std::size_t k) const;
  void multiply_transpose(const double* u, double* w, std::size_t k, std::size_t each) const;

  const Comm* group_;
  TrajectoryView<Real> view_;
  DelayShape shape_;
  mutable std::vector<double> tile_;      ///< snapshots in double, (times of a tile, features)
  mutable std::vector<double> products_;  ///< per-tile Hankel blocks or products
};

extern template class DelayOperator<float>;
extern template class DelayOperator<double>;

}  // namespace equikoop
