// SPDX-License-Identifier: BSD-3-Clause
// Gradients of whole networks against finite differences, and the loss on cases known on paper.
#include "dynamics/network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <tuple>

#include "toy.hpp"

namespace equikoop {
namespace {

using Case = std::tuple<Activation, bool, std::vector<int>>;

class Gradient : public testing::TestWithParam<Case> {};

/// Sum over initials of the mean loss: its derivative by a parameter of initial m is that of m.
double total_loss(Network<double>& network, const Batch<double>& batch,
                  std::span<const double> parameters) {
  double sum = 0.0;
  for (const BatchScore& score : network.evaluate(batch, parameters)) sum += score.loss;
  return sum / static_cast<double>(batch.x.rows);
}

TEST_P(Gradient, AgreesWithCentralDifferences) {
  const auto& [activation, bias, hidden] = GetParam();
  const toy::Data<double> data;
  ModelOptions model;
  model.hidden = hidden;
  model.activation = activation;
  model.bias = bias;
  const NetworkShape shape = network_shape(model, data.shape);
  constexpr std::size_t k_initials = 2, k_batch = 11;
  Network<double> network(shape, activation, k_initials,
                          dense_first_layer<double>(shape.in(0), k_initials * shape.out(0), k_batch),
                          k_batch);
  const ParameterLayout& layout = network.layout();
  AlignedVector<double> parameters(layout.size()), gradient(layout.size());
  initialise(layout, model, {3, 0, 0.3}, std::span<double>(parameters));
  const Batch<double> batch{{data.train.data(), k_batch, shape.in(0), shape.in(0)},
                            std::span(data.train_labels).first(k_batch)};
  network.accumulate(batch, parameters, {1, 0}, gradient);

  // Truncation h²·f'''/6 and rounding ε·f/h are both below 1e-9 at h = 1e-5 for weights, inputs and
  // losses of order 1.
  constexpr double k_step = 1e-5, k_bound = 1e-8;
  for (std::size_t m = 0; m < k_initials; ++m) {
    for (std::size_t i = 0; i < shape.parameters(); ++i) {
      double& w = parameters[layout.position(m, i)];
      const double kept = w;
      w = kept + k_step;
      const double above = total_loss(network, batch, parameters);
      w = kept - k_step;
      const double below = total_loss(network, batch, parameters);
      w = kept;
      EXPECT_NEAR(gradient[layout.position(m, i)], (above - below) / (2 * k_step), k_bound)
          << "initial " << m << ", parameter " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryActivationBiasAndDepth, Gradient,
    testing::Combine(testing::Values(Activation::relu, Activation::gelu, Activation::tanh,
                                     Activation::sigmoid, Activation::identity),
                     testing::Bool(),
                     testing::Values(std::vector<int>{}, std::vector<int>{5},
                                     std::vector<int>{6, 4}, std::vector<int>{5, 3, 4})));

TEST(SoftmaxLoss, OfEqualLogitsIsLogOfTheNumberOfClasses) {
  std::vector<double> z(2 * 3 * 4, 0.7);
  const std::vector<std::uint8_t> labels{1, 3};
  std::vector<BatchScore> scores(3);
  softmax_loss<double>({z.data(), 12, 2, 2}, labels, Matrix<double>{}, scores);
  for (const BatchScore& score : scores) EXPECT_NEAR(score.loss, 2 * std::log(4.0), 1e-15);
}

TEST(SoftmaxLoss, DoesNotOverflowOnLargeLogits) {
  std::vector<float> z{3e38F, 0.0F, -3e38F};
  std::vector<float> d(3);
  const std::vector<std::uint8_t> labels{0};
  std::vector<BatchScore> scores(1);
  softmax_loss<float>({z.data(), 3, 1, 1}, labels, Matrix<float>{d.data(), 3, 1, 1}, scores);
  EXPECT_EQ(scores[0].loss, 0.0);
  EXPECT_EQ(scores[0].correct, 1);
  EXPECT_EQ(d, (std::vector<float>{0.0F, 0.0F, 0.0F}));
}

TEST(SoftmaxLoss, OfANaNIsNaN) {
  std::vector<float> z{0.0F, std::nanf(""), 1.0F};
  const std::vector<std::uint8_t> labels{0};
  std::vector<BatchScore> scores(1);
  softmax_loss<float>({z.data(), 3, 1, 1}, labels, Matrix<float>{}, scores);
  EXPECT_TRUE(std::isnan(scores[0].loss));
}

/// Minibatches of every length: one by one, samples are what they are together.
TEST(SoftmaxLoss, OfManySamplesIsThatOfEach) {
  constexpr std::size_t k_classes = 5, k_networks = 2;
  for (const std::size_t batch : {2U, 15U, 16U, 17U, 31U, 32U, 60U}) {
    std::vector<double> z(k_networks * k_classes * batch), d(z.size());
    std::vector<std::uint8_t> labels(batch);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = std::sin(1.7 * static_cast<double>(i * i));
    for (std::size_t i = 0; i < batch; ++i) labels[i] = static_cast<std::uint8_t>(3 * i % k_classes);
    std::vector<BatchScore> scores(k_networks), one(1);
    const std::size_t rows = k_networks * k_classes;
    softmax_loss<double>({z.data(), rows, batch, batch}, labels, Matrix<double>{d.data(), rows, batch, batch}, scores);
    for (std::size_t m = 0; m < k_networks; ++m) {
      BatchScore sum;
      for (std::size_t i = 0; i < batch; ++i) {
        std::vector<double> alone(k_classes), gradient(k_classes);
        for (std::size_t c = 0; c < k_classes; ++c) alone[c] = z[(m * k_classes + c) * batch + i];
        softmax_loss<double>({alone.data(), k_classes, 1, 1}, std::span(labels).subspan(i, 1),
                             Matrix<double>{gradient.data(), k_classes, 1, 1}, one);
        sum.loss += one[0].loss;
        sum.correct += one[0].correct;
        for (std::size_t c = 0; c < k_classes; ++c)
          EXPECT_NEAR(d[(m * k_classes + c) * batch + i] * static_cast<double>(batch), gradient[c], 1e-15)
              << batch << " samples, number " << i;
      }
      EXPECT_NEAR(scores[m].loss, sum.loss, 1e-14 * static_cast<double>(batch));
      EXPECT_EQ(scores[m].correct, sum.correct);
    }
  }
}

/// Values of the definitions, to the last digits of double (gelu: 0.5·Φ(0.5) and −2·Φ(−2)).
TEST(Activations, HaveTheirKnownValues) {
  const auto value = [](Activation activation, double z) {
    double a = 0.0;
    activation_forward<double>(activation, {&z, 1, 1, 1}, Matrix<double>{&a, 1, 1, 1});
    return a;
  };
  EXPECT_EQ(value(Activation::relu, -2.0), 0.0);
  EXPECT_EQ(value(Activation::relu, 1.5), 1.5);
  EXPECT_NEAR(value(Activation::gelu, 0.5), 0.5 * 0.6914624612740131, 1e-15);
  EXPECT_NEAR(value(Activation::gelu, -2.0), -2.0 * 0.022750131948179195, 1e-15);
  EXPECT_NEAR(value(Activation::tanh, 0.5), 0.46211715726000973, 1e-15);
  EXPECT_NEAR(value(Activation::sigmoid, std::numbers::ln2), 2.0 / 3.0, 1e-15);
  EXPECT_EQ(value(Activation::identity, -3.25), -3.25);
  for (const Activation f : {Activation::relu, Activation::gelu, Activation::tanh,
                             Activation::sigmoid, Activation::identity}) {
    EXPECT_TRUE(std::isnan(value(f, std::nan(""))));
  }
}

}  // namespace
}  // namespace equikoop
