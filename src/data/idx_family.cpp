// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/idx_family.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "equikoop/base/error.hpp"

namespace equikoop {

namespace {

namespace fs = std::filesystem;

/// Bytes before the first label.
constexpr std::size_t k_label_header = 8;

struct Known {
  std::string_view source;
  int side;  ///< pixels; images are square
  int classes;
};
constexpr std::array k_known{Known{"mnist", 28, 10}, Known{"fashion", 28, 10},
                             Known{"digits", 8, 10}};

std::optional<Known> known(const std::string& source) {
  const auto found = std::find_if(k_known.begin(), k_known.end(),
                                  [&](const Known& k) { return k.source == source; });
  return found == k_known.end() ? std::nullopt : std::optional(*found);
}

void check_known_shape(const std::string& source, const fs::path& file, const IdxShape& shape) {
  const auto promised = known(source);
  if (!promised || (shape.rows == promised->side && shape.columns == promised->side)) return;
  throw Error(fmt::format(
      "{}: images of {} x {} pixels at byte 8, but source {} has {} x {}; use source idx for "
      "other images",
      file.string(), shape.rows, shape.columns, source, promised->side, promised->side));
}

void check_counts(const fs::path& images, int image_count, const fs::path& labels,
                  int label_count) {
  if (image_count == label_count) return;
  throw Error(fmt::format("{}: {} labels at byte 4, but {} holds {} images", labels.string(),
                          label_count, images.string(), image_count));
}

void check_same_image(const IdxFiles& files, const IdxShape& train, const IdxShape& test) {
  if (train.rows == test.rows && train.columns == test.columns) return;
  throw Error(fmt::format("{}: images of {} x {} pixels at byte 8, but those of {} have {} x {}",
                          files.test_images.string(), test.rows, test.columns,
                          files.train_images.string(), train.rows, train.columns));
}

void check_labels(const fs::path& file, const std::vector<std::uint8_t>& labels, int classes) {
  const auto bad =
      std::find_if(labels.begin(), labels.end(), [&](std::uint8_t l) { return l >= classes; });
  if (bad == labels.end()) return;
  throw Error(fmt::format(
      "{}: label {} at byte {}; expected at most {} ({} classes)", file.string(), *bad,
      k_label_header + static_cast<std::size_t>(bad - labels.begin()), classes - 1, classes));
}

int count_classes(const std::string& source, const std::vector<std::uint8_t>& train_labels) {
  if (const auto promised = known(source)) return promised->classes;
  return *std::max_element(train_labels.begin(), train_labels.end()) + 1;
}

/// How many of the `available` samples are used.
int used(const char* key, int wanted, int available, const fs::path& file) {
  if (wanted < 0)
    throw UsageError(fmt::format("data.{} = {}; expected 0 (all) or more", key, wanted));
  if (wanted > available)
    throw UsageError(
        fmt::format("data.{} = {}, but {} holds {}", key, wanted, file.string(), available));
  return wanted == 0 ? available : wanted;
}

/// What can be checked of the four headers; classes stay open.
DataShape agreed_shape(const DataOptions& options, const IdxFiles& files, const IdxShape& train,
                       const IdxShape& test, int train_labels, int test_labels) {
  check_known_shape(options.source, files.train_images, train);
  check_known_shape(options.source, files.test_images, test);
  check_same_image(files, train, test);
  check_counts(files.train_images, train.count, files.train_labels, train_labels);
  check_counts(files.test_images, test.count, files.test_labels, test_labels);
  return {.features = train.rows * train.columns,
          .classes = 0,
          .train = used("samples", options.samples, train.count, files.train_images),
          .test = used("test_samples", options.test_samples, test.count, files.test_images)};
}

}  // namespace

IdxFamily open_idx_family(const DataOptions& options, const DataSearch& search) {
  IdxFamily family;
  family.files = find_idx_files(options, search);
  const IdxFiles& files = family.files;
  family.train_images = read_idx_image_shape(files.train_images);
  family.test_images = read_idx_image_shape(files.test_images);
  family.train_labels = read_idx_labels(files.train_labels);
  family.test_labels = read_idx_labels(files.test_labels);
  family.shape = agreed_shape(options, files, family.train_images, family.test_images,
                              static_cast<int>(family.train_labels.size()),
                              static_cast<int>(family.test_labels.size()));
  family.shape.classes = count_classes(options.source, family.train_labels);
  check_labels(files.train_labels, family.train_labels, family.shape.classes);
  check_labels(files.test_labels, family.test_labels, family.shape.classes);
  family.train_labels.resize(static_cast<std::size_t>(family.shape.train));
  family.test_labels.resize(static_cast<std::size_t>(family.shape.test));
  return family;
}

DataShape describe_idx_family(const DataOptions& options, const DataSearch& search) {
  const IdxFiles files = find_idx_files(options, search);
  DataShape shape = agreed_shape(options, files, read_idx_image_shape(files.train_images),
                                 read_idx_image_shape(files.test_images),
                                 read_idx_label_shape(files.train_labels).count,
                                 read_idx_label_shape(files.test_labels).count);
  const auto promised = known(options.source);
  shape.classes = promised ? promised->classes
                           : count_classes(options.source, read_idx_labels(files.train_labels));
  return shape;
}

}  // namespace equikoop
