// SPDX-License-Identifier: BSD-3-Clause
// Small tables of numbers and words in CSV, as spreadsheets and pandas write them.
#pragma once

#include <string>
#include <vector>

namespace equikoop {

struct CsvTable {
  std::string path;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> lines;  ///< of each row in the file, from 1

  bool has(const std::string& column) const;
  /// A cell; throws Error if there is no such column.
  const std::string& text(std::size_t row, const std::string& column) const;
  /// A cell as a number (nan and inf are numbers); throws Error naming line and column.
  double number(std::size_t row, const std::string& column) const;
};

/// Reads a table with a head of column names; commas part the cells, quotes may surround them (RFC
/// 4180). Throws Error naming file and line for rows of the wrong length, open quotes, and files
/// without a row.
CsvTable read_csv(const std::string& path);

}  // namespace equikoop
