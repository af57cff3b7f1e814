// SPDX-License-Identifier: BSD-3-Clause
// The first layer on dense data: BLAS products of all initials, panel by panel.
#include <algorithm>

#include "aligned.hpp"
#include "first_layer.hpp"
#include "transpose.hpp"

namespace equikoop {
namespace {

/// Columns of a panel at most: 784 rows of them in float stay in a second-level cache of 1 MiB
/// between the update and the next product (and rows are shorter than 1 KiB, at which they
/// would compete for the same sets); narrower ones cost BLAS more than they save.
constexpr std::size_t k_most_columns = 240;

/// All columns in as few panels as may be, of nearly equal width, whole cache lines each.
template <class Real>
PanelMatrix panels_of(std::size_t inputs, std::size_t columns) {
  const std::size_t panels = (columns + k_most_columns - 1) / k_most_columns;
  const std::size_t line = k_cache_line / sizeof(Real);
  return {inputs, round_up(columns, line), round_up((columns + panels - 1) / panels, line)};
}

template <class Real>
class DenseFirstLayer final : public FirstLayer<Real> {
 public:
  DenseFirstLayer(std::size_t inputs, std::size_t columns, std::size_t max_batch)
      : columns_(columns),
        weights_(panels_of<Real>(inputs, columns)),
        product_(max_batch * weights_.panel) {}

  PanelMatrix storage() const override { return weights_; }

  void forward(const Batch<Real>& batch, std::span<const Real> w, Matrix<Real> z) override {
    for (std::size_t p = 0; p < weights_.panels(); ++p) panel_forward(p, batch, w.data(), z);
  }

  void backward(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                std::span<Real> target) override {
    for (std::size_t p = 0; p < weights_.panels(); ++p) {
      panel_backward(p, batch, dz, how, target.data());
    }
  }

  void step(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
            std::span<Real> w, const Batch<Real>& next, Matrix<Real> z) override {
    for (std::size_t p = 0; p < weights_.panels(); ++p) {
      panel_backward(p, batch, dz, how, w.data());
      panel_forward(p, next, w.data(), z);
    }
  }

 private:
  /// OpenBLAS is faster along the columns, and a transpose costs a hundredth of the product.
  void panel_forward(std::size_t p, const Batch<Real>& batch, const Real* w, Matrix<Real> z) {
    const Matrix<const Real> panel = panel_of(p, w);
    const Matrix<Real> product{product_.data(), batch.x.rows, panel.columns, panel.stride};
    multiply<Real>(1, batch.x, Form::plain, panel, Form::plain, 0, product);
    transpose<Real>(product, z.band(weights_.columns_of(p).begin, panel.columns));
  }

  void panel_backward(std::size_t p, const Batch<Real>& batch, Matrix<const Real> dz,
                      Accumulate<Real> how, Real* target) const {
    const Matrix<Real> panel = panel_of(p, target);
    multiply<Real>(how.alpha, batch.x, Form::transposed,
                   dz.band(weights_.columns_of(p).begin, panel.columns), Form::transposed, how.beta,
                   panel);
  }

  /// The columns of a panel that are not padding.
  template <class T>
  Matrix<T> panel_of(std::size_t p, T* w) const {
    const Range range = weights_.columns_of(p);
    return {w + range.begin * weights_.rows, weights_.rows,
            std::min(range.end, columns_) - range.begin, range.size()};
  }

  std::size_t columns_;
  PanelMatrix weights_;
  AlignedVector<Real> product_;  ///< (batch, panel)
};

}  // namespace

template <class Real>
std::unique_ptr<FirstLayer<Real>> dense_first_layer(std::size_t inputs, std::size_t columns,
                                                    std::size_t max_batch) {
  return std::make_unique<DenseFirstLayer<Real>>(inputs, columns, max_batch);
}

template std::unique_ptr<FirstLayer<float>> dense_first_layer(std::size_t, std::size_t,
                                                              std::size_t);
template std::unique_ptr<FirstLayer<double>> dense_first_layer(std::size_t, std::size_t,
                                                               std::size_t);

}  // namespace equikoop
