// SPDX-License-Identifier: BSD-3-Clause
// A basis is a spanning tree of rows and columns. An arc that costs less than the path in the tree
// enters, as much mass as the path can give up moves over to it, and an arc that is left without
// mass goes. The tree stays strongly feasible: an arc without mass leads from a row up to a column.
#include "transport_solver.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "equikoop/base/error.hpp"
#include "lanes.hpp"

namespace equikoop::detail {
namespace {

constexpr std::int64_t k_total_units = std::int64_t{1} << 50;
constexpr int k_most_unrolled = 4;  // vectors: 16 columns

using Masses = std::span<const std::int64_t>;

/// One problem. Nodes are columns from 0, padded to whole vectors, then rows from `first_row_`.
template <class Vectors>
class Simplex {
 public:
  /// A row more, whose arcs cost nothing, fills `spare` capacity where there is any.
  Simplex(std::span<const double> cost, Masses supply, Masses capacity, std::int64_t spare, Vectors vectors)
      : vectors_(vectors),
        first_row_(k_lanes * vectors),
        end_(first_row_ + static_cast<int>(supply.size()) + (spare > 0 ? 1 : 0)),
        cost_(std::make_unique<Lanes[]>(static_cast<std::size_t>((end_ - first_row_) * vectors))),
        column_potential_(std::make_unique<Lanes[]>(static_cast<std::size_t>(vectors))),
        row_potential_(static_cast<std::size_t>(end_ - first_row_)),
        nodes_(static_cast<std::size_t>(end_)) {
    order_.reserve(nodes_.size());
    moved_.reserve(nodes_.size());
    fill_costs(cost, supply.size(), capacity);
    node(end_ - 1).mass = spare;
    for (std::size_t i = 0; i < supply.size(); ++i) node(first_row_ + static_cast<int>(i)).mass = supply[i];
    for (std::size_t j = 0; j < capacity.size(); ++j) node(static_cast<int>(j)).mass = capacity[j];
    plant(capacity);
  }

  /// Σ cost·mass of the cheapest flow.
  double least_cost() {
    // A potential is a sum along a path in the tree, and shifted at most once a pivot.
    for (double bound = rounding_ * static_cast<double>(order_.size());; bound += 2.0 * rounding_) {
      const Arc arc = cheapest(first_row_, end_, -bound);
      if (arc.row < 0) break;
      enter(arc);
    }
    double total = 0.0;
    for (std::size_t k = 1; k < order_.size(); ++k)
      total += parent_cost(order_[k]) * static_cast<double>(node(order_[k]).mass);
    return total;
  }

 private:
  enum class Part : char { stays, moves, turns };
  struct Node {
    std::int64_t mass = 0;  ///< on the arc to the parent
    int parent = -1;
    int rank = 0;              ///< place in `order_`
    Part part = Part::stays;  ///< in a pivot: `turns` on the way from the entering arc to the leaving one
  };
  /// `row` and `column` are nodes.
  struct Arc {
    int row, column;
    double excess;  ///< its cost over that of the path in the tree
  };
  /// The arc of `child`, on the way up from the row of the entering arc or from its column.
  struct Leaving {
    int child;
    std::int64_t mass;
    bool row_side;
  };

  Node& node(int w) { return nodes_[static_cast<std::size_t>(w)]; }
  bool is_row(int w) const { return w >= first_row_; }
  double* cost_row(int w) {
    return reinterpret_cast<double*>(cost_.get()) + static_cast<std::ptrdiff_t>(w - first_row_) * first_row_;
  }
  double& potential(int w) {
    return is_row(w) ? row_potential_[static_cast<std::size_t>(w - first_row_)]
                     : reinterpret_cast<double*>(column_potential_.get())[w];
  }
  /// Cost of the arc of w to its parent.
  double parent_cost(int w) {
    return is_row(w) ? cost_row(w)[node(w).parent] : cost_row(node(w).parent)[w];
  }

  /// Columns that take nothing cost infinity, as padding does: they stay out of the tree.
  void fill_costs(std::span<const double> cost, std::size_t given, Masses capacity) {
    double greatest = 0.0;
    for (int w = first_row_; w < end_; ++w) {
      const auto i = static_cast<std::size_t>(w - first_row_);
      double* const row = cost_row(w);
      std::fill_n(row, first_row_, k_infinity);
      for (std::size_t j = 0; j < capacity.size(); ++j) {
        if (capacity[j] == 0) continue;
        row[j] = i < given ? cost[i * capacity.size() + j] : 0.0;
        greatest = std::max(greatest, row[j]);
      }
    }
    rounding_ = 0x1p-53 * greatest;
  }

  void hang(int child, int parent) {
    node(child).parent = parent;
    order_.push_back(child);
  }

  /// Column potentials = smallest cost of each column.
  void reduce_columns() {
    for (int v = 0; v < vectors_; ++v) {
      Lanes low = Lanes{} + k_infinity;
      for (int i = 0; i < end_ - first_row_; ++i) low = least(low, cost_[static_cast<std::size_t>(i * vectors_ + v)]);
      column_potential_[static_cast<std::size_t>(v)] = low < k_infinity ? low : Lanes{};
    }
  }

  /// The first tree: each row in turn fills the columns that are cheapest to it, of reduced costs.
  /// What is done with hangs below what is left; at a tie that is the column, for the row may go on
  /// without mass.
  void plant(Masses capacity) {
    auto left = std::ranges::count_if(capacity, [](std::int64_t mass) { return mass > 0; });
    reduce_columns();
    int column = 0;
    for (int row = first_row_; row < end_; ++row) {
      const auto nearest = [&] { return cheapest(row, row + 1, k_infinity).column; };
      column = nearest();
      for (; left > 1 && node(row).mass >= node(column).mass; --left) {
        node(row).mass -= node(column).mass;
        hang(column, row);
        potential(column) = -k_infinity;  // too dear for the other rows
        column = nearest();
      }
      node(column).mass -= node(row).mass;
      hang(row, column);
    }
    hang(column, -1);
    std::reverse(order_.begin(), order_.end());
    rank_from(0);
    potential(order_.front()) = 0.0;
    for (std::size_t k = 1; k < order_.size(); ++k)
      potential(order_[k]) = parent_cost(order_[k]) - potential(node(order_[k]).parent);
  }

  void rank_from(std::size_t k) {
    for (; k < order_.size(); ++k) node(order_[k]).rank = static_cast<int>(k);
  }

  /// Of the arcs of rows `first` to `last` - 1 that of least excess, if that is below `bound`; else
  /// row is -1.
  Arc cheapest(int first, int last, double bound) const {
    Arc arc{-1, -1, bound};
    for (int v = 0; v < vectors_; ++v) {
      Lanes best = Lanes{} + bound;
      Marks row = Marks{} - 1;
      const Lanes column_potential = column_potential_[static_cast<std::size_t>(v)];
      for (int w = first; w < last; ++w) {
        const int i = w - first_row_;
        const Lanes excess = cost_[static_cast<std::size_t>(i * vectors_ + v)] - column_potential -
                             row_potential_[static_cast<std::size_t>(i)];
        const Marks less = excess < best;
        best = less ? excess : best;
        row = less ? Marks{} + w : row;
      }
      for (int l = 0; l < k_lanes; ++l)
        if (best[l] < arc.excess) arc = {static_cast<int>(row[l]), v * k_lanes + l, best[l]};
    }
    return arc;
  }

  void enter(const Arc& arc) {
    const Leaving leaving = leave(arc);
    climb(arc, [&](int child, bool row_side) {
      node(child).mass += is_row(child) == row_side ? -leaving.mass : leaving.mass;
    });
    const int inner = leaving.row_side ? arc.row : arc.column;
    const int outer = leaving.row_side ? arc.column : arc.row;
    move_part(inner, leaving.child, arc.excess);
    turn(inner, leaving.child, outer, leaving.mass);
  }

  /// visit(child, on the row's side) for the arcs up from both ends of `arc` to where they meet.
  template <class Visit>
  void climb(const Arc& arc, const Visit& visit) {
    for (int a = arc.row, b = arc.column; a != b;) {
      const bool row_side = node(a).rank > node(b).rank;
      int& lower = row_side ? a : b;
      visit(lower, row_side);
      lower = node(lower).parent;
    }
  }

  /// Of the arcs that give mass up to `arc` the one that has least. Of equals the last on the way
  /// round, from where the sides meet down to the row, over the arc and up again: that keeps the tree
  /// strongly feasible.
  Leaving leave(const Arc& arc) {
    constexpr auto k_most = std::numeric_limits<std::int64_t>::max();
    Leaving on_row{-1, k_most, true}, on_column{-1, k_most, false};
    climb(arc, [&](int child, bool row_side) {
      if (is_row(child) != row_side) return;
      const std::int64_t mass = node(child).mass;
      if (row_side && mass < on_row.mass) on_row = {child, mass, true};
      if (!row_side && mass <= on_column.mass) on_column = {child, mass, false};
    });
    return on_row.mass < on_column.mass ? on_row : on_column;
  }

  /// The part of the tree below `child` goes to the end of the order, the way from `inner` up to
  /// `child` first, and its potentials become those of the arc of this excess at `inner`.
  void move_part(int inner, int child, double excess) {
    moved_.clear();
    for (int w = inner;; w = node(w).parent) {
      node(w).part = Part::turns;
      moved_.push_back(w);
      if (w == child) break;
    }
    const auto first = static_cast<std::size_t>(node(child).rank);
    std::size_t kept = first;
    for (std::size_t k = first; k < order_.size(); ++k) {
      const int w = order_[k];
      Part& part = node(w).part;
      if (part == Part::stays && node(node(w).parent).part == Part::stays) {
        order_[kept++] = w;
        continue;
      }
      if (part == Part::stays) {
        part = Part::moves;
        moved_.push_back(w);
      }
      potential(w) += is_row(w) == is_row(inner) ? excess : -excess;
    }
    std::copy(moved_.begin(), moved_.end(), order_.begin() + static_cast<std::ptrdiff_t>(kept));
    for (const int w : moved_) node(w).part = Part::stays;
    rank_from(first);
  }

  /// Turns the arcs from `inner` up to `child` round, and hangs `inner` below `outer` with `mass`.
  void turn(int inner, int child, int outer, std::int64_t mass) {
    for (int w = inner, parent = outer;;) {
      const int above = std::exchange(node(w).parent, parent);
      std::swap(node(w).mass, mass);
      if (w == child) return;
      parent = w;
      w = above;
    }
  }

  Vectors vectors_;  ///< of the columns
  int first_row_, end_;
  std::unique_ptr<Lanes[]> cost_;              ///< (rows, vectors)
  std::unique_ptr<Lanes[]> column_potential_;  ///< (vectors)
  std::vector<double> row_potential_;  ///< with the column's the cost of an arc of the tree
  std::vector<Node> nodes_;
  std::vector<int> order_;  ///< nodes of the tree, a parent before its children
  std::vector<int> moved_;  ///< room for a part of it
  double rounding_ = 0.0;   ///< of a cost
};

}  // namespace

double transport(std::span<const double> cost, Masses supply, Masses capacity) {
  const std::int64_t mass = std::accumulate(supply.begin(), supply.end(), std::int64_t{0});
  const std::int64_t spare = std::accumulate(capacity.begin(), capacity.end(), -mass);
  if (spare < 0) throw Error("optimal transport: the columns cannot take the mass of the rows");
  const double total = with_vectors<k_most_unrolled>(vectors_of(capacity.size()), [&](auto vectors) {
    return Simplex(cost, supply, capacity, spare, vectors).least_cost();
  });
  return total / static_cast<double>(mass);
}

std::vector<std::int64_t> uniform_units(std::size_t count, std::size_t other) {
  const auto unit = static_cast<std::int64_t>(other / std::gcd(count, other));
  return std::vector<std::int64_t>(count, unit);
}

std::vector<std::int64_t> weighted_units(std::span<const double> weights, std::size_t count) {
  std::vector<double> masses(weights.begin(), weights.end());
  if (masses.empty()) masses.assign(count, 1.0);
  const double greatest = *std::max_element(masses.begin(), masses.end());
  double total = 0.0;
  for (double& mass : masses) total += mass /= greatest;
  std::vector<std::int64_t> units(count);
  std::int64_t left = k_total_units;
  for (std::size_t i = 0; i < count; ++i) {
    units[i] = static_cast<std::int64_t>(std::floor(masses[i] / total * 0x1p50));
    left -= units[i];
  }
  const auto largest = std::max_element(units.begin(), units.end());
  *largest += left;  // fewer units than elements: below the rounding of the total
  return units;
}

}  // namespace equikoop::detail
