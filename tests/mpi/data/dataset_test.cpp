// SPDX-License-Identifier: BSD-3-Clause
// One copy a node, the same bits on every rank and every node, one message on all ranks.
#include "equikoop/data/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "unit/data/dense_values.hpp"
#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

constexpr std::uint64_t k_seed = 7;

/// FNV-1a over the bytes of all arrays and the background.
template <class Real>
std::uint64_t fingerprint(const DataView<Real>& view) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&](auto values) {
    for (const auto byte : std::as_bytes(values))
      hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3ULL;
  };
  add(view.train);
  add(view.test);
  for (const auto& rows : {view.sparse_train, view.sparse_test}) {
    add(rows.begin);
    add(rows.input);
    add(rows.value);
  }
  add(view.train_labels);
  add(view.test_labels);
  add(std::span(&view.background, 1));
  add(std::span(&view.density, 1));
  return hash;
}

class DatasetTest : public testing::Test {
 protected:
  DatasetTest() {
    if (comm_.is_root()) {
      folder_.emplace();
      write_small_family(folder_->path(), 8);
    }
    options_.source = "digits";
    options_.path = comm_.broadcast(folder_ ? folder_->path().string() : std::string());
  }
  ~DatasetTest() override { comm_.barrier(); }

  template <class Real>
  void expect_same_everywhere(const Dataset<Real>& data) const {
    const std::uint64_t mine = fingerprint(data.view());
    EXPECT_EQ(comm_.min(mine), comm_.max(mine));
  }
  static DataOptions synthetic(const std::string& source) {
    DataOptions o;
    o.source = source;
    return o;
  }

  Comm comm_{MPI_COMM_WORLD};
  std::optional<Folder> folder_;
  DataOptions options_;
};

TEST_F(DatasetTest, FilesReachEveryRankNormalised) {
  const auto data = load_dataset<double>(comm_, options_, k_seed, {});
  const auto view = data.view();
  ASSERT_EQ(view.shape.train, 3);
  ASSERT_EQ(view.shape.test, 2);
  ASSERT_EQ(view.shape.features, 64);
  ASSERT_EQ(view.shape.classes, 10);
  ASSERT_TRUE(view.train.empty() && view.test.empty());  // the sparse form stands for them
  const auto train = dense_values(view.sparse_train, view.background);
  const auto test = dense_values(view.sparse_test, view.background);
  ASSERT_EQ(train.size(), 192U);
  ASSERT_EQ(test.size(), 128U);
  // Two images of 0, one of 255: mean 1/3, deviation √2/3. The test images are 51/255 = 1/5.
  EXPECT_NEAR(train[0], -1 / std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(train[191], std::sqrt(2.0), 2e-15);
  EXPECT_NEAR(test[0], (0.2 - 1.0 / 3) / (std::sqrt(2.0) / 3), 1e-15);
  EXPECT_EQ(view.background, train[0]);
  EXPECT_NEAR(view.density, 1.0 / 3, 1e-15);
  EXPECT_EQ(std::vector(view.train_labels.begin(), view.train_labels.end()),
            (std::vector<std::uint8_t>{0, 1, 2}));
  EXPECT_EQ(std::vector(view.test_labels.begin(), view.test_labels.end()),
            (std::vector<std::uint8_t>{2, 0}));
  expect_same_everywhere(data);
}

TEST_F(DatasetTest, RanksOfANodeShareOneCopy) {
  auto data = load_dataset<float>(comm_, options_, k_seed, {});
  const Comm node = comm_.split_node();
  if (node.rank() == node.size() - 1) data.train().values.values()[5] = 123.0F;
  data.sync();
  EXPECT_EQ(data.view().sparse_train.value[5], 123.0F);
}

TEST_F(DatasetTest, EveryNodeHoldsTheSameBits) {
  // Odd and even ranks play two nodes, each with its own copy.
  const Comm node = comm_.split(comm_.rank() % 2);
  expect_same_everywhere(load_dataset<float>(comm_, node, options_, k_seed, {}));  // sparse
  auto data = load_dataset<float>(comm_, node, synthetic("gaussian"), k_seed, {});
  expect_same_everywhere(data);
  if (comm_.is_root()) data.train().values.values()[0] = 99.0F;
  data.sync();
  EXPECT_EQ(data.view().train[0] == 99.0F, comm_.rank() % 2 == 0);
}

/// 17 training and 5 test images of 16 x 16 pixels, a quarter of them not background.
void write_images(const std::filesystem::path& folder) {
  const auto images = [](std::uint32_t count) {
    Bytes pixels(count * std::size_t{256}, '\0');
    for (std::size_t i = 0; i < pixels.size(); ++i)
      if (i * 2654435761U % 4093 < 1023) pixels[i] = static_cast<char>(i * 31 % 251);
    return image_bytes(count, 16, 16, pixels);
  };
  write_gzip(folder / "train-images-idx3-ubyte.gz", images(17));
  write_gzip(folder / "t10k-images-idx3-ubyte.gz", images(5));
  write_plain(folder / "train-labels-idx1-ubyte", label_bytes(Bytes(17, '\1')));
  write_plain(folder / "t10k-labels-idx1-ubyte", label_bytes(Bytes(5, '\0')));
}

TEST_F(DatasetTest, DataDoNotDependOnTheRanks) {
  auto images = synthetic("idx");
  images.path = options_.path + "/more";
  if (comm_.is_root()) {
    std::filesystem::create_directory(images.path);
    write_images(images.path);
  }
  comm_.barrier();
  auto few = images;
  few.samples = 2;
  few.test_samples = 1;
  const Comm self = comm_.split(comm_.rank());
  for (const DataOptions& options : {synthetic("gaussian"), synthetic("teacher"), options_, images, few}) {
    const auto all = load_dataset<double>(comm_, options, k_seed, {});
    const auto alone = load_dataset<double>(self, options, k_seed, {});
    EXPECT_EQ(fingerprint(all.view()), fingerprint(alone.view())) << options.source;
  }
  EXPECT_FALSE(load_dataset<float>(comm_, images, k_seed, {}).view().sparse_train.empty());
}

TEST_F(DatasetTest, SyntheticDataAreStandardisedUnlessAskedNotTo) {
  auto options = synthetic("gaussian");
  options.separation = 3.0;
  const auto variance = [&] {
    const auto data = load_dataset<double>(comm_, options, k_seed, {});
    double square = 0.0;
    for (const double x : data.view().train) square += x * x / 96000;
    return square;
  };
  EXPECT_NEAR(variance(), 1.0, 1e-10);
  options.normalise = Normalise::none;
  EXPECT_GT(variance(), 5.0);  // 1 + 3² up to the spread of 640 class means
}

TEST_F(DatasetTest, LabelNoiseTouchesTrainingLabelsAlone) {
  auto options = synthetic("gaussian");
  const auto clean = load_dataset<float>(comm_, options, k_seed, {});
  options.label_noise = 0.5;
  const auto noisy = load_dataset<float>(comm_, options, k_seed, {});
  int changed = 0;
  for (std::size_t i = 0; i < 1500; ++i)
    changed += clean.view().train_labels[i] != noisy.view().train_labels[i];
  EXPECT_NEAR(changed / 1500.0, 0.45, 5 * std::sqrt(0.45 * 0.55 / 1500));
  EXPECT_TRUE(std::equal(clean.view().test_labels.begin(), clean.view().test_labels.end(),
                         noisy.view().test_labels.begin()));
  EXPECT_TRUE(
      std::equal(clean.view().train.begin(), clean.view().train.end(), noisy.view().train.begin()));
}

TEST_F(DatasetTest, DescribedShapeIsTheLoadedOne) {
  for (const auto& options : {options_, synthetic("gaussian"), synthetic("teacher")}) {
    const DataShape described = describe_dataset(options, {});
    const DataShape loaded = load_dataset<float>(comm_, options, k_seed, {}).view().shape;
    EXPECT_EQ(described.train, loaded.train);
    EXPECT_EQ(described.test, loaded.test);
    EXPECT_EQ(described.features, loaded.features);
    EXPECT_EQ(described.classes, loaded.classes);
  }
}

TEST_F(DatasetTest, AFaultOfRankZeroIsTheErrorOfAll) {
  if (comm_.is_root()) write_plain(*folder_ / "train-labels-idx1-ubyte", label_bytes({0, 1}));
  const Failure broken = failure_of([&] { load_dataset<float>(comm_, options_, k_seed, {}); });
  EXPECT_EQ(broken.code, Exit::failure);
  EXPECT_NE(broken.line.find("train-labels-idx1-ubyte: 2 labels at byte 4, but "),
            std::string::npos);
  options_.path += "/none";
  const Failure missing = failure_of([&] { load_dataset<float>(comm_, options_, k_seed, {}); });
  EXPECT_EQ(missing.code, Exit::usage);
  EXPECT_NE(missing.line.find("no data files for source digits"), std::string::npos);
}

TEST_F(DatasetTest, ConstantImagesFailOnAllRanks) {
  if (comm_.is_root())
    write_plain(*folder_ / "train-images-idx3-ubyte", image_bytes(3, 8, 8, Bytes(192, 'x')));
  const Failure failed = failure_of([&] { load_dataset<float>(comm_, options_, k_seed, {}); });
  EXPECT_NE(failed.line.find("nothing to standardise"), std::string::npos);
}

TEST_F(DatasetTest, OriginalMnist) {
  const char* set = std::getenv("EQUIKOOP_DATA");
  const DataSearch search{set ? set : "", options_.path};
  const DataOptions mnist = synthetic("mnist");
  if (failure_of([&] { describe_dataset(mnist, search); }).code != Exit::done)
    GTEST_SKIP() << "EQUIKOOP_DATA does not lead to the MNIST files";
  const auto data = load_dataset<float>(comm_, mnist, k_seed, search);
  const auto view = data.view();
  EXPECT_EQ(view.shape.train, 60000);
  EXPECT_EQ(view.shape.test, 10000);
  EXPECT_EQ(view.shape.features, 784);
  EXPECT_EQ(view.train_labels[0], 5);  // the first training digit, shown in every tutorial
  double mean = 0.0;
  double square = 0.0;
  for (const float x : dense_values(view.sparse_train, view.background)) {
    mean += x / 47040000.0;
    square += static_cast<double>(x) * x / 47040000.0;
  }
  EXPECT_NEAR(mean, 0.0, 5e-5 / 0.3081);        // 0.1307 is the mean rounded to four digits
  EXPECT_NEAR(square, 1.0, 2 * 5e-5 / 0.3081);  // so is 0.3081 the deviation
  EXPECT_EQ(view.background, -0.1307F / 0.3081F);
  EXPECT_NEAR(view.density, 0.1912, 5e-5);
  expect_same_everywhere(data);
}

}  // namespace
}  // namespace equikoop::test
