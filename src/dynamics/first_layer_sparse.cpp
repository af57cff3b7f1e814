// SPDX-License-Identifier: BSD-3-Clause
// The first layer on data with a background: rows of S forward, columns of S for the update. A panel
// of weights is as many columns as registers hold; it is compiled with fused multiply-adds allowed.
#include <algorithm>
#include <array>
#include <utility>

#include "aligned.hpp"
#include "first_layer.hpp"
#include "lanes.hpp"
#include "sparse_columns.hpp"
#include "transpose.hpp"

namespace equikoop {
namespace {

/// Vectors of a panel: enough sums side by side to hide the latency of an addition, few enough for
/// 16 registers and for the first-level cache.
constexpr std::size_t k_most_vectors = 7;

/// Columns of a panel: all columns in as few panels as may be, of nearly equal width.
template <class Real>
std::size_t panel_columns(std::size_t columns) {
  const std::size_t vectors = round_up(columns, k_lanes<Real>) / k_lanes<Real>;
  const std::size_t panels = (vectors + k_most_vectors - 1) / k_most_vectors;
  return (vectors + panels - 1) / panels * k_lanes<Real>;
}

/// A vector for each k_lanes columns of a panel.
template <class Real, std::size_t Vectors>
struct Row {
  Lanes<Real> v[Vectors];

  static Row of(const Real* from) {
    Row row;
    for (std::size_t i = 0; i < Vectors; ++i) row.v[i] = load(from + i * k_lanes<Real>);
    return row;
  }
  void to(Real* target) const {
    for (std::size_t i = 0; i < Vectors; ++i) store(target + i * k_lanes<Real>, v[i]);
  }
  void add(const Real* from) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] += load(from + i * k_lanes<Real>);
  }
  void add(Real factor, const Real* from) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] += factor * load(from + i * k_lanes<Real>);
  }
  void scale(Real factor) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] *= factor;
  }
};

/// A minibatch, by samples (rows of the data set) and by inputs.
template <class Real>
struct Entries {
  const SparseRows<Real>& rows;
  std::span<const std::uint32_t> samples;
  const SparseColumns<Real>& columns;
  Real background;
};

/// z = S·w + c·(column sums of w)   w (inputs, panel)   z (batch, panel), all contiguous. Block by
/// block of inputs: its weights are summed, which brings them into the cache, and then used by all
/// samples.
template <class Real, std::size_t Vectors>
void panel_forward(const Entries<Real>& x, const Real* w, Real* z) {
  constexpr std::size_t k_stride = Vectors * k_lanes<Real>;
  using Sums = Row<Real, Vectors>;
  const std::size_t blocks = x.rows.blocks();
  const std::uint16_t* const input = x.rows.input.data();
  const Real* const value = x.rows.value.data();
  Sums total{};
  std::fill_n(z, x.samples.size() * k_stride, Real(0));
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = block * x.rows.block;
    const std::size_t last = std::min(first + x.rows.block, x.rows.inputs);
    Sums sum{};
    for (std::size_t k = first; k < last; ++k) sum.add(w + k * k_stride);
    for (std::size_t i = 0; i < Vectors; ++i) total.v[i] += sum.v[i];
    for (std::size_t b = 0; b < x.samples.size(); ++b) {
      const std::uint64_t* const begin = x.rows.begin.data() + x.samples[b] * blocks + block;
      Sums row = Sums::of(z + b * k_stride);
      for (std::size_t e = begin[0]; e < begin[1]; ++e) row.add(value[e], w + input[e] * k_stride);
      row.to(z + b * k_stride);
    }
  }
  total.scale(x.background);
  for (std::size_t b = 0; b < x.samples.size(); ++b) {
    Sums row = Sums::of(z + b * k_stride);
    for (std::size_t i = 0; i < Vectors; ++i) row.v[i] += total.v[i];
    row.to(z + b * k_stride);
  }
}

/// target = beta·target + alpha·(Sᵀ·dz + c·(sums of dz over the batch))
/// target (inputs, panel)   dz (batch, panel), both contiguous.
template <class Real, std::size_t Vectors>
void panel_backward(const Entries<Real>& x, const Real* dz, Accumulate<Real> how, Real* target) {
  constexpr std::size_t k_stride = Vectors * k_lanes<Real>;
  using Sums = Row<Real, Vectors>;
  const std::uint16_t* const sample = x.columns.samples();
  const Real* const value = x.columns.values();
  Sums constant{};
  for (std::size_t b = 0; b < x.samples.size(); ++b) constant.add(dz + b * k_stride);
  constant.scale(x.background);
  for (std::size_t k = 0; k < x.rows.inputs; ++k) {
    Sums sum = constant;
    const std::size_t end = x.columns.begin(k + 1);
    for (std::size_t e = x.columns.begin(k); e < end; ++e) {
      sum.add(value[e], dz + sample[e] * k_stride);
    }
    sum.scale(how.alpha);
    Real* const row = target + k * k_stride;
    if (how.beta == Real(1)) {
      sum.add(row);
    } else if (how.beta != Real(0)) {
      sum.add(how.beta, row);
    }
    sum.to(row);
  }
}

/// The kernels of panels of 1 .. k_most_vectors vectors.
template <class Real>
struct Kernels {
  using Forward = void (*)(const Entries<Real>&, const Real*, Real*);
  using Backward = void (*)(const Entries<Real>&, const Real*, Accumulate<Real>, Real*);

  template <std::size_t... I>
  static constexpr std::array<Forward, sizeof...(I)> forwards(std::index_sequence<I...>) {
    return {&panel_forward<Real, I + 1>...};
  }
  template <std::size_t... I>
  static constexpr std::array<Backward, sizeof...(I)> backwards(std::index_sequence<I...>) {
    return {&panel_backward<Real, I + 1>...};
  }
  static constexpr auto k_forward = forwards(std::make_index_sequence<k_most_vectors>());
  static constexpr auto k_backward = backwards(std::make_index_sequence<k_most_vectors>());
};

template <class Real>
class SparseFirstLayer final : public FirstLayer<Real> {
 public:
  SparseFirstLayer(std::size_t inputs, std::size_t columns, std::size_t max_batch, Real background)
      : columns_(columns),
        background_(background),
        weights_{inputs, round_up(columns, k_lanes<Real>), panel_columns<Real>(columns)},
        by_input_(inputs, max_batch),
        panel_(max_batch * weights_.panel) {}

  PanelMatrix storage() const override { return weights_; }

  void forward(const Batch<Real>& batch, std::span<const Real> w, Matrix<Real> z) override {
    const Entries<Real> x = entries(batch);
    for (std::size_t p = 0; p < weights_.panels(); ++p) {
      const Range range = weights_.columns_of(p);
      Kernels<Real>::k_forward[range.size() / k_lanes<Real> - 1](
          x, w.data() + range.begin * weights_.rows, panel_.data());
      transpose<Real>(used(range, batch.samples.size()), rows_of(z, range));
    }
  }

  void backward(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                std::span<Real> target) override {
    by_input_.build(*batch.rows, batch.samples);
    const Entries<Real> x = entries(batch);
    for (std::size_t p = 0; p < weights_.panels(); ++p) {
      const Range range = weights_.columns_of(p);
      clear_padding(range, batch.samples.size());
      transpose<Real>(rows_of(dz, range), used(range, batch.samples.size()));
      Kernels<Real>::k_backward[range.size() / k_lanes<Real> - 1](
          x, panel_.data(), how, target.data() + range.begin * weights_.rows);
    }
  }

 private:
  Entries<Real> entries(const Batch<Real>& batch) const {
    return {*batch.rows, batch.samples, by_input_, background_};
  }
  /// The columns of a panel that are not padding, as (batch, columns).
  Matrix<Real> used(Range range, std::size_t batch) {
    return {panel_.data(), batch, std::min(range.end, columns_) - range.begin, range.size()};
  }
  template <class T>
  Matrix<T> rows_of(Matrix<T> z, Range range) const {
    return {z.row(range.begin), std::min(range.end, columns_) - range.begin, z.columns, z.stride};
  }
  /// Padded weights stay zero.
  void clear_padding(Range range, std::size_t batch) {
    if (range.end <= columns_) return;
    for (std::size_t b = 0; b < batch; ++b) {
      Real* const row = panel_.data() + b * range.size();
      std::fill(row + (columns_ - range.begin), row + range.size(), Real(0));
    }
  }

  std::size_t columns_;
  Real background_;
  PanelMatrix weights_;
  SparseColumns<Real> by_input_;
  AlignedVector<Real> panel_;  ///< (batch, panel): z or dz of one panel
};

}  // namespace

template <class Real>
std::unique_ptr<FirstLayer<Real>> sparse_first_layer(std::size_t inputs, std::size_t columns,
                                                     std::size_t max_batch, Real background) {
  return std::make_unique<SparseFirstLayer<Real>>(inputs, columns, max_batch, background);
}

template std::unique_ptr<FirstLayer<float>> sparse_first_layer(std::size_t, std::size_t,
                                                               std::size_t, float);
template std::unique_ptr<FirstLayer<double>> sparse_first_layer(std::size_t, std::size_t,
                                                                std::size_t, double);

}  // namespace equikoop
