// SPDX-License-Identifier: BSD-3-Clause
// Paths in which {seed}, {initial} or {time} stand for a number: the files that are there, by number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace equikoop {

/// A file and the numbers in its path, one for each word of FileSet::words.
struct NumberedFile {
  std::string path;
  std::vector<std::int64_t> numbers;
};

/// Files of one pattern; every combination of the numbers has exactly one.
struct FileSet {
  std::vector<std::string> words;                 ///< in the order of the path
  std::vector<std::vector<std::int64_t>> values;  ///< of each word, ascending
  std::vector<NumberedFile> files;                ///< sorted by their numbers

  /// Position of each of a file's numbers among the values of its word.
  std::vector<std::size_t> places(const NumberedFile& file) const;
};

/// Finds the files of `pattern`, relative to `folder` unless it is absolute. Throws Error if there is
/// none, or one of the grid is missing (naming it); UsageError for words other than `allowed`.
FileSet find_files(const std::string& folder, const std::string& pattern, const std::vector<std::string>& allowed);

}  // namespace equikoop
