// SPDX-License-Identifier: BSD-3-Clause
// The cheapest one-to-one matching of n rows to n columns, exactly. For a few thousand rows at
// most; unequal counts and masses are transport's business, not this file's.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {

namespace detail {

/// The state of the shortest augmenting path method: dual prices of rows and columns and the
/// partial matching. Column n is the place a row starts from that has no column yet.
struct AssignmentState {
  explicit AssignmentState(std::size_t n)
      : row_price(n, 0.0), column_price(n + 1, 0.0), row_of(n + 1, n), previous(n, n) {}
  std::vector<double> row_price;
  std::vector<double> column_price;
  std::vector<std::size_t> row_of;    ///< row matched to a column; n: none
  std::vector<std::size_t> previous;  ///< column before this one on the shortest path
};

/// Grows the tree of shortest reduced-cost paths from `row` until it meets a free column, which
/// is returned; prices are updated so that all reduced costs stay at or above zero.
inline std::size_t shortest_path(AssignmentState& state, std::span<const double> cost,
                                 std::size_t n, std::size_t row) {
  std::vector<double> distance(n, std::numeric_limits<double>::infinity());
  std::vector<char> done(n + 1, 0);
  std::size_t column = n;
  state.row_of[n] = row;
  do {
    done[column] = 1;
    const std::size_t from = state.row_of[column];
    double step = std::numeric_limits<double>::infinity();
    std::size_t next = n;
    for (std::size_t j = 0; j < n; ++j) {
      if (done[j]) continue;
      const double reduced = cost[from * n + j] - state.row_price[from] - state.column_price[j];
      if (reduced < distance[j]) {
        distance[j] = reduced;
        state.previous[j] = column;
      }
      if (distance[j] < step) {
        step = distance[j];
        next = j;
      }
    }
    for (std::size_t j = 0; j <= n; ++j) {
      if (done[j]) {
        state.row_price[state.row_of[j]] += step;
        state.column_price[j] -= step;
      } else if (j < n) {
        distance[j] -= step;
      }
    }
    column = next;
  } while (state.row_of[column] != n);
  return column;
}

}  // namespace detail

/// The permutation that minimises Σᵢ cost(i, result[i]); cost (n, n), row-major, finite.
/// Shortest augmenting paths with dual prices (Kuhn 1955; Jonker & Volgenant 1987): O(n³) time,
/// O(n) memory. Among equally cheap matchings the choice depends on the input alone.
/// Throws Error where a cost is not finite or `cost` has not n·n entries.
inline std::vector<int> assign(std::span<const double> cost, std::size_t n) {
  if (cost.size() != n * n) throw Error("assignment: the cost matrix is not n by n");
  for (const double value : cost) {
    if (!std::isfinite(value)) throw Error("assignment: a cost is not finite");
  }
  detail::AssignmentState state(n);
  for (std::size_t row = 0; row < n; ++row) {
    std::size_t column = detail::shortest_path(state, cost, n, row);
    while (column != n) {
      state.row_of[column] = state.row_of[state.previous[column]];
      column = state.previous[column];
    }
  }
  std::vector<int> result(n);
  for (std::size_t j = 0; j < n; ++j) result[state.row_of[j]] = static_cast<int>(j);
  return result;
}

}  // namespace equikoop
