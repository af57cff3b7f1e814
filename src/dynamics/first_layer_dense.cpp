// SPDX-License-Identifier: BSD-3-Clause
// The first layer on dense data: one BLAS product each way for all initials.
#include "aligned.hpp"
#include "first_layer.hpp"
#include "transpose.hpp"

namespace equikoop {
namespace {

template <class Real>
class DenseFirstLayer final : public FirstLayer<Real> {
 public:
  DenseFirstLayer(std::size_t inputs, std::size_t columns, std::size_t max_batch)
      : inputs_(inputs),
        columns_(columns),
        stride_(padded_stride<Real>(columns)),
        product_(max_batch * stride_) {}

  PanelMatrix storage() const override { return {inputs_, stride_, stride_}; }

  /// OpenBLAS is faster along the columns, and a transpose costs a hundredth of the product.
  void forward(const Batch<Real>& batch, std::span<const Real> w, Matrix<Real> z) override {
    const Matrix<Real> product{product_.data(), batch.x.rows, columns_, stride_};
    multiply<Real>(1, batch.x, Form::plain, weights(w.data()), Form::plain, 0, product);
    transpose<Real>(product, z);
  }

  void backward(const Batch<Real>& batch, Matrix<const Real> dz, Accumulate<Real> how,
                std::span<Real> target) override {
    multiply<Real>(how.alpha, batch.x, Form::transposed, dz, Form::transposed, how.beta,
                   weights(target.data()));
  }

 private:
  template <class T>
  Matrix<T> weights(T* data) const {
    return {data, inputs_, columns_, stride_};
  }

  std::size_t inputs_;
  std::size_t columns_;
  std::size_t stride_;
  AlignedVector<Real> product_;  ///< (batch, columns)
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
