// SPDX-License-Identifier: BSD-3-Clause
// The kernel of the optimal assignment: rows of cost padded to whole vectors of four doubles.
// A problem lies on the stack where it is small; solving allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "lanes.hpp"

namespace equikoop::detail {

/// Buffers of one problem with rows of `vectors` vectors; columns from n on cost infinity.
struct AssignmentBuffers {
  Lanes* cost;       ///< (n, vectors)
  Lanes* potential;  ///< (vectors): of the columns
  Lanes* key;        ///< (vectors): length of the shortest path to an open column, else infinity
  Marks* previous;   ///< (vectors): row from which that path enters the column
  Marks* open;       ///< (vectors): all bits set where the column is not scanned
  int* row_of;       ///< (n): row assigned to a column, -1: free
  int* column_of;    ///< (n): column assigned to a row: the result
  int* scanned;      ///< (n): columns in the order of scanning
  double* length;    ///< (n): of the path to each of them
};

/// Index of the smallest key, the lowest lane first among vectors' equals.
template <class Vectors>
inline int nearest(const AssignmentBuffers& w, Vectors vectors) {
  Lanes best = w.key[0];
  Marks where = {0, 1, 2, 3};
  Marks index = where;
  for (int v = 1; v < vectors; ++v) {
    index += k_lanes;
    const Marks less = w.key[v] < best;
    best = less ? w.key[v] : best;
    where = less ? index : where;
  }
  int lane = 0;
  for (int l = 1; l < k_lanes; ++l) lane = best[l] < best[lane] ? l : lane;
  return static_cast<int>(where[lane]);
}

/// Potentials = smallest cost of each column; its row gets the column if still free.
template <class Vectors>
inline void reduce_columns(const AssignmentBuffers& w, int n, Vectors vectors) {
  for (int i = 0; i < n; ++i) w.row_of[i] = w.column_of[i] = -1;
  for (int v = 0; v < vectors; ++v) {
    Lanes best = w.cost[v];
    Marks where = {};
    for (int i = 1; i < n; ++i) {
      const Lanes& cost = w.cost[static_cast<std::ptrdiff_t>(i) * vectors + v];
      const Marks less = cost < best;
      best = less ? cost : best;
      where = less ? Marks{} + i : where;
    }
    w.potential[v] = best < k_infinity ? best : Lanes{};
    for (int l = 0; l < k_lanes && v * k_lanes + l < n; ++l) {
      const int row = static_cast<int>(where[l]);
      if (w.column_of[row] >= 0) continue;
      w.column_of[row] = v * k_lanes + l;
      w.row_of[v * k_lanes + l] = row;
    }
  }
}

/// Lowers the keys by paths that leave `row`, which is `offset` shorter than its reduced costs.
template <class Vectors>
inline void relax(const AssignmentBuffers& w, int row, double offset, Vectors vectors) {
  const Lanes* cost = w.cost + static_cast<std::ptrdiff_t>(row) * vectors;
  for (int v = 0; v < vectors; ++v) {
    const Lanes path = cost[v] - w.potential[v] - offset;
    const Marks less = (path < w.key[v]) & w.open[v];
    w.key[v] = less ? path : w.key[v];
    w.previous[v] = less ? Marks{} + row : w.previous[v];
  }
}

/// Marks `column` as scanned. In whole vectors: a load waits for a store of one lane.
template <class Vectors>
inline void close(const AssignmentBuffers& w, int column, Vectors vectors) {
  Marks index = {0, 1, 2, 3};
  for (int v = 0; v < vectors; ++v, index += k_lanes) {
    const Marks here = index == Marks{} + column;
    w.open[v] &= ~here;
    w.key[v] = here ? Lanes{} + k_infinity : w.key[v];
  }
}

/// Assigns `free_row` along the shortest augmenting path and keeps the potentials feasible.
template <class Vectors>
inline void augment(const AssignmentBuffers& w, int free_row, Vectors vectors) {
  const double* const potential = reinterpret_cast<const double*>(w.potential);
  const double* const key = reinterpret_cast<const double*>(w.key);
  for (int v = 0; v < vectors; ++v) {
    w.key[v] = w.cost[static_cast<std::ptrdiff_t>(free_row) * vectors + v] - w.potential[v];
    w.previous[v] = Marks{} + free_row;
    w.open[v] = ~Marks{};
  }
  int count = 0;
  int column = nearest(w, vectors);
  double shortest = key[column];
  while (w.row_of[column] >= 0) {
    w.scanned[count] = column;
    w.length[count++] = shortest;
    close(w, column, vectors);
    const int row = w.row_of[column];
    const double cost =
        w.cost[static_cast<std::ptrdiff_t>(row) * vectors + column / k_lanes][column % k_lanes];
    relax(w, row, cost - potential[column] - shortest, vectors);
    column = nearest(w, vectors);
    shortest = key[column];
  }
  for (int i = 0; i < count; ++i) {
    const int c = w.scanned[i];
    w.potential[c / k_lanes][c % k_lanes] += w.length[i] - shortest;
  }
  for (int row = -1; row != free_row;) {
    row = static_cast<int>(w.previous[column / k_lanes][column % k_lanes]);
    w.row_of[column] = row;
    const int next = w.column_of[row];
    w.column_of[row] = column;
    column = next;
  }
}

/// Solves the problem in `w`; `vectors` is an integral constant where the size is small.
template <class Vectors>
inline void solve_assignment(const AssignmentBuffers& w, int n, Vectors vectors) {
  reduce_columns(w, n, vectors);
  for (int i = 0; i < n; ++i)
    if (w.column_of[i] < 0) augment(w, i, vectors);
}

/// A problem of at most 4·V rows on the stack.
template <int V>
struct StackProblem {
  Lanes cost[k_lanes * V][V];
  Lanes potential[V], key[V];
  Marks previous[V], open[V];
  int row_of[k_lanes * V], column_of[k_lanes * V], scanned[k_lanes * V];
  double length[k_lanes * V];

  AssignmentBuffers buffers() {
    return {cost[0], potential, key, previous, open, row_of, column_of, scanned, length};
  }
};

/// A problem of any size.
class HeapProblem {
 public:
  explicit HeapProblem(std::size_t n)
      : vectors_(static_cast<std::size_t>(vectors_of(n))),
        n_(n),
        lanes_(std::make_unique<Lanes[]>((n + 2) * vectors_)),
        marks_(std::make_unique<Marks[]>(2 * vectors_)),
        indices_(3 * n),
        length_(n) {}

  AssignmentBuffers buffers() {
    Lanes* const rest = lanes_.get() + n_ * vectors_;
    int* const index = indices_.data();
    return {lanes_.get(),           rest,  rest + vectors_, marks_.get(),   marks_.get() + vectors_,
            index, index + n_, index + 2 * n_,   length_.data()};
  }

 private:
  std::size_t vectors_, n_;
  std::unique_ptr<Lanes[]> lanes_;
  std::unique_ptr<Marks[]> marks_;
  std::vector<int> indices_;
  std::vector<double> length_;
};

}  // namespace equikoop::detail
