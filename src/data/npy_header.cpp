// SPDX-License-Identifier: BSD-3-Clause
// Magic, version and the Python literal {'descr': ..., 'fortran_order': ..., 'shape': (...), }.
#include "npy_header.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view k_magic = "\x93NUMPY"sv;
constexpr std::size_t k_version_at = 6;
constexpr std::size_t k_length_at = 8;

class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view head, std::uint64_t stored)
      : path_(path), head_(head), stored_(stored) {}

  NpyHeader parse() {
    read_frame();
    expect('{');
    while (peek() != '}') {
      read_entry();
      if (peek() != ',') break;
      ++at_;
    }
    expect('}');
    while (at_ < end_ && std::isspace(static_cast<unsigned char>(head_[at_]))) ++at_;
    if (at_ < end_) fail_here("the end of the header");
    if (!seen_descr_ || !seen_order_ || !seen_shape_)
      fail(fmt::format("the header at byte {} has no '{}'", begin_,
                       !seen_descr_ ? "descr" : !seen_order_ ? "fortran_order" : "shape"));
    check_size();
    return header_;
  }

 private:
  [[noreturn]] void fail(const std::string& line) const { throw Error(fmt::format("{}: {}", path_, line)); }

  [[noreturn]] void fail_here(std::string_view expected) const {
    const std::string found = at_ < end_ ? fmt::format("'{}'", std::isprint(static_cast<unsigned char>(head_[at_])) ? head_[at_] : '?')
                                         : "the end of the header";
    fail(fmt::format("{} at byte {}; expected {}", found, at_, expected));
  }

  std::size_t byte(std::size_t at) const { return static_cast<unsigned char>(head_[at]); }

  /// Magic, version, length: where the literal begins and ends.
  void read_frame() {
    if (head_.size() < k_length_at + 2)
      fail(fmt::format("has {} bytes, fewer than the 10 before the header of a npy file", head_.size()));
    if (head_.substr(0, k_magic.size()) != k_magic)
      fail("does not begin with \\x93NUMPY at byte 0: it is not a npy file (a npz is a zip of them: save arrays with numpy.save)");
    const std::size_t major = byte(k_version_at);
    const std::size_t minor = byte(k_version_at + 1);
    if (major < 1 || major > 3 || minor != 0)
      fail(fmt::format("npy version {}.{} at byte {}; expected 1.0, 2.0 or 3.0", major, minor, k_version_at));
    const std::size_t width = major == 1 ? 2 : 4;
    begin_ = k_length_at + width;
    if (head_.size() < begin_) fail(fmt::format("has {} bytes, fewer than the {} before its header", head_.size(), begin_));
    std::uint64_t length = 0;
    for (std::size_t i = width; i-- > 0;) length = (length << 8) | byte(k_length_at + i);
    if (begin_ + length > stored_)
      fail(fmt::format("has {} bytes, but its header of {} bytes begins at byte {}: truncated", stored_, length, begin_));
    if (begin_ + length > head_.size())
      fail(fmt::format("header of {} bytes at byte {}; that of an array of numbers is shorter than {}", length,
                       k_length_at, k_npy_longest_header));
    end_ = begin_ + static_cast<std::size_t>(length);
    at_ = begin_;
    header_.data_offset = end_;
  }

  char peek() {
    while (at_ < end_ && (head_[at_] == ' ' || head_[at_] == '\n')) ++at_;
    return at_ < end_ ? head_[at_] : '\0';
  }

  void expect(char sign) {
    if (peek() != sign) fail_here(fmt::format("'{}'", sign));
    ++at_;
  }

  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail_here("text in quotes");
    const std::size_t first = ++at_;
    while (at_ < end_ && head_[at_] != quote) ++at_;
    if (at_ == end_) fail_here("a closing quote");
    return head_.substr(first, at_++ - first);
  }

  void read_entry() {
    peek();
    const std::size_t where = at_;
    const std::string_view key = quoted();
    expect(':');
    bool* seen = key == "descr" ? &seen_descr_ : key == "fortran_order" ? &seen_order_ : key == "shape" ? &seen_shape_ : nullptr;
    if (seen == nullptr || *seen)
      fail(fmt::format("key '{}' at byte {}; expected descr, fortran_order and shape, once each", key, where));
    *seen = true;
    if (key == "descr") read_descr();
    else if (key == "fortran_order") header_.fortran_order = read_bool();
    else read_shape();
  }

  bool read_bool() {
    peek();
    for (const auto& [word, value] : {std::pair("True"sv, true), std::pair("False"sv, false)})
      if (head_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    fail_here("True or False");
  }

  void read_descr() {
    const char first = peek();
    const std::size_t where = at_;
    if (first == '[') fail(fmt::format("records (fields) at byte {}; expected an array of f4 or f8: save one field", where));
    const std::string_view text = quoted();
    const std::size_t kind = text.find_first_not_of("<>=|");
    const std::string_view type = kind == std::string_view::npos ? ""sv : text.substr(kind);
    const std::optional<Element> element = type == "f4" ? std::optional(Element::float32)
                                           : type == "f8" ? std::optional(Element::float64)
                                           : type == "c8" ? std::optional(Element::complex64)
                                           : type == "c16" ? std::optional(Element::complex128) : std::nullopt;
    if (!type.empty() && type.front() == 'O')
      fail(fmt::format("Python objects ('{}') at byte {}; expected f4 or f8: save numbers of one shape, array.astype('f4')",
                       text, where));
    if (!element || kind > 1)
      fail(fmt::format("elements '{}' at byte {}; expected f4 or f8 (c8 or c16 for spectra): save array.astype('f8')",
                       text, where));
    header_.element = *element;
    header_.big_endian = kind == 1 && text.front() == '>';
  }

  void read_shape() {
    expect('(');
    while (peek() != ')') {
      header_.shape.push_back(read_extent());
      if (peek() != ',') {
        // (3) is a number in brackets to Python, not a shape.
        if (header_.shape.size() == 1) fail_here("','");
        break;
      }
      ++at_;
    }
    expect(')');
  }

  std::size_t read_extent() {
    peek();
    const std::size_t first = at_;
    std::uint64_t value = 0;
    constexpr std::uint64_t k_most = std::uint64_t{1} << 48;
    while (at_ < end_ && std::isdigit(static_cast<unsigned char>(head_[at_])) && value < k_most)
      value = 10 * value + static_cast<std::uint64_t>(head_[at_++] - '0');
    if (at_ == first) fail_here("a length of the shape");
    if (at_ < end_ && head_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    if (value == 0) fail(fmt::format("length 0 in the shape at byte {}; expected at least 1", first));
    if (value >= k_most) fail(fmt::format("length at byte {} is more than any array has", first));
    return static_cast<std::size_t>(value);
  }

  void check_size() const {
    std::uint64_t bytes = bytes_of(header_.element);
    for (const std::size_t extent : header_.shape) {
      if (bytes > std::numeric_limits<std::uint64_t>::max() / extent)
        fail(fmt::format("the shape in the header at byte {} is more than any file has", begin_));
      bytes *= extent;
    }
    const std::uint64_t there = stored_ - header_.data_offset;
    if (there != bytes)
      fail(fmt::format("has {} bytes of data from byte {} on where its header promises {}: {}", there,
                       header_.data_offset, bytes, there < bytes ? "truncated" : "trailing bytes"));
  }

  const std::string& path_;
  std::string_view head_;
  std::uint64_t stored_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t at_ = 0;
  bool seen_descr_ = false;
  bool seen_order_ = false;
  bool seen_shape_ = false;
  NpyHeader header_;
};

}  // namespace

NpyHeader parse_npy_header(const std::string& path, const std::string& head, std::uint64_t stored) {
  return HeaderParser(path, head, stored).parse();
}

}  // namespace equikoop
