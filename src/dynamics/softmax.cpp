// SPDX-License-Identifier: BSD-3-Clause
// Log-softmax with negative log-likelihood, and its gradient. Samples lie side by side: all that is
// done to a logit is done to a tile of samples at once.
#include <algorithm>
#include <array>
#include <cmath>

#include "exponential.hpp"
#include "layers.hpp"

namespace equikoop {
namespace {

/// Samples of a tile. Also the most factors of a product of sums below: 255^16 < 1e39 fits a
/// double.
constexpr std::size_t k_tile = 16;

template <class Real>
struct Tile {
  std::array<Real, k_tile> shift;            ///< the largest logit
  std::array<Real, k_tile> sum;              ///< of e^(logit − shift)
  std::array<std::int32_t, k_tile> largest;  ///< the first class that has it
};

/// The first of the largest values, as argmax has it; a NaN is never the largest.
template <class Real>
void find_largest(Matrix<const Real> z, Tile<Real>& tile) {
  std::copy_n(z.row(0), k_tile, tile.shift.begin());
  tile.largest.fill(0);
  for (std::size_t c = 1; c < z.rows; ++c) {
    const Real* const row = z.row(c);
    for (std::size_t i = 0; i < k_tile; ++i) {
      const bool larger = row[i] > tile.shift[i];
      tile.largest[i] = larger ? static_cast<std::int32_t>(c) : tile.largest[i];
      tile.shift[i] = larger ? row[i] : tile.shift[i];
    }
  }
}

/// Sums e^(z − shift); writes each to `e` unless it is empty.
template <class Real>
void exponentials(Matrix<const Real> z, Tile<Real>& tile, Matrix<Real> e) {
  tile.sum.fill(0);
  std::array<Real, k_tile> value;
  for (std::size_t c = 0; c < z.rows; ++c) {
    const Real* const row = z.row(c);
    for (std::size_t i = 0; i < k_tile; ++i) {
      value[i] = vectorised::exponential(row[i] - tile.shift[i]);
      tile.sum[i] += value[i];
    }
    if (e.data != nullptr) std::copy_n(value.begin(), k_tile, e.row(c));
  }
}

/// e·scale/sum, less `scale` where the label is.
template <class Real>
void gradient(const Tile<Real>& tile, std::span<const std::uint8_t> labels, Real scale,
              Matrix<Real> dz) {
  std::array<Real, k_tile> factor;
  for (std::size_t i = 0; i < k_tile; ++i) factor[i] = scale / tile.sum[i];
  for (std::size_t c = 0; c < dz.rows; ++c) {
    Real* const row = dz.row(c);
    for (std::size_t i = 0; i < k_tile; ++i) row[i] *= factor[i];
  }
  for (std::size_t i = 0; i < labels.size(); ++i) dz.row(labels[i])[i] -= scale;
}

/// Up to k_tile samples of one network: adds those from number `first` on to its score.
/// z, dz (classes, samples)
template <class Real>
void tile_loss(Matrix<const Real> z, std::span<const std::uint8_t> labels, std::size_t first,
               Real scale, Matrix<Real> dz, BatchScore& score) {
  Tile<Real> tile;
  std::array<Real, k_tile> target;
  find_largest(z, tile);
  for (std::size_t i = 0; i < labels.size(); ++i) target[i] = z.row(labels[i])[i] - tile.shift[i];
  exponentials(z, tile, dz);
  if (dz.data != nullptr) gradient(tile, labels, scale, dz);
  // One logarithm for all: log Π sum = Σ log sum.
  double product = 1.0;
  for (std::size_t i = first; i < labels.size(); ++i) {
    product *= static_cast<double>(tile.sum[i]);
    score.loss -= static_cast<double>(target[i]);
    score.correct += tile.largest[i] == labels[i] ? 1 : 0;
  }
  score.loss += std::log(product);
}

/// A minibatch of fewer samples than k_tile, through a copy that has room for all.
template <class Real>
class SmallBatch {
 public:
  SmallBatch(Matrix<const Real> z, std::span<const std::uint8_t> labels, Real scale,
             Matrix<Real> dz, BatchScore& score) {
    const std::size_t count = labels.size();
    for (std::size_t c = 0; c < z.rows; ++c)
      std::copy_n(z.row(c), count, values_.data() + c * k_tile);
    const Matrix<Real> copy{values_.data(), z.rows, k_tile, k_tile};
    const Matrix<Real> none{};
    tile_loss<Real>(copy, labels, 0, scale, dz.data == nullptr ? none : copy, score);
    if (dz.data == nullptr) return;
    for (std::size_t c = 0; c < z.rows; ++c) std::copy_n(copy.row(c), count, dz.row(c));
  }

 private:
  std::array<Real, 256 * k_tile> values_{};  ///< labels are bytes: at most 256 classes
};

template <class Real>
void network_loss(Matrix<const Real> z, std::span<const std::uint8_t> labels, Matrix<Real> dz,
                  BatchScore& score) {
  const Real scale = Real(1) / static_cast<Real>(labels.size());
  if (labels.size() < k_tile) {
    SmallBatch<Real>(z, labels, scale, dz, score);
    return;
  }
  // The last tile ends with the samples; those it has in common with the one before have been
  // counted.
  for (std::size_t b = 0; b < labels.size(); b += k_tile) {
    const std::size_t begin = std::min(b, labels.size() - k_tile);
    tile_loss<Real>(z.slice(begin, k_tile), labels.subspan(begin, k_tile), b - begin, scale,
                    dz.data == nullptr ? dz : dz.slice(begin, k_tile), score);
  }
}

}  // namespace

template <class Real>
void softmax_loss(Matrix<const std::type_identity_t<Real>> z, std::span<const std::uint8_t> labels,
                  Matrix<Real> dz, std::span<BatchScore> scores) {
  const std::size_t classes = z.rows / scores.size();
  for (std::size_t m = 0; m < scores.size(); ++m) {
    scores[m] = {};
    network_loss<Real>(z.band(m * classes, classes), labels,
                       dz.data == nullptr ? dz : dz.band(m * classes, classes), scores[m]);
  }
}

template void softmax_loss(Matrix<const float>, std::span<const std::uint8_t>, Matrix<float>,
                           std::span<BatchScore>);
template void softmax_loss(Matrix<const double>, std::span<const std::uint8_t>, Matrix<double>,
                           std::span<BatchScore>);

}  // namespace equikoop
