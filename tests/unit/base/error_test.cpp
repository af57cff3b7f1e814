// SPDX-License-Identifier: BSD-3-Clause
// Whatever an error quotes, the user reads one line.
#include "equikoop/base/error.hpp"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace equikoop {
namespace {

TEST(Error, QuotesNoLineBreakAndNoEscapeSequence) {
  EXPECT_STREQ(Error("a\nb\r\tc").what(), "a\\x0ab\\x0d\\x09c");
  EXPECT_STREQ(UsageError("\x1b[31mred\x7f").what(), "\\x1b[31mred\\x7f");
  EXPECT_STREQ(Error("\xc2\x9b" "31m").what(), "\\xc2\\x9b31m");  // CSI, in one character
  EXPECT_EQ(one_line(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Error, LeavesTextOfAnyAlphabetAsItIs) {
  for (const char* text : {"größe 1.ini", "résultats/結果/результаты", "\xc2\xa0", "back\\x0aslash", "\xe9", "\xc2", ""})
    EXPECT_STREQ(Error(text).what(), text);
}

TEST(Error, PassedOnIsNotEscapedAgain) {
  const Error inner("a\nb");
  EXPECT_STREQ(Error(inner.what()).what(), inner.what());
}

TEST(Error, OutOfMemorySaysWhatToDo) {
  EXPECT_NE(line_of(std::bad_alloc()).find("out of memory: give fewer ranks"), std::string::npos);
  EXPECT_NE(line_of(std::length_error("vector")).find("out of memory"), std::string::npos);
  EXPECT_EQ(line_of(std::runtime_error("a\nb")), "a\\x0ab");
}

}  // namespace
}  // namespace equikoop
