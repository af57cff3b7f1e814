// SPDX-License-Identifier: BSD-3-Clause
// Statistics of the data equikoop makes. Tolerances are five standard errors of the statistic at
// the default size: 1500 and 297 samples, 64 features, 10 classes.
#include "equikoop/data/synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

constexpr std::uint64_t k_seed = 12345;

DataOptions options(const std::string& source, double separation = 1.0) {
  DataOptions o;
  o.source = source;
  o.separation = separation;
  return o;
}

std::vector<int> class_counts(const std::vector<std::uint8_t>& labels, int classes) {
  std::vector<int> counts(static_cast<std::size_t>(classes));
  for (const auto label : labels) ++counts[label];
  return counts;
}

/// Mean of each class.   (classes, features)
std::vector<double> class_means(const std::vector<double>& x,
                                const std::vector<std::uint8_t>& labels, std::size_t features,
                                int classes) {
  const auto counts = class_counts(labels, classes);
  std::vector<double> means(static_cast<std::size_t>(classes) * features);
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t f = 0; f < features; ++f)
      means[labels[i] * features + f] += x[i * features + f] / counts[labels[i]];
  return means;
}

TEST(Gaussian, HasTheShapeOfTheDigitsByDefault) {
  const auto data = make_synthetic(options("gaussian"), k_seed);
  EXPECT_EQ(data.shape.train, 1500);
  EXPECT_EQ(data.shape.test, 297);
  EXPECT_EQ(data.shape.features, 64);
  EXPECT_EQ(data.shape.classes, 10);
  EXPECT_EQ(data.train.size(), 1500U * 64U);
  EXPECT_EQ(data.test_labels.size(), 297U);
}

TEST(Gaussian, OptionsDecideTheShape) {
  DataOptions o = options("gaussian");
  o.samples = 7;
  o.test_samples = 3;
  o.features = 5;
  o.classes = 2;
  const auto data = make_synthetic(o, k_seed);
  EXPECT_EQ(data.train.size(), 35U);
  EXPECT_EQ(data.test.size(), 15U);
  EXPECT_EQ(class_counts(data.train_labels, 2), (std::vector<int>{4, 3}));
}

TEST(Gaussian, ClassesAreBalancedInRandomOrder) {
  const auto data = make_synthetic(options("gaussian"), k_seed);
  for (const int count : class_counts(data.train_labels, 10)) EXPECT_EQ(count, 150);
  for (const int count : class_counts(data.test_labels, 10)) EXPECT_NEAR(count, 29.7, 0.71);
  int equal = 0;
  for (std::size_t i = 1; i < 1500; ++i) equal += data.train_labels[i] == data.train_labels[i - 1];
  EXPECT_NEAR(equal / 1499.0, 149.0 / 1499.0, 5 * std::sqrt(0.1 * 0.9 / 1499.0));
}

TEST(Gaussian, NoiseHasUnitVarianceWithinEachClass) {
  const auto data = make_synthetic(options("gaussian", 3.0), k_seed);
  const auto means = class_means(data.train, data.train_labels, 64, 10);
  double sum = 0.0;
  for (std::size_t i = 0; i < 1500; ++i)
    for (std::size_t f = 0; f < 64; ++f)
      sum += std::pow(data.train[i * 64 + f] - means[data.train_labels[i] * 64 + f], 2);
  const double freedom = (1500 - 10) * 64;
  EXPECT_NEAR(sum / freedom, 1.0, 5 * std::sqrt(2.0 / freedom));
}

TEST(Gaussian, ClassMeansSpreadByTheSeparation) {
  const double separation = 3.0;
  const auto data = make_synthetic(options("gaussian", separation), k_seed);
  double sum = 0.0;
  for (const double mean : class_means(data.train, data.train_labels, 64, 10)) sum += mean * mean;
  const double expected = separation * separation + 1.0 / 150;
  EXPECT_NEAR(sum / 640, expected, 5 * expected * std::sqrt(2.0 / 640));
}

TEST(Gaussian, TestClassesLieWhereTrainingClassesDo) {
  const auto data = make_synthetic(options("gaussian"), k_seed);
  const auto train = class_means(data.train, data.train_labels, 64, 10);
  const auto test = class_means(data.test, data.test_labels, 64, 10);
  const auto counts = class_counts(data.test_labels, 10);
  double chi_square = 0.0;
  for (std::size_t i = 0; i < 640; ++i)
    chi_square += std::pow(train[i] - test[i], 2) / (1.0 / 150 + 1.0 / counts[i / 64]);
  EXPECT_NEAR(chi_square / 640, 1.0, 5 * std::sqrt(2.0 / 640));
}

TEST(Gaussian, SeparationMovesClassesAndNothingElse) {
  const auto near = make_synthetic(options("gaussian", 0.0), k_seed);
  const auto far = make_synthetic(options("gaussian", 2.0), k_seed);
  EXPECT_EQ(near.train_labels, far.train_labels);
  std::vector<double> shift(640, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < far.train.size(); ++i) {
    double& known = shift[far.train_labels[i / 64] * 64 + i % 64];
    const double now = far.train[i] - near.train[i];
    if (std::isnan(known)) known = now;
    ASSERT_NEAR(now, known, 1e-14);  // values up to about 15, their sum rounded once
  }
}

TEST(Synthetic, IsAFunctionOfTheStudySeed) {
  for (const char* source : {"gaussian", "teacher"}) {
    const auto once = make_synthetic(options(source), k_seed);
    const auto again = make_synthetic(options(source), k_seed);
    const auto other = make_synthetic(options(source), k_seed + 1);
    EXPECT_EQ(once.train, again.train);
    EXPECT_EQ(once.train_labels, again.train_labels);
    EXPECT_NE(once.train, other.train);
    EXPECT_NE(once.train_labels, other.train_labels);
    EXPECT_NE(std::vector(once.train.begin(), once.train.begin() + 64),
              std::vector(once.test.begin(), once.test.begin() + 64));
  }
}

TEST(Teacher, InputsAreStandardNormal) {
  const auto data = make_synthetic(options("teacher"), k_seed);
  double mean = 0.0;
  double square = 0.0;
  for (const double x : data.train) {
    mean += x / 96000;
    square += x * x / 96000;
  }
  EXPECT_NEAR(mean, 0.0, 5 / std::sqrt(96000.0));
  EXPECT_NEAR(square, 1.0, 5 * std::sqrt(2.0 / 96000));
}

TEST(Teacher, EveryClassOccursAndNoneDominates) {
  const auto data = make_synthetic(options("teacher"), k_seed);
  for (const int count : class_counts(data.train_labels, 10)) {
    EXPECT_GT(count, 15);   // a tenth of an equal share
    EXPECT_LT(count, 450);  // three equal shares
  }
}

TEST(Teacher, LabelsDependOnTheInputs) {
  const auto data = make_synthetic(options("teacher"), k_seed);
  const auto counts = class_counts(data.train_labels, 10);
  const auto means = class_means(data.train, data.train_labels, 64, 10);
  // Were the labels independent of the inputs, this would be χ² with 640 degrees of freedom.
  double chi_square = 0.0;
  for (std::size_t i = 0; i < 640; ++i) chi_square += means[i] * means[i] * counts[i / 64];
  EXPECT_GT(chi_square, 640 + 10 * std::sqrt(2.0 * 640));
}

TEST(LabelNoise, ChangesTheExpectedShare) {
  const std::size_t n = 20000;
  const double share = 0.3;
  std::vector<std::uint8_t> labels(n, 3);
  add_label_noise(labels, share, 10, k_seed);
  const auto counts = class_counts(labels, 10);
  const double wrong = share * 0.9;
  EXPECT_NEAR(1.0 - counts[3] / static_cast<double>(n), wrong,
              5 * std::sqrt(wrong * (1 - wrong) / static_cast<double>(n)));
  for (const int c : {0, 9})
    EXPECT_NEAR(counts[static_cast<std::size_t>(c)] / static_cast<double>(n), share / 10,
                5 * std::sqrt(share / 10 / static_cast<double>(n)));
}

TEST(LabelNoise, OfNothingLeavesAllAndDoesNotDependOnHowManyFollow) {
  std::vector<std::uint8_t> labels{1, 2, 3};
  add_label_noise(labels, 0.0, 10, k_seed);
  EXPECT_EQ(labels, (std::vector<std::uint8_t>{1, 2, 3}));
  std::vector<std::uint8_t> few(50, 0);
  std::vector<std::uint8_t> many(500, 0);
  add_label_noise(few, 0.5, 10, k_seed);
  add_label_noise(many, 0.5, 10, k_seed);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
}

TEST(Synthetic, OptionsThatCannotBeAreMistakesOfUse) {
  const auto line = [](void (*spoil)(DataOptions&)) {
    DataOptions o = options("gaussian");
    spoil(o);
    const Failure failed = failure_of([&] { make_synthetic(o, k_seed); });
    EXPECT_EQ(failed.code, Exit::usage);
    return failed.line;
  };
  EXPECT_EQ(line([](DataOptions& o) { o.classes = 1; }), "data.classes = 1; expected 2 to 256");
  EXPECT_EQ(line([](DataOptions& o) { o.classes = 257; }), "data.classes = 257; expected 2 to 256");
  EXPECT_EQ(line([](DataOptions& o) { o.features = 0; }), "data.features = 0; expected at least 1");
  EXPECT_EQ(line([](DataOptions& o) { o.samples = -5; }),
            "data.samples = -5; expected 0 (1500) or more");
  EXPECT_EQ(line([](DataOptions& o) { o.separation = std::nan(""); }),
            "data.separation = nan; expected a finite number, 0 or more");
  EXPECT_NE(line([](DataOptions& o) { o.samples = o.features = 2000000000; }).find("too many"),
            std::string::npos);
  std::vector<std::uint8_t> labels{1};
  EXPECT_EQ(failure_of([&] { add_label_noise(labels, 1.5, 10, k_seed); }).line,
            "data.label_noise = 1.5; expected a share from 0 to 1");
}

}  // namespace
}  // namespace equikoop::test
