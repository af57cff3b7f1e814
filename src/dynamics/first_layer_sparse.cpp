// SPDX-License-Identifier: BSD-3-Clause
// The first layer on data with a background: rows of S forward, columns of S for the update. A panel
// of weights is as many columns as registers hold; it is compiled with fused multiply-adds allowed.
#include <algorithm>

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
  void add(const Row& other) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] += other.v[i];
  }
  void add(Real factor, const Real* from) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] += factor * load(from + i * k_lanes<Real>);
  }
  void scale(Real factor) {
    for (std::size_t i = 0; i < Vectors; ++i) v[i] *= factor;
  }
};

/// A minibatch by samples (rows of the data set) ...
template <class Real>
struct BySample {
  const SparseRows<Real>& rows;
  std::span<const std::uint32_t> samples;
};
/// ... and by inputs.
template <class Real>
struct ByInput {
  const SparseColumns<Real>& columns;
  std::size_t batch;
};

/// What a pass over a panel of weights does: the update from one minibatch, the product with
/// another, or both, block by block of inputs, so that the weights of a block are in the first-level
/// cache for all that is done with them. w (inputs, panel)   z, dz (batch, panel), all contiguous.
template <class Real, std::size_t Vectors>
class Panel {
 public:
  explicit Panel(Real background) : background_(background) {}

  /// z = S·w + c·(column sums of w)
  void forward(const BySample<Real>& x, const Real* w, Real* z) const {
    clear(x, z);
    Sums total{};
    for (std::size_t block = 0; block < x.rows.blocks(); ++block) {
      const Range inputs = inputs_of(x.rows, block);
      Sums sum{};
      for (std::size_t k = inputs.begin; k < inputs.end; ++k) sum.add(w + k * k_stride);
      total.add(sum);
      add_products(x, block, w, z);
    }
    add_constant(x, total, z);
  }

  /// target = beta·target + alpha·(Sᵀ·dz + c·(sums of dz over the batch))
  void backward(const ByInput<Real>& x, std::size_t inputs, const Real* dz, Accumulate<Real> how,
                Real* target) const {
    update(x, {0, inputs}, constant_of(x, dz), dz, how, target);
  }

  /// Both, with the updated weights.
  void step(const ByInput<Real>& x, const Real* dz, Accumulate<Real> how, Real* w,
            const BySample<Real>& next, Real* z) const {
    clear(next, z);
    const Sums constant = constant_of(x, dz);
    Sums total{};
    for (std::size_t block = 0; block < next.rows.blocks(); ++block) {
      total.add(update(x, inputs_of(next.rows, block), constant, dz, how, w));
      add_products(next, block, w, z);
    }
    add_constant(next, total, z);
  }

 private:
  static constexpr std::size_t k_stride = Vectors * k_lanes<Real>;
  using Sums = Row<Real, Vectors>;

  static Range inputs_of(const SparseRows<Real>& rows, std::size_t block) {
    return {block * rows.block, std::min((block + 1) * rows.block, rows.inputs)};
  }
  static void clear(const BySample<Real>& x, Real* z) {
    std::fill_n(z, x.samples.size() * k_stride, Real(0));
  }

  /// z += S·w of a block of inputs
  static void add_products(const BySample<Real>& x, std::size_t block, const Real* w, Real* z) {
    const std::uint16_t* const input = x.rows.input.data();
    const Real* const value = x.rows.value.data();
    const std::size_t blocks = x.rows.blocks();
    for (std::size_t b = 0; b < x.samples.size(); ++b) {
      const std::uint64_t* const begin = x.rows.begin.data() + x.samples[b] * blocks + block;
      Sums row = Sums::of(z + b * k_stride);
      for (std::size_t e = begin[0]; e < begin[1]; ++e) row.add(value[e], w + input[e] * k_stride);
      row.to(z + b * k_stride);
    }
  }

  /// z += c·(column sums of w)
  void add_constant(const BySample<Real>& x, Sums total, Real* z) const {
    total.scale(background_);
    for (std::size_t b = 0; b < x.samples.size(); ++b) {
      Sums row = Sums::of(z + b * k_stride);
      row.add(total);
      row.to(z + b * k_stride);
    }
  }

  /// c·(sums of dz over the batch)
  Sums constant_of(const ByInput<Real>& x, const Real* dz) const {
    Sums constant{};
    for (std::size_t b = 0; b < x.batch; ++b) constant.add(dz + b * k_stride);
    constant.scale(background_);
    return constant;
  }

  /// Rows `inputs` of the target, and their sum.
  static Sums update(const ByInput<Real>& x, Range inputs, const Sums& constant, const Real* dz,
                     Accumulate<Real> how, Real* target) {
    const std::uint16_t* const sample = x.columns.samples();
    const Real* const value = x.columns.values();
    Sums total{};
    for (std::size_t k = inputs.begin; k < inputs.end; ++k) {
      Sums sum = constant;
      const std::size_t end = x.columns.end(k);
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
      total.add(sum);
    }
    return total;
  }

  Real background_;
};

/// Calls visit(Panel) with the kernels of a panel of `vectors` = 1 .. k_most_vectors.
template <class Real, std::size_t Vectors = 1, class Visitor>
void with_panel(std::size_t vectors, Real background, Visitor&& visit) {
  if constexpr (Vectors < k_most_vectors) {
    if (vectors > Vectors) return with_panel<Real, Vectors + 1>(vectors, background, visit);
  }
  visit(Panel<Real, Vectors>(background));
}

template <class Real>
class SparseFirstLayer final : public FirstLayer<Real> {
 public:
  SparseFirstLayer(std::size_t inputs, std::size_t columns, std::size_t max_batch, Real background)
      : columns_(columns),
        background_(background),
        weights_{inputs, round_up(columns, k_lanes<Real>), panel_columns<Real>(columns)},
        by_input_(inputs, max_batch),
        z_(max_batch * weights_.panel),
        dz_(max_batch * weights_.panel) {}

  PanelMatrix storage() const override { return weights_; }

  void forward(const Batch<Real>& batch, std::span<const Real> w, Matrix<Real> z) override {
    each_panel([&](const auto& panel, Range range) {
      panel.forward(by_sample(batch), w.data() + range.begin * weights_.rows, z_.data());
      transpose<Real>(used(z_, range, batch), rows_of(z, range));
    });
  }

  void backward(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                std::span<Real> target) override {
    by_input_.build(*batch.rows, batch.samples);
    each_panel([&](const auto& panel, Range range) {
      take(dz, range, batch);
      panel.backward(by_input(batch), weights_.rows, dz_.data(), how,
                     target.data() + range.begin * weights_.rows);
    });
  }

  void step(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
            std::span<Real> w, const Batch<Real>& next, Matrix<Real> z) override {
    by_input_.build(*batch.rows, batch.samples);
    each_panel([&](const auto& panel, Range range) {
      take(dz, range, batch);
      panel.step(by_input(batch), dz_.data(), how, w.data() + range.begin * weights_.rows,
                 by_sample(next), z_.data());
      transpose<Real>(used(z_, range, next), rows_of(z, range));
    });
  }

 private:
  template <class Visitor>
  void each_panel(Visitor&& visit) const {
    for (std::size_t p = 0; p < weights_.panels(); ++p) {
      const Range range = weights_.columns_of(p);
      with_panel<Real>(range.size() / k_lanes<Real>, background_,
                       [&](const auto& panel) { visit(panel, range); });
    }
  }
  static BySample<Real> by_sample(const Batch<Real>& batch) { return {*batch.rows, batch.samples}; }
  ByInput<Real> by_input(const Batch<Real>& batch) const {
    return {by_input_, batch.samples.size()};
  }
  /// dz_ = the rows of dz that are columns of a panel; padded weights stay zero.
  void take(Matrix<const Real> dz, Range range, const Batch<Real>& batch) {
    if (range.end > columns_) clear_padding(range, batch.samples.size());
    transpose<Real>(rows_of(dz, range), used(dz_, range, batch));
  }
  /// The columns of a panel that are not padding, as (batch, columns).
  Matrix<Real> used(AlignedVector<Real>& panel, Range range, const Batch<Real>& batch) const {
    return {panel.data(), batch.samples.size(), std::min(range.end, columns_) - range.begin,
            range.size()};
  }
  template <class T>
  Matrix<T> rows_of(Matrix<T> z, Range range) const {
    return {z.row(range.begin), std::min(range.end, columns_) - range.begin, z.columns, z.stride};
  }
  void clear_padding(Range range, std::size_t batch) {
    for (std::size_t b = 0; b < batch; ++b) {
      Real* const row = dz_.data() + b * range.size();
      std::fill(row + (columns_ - range.begin), row + range.size(), Real(0));
    }
  }

  std::size_t columns_;
  Real background_;
  PanelMatrix weights_;
  SparseColumns<Real> by_input_;
  AlignedVector<Real> z_;   ///< (batch, panel): of one panel
  AlignedVector<Real> dz_;  ///< likewise
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
