// SPDX-License-Identifier: BSD-3-Clause
// Every way a npy file can be wrong, with the line the user reads; and the kinds that are read.
#include "equikoop/data/npy.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "equikoop/data/array_source.hpp"
#include "unit/data/idx_writer.hpp"

namespace equikoop::test {
namespace {

Bytes npy(const std::string& head, const Bytes& data, int major = 1, int minor = 0) {
  Bytes bytes = "\x93NUMPY";
  bytes += static_cast<Bytes::value_type>(major);
  bytes += static_cast<Bytes::value_type>(minor);
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) bytes += static_cast<Bytes::value_type>(head.size() >> (8 * i) & 0xFF);
  return bytes + Bytes(head.begin(), head.end()) + data;
}

std::string literal(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

template <class T>
Bytes raw(const std::vector<T>& values, bool swap = false) {
  Bytes bytes;
  for (const T value : values) {
    std::array<char, sizeof(T)> one{};
    std::memcpy(one.data(), &value, sizeof(T));
    if (swap) std::reverse(one.begin(), one.end());
    bytes.append(one.begin(), one.end());
  }
  return bytes;
}

std::vector<double> values_of(const Bytes& content) {
  const Folder folder;
  write_plain(folder / "a.npy", content);
  const NpyFile file(folder / "a.npy");
  std::vector<double> values(file.header().count());
  file.read(0, std::span(values));
  return values;
}

std::string complaint(const Bytes& content) {
  const Folder folder;
  write_plain(folder / "a.npy", content);
  const std::string line = failure_of([&] { NpyFile(folder / "a.npy"); }).line;
  const std::string path = (folder / "a.npy").string() + ": ";
  EXPECT_EQ(line.substr(0, path.size()), path);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return line.substr(std::min(path.size(), line.size()));
}

void expect_part(const std::string& line, const std::string& part) {
  EXPECT_NE(line.find(part), std::string::npos) << line;
}

const std::vector<float> k_four{1, -2.5F, 3, 4};
const std::vector<double> k_eight{1, -2.5, 3, 4};

TEST(Npy, BothSizesAndByteOrdersAndVersionsReadTheSame) {
  EXPECT_EQ(values_of(npy(literal("<f4", "(4,)"), raw(k_four))), k_eight);
  EXPECT_EQ(values_of(npy(literal(">f4", "(4,)"), raw(k_four, true))), k_eight);
  EXPECT_EQ(values_of(npy(literal("<f8", "(2, 2)"), raw(k_eight))), k_eight);
  EXPECT_EQ(values_of(npy(literal(">f8", "(2, 2)"), raw(k_eight, true), 2)), k_eight);
  EXPECT_EQ(values_of(npy(literal("<f8", "(4L, 1L)"), raw(k_eight), 3)), k_eight);
  EXPECT_EQ(values_of(npy("{\"shape\": (4,), \"descr\": \"<f8\", \"fortran_order\": False}", raw(k_eight))), k_eight);
}

TEST(Npy, ComplexNumbersOfBothSizes) {
  const Folder folder;
  write_plain(folder / "a.npy", npy(literal(">c8", "(2,)"), raw(k_four, true)));
  const NpyFile file(folder / "a.npy");
  std::vector<std::complex<double>> values(2);
  file.read(0, std::span(values));
  EXPECT_EQ(values, (std::vector<std::complex<double>>{{1, -2.5}, {3, 4}}));
}

TEST(Npy, FortranOrderAndShapeAreTold) {
  const Folder folder;
  write_plain(folder / "a.npy", npy(literal("<f8", "(2, 2)", "True"), raw(k_eight)));
  const NpyFile file(folder / "a.npy");
  EXPECT_TRUE(file.header().fortran_order);
  EXPECT_EQ(file.header().shape, (std::vector<std::size_t>{2, 2}));
}

TEST(Npy, ALongReadInTheOtherByteOrderIsWhole) {
  std::vector<double> many(300'001);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i) / 3;
  EXPECT_EQ(values_of(npy(literal(">f8", "(300001,)"), raw(many, true))), many);
}

TEST(Npy, NoFileAndFolder) {
  const Folder folder;
  expect_part(failure_of([&] { NpyFile(folder / "none.npy"); }).line, "no such file");
  expect_part(failure_of([&] { NpyFile(folder / "."); }).line, "is not a file");
}

TEST(Npy, MagicVersionAndLength) {
  expect_part(complaint("short"), "has 5 bytes, fewer than the 10");
  expect_part(complaint("PK\x03\x04 a zip of arrays"), "does not begin with \\x93NUMPY at byte 0");
  expect_part(complaint(npy(literal("<f8", "(4,)"), raw(k_eight), 4)), "npy version 4.0 at byte 6; expected 1.0, 2.0 or 3.0");
  expect_part(complaint(npy(literal("<f8", "(4,)"), raw(k_eight), 1, 1)), "npy version 1.1 at byte 6");
  const Bytes whole = npy(literal("<f8", "(4,)"), raw(k_eight));
  expect_part(complaint(whole.substr(0, 40)), "truncated");
  Bytes endless = whole;
  endless[8] = endless[9] = static_cast<Bytes::value_type>(0xFF);
  expect_part(complaint(endless + Bytes(70'000, ' ')), "header of 65535 bytes at byte 8");
}

TEST(Npy, SizesThatDisagree) {
  const Bytes whole = npy(literal("<f8", "(4,)"), raw(k_eight));
  expect_part(complaint(whole.substr(0, whole.size() - 1)), "has 31 bytes of data from byte");
  expect_part(complaint(whole.substr(0, whole.size() - 1)), "its header promises 32: truncated");
  expect_part(complaint(whole + "x"), "has 33 bytes of data");
  expect_part(complaint(whole + "x"), "trailing bytes");
  expect_part(complaint(npy(literal("<f8", "(281474976710655, 281474976710655)"), raw(k_eight))), "more than any file has");
  expect_part(complaint(npy(literal("<f8", "(99999999999999999999,)"), raw(k_eight))), "more than any array has");
}

TEST(Npy, ElementsThatAreNotNumbers) {
  expect_part(complaint(npy(literal("|O", "(4,)"), raw(k_eight))), "Python objects ('|O') at byte 20; expected f4 or f8");
  expect_part(complaint(npy(literal("<i8", "(4,)"), raw(k_eight))), "elements '<i8' at byte 20; expected f4 or f8");
  expect_part(complaint(npy(literal("<f2", "(4,)"), raw(k_eight))), "elements '<f2'");
  expect_part(complaint(npy(literal("|S8", "(4,)"), raw(k_eight))), "elements '|S8'");
  expect_part(complaint(npy(literal("", "(4,)"), raw(k_eight))), "elements ''");
  expect_part(complaint(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4,), }", raw(k_eight))),
              "records (fields) at byte 20");
}

TEST(Npy, HeadersThatAreNotTheLiteral) {
  const Bytes data = raw(k_eight);
  expect_part(complaint(npy("['descr']", data)), "'[' at byte 10; expected '{'");
  expect_part(complaint(npy("{'descr': '<f8', 'fortran_order': False, }", data)), "has no 'shape'");
  expect_part(complaint(npy("{'descr': '<f8', 'descr': '<f8', }", data)), "key 'descr' at byte 27; expected");
  expect_part(complaint(npy("{'colour': 1}", data)), "key 'colour' at byte 11");
  expect_part(complaint(npy("{'descr': '<f8", data)), "expected a closing quote");
  expect_part(complaint(npy(literal("<f8", "(4)"), data)), "expected ','");
  expect_part(complaint(npy(literal("<f8", "(-4,)"), data)), "'-' at byte");
  expect_part(complaint(npy(literal("<f8", "(0,)"), {})), "length 0 in the shape");
  expect_part(complaint(npy(literal("<f8", "(4,)", "0"), data)), "expected True or False");
  expect_part(complaint(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,)} more", data)), "expected the end of the header");
}

TEST(Npy, EveryCutOfAFileIsOneLine) {
  const Bytes whole = npy(literal("<f8", "(4,)"), raw(k_eight));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(complaint(whole.substr(0, size)).empty()) << size;
}

TEST(Slabs, CoverTheArrayOnceInTheOrderOfTheFile) {
  const std::vector<std::size_t> shape{3, 4, 5};
  for (const bool first : {false, true})
    for (const std::size_t most : {1U, 3U, 7U, 20U, 59U, 60U, 100U}) {
      std::vector<int> seen(60, 0);
      std::size_t position = 0;
      for (const Box& box : slabs(shape, first, most)) {
        EXPECT_LE(box.size(), most);
        std::size_t least = 60;
        for (std::size_t a = 0; a < box.count[0]; ++a)
          for (std::size_t b = 0; b < box.count[1]; ++b)
            for (std::size_t c = 0; c < box.count[2]; ++c) {
              const std::size_t i = box.offset[0] + a, j = box.offset[1] + b, k = box.offset[2] + c;
              const std::size_t at = first ? (k * 4 + j) * 3 + i : (i * 4 + j) * 5 + k;
              ++seen[at];
              least = std::min(least, at);
            }
        EXPECT_EQ(least, position);  // slabs follow each other without a gap
        position += box.size();
      }
      EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 60) << first << ' ' << most;
    }
}

}  // namespace
}  // namespace equikoop::test
