// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/file_pattern.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <regex>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

namespace fs = std::filesystem;
using Numbers = std::map<std::string, std::int64_t>;

const std::regex k_word(R"(\{([a-z]+)\})");

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  for (std::sregex_iterator at(text.begin(), text.end(), k_word), end; at != end; ++at)
    words.push_back((*at)[1]);
  return words;
}

/// One part of a path as an expression that captures its numbers.
std::regex expression_of(const std::string& part) {
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  std::string expression;
  auto copied = part.begin();
  for (std::sregex_iterator at(part.begin(), part.end(), k_word), end; at != end; ++at) {
    expression += std::regex_replace(std::string(copied, (*at)[0].first), special, R"(\$&)") + "([0-9]{1,18})";
    copied = (*at)[0].second;
  }
  return std::regex(expression + std::regex_replace(std::string(copied, part.end()), special, R"(\$&)"));
}

/// The numbers that a name gives to `words`; nothing if it does not match or one word differs.
std::optional<Numbers> match(const std::string& name, const std::regex& expression,
                             const std::vector<std::string>& words, Numbers numbers) {
  std::smatch found;
  if (!std::regex_match(name, found, expression)) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string text = found[i + 1];
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (const auto [entry, added] = numbers.emplace(words[i], value); !added && entry->second != value)
      return std::nullopt;
  }
  return numbers;
}

void walk(const fs::path& base, const std::vector<std::string>& parts, std::size_t at, const Numbers& numbers,
          const std::function<void(const fs::path&, const Numbers&)>& found) {
  if (at == parts.size()) return found(base, numbers);
  const auto words = words_in(parts[at]);
  if (words.empty()) return walk(base / parts[at], parts, at + 1, numbers, found);
  const auto expression = expression_of(parts[at]);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(base.empty() ? fs::path(".") : base, error))
    if (const auto more = match(entry.path().filename().string(), expression, words, numbers))
      walk(entry.path(), parts, at + 1, *more, found);
}

void check_grid(const FileSet& set, const std::string& pattern) {
  std::size_t wanted = 1;
  for (const auto& values : set.values) wanted *= values.size();
  for (std::size_t i = 1; i < set.files.size(); ++i)
    if (set.files[i].numbers == set.files[i - 1].numbers)
      throw Error(fmt::format("{} and {} have the same numbers: remove one", set.files[i - 1].path, set.files[i].path));
  if (set.files.size() == wanted) return;
  // The first combination without a file.
  for (std::size_t i = 0; i < wanted; ++i) {
    std::vector<std::int64_t> numbers(set.words.size());
    std::size_t rest = i;
    for (std::size_t w = set.words.size(); w-- > 0;) {
      numbers[w] = set.values[w][rest % set.values[w].size()];
      rest /= set.values[w].size();
    }
    if (i < set.files.size() && set.files[i].numbers == numbers) continue;
    std::vector<std::string> named;
    for (std::size_t w = 0; w < numbers.size(); ++w) named.push_back(fmt::format("{} {}", set.words[w], numbers[w]));
    throw Error(fmt::format("{}: {} of {} files are there, the one of {} is missing", pattern, set.files.size(), wanted,
                            fmt::join(named, ", ")));
  }
}

}  // namespace

std::vector<std::size_t> FileSet::places(const NumberedFile& file) const {
  std::vector<std::size_t> found;
  for (std::size_t w = 0; w < words.size(); ++w)
    found.push_back(static_cast<std::size_t>(std::lower_bound(values[w].begin(), values[w].end(), file.numbers[w]) -
                                             values[w].begin()));
  return found;
}

FileSet find_files(const std::string& folder, const std::string& pattern, const std::vector<std::string>& allowed) {
  FileSet set;
  for (const auto& word : words_in(pattern)) {
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
      throw UsageError(fmt::format("{{{}}} in {}: only {{{}}} stand for numbers", word, pattern, fmt::join(allowed, "}, {")));
    if (std::find(set.words.begin(), set.words.end(), word) == set.words.end()) set.words.push_back(word);
  }
  const fs::path whole = fs::path(folder) / pattern;  // an absolute pattern replaces the folder
  std::vector<std::string> parts;
  for (const auto& part : whole.relative_path()) parts.push_back(part.string());
  walk(whole.root_path(), parts, 0, {}, [&](const fs::path& path, const Numbers& numbers) {
    NumberedFile file{path.string(), {}};
    for (const auto& word : set.words) file.numbers.push_back(numbers.at(word));
    set.files.push_back(std::move(file));
  });
  std::error_code error;
  if (set.files.empty() || (set.words.empty() && !fs::exists(set.files.front().path, error)))
    throw Error(fmt::format("{}: no such file", whole.string()));
  std::sort(set.files.begin(), set.files.end(),
            [](const NumberedFile& a, const NumberedFile& b) { return std::tie(a.numbers, a.path) < std::tie(b.numbers, b.path); });
  set.values.resize(set.words.size());
  for (std::size_t w = 0; w < set.words.size(); ++w) {
    for (const auto& file : set.files) set.values[w].push_back(file.numbers[w]);
    std::sort(set.values[w].begin(), set.values[w].end());
    set.values[w].erase(std::unique(set.values[w].begin(), set.values[w].end()), set.values[w].end());
  }
  check_grid(set, whole.string());
  return set;
}

}  // namespace equikoop
