// SPDX-License-Identifier: BSD-3-Clause
// The first layer on dense data: one BLAS product each way for all initials.
#include "first_layer.hpp"

namespace equikoop {
namespace {

template <class Real>
class DenseFirstLayer final : public FirstLayer<Real> {
 public:
  DenseFirstLayer(std::size_t inputs, std::size_t columns)
      : inputs_(inputs), columns_(columns), stride_(padded_stride<Real>(columns)) {}

  PanelMatrix storage() const override { return {inputs_, stride_, stride_}; }

  void forward(Matrix<const Real> x, std::span<const Real> w, Matrix<Real> z) override {
    multiply<Real>(1, x, Form::plain, weights(w.data()), Form::plain, 0, z);
  }

  void backward(Matrix<const Real> x, Matrix<const Real> dz, Accumulate<Real> how,
                std::span<Real> target) override {
    multiply<Real>(how.alpha, x, Form::transposed, dz, Form::plain, how.beta,
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
};

}  // namespace

template <class Real>
std::unique_ptr<FirstLayer<Real>> dense_first_layer(std::size_t inputs, std::size_t columns) {
  return std::make_unique<DenseFirstLayer<Real>>(inputs, columns);
}

template std::unique_ptr<FirstLayer<float>> dense_first_layer(std::size_t, std::size_t);
template std::unique_ptr<FirstLayer<double>> dense_first_layer(std::size_t, std::size_t);

}  // namespace equikoop
