// SPDX-License-Identifier: BSD-3-Clause
// What an entry of the table of keys is made of: a name with its help, how its text is parsed, and
// the member it goes to. Internal to the table.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "equikoop/base/error.hpp"
#include "equikoop/study/keys.hpp"
#include "key_types.hpp"

namespace equikoop::keys {

constexpr double k_infinity = std::numeric_limits<double>::infinity();
constexpr int k_large = 1'000'000'000;

/// What every entry has, before its type adds how it is parsed.
struct Entry {
  std::string name;
  std::string default_value;
  std::string unit;
  std::string help;
  Values values = Values::one;
};

inline Key make(Entry entry, std::function<void(Draft&, const std::string&)> apply) {
  return {std::move(entry.name), std::move(entry.default_value),
          std::move(entry.unit), std::move(entry.help),
          entry.values,          std::move(apply)};
}

template <class Member>
Key integer(const Entry& entry, std::int64_t low, std::int64_t high, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    auto& target = member(draft);
    target = static_cast<std::remove_reference_t<decltype(target)>>(
        parse_integer(name, text, low, high));
  });
}

template <class Member>
Key number(const Entry& entry, const Bounds& bounds, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    member(draft) = parse_number(name, text, bounds);
  });
}

template <class Member>
Key text(const Entry& entry, Member member) {
  return make(entry, [=](Draft& draft, const std::string& value) { member(draft) = value; });
}

template <class Member>
Key flag(const Entry& entry, Member member) {
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& value) {
    member(draft) = parse_flag(name, value);
  });
}

/// An enumeration whose values are, in order, `words`; the words are added to the help.
template <class Member>
Key choice(Entry entry, const std::vector<std::string>& words, Member member) {
  entry.help += fmt::format(" ({})", fmt::join(words, ", "));
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& value) {
    auto& target = member(draft);
    target =
        static_cast<std::remove_reference_t<decltype(target)>>(parse_choice(name, value, words));
  });
}

/// Numbers separated by blanks, each within `bounds`; the word none stands for no number.
template <class Member>
Key numbers(Entry entry, const Bounds& bounds, Member member) {
  entry.values = Values::text;
  return make(entry, [=, name = entry.name](Draft& draft, const std::string& text) {
    auto& target = member(draft);
    using Number = typename std::remove_reference_t<decltype(target)>::value_type;
    target.clear();
    if (text == "none") return;
    for (const auto& word : words_of(text)) {
      if constexpr (std::is_integral_v<Number>)
        target.push_back(
            static_cast<Number>(parse_integer(name, word, static_cast<std::int64_t>(bounds.low),
                                              static_cast<std::int64_t>(bounds.high))));
      else
        target.push_back(parse_number(name, word, bounds));
    }
    if (target.empty()) throw UsageError(fmt::format("{}: give at least one number", name));
  });
}

}  // namespace equikoop::keys

// Where a value goes: EQUIKOOP_AT(training.steps) is a function from a draft to that member.
#define EQUIKOOP_STUDY(member) \
  ([](Draft & draft) -> auto& { \
    return draft.study.member;  \
  })
#define EQUIKOOP_AT(member)            \
  ([](Draft & draft) -> auto& {        \
    return draft.configuration.member; \
  })
