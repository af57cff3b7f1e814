// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The cells of one line; a quote inside quotes is doubled.
std::vector<std::string> cells_of(const std::string& line, const std::string& where) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char sign = line[i];
    if (sign == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') cells.back() += line[++i];
    else if (sign == '"') quoted = !quoted;
    else if (sign == ',' && !quoted) cells.emplace_back();
    else cells.back() += sign;
  }
  if (quoted) throw Error(fmt::format("{}: a quote is not closed", where));
  for (auto& cell : cells) cell = trimmed(cell);
  return cells;
}

}  // namespace

bool CsvTable::has(const std::string& column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

const std::string& CsvTable::text(std::size_t row, const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end())
    throw Error(fmt::format("{}: no column '{}' in line 1; there are {}", path, column, fmt::join(columns, ", ")));
  return rows[row][static_cast<std::size_t>(found - columns.begin())];
}

double CsvTable::number(std::size_t row, const std::string& column) const {
  const std::string& cell = text(row, column);
  double value = 0;
  const char* end = cell.data() + cell.size();
  const char* begin = cell.data() + (cell.starts_with('+') ? 1 : 0);
  const auto result = std::from_chars(begin, end, value);
  if (result.ec != std::errc() || result.ptr != end)
    throw Error(fmt::format("{}: line {}, column {}: '{}' is not a number", path, lines[row], column, cell));
  return value;
}

CsvTable read_csv(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw Error(fmt::format("{}: cannot be read", path));
  CsvTable table;
  table.path = path;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a spreadsheet's mark of UTF-8
    if (trimmed(line).empty()) continue;
    auto cells = cells_of(line, fmt::format("{}: line {}", path, number));
    if (table.columns.empty()) {
      table.columns = std::move(cells);
      continue;
    }
    if (cells.size() != table.columns.size())
      throw Error(fmt::format("{}: line {} has {} cells, the head has {}", path, number, cells.size(), table.columns.size()));
    table.rows.push_back(std::move(cells));
    table.lines.push_back(number);
  }
  if (table.rows.empty()) throw Error(fmt::format("{}: holds no row below a head of column names", path));
  return table;
}

}  // namespace equikoop
