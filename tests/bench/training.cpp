// SPDX-License-Identifier: BSD-3-Clause
// Microseconds of a training step of one network, everything included, beside the matrix products
// that a dense step cannot do without.   bench_training DATA WIDTH ROUNDS STEPS [FOLDER OF MNIST]
// DATA: mnist, or dense (Gaussian classes of MNIST's shape). Ten initials, batch 60, float32.
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamics/aligned.hpp"
#include "dynamics/matrix.hpp"
#include "equikoop/base/comm.hpp"
#include "equikoop/data/dataset.hpp"
#include "equikoop/dynamics/trainer.hpp"
#include "measure.hpp"
#include "../unit/data/dense_values.hpp"

namespace {

using namespace equikoop;
using bench::seconds_of;
using Clock = std::chrono::steady_clock;

constexpr int k_initials = 10, k_batch = 60, k_features = 784, k_classes = 10;
constexpr std::size_t k_block = 10;         // steps of one sample of time
constexpr int k_checked = 20;               // steps that are redone in double

DataOptions data_options(const std::string& name, const std::string& path) {
  DataOptions options;
  if (name == "mnist") {
    options.source = "mnist";
    options.path = path;
    options.test_samples = 60;
  } else if (name == "dense") {
    options.source = "gaussian";
    options.features = k_features;
    options.samples = 6000;
    options.test_samples = 60;
  } else {
    throw std::runtime_error("no such data: " + name);
  }
  return options;
}

Study study_of(const DataOptions& data, int width, int steps) {
  Study study;
  study.initials = k_initials;
  Configuration c;
  c.data = data;
  c.model.hidden = {width};
  c.training.batch_size = k_batch;
  c.training.steps = steps;
  c.record.observable = Observable::output;
  study.configurations.push_back(c);
  return study;
}

/// Appends microseconds of a network-step, a sample for every k_block steps but the first ones.
void time_steps(const Study& study, const DataView<float>& data, std::vector<double>& samples) {
  auto last = Clock::now();
  const StepHook hook = [&](int steps) {
    if (static_cast<std::size_t>(steps) % k_block != 0) return;
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last).count();
    if (static_cast<std::size_t>(steps) > k_block)
      samples.push_back(1e6 * seconds / k_block / k_initials);
    last = Clock::now();
  };
  const SnapshotSink<float> sink = [](std::size_t, std::size_t, std::span<const float>) {};
  train_ensemble<float>(study, study.configurations[0], data, 0, sink, hook);
}

/// The products of a dense step for `networks` of width `width` stacked: both of the first layer,
/// and the three of each output layer.
class Products {
 public:
  Products(std::size_t networks, std::size_t width)
      : columns_(networks * width),
        width_(width),
        stride_(padded_stride<float>(columns_)),
        x_(k_batch * k_features, 0.5F),
        w_(k_features * stride_, 1e-3F),
        z_(k_batch * stride_, 1e-3F),
        v_(columns_ * k_classes, 1e-3F),
        y_(k_batch * k_classes, 1e-3F) {}

  void first_layer() {
    const Matrix<float> x{x_.data(), k_batch, k_features, k_features};
    const Matrix<float> w{w_.data(), k_features, columns_, stride_};
    const Matrix<float> z{z_.data(), k_batch, columns_, stride_};
    multiply<float>(1, x, Form::plain, w, Form::plain, 0, z);
    multiply<float>(-1e-6F, x, Form::transposed, z, Form::plain, 1, w);
  }
  void output_layers() {
    const Matrix<float> y{y_.data(), k_batch, k_classes, k_classes};
    for (std::size_t begin = 0; begin < columns_; begin += width_) {
      const Matrix<float> v{v_.data() + begin * k_classes, k_classes, width_, width_};
      const Matrix<float> a = Matrix<float>{z_.data(), k_batch, columns_, stride_}.slice(begin, width_);
      multiply<float>(1, a, Form::plain, v, Form::transposed, 0, y);
      multiply<float>(1e-3F, y, Form::plain, v, Form::plain, 0, a);
      multiply<float>(-1e-6F, y, Form::transposed, a, Form::plain, 1, v);
    }
  }

 private:
  std::size_t columns_, width_, stride_;
  AlignedVector<float> x_, w_, z_, v_, y_;
};

/// Appends microseconds a network of `work` done `count` times.
template <class Work>
void time_products(std::size_t count, std::size_t networks, std::vector<double>& samples, Work&& work) {
  work();
  const double seconds = seconds_of([&] {
    for (std::size_t i = 0; i < count; ++i) work();
  });
  samples.push_back(1e6 * seconds / static_cast<double>(count * networks));
}

template <class Real>
std::vector<double> numbers_of(Study study, DataView<Real> data) {
  study.configurations[0].training.steps = k_checked;
  study.configurations[0].record.observable = Observable::all;
  study.configurations[0].record.every = k_checked;
  study.initials = 2;
  std::vector<double> numbers;
  const SnapshotSink<Real> sink = [&](std::size_t, std::size_t, std::span<const Real> values) {
    numbers.insert(numbers.end(), values.begin(), values.end());
  };
  const auto outcome = train_ensemble<Real>(study, study.configurations[0], data, 0, sink, [](int) {});
  numbers.insert(numbers.end(), outcome.losses.begin(), outcome.losses.end());
  return numbers;
}

/// All weights and losses after 20 steps against the same in double through BLAS on every value.
void check(const Study& study, const Comm& comm) {
  const auto single = load_dataset<float>(comm, study.configurations[0].data, study.root_seed, {});
  const auto twice = load_dataset<double>(comm, study.configurations[0].data, study.root_seed, {});
  const auto ours = numbers_of<float>(study, single.view());
  DataView<double> dense = twice.view();
  std::vector<double> images, test_images;
  if (!dense.sparse_train.empty()) {
    dense.train = images = test::dense_values(dense.sparse_train, dense.background);
    dense.test = test_images = test::dense_values(dense.sparse_test, dense.background);
    dense.sparse_train = dense.sparse_test = {};
  }
  const auto reference = numbers_of<double>(study, dense);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    difference += (ours[i] - reference[i]) * (ours[i] - reference[i]);
    size += reference[i] * reference[i];
  }
  // Rounding of 20 steps of sums of 784 products, each 6e-8 of its terms.
  bench::print_check("weights and losses after 20 steps against double and BLAS",
                     std::sqrt(difference / size), 1e-5);
}

void measure(const std::string& name, int width, std::size_t rounds, int steps, const std::string& path) {
  const Comm comm(MPI_COMM_SELF);
  const Study study = study_of(data_options(name, path), width, steps);
  check(study, comm);
  const auto data = load_dataset<float>(comm, study.configurations[0].data, study.root_seed, {});
  Study seldom = study;
  seldom.configurations[0].record.every = steps;
  Products stacked(k_initials, static_cast<std::size_t>(width));
  Products single(1, static_cast<std::size_t>(width));
  // A sample of products takes about as long as one of steps.
  const std::size_t count = k_block;
  std::vector<double> recorded, unrecorded, together, alone, output;
  for (std::size_t i = 0; i < rounds; ++i) {
    time_steps(study, data.view(), recorded);
    time_steps(seldom, data.view(), unrecorded);
    for (int sample = 0; sample < 5; ++sample) {
      time_products(count, k_initials, together, [&] { stacked.first_layer(); });
      time_products(count * k_initials, 1, alone, [&] { single.first_layer(); });
      time_products(count, k_initials, output, [&] { stacked.output_layers(); });
    }
  }
  bench::print_series("step", "us", recorded);
  bench::print_series("step, nothing recorded", "us", unrecorded);
  bench::print_series("first layer, stacked", "us", together);
  bench::print_series("first layer, one by one", "us", alone);
  bench::print_series("output layer", "us", output);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 5) throw std::runtime_error("usage: bench_training DATA WIDTH ROUNDS STEPS [FOLDER OF MNIST]");
  MPI_Init(&argc, &argv);
  measure(argv[1], std::stoi(argv[2]), std::stoul(argv[3]), std::stoi(argv[4]), argc > 5 ? argv[5] : "");
  MPI_Finalize();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_training: %s\n", error.what());
  return 1;
}
