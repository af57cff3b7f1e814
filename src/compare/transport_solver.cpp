// SPDX-License-Identifier: BSD-3-Clause
#include "transport_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "equikoop/base/error.hpp"

namespace equikoop::detail {
namespace {

constexpr std::int64_t k_total_units = std::int64_t{1} << 50;

/// Length of a path with the number of its arcs: among equally long paths the one of fewest arcs
/// bounds the number of augmentations, as in Edmonds & Karp (J. ACM 19, 1972).
struct Length {
  double cost = std::numeric_limits<double>::infinity();
  int arcs = 0;
  friend bool operator<(const Length& a, const Length& b) {
    return a.cost < b.cost || (a.cost == b.cost && a.arcs < b.arcs);
  }
};

class Solver {
 public:
  Solver(std::span<const double> cost, std::span<const std::int64_t> supply,
         std::span<const std::int64_t> capacity)
      : rows_(supply.size()),
        columns_(capacity.size()),
        cost_(cost),
        supply_(supply.begin(), supply.end()),
        capacity_(capacity.begin(), capacity.end()),
        flow_(rows_ * columns_, 0),
        row_potential_(rows_),
        column_potential_(columns_, 0.0),
        length_(rows_ + columns_),
        previous_(rows_ + columns_),
        done_(rows_ + columns_) {
    for (std::size_t i = 0; i < rows_; ++i)
      row_potential_[i] = *std::min_element(&cost_[i * columns_], &cost_[i * columns_] + columns_);
  }

  Flow run() {
    std::int64_t left = std::accumulate(supply_.begin(), supply_.end(), std::int64_t{0});
    while (left > 0) {
      const std::size_t column = shortest_path();
      update_potentials(length_[rows_ + column].cost);
      left -= push(column);
    }
    return std::move(flow_);
  }

 private:
  /// Dijkstra from all rows with supply left to the nearest column with capacity left.
  std::size_t shortest_path() {
    for (std::size_t i = 0; i < rows_; ++i) length_[i] = supply_[i] > 0 ? Length{0.0, 0} : Length{};
    std::fill(length_.begin() + static_cast<std::ptrdiff_t>(rows_), length_.end(), Length{});
    std::fill(done_.begin(), done_.end(), false);
    for (;;) {
      const std::size_t node = nearest();
      done_[node] = true;
      if (node < rows_) {
        leave_row(node);
      } else {
        if (capacity_[node - rows_] > 0) return node - rows_;
        leave_column(node - rows_);
      }
    }
  }

  std::size_t nearest() const {
    std::size_t best = length_.size();
    for (std::size_t k = 0; k < length_.size(); ++k)
      if (!done_[k] && std::isfinite(length_[k].cost) &&
          (best == length_.size() || length_[k] < length_[best]))
        best = k;
    if (best == length_.size())
      throw Error("optimal transport: the columns cannot take the mass of the rows");
    return best;
  }

  void leave_row(std::size_t i) {
    const double* const cost = &cost_[i * columns_];
    for (std::size_t j = 0; j < columns_; ++j) {
      const double reduced = std::max(0.0, cost[j] - row_potential_[i] - column_potential_[j]);
      reach(rows_ + j, {length_[i].cost + reduced, length_[i].arcs + 1}, i);
    }
  }

  /// Mass can be taken back where it flows; those arcs have no reduced cost.
  void leave_column(std::size_t j) {
    for (std::size_t i = 0; i < rows_; ++i)
      if (flow_[i * columns_ + j] > 0)
        reach(i, {length_[rows_ + j].cost, length_[rows_ + j].arcs + 1}, j);
  }

  void reach(std::size_t node, const Length& length, std::size_t from) {
    if (done_[node] || !(length < length_[node])) return;
    length_[node] = length;
    previous_[node] = from;
  }

  void update_potentials(double shortest) {
    for (std::size_t i = 0; i < rows_; ++i)
      if (length_[i].cost < shortest) row_potential_[i] += shortest - length_[i].cost;
    for (std::size_t j = 0; j < columns_; ++j)
      if (length_[rows_ + j].cost < shortest)
        column_potential_[j] -= shortest - length_[rows_ + j].cost;
  }

  /// Moves as much as the path to `column` carries; returns how much.
  std::int64_t push(std::size_t column) {
    std::int64_t amount = capacity_[column];
    std::size_t row = previous_[rows_ + column];
    for (std::size_t i = row;;) {
      row = i;
      if (length_[i].arcs == 0) break;
      const std::size_t j = previous_[i];
      amount = std::min(amount, flow_[i * columns_ + j]);
      i = previous_[rows_ + j];
    }
    amount = std::min(amount, supply_[row]);
    supply_[row] -= amount;
    capacity_[column] -= amount;
    for (std::size_t j = column;;) {
      const std::size_t i = previous_[rows_ + j];
      flow_[i * columns_ + j] += amount;
      if (i == row) return amount;
      j = previous_[i];
      flow_[i * columns_ + j] -= amount;
    }
  }

  std::size_t rows_, columns_;
  std::span<const double> cost_;
  std::vector<std::int64_t> supply_, capacity_;
  Flow flow_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<Length> length_;
  std::vector<std::size_t> previous_;
  std::vector<char> done_;
};

}  // namespace

Flow transport(std::span<const double> cost, std::span<const std::int64_t> supply,
               std::span<const std::int64_t> capacity) {
  return Solver(cost, supply, capacity).run();
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
