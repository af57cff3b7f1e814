// SPDX-License-Identifier: BSD-3-Clause
// Every way an IDX file can be wrong, with the line the user reads.
#include "equikoop/data/idx.hpp"

#include <gtest/gtest.h>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

struct Images {
  IdxShape shape;
  std::vector<std::uint8_t> pixels;
};

/// As the data set reads them: the header, then the whole.
Images read_images(const std::filesystem::path& file) {
  const IdxShape shape = read_idx_image_shape(file);
  std::vector<std::uint8_t> content(k_idx_images_header + shape.bytes());
  read_idx_images(file, shape, content);
  return {shape, {content.begin() + k_idx_images_header, content.end()}};
}

std::string image_failure(const std::filesystem::path& file) {
  return failure_of([&] { read_images(file); }).line;
}
std::string label_failure(const std::filesystem::path& file) {
  return failure_of([&] { read_idx_labels(file); }).line;
}

/// What `read_idx_images` says of a plain file with this content, without the path before it.
std::string complaint(const Bytes& content) {
  const Folder folder;
  write_plain(folder / "images", content);
  const std::string line = image_failure(folder / "images");
  const std::string path = (folder / "images").string() + ": ";
  EXPECT_EQ(line.substr(0, path.size()), path);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return line.substr(std::min(path.size(), line.size()));
}

const Bytes k_pixels{"abcdefghijkl", 12};

TEST(Idx, PlainAndGzipReadTheSame) {
  const Folder folder;
  write_plain(folder / "plain", image_bytes(2, 2, 3, k_pixels));
  write_gzip(folder / "zipped.gz", image_bytes(2, 2, 3, k_pixels));
  for (const char* name : {"plain", "zipped.gz"}) {
    const Images images = read_images(folder / name);
    EXPECT_EQ(images.shape.count, 2);
    EXPECT_EQ(images.shape.rows, 2);
    EXPECT_EQ(images.shape.columns, 3);
    EXPECT_EQ(Bytes(images.pixels.begin(), images.pixels.end()), k_pixels);
  }
}

TEST(Idx, LabelsReadBack) {
  const Folder folder;
  write_plain(folder / "plain", label_bytes({7, 0, 9}));
  write_gzip(folder / "zipped.gz", label_bytes({7, 0, 9}));
  const std::vector<std::uint8_t> expected{7, 0, 9};
  EXPECT_EQ(read_idx_labels(folder / "plain"), expected);
  EXPECT_EQ(read_idx_labels(folder / "zipped.gz"), expected);
}

TEST(Idx, ContentLongerThanOneCallOfZlibReadsWhole) {
  const Folder folder;
  Bytes pixels(3 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * 31 + i / 997);
  write_gzip(folder / "long.gz", image_bytes(3, 1024, 1024, pixels));
  const Images images = read_images(folder / "long.gz");
  EXPECT_TRUE(std::equal(pixels.begin(), pixels.end(), images.pixels.begin(), images.pixels.end(),
                         [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
}

TEST(Idx, ShapeComesFromTheHeaderAlone) {
  const Folder folder;
  write_gzip(folder / "cut.gz", image_bytes(2, 2, 3, ""));
  EXPECT_EQ(read_idx_image_shape(folder / "cut.gz").bytes(), 12U);
  write_plain(folder / "labels", label_bytes({1, 2}));
  EXPECT_EQ(read_idx_label_shape(folder / "labels").count, 2);
  write_plain(folder / "cut", image_bytes(2, 2, 3, ""));
  EXPECT_NE(failure_of([&] { read_idx_image_shape(folder / "cut"); }).line.find("truncated"),
            std::string::npos);
}

TEST(Idx, MissingFileAndFolderAreNamed) {
  const Folder folder;
  EXPECT_EQ(image_failure(folder / "none"), (folder / "none").string() + ": no such file");
  EXPECT_EQ(image_failure(folder.path()), folder.path().string() + ": no such file");
}

TEST(Idx, WrongMagicIsNamedWithTheExpectedOne) {
  EXPECT_EQ(complaint(label_bytes(Bytes(20, 'x'))),
            "magic 0x00000801 at byte 0; expected 0x00000803 (IDX images)");
  const Folder folder;
  write_plain(folder / "labels", image_bytes(1, 1, 1, "x"));
  EXPECT_EQ(label_failure(folder / "labels"),
            (folder / "labels").string() +
                ": magic 0x00000803 at byte 0; expected 0x00000801 (IDX labels)");
}

TEST(Idx, FileShorterThanItsHeader) {
  EXPECT_EQ(complaint(""), "has 0 bytes, fewer than the 16 of an IDX header of images");
  EXPECT_EQ(complaint(big_endian(0x803)),
            "has 4 bytes, fewer than the 16 of an IDX header of images");
}

TEST(Idx, TruncatedFileSaysHowMuchIsThere) {
  EXPECT_EQ(complaint(image_bytes(2, 2, 3, k_pixels.substr(0, 7))),
            "has 23 bytes where its header promises 28: truncated");
}

TEST(Idx, TrailingBytesAreRefused) {
  EXPECT_EQ(complaint(image_bytes(2, 2, 3, k_pixels + "zz")),
            "has 30 bytes where its header promises 28: trailing bytes");
}

TEST(Idx, ZeroDimensionsAreRefused) {
  EXPECT_EQ(complaint(image_bytes(0, 2, 3, "")), "dimension 1 at byte 4 is 0; expected at least 1");
  EXPECT_EQ(complaint(image_bytes(2, 2, 0, "")),
            "dimension 3 at byte 12 is 0; expected at least 1");
  const Folder folder;
  write_plain(folder / "labels", label_bytes(""));
  EXPECT_EQ(label_failure(folder / "labels"),
            (folder / "labels").string() + ": dimension 1 at byte 4 is 0; expected at least 1");
}

TEST(Idx, AbsurdDimensionsAreRefusedBeforeMemoryIsTaken) {
  EXPECT_EQ(complaint(image_bytes(0xffffffff, 28, 28, k_pixels)),
            "dimension 1 at byte 4 is 4294967295, more than any data set has");
  EXPECT_EQ(complaint(image_bytes(1, 65536, 65536, k_pixels)),
            "images of 65536 x 65536 pixels at byte 8; expected at most 16777216 pixels an image");
  // 2^31 − 1 images of 4096 x 4096: 36 PB that only the size of the file can unmask.
  EXPECT_EQ(complaint(image_bytes(0x7fffffff, 4096, 4096, k_pixels)),
            "has 28 bytes where its header promises 36028797002186768: truncated");
  const Folder folder;
  write_gzip(folder / "bomb.gz", image_bytes(0x7fffffff, 4096, 4096, k_pixels));
  EXPECT_NE(image_failure(folder / "bomb.gz")
                .find("cannot hold the 36028797002186768 bytes its header promises: truncated"),
            std::string::npos);
}

TEST(Idx, GzipContentThatDisagreesWithItsHeader) {
  const Folder folder;
  write_gzip(folder / "short.gz", image_bytes(2, 2, 3, k_pixels.substr(0, 7)));
  EXPECT_NE(image_failure(folder / "short.gz")
                .find("has 23 bytes of content where its header promises 28: truncated"),
            std::string::npos);
  write_gzip(folder / "long.gz", image_bytes(2, 2, 3, k_pixels + "zz"));
  EXPECT_NE(image_failure(folder / "long.gz").find("has 2 trailing bytes from byte 28 on"),
            std::string::npos);
}

/// A gzip file whose content does not compress to nothing, so that it can be cut in the middle.
Bytes zipped_noise(const Folder& folder) {
  write_gzip(folder / "noise.gz", image_bytes(1, 64, 64, noise(4096)));
  return stored(folder / "noise.gz");
}

TEST(Idx, GzipCutOffAtAnyByteIsRefused) {
  const Folder folder;
  const Bytes whole = zipped_noise(folder);
  for (std::size_t kept = 18; kept < whole.size(); kept += 97) {
    write_plain(folder / "cut.gz", whole.substr(0, kept));
    EXPECT_NE(image_failure(folder / "cut.gz").find("cut off"), std::string::npos) << kept;
  }
  write_plain(folder / "cut.gz", whole.substr(0, whole.size() - 1));
  EXPECT_NE(image_failure(folder / "cut.gz").find("cut off"), std::string::npos);
}

TEST(Idx, GzipWithAFlippedBitIsRefused) {
  const Folder folder;
  const Bytes whole = zipped_noise(folder);
  for (const std::size_t place : {whole.size() / 2, whole.size() - 6, whole.size() - 2}) {
    Bytes flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ 0x10);
    write_plain(folder / "flipped.gz", flipped);
    EXPECT_NE(image_failure(folder / "flipped.gz").find("fetch the file again"), std::string::npos)
        << place;
  }
}

}  // namespace
}  // namespace equikoop::test
