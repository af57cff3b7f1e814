// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/koopman/delay_operator.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "equikoop/base/partition.hpp"
#include "lapack.hpp"
#include "panels.hpp"

namespace equikoop {

namespace {

/// Doubles of a tile of snapshots: half a second-level cache, so that products find it there.
constexpr std::size_t k_tile_doubles = 65536;

template <class Real>
DelayShape shape_of(const Comm& group, const TrajectoryView<Real>& view, std::size_t delays) {
  if (view.times < delays + 2)
    throw UsageError(fmt::format("delays {} need at least {} snapshots, the archive has {}", delays,
                                 delays + 2, view.times));
  const auto mine = static_cast<std::uint64_t>(view.features);
  std::uint64_t before = 0;
  check_mpi(MPI_Exscan(&mine, &before, 1, MPI_UINT64_T, MPI_SUM, group.raw()), "place features");
  if (group.is_root()) before = 0;  // MPI leaves rank 0's result undefined
  return {.blocks = delays + 1,
          .initials = view.initials(),
          .times = view.times,
          .features = static_cast<std::size_t>(group.sum(mine)),
          .local_features = view.features,
          .feature_offset = static_cast<std::size_t>(before)};
}

/// In how many columns of Z snapshot t stands: i <= d with 0 <= t - i < N.
std::size_t times_in_columns(const DelayShape& shape, std::size_t t) {
  const std::size_t most = std::min(t, shape.blocks - 1);
  const std::size_t least = t < shape.columns_each() ? 0 : t - shape.columns_each() + 1;
  return most >= least ? most - least + 1 : 0;
}

int blas(std::size_t n) {
  return static_cast<int>(n);
}

}  // namespace

template <class Real>
struct DelayOperator<Real>::Tile {
  std::size_t trajectory;
  std::size_t begin;   ///< first snapshot
  std::size_t times;   ///< snapshots
  Range features;      ///< of this rank's features
  const double* x;     ///< (times, features)
  std::size_t stride;  ///< of a snapshot
};

template <class Real>
DelayOperator<Real>::DelayOperator(const Comm& group, TrajectoryView<Real> trajectories,
                                   std::size_t delays)
    : group_(&group), view_(std::move(trajectories)), shape_(shape_of(group, view_, delays)) {}

template <class Real>
void DelayOperator<Real>::for_each_panel_of(const TrajectoryView<Real>& view,
                                            const PanelVisit& visit) const {
  if (!view.stream) return equikoop::for_each_panel(view, visit);
  together(*group_, [&] { equikoop::for_each_panel(view, visit); });
}

template <class Real>
template <class Visit>
void DelayOperator<Real>::for_each_tile(Visit&& visit) const {
  for_each_panel([&](const TrajectoryView<Real>& panel, std::size_t first) {
    for_each_tile_of(panel, first, visit);
  });
}

template <class Real>
template <class Visit>
void DelayOperator<Real>::for_each_tile_of(const TrajectoryView<Real>& panel, std::size_t first,
                                           Visit&& visit) const {
  const std::size_t width = panel.features;
  const Range features{first, first + width};
  const std::size_t longest = std::max(std::size_t{1}, k_tile_doubles / width);
  for (std::size_t m = 0; m < panel.initials(); ++m) {
    for (std::size_t begin = 0; begin < panel.times; begin += longest) {
      const std::size_t times = std::min(longest, panel.times - begin);
      const Real* from = panel.starts[m] + begin * panel.time_stride;
      if constexpr (std::is_same_v<Real, double>) {
        visit(Tile{m, begin, times, features, from, panel.time_stride});
      } else {
        tile_.resize(times * width);
        for (std::size_t t = 0; t < times; ++t)
          std::copy_n(from + t * panel.time_stride, width, tile_.data() + t * width);
        visit(Tile{m, begin, times, features, tile_.data(), width});
      }
    }
  }
}

// u (k·L, D) += H X, with H (k·L, tile times) the Hankel blocks of v: row (j, i) is column j of v
// moved by i.
template <class Real>
void DelayOperator<Real>::multiply(const double* v, double* u, std::size_t k) const {
  const std::size_t blocks = shape_.blocks;
  const std::size_t each = shape_.columns_each();
  const std::size_t features = shape_.local_features;
  for_each_tile([&](const Tile& tile) {
    const std::size_t group =
        std::clamp(2 * k_tile_doubles / (blocks * tile.times), std::size_t{1}, k);
    for (std::size_t j = 0; j < k; j += group) {
      const std::size_t many = std::min(group, k - j);
      products_.assign(many * blocks * tile.times, 0.0);
      for (std::size_t row = 0; row < many * blocks; ++row) {
        const std::size_t i = row % blocks;
        const double* column = v + ((j + row / blocks) * view_.initials() + tile.trajectory) * each;
        const std::size_t first = std::max(tile.begin, i);
        const std::size_t last = std::min(tile.begin + tile.times, each + i);
        if (first < last)
          std::copy_n(column + (first - i), last - first,
                      products_.data() + row * tile.times + (first - tile.begin));
      }
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas(many * blocks),
                  blas(tile.features.size()), blas(tile.times), 1.0, products_.data(),
                  blas(tile.times), tile.x, blas(tile.stride), 1.0,
                  u + j * blocks * features + tile.features.begin, blas(features));
    }
  });
}

// P (k·L, tile times) = U Xᵀ, then w_j(t) += P((j, i), t + i).
template <class Real>
void DelayOperator<Real>::multiply_transpose(const double* u, double* w, std::size_t k,
                                             std::size_t each) const {
  const std::size_t blocks = shape_.blocks;
  const std::size_t features = shape_.local_features;
  for_each_tile([&](const Tile& tile) {
    const std::size_t group =
        std::clamp(2 * k_tile_doubles / (blocks * tile.times), std::size_t{1}, k);
    for (std::size_t j = 0; j < k; j += group) {
      const std::size_t many = std::min(group, k - j);
      products_.resize(many * blocks * tile.times);
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas(many * blocks), blas(tile.times),
                  blas(tile.features.size()), 1.0, u + j * blocks * features + tile.features.begin,
                  blas(features), tile.x, blas(tile.stride), 0.0, products_.data(),
                  blas(tile.times));
      for (std::size_t row = 0; row < many * blocks; ++row) {
        const std::size_t i = row % blocks;
        double* column = w + ((j + row / blocks) * view_.initials() + tile.trajectory) * each;
        const double* product = products_.data() + row * tile.times;
        const std::size_t first = std::max(tile.begin, i);
        const std::size_t last = std::min(tile.begin + tile.times, each + i);
        for (std::size_t s = first; s < last; ++s) column[s - i] += product[s - tile.begin];
      }
    }
  });
}

template <class Real>
Matrix DelayOperator<Real>::apply(const Matrix& v) const {
  Matrix u(shape_.local_rows(), v.columns);
  if (v.columns > 0) multiply(v.values.data(), u.values.data(), v.columns);
  return u;
}

template <class Real>
void DelayOperator<Real>::apply(std::span<const double> v, std::span<double> u) const {
  std::fill(u.begin(), u.end(), 0.0);
  multiply(v.data(), u.data(), 1);
}

template <class Real>
Matrix DelayOperator<Real>::apply_transpose_share(const Matrix& u) const {
  Matrix w(shape_.columns(), u.columns);
  if (u.columns > 0)
    multiply_transpose(u.values.data(), w.values.data(), u.columns, shape_.columns_each());
  return w;
}

template <class Real>
void DelayOperator<Real>::apply_transpose_share(std::span<const double> u,
                                                std::span<double> w) const {
  std::fill(w.begin(), w.end(), 0.0);
  multiply_transpose(u.data(), w.data(), 1, shape_.columns_each());
}

template <class Real>
Matrix DelayOperator<Real>::project(const Matrix& u) const {
  Matrix y(shape_.initials * shape_.vectors_each(), u.columns);
  if (u.columns > 0)
    multiply_transpose(u.values.data(), y.values.data(), u.columns, shape_.vectors_each());
  for (std::size_t j = 0; j < y.columns; ++j)
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, y.column(j).data(), blas(y.rows), MPI_DOUBLE, MPI_SUM,
                            group_->raw()),
              "sum projections over features");
  return y;
}

template <class Real>
Matrix DelayOperator<Real>::project_last(const Matrix& u) const {
  const std::size_t features = shape_.local_features;
  Matrix last(shape_.local_rows(), shape_.initials);
  for_each_panel_of(view_.window(shape_.columns_each(), shape_.times),
                    [&](const TrajectoryView<Real>& panel, std::size_t first) {
                      for (std::size_t m = 0; m < shape_.initials; ++m)
                        for (std::size_t i = 0; i < shape_.blocks; ++i)
                          std::copy_n(panel.starts[m] + i * panel.time_stride, panel.features,
                                      last.column(m).data() + i * features + first);
                    });
  Matrix y = equikoop::multiply(last, u, Transpose::yes);
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, y.values.data(), blas(y.values.size()), MPI_DOUBLE, MPI_SUM,
                          group_->raw()),
            "sum projections over features");
  return y;
}

template <class Real>
double DelayOperator<Real>::total_energy() const {
  double energy = 0.0;
  for_each_panel([&](const TrajectoryView<Real>& panel, std::size_t) {
    for (std::size_t t = 0; t < panel.times; ++t) {
      double of_snapshot = 0.0;
      for (const Real* start : panel.starts) {
        const Real* x = start + t * panel.time_stride;
        for (std::size_t f = 0; f < panel.features; ++f) of_snapshot += double(x[f]) * double(x[f]);
      }
      energy += of_snapshot * static_cast<double>(times_in_columns(shape_, t));
    }
  });
  return group_->sum(energy);
}

template class DelayOperator<float>;
template class DelayOperator<double>;

template <class Real>
std::vector<std::size_t> finite_trajectories(const Comm& group, const TrajectoryView<Real>& view) {
  std::vector<int> finite(view.initials(), 1);
  const auto inspect = [&](const TrajectoryView<Real>& panel, std::size_t) {
    for (std::size_t m = 0; m < panel.initials(); ++m) {
      for (std::size_t t = 0; t < panel.times && finite[m]; ++t) {
        const Real* x = panel.starts[m] + t * panel.time_stride;
        finite[m] =
            std::all_of(x, x + panel.features, [](Real value) { return std::isfinite(value); });
      }
    }
  };
  together(group, [&] { for_each_panel(view, inspect); });
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, finite.data(), blas(finite.size()), MPI_INT, MPI_MIN,
                          group.raw()),
            "find trajectories without NaN");
  std::vector<std::size_t> kept;
  for (std::size_t m = 0; m < finite.size(); ++m) {
    if (finite[m]) kept.push_back(m);
  }
  return kept;
}

template std::vector<std::size_t> finite_trajectories(const Comm&, const TrajectoryView<float>&);
template std::vector<std::size_t> finite_trajectories(const Comm&, const TrajectoryView<double>&);

}  // namespace equikoop
