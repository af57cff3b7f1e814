// SPDX-License-Identifier: BSD-3-Clause
// The fast way through gzip takes what is whole and of the right size, and leaves the rest to zlib.
#include "data/gunzip.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

class Gunzip : public testing::Test {
 protected:
  Gunzip() {
    write_gzip(file(), content_);
    std::vector<std::uint8_t> into(content_.size());
    fast_ = gunzip_whole(file(), into);
  }
  void SetUp() override {
    if (!fast_) GTEST_SKIP() << "built without libdeflate";
  }
  std::filesystem::path file() const { return folder_ / "file.gz"; }
  bool takes(const Bytes& stored, std::size_t size) const {
    write_plain(folder_ / "other.gz", stored);
    std::vector<std::uint8_t> into(size);
    return gunzip_whole(folder_ / "other.gz", into);
  }

  Folder folder_;
  Bytes content_ = noise(70000) + Bytes(70000, 'x');
  bool fast_ = false;
};

TEST_F(Gunzip, GivesTheContentToTheLastByte) {
  std::vector<std::uint8_t> into(content_.size());
  ASSERT_TRUE(gunzip_whole(file(), into));
  EXPECT_EQ(Bytes(into.begin(), into.end()), content_);
}

TEST_F(Gunzip, LeavesContentOfAnotherSize) {
  const Bytes whole = stored(file());
  EXPECT_TRUE(takes(whole, content_.size()));
  EXPECT_FALSE(takes(whole, content_.size() - 1));
  EXPECT_FALSE(takes(whole, content_.size() + 1));
}

TEST_F(Gunzip, LeavesWhatIsCutWrongOrMoreThanOneMember) {
  const Bytes whole = stored(file());
  EXPECT_FALSE(takes(whole.substr(0, whole.size() - 1), content_.size()));
  EXPECT_FALSE(takes(whole.substr(0, 3), content_.size()));
  EXPECT_FALSE(takes("", content_.size()));
  EXPECT_FALSE(takes(whole + whole, content_.size()));
  EXPECT_FALSE(takes(whole + "z", content_.size()));
  for (const std::size_t place : {std::size_t{0}, whole.size() / 2, whole.size() - 6, whole.size() - 2}) {
    Bytes flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ 0x10);
    EXPECT_FALSE(takes(flipped, content_.size())) << place;
  }
}

TEST_F(Gunzip, LeavesWhatIsNoFile) {
  std::vector<std::uint8_t> into(1);
  EXPECT_FALSE(gunzip_whole(folder_ / "none", into));
  EXPECT_FALSE(gunzip_whole(folder_.path(), into));
}

}  // namespace
}  // namespace equikoop::test
