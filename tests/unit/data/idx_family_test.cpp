// SPDX-License-Identifier: BSD-3-Clause
// Four files that do not fit together, and shapes that names promise.
#include "equikoop/data/idx_family.hpp"

#include <gtest/gtest.h>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

class IdxFamily : public testing::Test {
 protected:
  IdxFamily() { write_small_family(folder_.path(), 8); }

  DataOptions options(const std::string& source = "digits") const {
    DataOptions o;
    o.source = source;
    o.path = folder_.path().string();
    return o;
  }
  void replace(const std::string& name, const Bytes& content) const {
    write_plain(folder_ / name, content);
  }
  /// Checks that reading and describing both fail and returns the line of the first.
  std::string failure(const DataOptions& o) const {
    EXPECT_NE(failure_of([&] { describe_idx_family(o, {}); }).code, Exit::done);
    return failure_of([&] { open_idx_family(o, {}); }).line;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Folder folder_;
};

TEST_F(IdxFamily, ShapeAndContentAreThoseOfTheFiles) {
  const auto data = open_idx_family(options(), {});
  EXPECT_EQ(data.shape.features, 64);
  EXPECT_EQ(data.shape.classes, 10);
  EXPECT_EQ(data.shape.train, 3);
  EXPECT_EQ(data.shape.test, 2);
  EXPECT_EQ(data.train_images, (IdxShape{3, 8, 8}));
  EXPECT_EQ(data.test_images, (IdxShape{2, 8, 8}));
  EXPECT_EQ(data.files.train_images, path("train-images-idx3-ubyte"));
  EXPECT_EQ(data.train_labels, (std::vector<std::uint8_t>{0, 1, 2}));
  EXPECT_EQ(data.test_labels, (std::vector<std::uint8_t>{2, 0}));
}

TEST_F(IdxFamily, DescribedShapeIsTheOneRead) {
  for (const char* source : {"digits", "idx"}) {
    const DataShape described = describe_idx_family(options(source), {});
    const DataShape read = open_idx_family(options(source), {}).shape;
    EXPECT_EQ(described.features, read.features);
    EXPECT_EQ(described.classes, read.classes);
    EXPECT_EQ(described.train, read.train);
    EXPECT_EQ(described.test, read.test);
  }
}

TEST_F(IdxFamily, ClassesOfUnknownSourcesAreCounted) {
  EXPECT_EQ(describe_idx_family(options("idx"), {}).classes, 3);
}

TEST_F(IdxFamily, SamplesTakeTheFirst) {
  DataOptions o = options();
  o.samples = 2;
  o.test_samples = 1;
  const auto data = open_idx_family(o, {});
  EXPECT_EQ(data.shape.train, 2);
  EXPECT_EQ(data.shape.test, 1);
  EXPECT_EQ(data.train_images.count, 3);
  EXPECT_EQ(data.train_labels, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(data.test_labels, (std::vector<std::uint8_t>{2}));
}

TEST_F(IdxFamily, MoreSamplesThanThereAreIsAMistakeOfUse) {
  DataOptions o = options();
  o.samples = 4;
  const Failure failed = failure_of([&] { open_idx_family(o, {}); });
  EXPECT_EQ(failed.code, Exit::usage);
  EXPECT_EQ(failed.line, "data.samples = 4, but " + path("train-images-idx3-ubyte") + " holds 3");
  o.samples = 0;
  o.test_samples = -1;
  EXPECT_EQ(failure(o), "data.test_samples = -1; expected 0 (all) or more");
}

TEST_F(IdxFamily, NamesPromiseTheirShape) {
  EXPECT_EQ(
      failure(options("mnist")),
      path("train-images-idx3-ubyte") +
          ": images of 8 x 8 pixels at byte 8, but source mnist has 28 x 28; use source idx for "
          "other images");
}

TEST_F(IdxFamily, CountsOfImagesAndLabelsAgree) {
  replace("train-labels-idx1-ubyte", label_bytes({0, 1}));
  EXPECT_EQ(failure(options()), path("train-labels-idx1-ubyte") + ": 2 labels at byte 4, but " +
                                    path("train-images-idx3-ubyte") + " holds 3 images");
}

TEST_F(IdxFamily, TestImagesHaveTheSizeOfTrainingImages) {
  replace("t10k-images-idx3-ubyte", image_bytes(2, 4, 16, Bytes(128, 'x')));
  EXPECT_EQ(failure(options("idx")), path("t10k-images-idx3-ubyte") +
                                         ": images of 4 x 16 pixels at byte 8, but those of " +
                                         path("train-images-idx3-ubyte") + " have 8 x 8");
}

TEST_F(IdxFamily, LabelsOutOfRangeAreNamedWithTheirByte) {
  replace("train-labels-idx1-ubyte", label_bytes({0, 10, 2}));
  EXPECT_EQ(
      failure_of([&] { open_idx_family(options(), {}); }).line,
      path("train-labels-idx1-ubyte") + ": label 10 at byte 9; expected at most 9 (10 classes)");
}

TEST_F(IdxFamily, TestLabelsNeverTrainedAreOutOfRange) {
  replace("t10k-labels-idx1-ubyte", label_bytes({2, 3}));
  EXPECT_EQ(failure_of([&] { open_idx_family(options("idx"), {}); }).line,
            path("t10k-labels-idx1-ubyte") + ": label 3 at byte 9; expected at most 2 (3 classes)");
}

}  // namespace
}  // namespace equikoop::test
