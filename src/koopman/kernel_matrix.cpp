// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_matrix.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace equikoop {

namespace {

/// Numbers of a tile of features of all snapshots in double: 128 MB.
constexpr std::size_t k_tile_numbers = 16'000'000;

/// Delay vectors whose distances the median is taken of, evenly spaced over the ensemble.
constexpr std::size_t k_median_vectors = 1000;

/// Squared distances below this share of the squared lengths are rounding: equal vectors.
constexpr double k_rounding = 64 * std::numeric_limits<double>::epsilon();

void sum_over(const Comm& group, std::vector<double>& values) {
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE,
                          MPI_SUM, group.raw()),
            "sum over features");
}

/// All snapshots in double, less their mean where asked for, a tile of features at a time.
template <class Real>
class SnapshotTiles {
 public:
  SnapshotTiles(const DelayOperator<Real>& z, bool centred)
      : view_(z.trajectories()),
        snapshots_(z.shape().initials * z.shape().times),
        mean_(view_.features, 0.0),
        width_(std::max<std::size_t>(1, std::min(view_.features, k_tile_numbers / snapshots_))) {
    if (!centred) return;
    for (std::size_t s = 0; s < snapshots_; ++s)
      for (std::size_t f = 0; f < view_.features; ++f) mean_[f] += double(snapshot(s)[f]);
    for (double& value : mean_) value /= double(snapshots_);
  }

  std::size_t count() const noexcept { return (view_.features + width_ - 1) / width_; }
  /// Features of tile k.
  std::size_t width(std::size_t k) const noexcept {
    return std::min(width_, view_.features - k * width_);
  }
  /// Tile k, (features, snapshots) column-major; valid until the next call.
  const double* tile(std::size_t k) {
    if (k == loaded_) return values_.data();
    const std::size_t features = width(k), first = k * width_;
    values_.resize(features * snapshots_);
    for (std::size_t s = 0; s < snapshots_; ++s)
      for (std::size_t f = 0; f < features; ++f)
        values_[s * features + f] = double(snapshot(s)[first + f]) - mean_[first + f];
    loaded_ = k;
    return values_.data();
  }
  std::size_t snapshots() const noexcept { return snapshots_; }

 private:
  const Real* snapshot(std::size_t s) const {
    return view_.starts[s / view_.times] + s % view_.times * view_.time_stride;
  }

  const TrajectoryView<Real>& view_;
  std::size_t snapshots_;
  std::vector<double> mean_;
  std::size_t width_;
  std::vector<double> values_;
  std::size_t loaded_ = std::numeric_limits<std::size_t>::max();
};

/// Delay vectors in a row of one trajectory: those of a run of pairs and one more.
struct Run {
  std::size_t snapshot = 0;  ///< the first delay vector's first
  std::size_t vectors = 0;   ///< one more than pairs
};

/// The runs of a block of pairs.
std::vector<Run> runs_of(const DelayShape& shape, const Range& pairs) {
  std::vector<Run> runs;
  const std::size_t each = shape.columns_each();
  for (std::size_t i = pairs.begin; i < pairs.end;) {
    const std::size_t m = i / each, end = std::min(pairs.end, (m + 1) * each);
    runs.push_back({m * shape.times + i % each, end - i + 1});
    i = end;
  }
  return runs;
}

/// Squared length of the delay vector that begins at each snapshot, where there is one.
template <class Real>
std::vector<double> lengths(const Comm& group, const DelayShape& shape, SnapshotTiles<Real>& tiles) {
  std::vector<double> energy(tiles.snapshots(), 0.0);
  for (std::size_t k = 0; k < tiles.count(); ++k) {
    const double* x = tiles.tile(k);
    const auto features = static_cast<int>(tiles.width(k));
    for (std::size_t s = 0; s < energy.size(); ++s)
      energy[s] += cblas_ddot(features, x + s * tiles.width(k), 1, x + s * tiles.width(k), 1);
  }
  sum_over(group, energy);
  std::vector<double> length(energy.size(), 0.0);
  for (std::size_t m = 0; m < shape.initials; ++m)
    for (std::size_t t = 0; t < shape.vectors_each(); ++t)
      for (std::size_t e = 0; e < shape.blocks; ++e)
        length[m * shape.times + t] += energy[m * shape.times + t + e];
  return length;
}

/// Inner products of all snapshots with those of the delay vectors of `run`, (M·T, vectors + d), on
/// the rank `owner`. Collective.
template <class Real>
Matrix raw_panel(const Comm& group, SnapshotTiles<Real>& tiles, const Run& run, std::size_t delays,
                 std::size_t owner) {
  const std::size_t snapshots = run.vectors + delays;
  Matrix panel(tiles.snapshots(), snapshots);
  for (std::size_t k = 0; k < tiles.count(); ++k) {
    const double* x = tiles.tile(k);
    const auto features = static_cast<int>(tiles.width(k));
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, static_cast<int>(panel.rows),
                static_cast<int>(snapshots), features, 1.0, x, features,
                x + run.snapshot * tiles.width(k), features, 1.0, panel.values.data(),
                static_cast<int>(panel.rows));
  }
  const bool mine = static_cast<std::size_t>(group.rank()) == owner;
  check_mpi(MPI_Reduce(mine ? MPI_IN_PLACE : panel.values.data(), panel.values.data(),
                       static_cast<int>(panel.values.size()), MPI_DOUBLE, MPI_SUM,
                       static_cast<int>(owner), group.raw()),
            "sum inner products over features");
  return panel;
}

/// Columns of ZᵀZ from those of the raw Gram matrix: sums of d + 1 along diagonals, each from its
/// neighbour; begun anew every d + 1 columns, so that rounding does not add up along a trajectory.
void slide(const Matrix& raw, const DelayShape& shape, std::size_t first, std::size_t vectors,
           Matrix& delayed) {
  const std::size_t each = shape.columns_each(), blocks = shape.blocks;
  for (std::size_t l = 0; l < vectors; ++l) {
    for (std::size_t m = 0; m < shape.initials; ++m) {
      double* to = delayed.column(first + l).data() + m * each;
      const std::size_t row = m * shape.times;
      const std::size_t fresh = l % blocks == 0 ? each : 1;
      for (std::size_t e = 0; e < blocks; ++e)
        for (std::size_t u = 0; u < fresh; ++u) to[u] += raw(row + u + e, l + e);
      if (fresh == each) continue;
      const double* before = delayed.column(first + l - 1).data() + m * each;
      for (std::size_t u = 1; u < each; ++u)
        to[u] = before[u - 1] + (raw(row + u + blocks - 1, l + blocks - 1) - raw(row + u - 1, l - 1));
    }
  }
}

/// Where the columns of a rank come from.
struct Columns {
  std::vector<std::size_t> snapshot;  ///< the first of each delay vector
  std::vector<std::size_t> at;        ///< the column of each own pair
};

Columns columns_of(const DelayShape& shape, const PairBlocks& blocks) {
  Columns columns;
  for (std::size_t b = blocks.rank; b < blocks.count(); b += blocks.ranks)
    for (const Run& run : runs_of(shape, blocks.range(b)))
      for (std::size_t l = 0; l < run.vectors; ++l) {
        if (l + 1 < run.vectors) columns.at.push_back(columns.snapshot.size());
        columns.snapshot.push_back(run.snapshot + l);
      }
  return columns;
}

/// The squared lengths of the columns of Z.
std::vector<double> lengths_of_pairs(const DelayShape& shape, const std::vector<double>& length) {
  std::vector<double> result;
  for (std::size_t i = 0; i < shape.columns(); ++i)
    result.push_back(length[i / shape.columns_each() * shape.times + i % shape.columns_each()]);
  return result;
}

/// The median distance between delay vectors that differ; 0 where none do. `kernel` still holds ZᵀZ.
double median_distance(const Comm& group, const KernelMatrix& kernel, const std::vector<double>& length) {
  const std::size_t n = kernel.blocks.pairs, count = std::min(n, k_median_vectors);
  const auto sampled = [&](std::size_t q) { return q * n / count; };
  std::vector<double> products(count * count, 0.0);
  for (std::size_t q = 0; q < count; ++q) {
    const auto found = std::lower_bound(kernel.own.begin(), kernel.own.end(), sampled(q));
    if (found == kernel.own.end() || *found != sampled(q)) continue;
    const auto l = static_cast<std::size_t>(found - kernel.own.begin());
    for (std::size_t p = 0; p < count; ++p)
      products[q * count + p] = kernel.columns(sampled(p), kernel.at[l]);
  }
  sum_over(group, products);
  std::vector<double> squares;
  for (std::size_t q = 0; q < count; ++q)
    for (std::size_t p = 0; p < q; ++p) {
      const double both = length[sampled(p)] + length[sampled(q)];
      const double square = both - 2.0 * products[q * count + p];
      if (square > k_rounding * both) squares.push_back(square);
    }
  if (squares.empty()) return 0.0;
  const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(squares.size() / 2);
  std::nth_element(squares.begin(), middle, squares.end());
  double width = std::sqrt(*middle);
  group.broadcast(std::span(&width, 1));
  return width;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / double(values.size());
}

/// k(z, z') from zᵀz', |z|² and |z'|².
double evaluate(const KernelShape& shape, double square_width, double product, double a, double b) {
  switch (shape.kernel) {
    case Kernel::gaussian:
      return std::exp(-0.5 * std::max(0.0, a + b - 2.0 * product) / square_width);
    case Kernel::polynomial:
      return std::pow(1.0 + product / square_width, shape.degree);
    default:
      return product;
  }
}

}  // namespace

template <class Real>
KernelMatrix kernel_matrix(const DelayOperator<Real>& z, const KernelShape& kernel) {
  const DelayShape& shape = z.shape();
  const Comm& group = z.group();
  KernelMatrix result{{shape.columns(), static_cast<std::size_t>(group.size()),
                       static_cast<std::size_t>(group.rank())}, {}, {}, {}};
  result.own = result.blocks.own();
  Columns columns = columns_of(shape, result.blocks);
  result.at = std::move(columns.at);
  result.columns = Matrix(shape.columns(), columns.snapshot.size());
  // Distances do not change with the origin, and are more accurate near it.
  SnapshotTiles<Real> tiles(z, kernel.kernel == Kernel::gaussian);
  const std::vector<double> all_lengths = lengths(group, shape, tiles);
  std::size_t first = 0;
  for (std::size_t b = 0; b < result.blocks.count(); ++b)
    for (const Run& run : runs_of(shape, result.blocks.range(b))) {
      const Matrix raw = raw_panel(group, tiles, run, shape.blocks - 1, result.blocks.owner(b));
      if (!result.blocks.mine(b)) continue;
      slide(raw, shape, first, run.vectors, result.columns);
      first += run.vectors;
    }
  const std::vector<double> length = lengths_of_pairs(shape, all_lengths);
  const double size = mean_of(length);
  if (kernel.kernel == Kernel::gaussian) {
    const double median = median_distance(group, result, length);
    result.width = kernel.width > 0.0 && median > 0.0 ? kernel.width : median;
  } else {
    result.width = kernel.width > 0.0 && size > 0.0 ? kernel.width : std::sqrt(size);
  }
  if (result.width == 0.0) return result;
  const double square = result.width * result.width;
  for (std::size_t c = 0; c < result.columns.columns; ++c)
    for (std::size_t i = 0; i < result.columns.rows; ++i)
      result.columns(i, c) = evaluate(kernel, square, result.columns(i, c), length[i],
                                      all_lengths[columns.snapshot[c]]);
  for (const double l : length) result.mean_diagonal += evaluate(kernel, square, l, l, l);
  result.mean_diagonal /= double(length.size());
  return result;
}

template KernelMatrix kernel_matrix(const DelayOperator<float>&, const KernelShape&);
template KernelMatrix kernel_matrix(const DelayOperator<double>&, const KernelShape&);

}  // namespace equikoop
