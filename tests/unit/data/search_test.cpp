// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/search.hpp"

#include <gtest/gtest.h>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

namespace fs = std::filesystem;

DataOptions source(const std::string& name, const std::string& path = "") {
  DataOptions options;
  options.source = name;
  options.path = path;
  return options;
}

fs::path found(const DataOptions& options, const std::string& environment,
               const fs::path& study_folder) {
  return find_idx_files(options, {environment, study_folder.string()}).train_images.parent_path();
}

TEST(DataSearch, PathIsTheFolderItselfFirstThenItsSource) {
  const Folder folder;
  write_small_family(folder / "inner/digits", 8);
  EXPECT_EQ(found(source("digits", (folder / "inner").string()), "", ""), folder / "inner/digits");
  write_small_family(folder / "inner", 8);
  EXPECT_EQ(found(source("digits", (folder / "inner").string() + "/"), "", ""), folder / "inner");
}

TEST(DataSearch, RelativePathIsAlsoTakenFromTheStudyFile) {
  const Folder folder;
  write_small_family(folder / "mine", 8);
  EXPECT_EQ(found(source("digits", "../mine"), "", folder / "studies"), folder / "mine");
}

TEST(DataSearch, PathIsNotOverruledByOtherPlaces) {
  const Folder folder;
  write_small_family(folder / "data/digits", 8);
  const Failure failure =
      failure_of([&] { found(source("digits", (folder / "empty").string()), "", folder.path()); });
  EXPECT_EQ(failure.code, Exit::usage);
  EXPECT_EQ(failure.line.find("data/digits"), std::string::npos);
}

TEST(DataSearch, EnvironmentComesBeforeTheStudyFolder) {
  const Folder folder;
  write_small_family(folder / "data/digits", 8);
  write_small_family(folder / "env/digits", 8);
  EXPECT_EQ(found(source("digits"), (folder / "env").string(), folder.path()),
            folder / "env/digits");
}

TEST(DataSearch, EnvironmentMayBeTheFolderOfTheSource) {
  const Folder folder;
  write_small_family(folder / "env/digits", 8);
  write_small_family(folder / "anything", 28);
  EXPECT_EQ(found(source("digits"), (folder / "env/digits/").string(), ""), folder / "env/digits");
  EXPECT_EQ(found(source("mnist"), (folder / "anything").string(), ""), folder / "anything");
  // Another source does not take a folder that is not named after it.
  EXPECT_EQ(failure_of([&] {
              found(source("digits"), (folder / "anything").string(), folder.path());
            }).code,
            Exit::usage);
}

TEST(DataSearch, DataBesideTheStudyFileAndUpToThreeFoldersAbove) {
  const Folder folder;
  write_small_family(folder / "data/digits", 8);
  for (const char* study : {"", "a", "a/b", "a/b/c"})
    EXPECT_EQ(found(source("digits"), "", folder / study), folder / "data/digits") << study;
  EXPECT_EQ(failure_of([&] { found(source("digits"), "", folder / "a/b/c/d"); }).code, Exit::usage);
  write_small_family(folder / "a/data/digits", 8);
  EXPECT_EQ(found(source("digits"), "", folder / "a/b"), folder / "a/data/digits");
}

TEST(DataSearch, PlainIsTakenBeforeGzip) {
  const Folder folder;
  write_small_family(folder / "data/digits", 8);
  write_gzip(folder / "data/digits/train-labels-idx1-ubyte.gz", label_bytes("x"));
  fs::rename(folder / "data/digits/t10k-labels-idx1-ubyte",
             folder / "data/digits/t10k-labels-idx1-ubyte.gz");
  const IdxFiles files = find_idx_files(source("digits"), {"", folder.path().string()});
  EXPECT_EQ(files.train_labels.filename(), "train-labels-idx1-ubyte");
  EXPECT_EQ(files.test_labels.filename(), "t10k-labels-idx1-ubyte.gz");
}

TEST(DataSearch, MissingFilesNameEveryPlaceAndTheWayOut) {
  const Folder folder;
  const Failure digits = failure_of(
      [&] { found(source("digits"), (folder / "env").string(), folder / "input/studies"); });
  EXPECT_EQ(digits.code, Exit::usage);
  EXPECT_EQ(digits.line.find('\n'), std::string::npos);
  for (const fs::path& place : {folder / "env/digits", folder / "input/studies/data/digits",
                                folder / "input/data/digits", folder / "data/digits"})
    EXPECT_NE(digits.line.find(place.string()), std::string::npos) << place;
  EXPECT_NE(digits.line.find("python3 input/make_digits.py"), std::string::npos);

  const std::string mnist = failure_of([&] { found(source("mnist"), "", folder.path()); }).line;
  EXPECT_NE(mnist.find("input/get_mnist.sh"), std::string::npos);
  EXPECT_NE(mnist.find("EQUIKOOP_DATA"), std::string::npos);
  const std::string typo = failure_of([&] { found(source("mnits"), "", folder.path()); }).line;
  EXPECT_NE(typo.find("another data.source (mnist, digits"), std::string::npos);
}

TEST(DataSearch, IncompleteFolderNamesWhatItLacks) {
  const Folder folder;
  write_small_family(folder / "data/digits", 8);
  fs::remove(folder / "data/digits/t10k-labels-idx1-ubyte");
  const std::string line = failure_of([&] { found(source("digits"), "", folder.path()); }).line;
  EXPECT_NE(line.find("data/digits (lacks t10k-labels-idx1-ubyte)"), std::string::npos);
}

TEST(DataSearch, AFolderIsNoSource) {
  EXPECT_EQ(failure_of([] { found(source("../mnist"), "", ""); }).code, Exit::usage);
  EXPECT_EQ(failure_of([] { found(source(""), "", ""); }).code, Exit::usage);
}

}  // namespace
}  // namespace equikoop::test
