// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/sparse.hpp"

#include <algorithm>
#include <array>

namespace equikoop {

namespace {

constexpr std::size_t k_most_block = 112;
constexpr double k_most_density = 0.4;
constexpr std::size_t k_most_inputs = 65536;
/// Values looked at together: background mostly comes in runs.
constexpr std::size_t k_group = 8;

template <class Real>
bool all_background(std::span<const Real> values, Real background) {
  if (values.size() < k_group) return false;
  int other = 0;
  for (std::size_t i = 0; i < k_group; ++i) other |= values[i] != background ? 1 : 0;
  return other == 0;
}

}  // namespace

std::size_t sparse_block(std::size_t inputs) {
  const std::size_t blocks = (inputs + k_most_block - 1) / k_most_block;
  return (inputs + blocks - 1) / blocks;
}

bool worth_holding_sparse(double density, std::size_t inputs) {
  return density <= k_most_density && inputs <= k_most_inputs;
}

template <class Real>
std::size_t count_entries(std::span<const Real> values, Real background) {
  const auto same = std::count(values.begin(), values.end(), background);
  return values.size() - static_cast<std::size_t>(same);
}

template <class Real>
void fill_sparse(std::span<const Real> values, std::size_t inputs, Real background,
                 std::span<std::uint64_t> begin, std::span<std::uint16_t> input,
                 std::span<Real> value) {
  const std::size_t block = sparse_block(inputs);
  std::size_t entry = begin[0], segment = 0;
  for (std::size_t row = 0; row < values.size(); row += inputs) {
    for (std::size_t first = 0; first < inputs; first += block) {
      const std::size_t end = std::min(first + block, inputs);
      // No branch within a group, which nobody could foresee: background is overwritten by what comes next.
      std::array<std::uint16_t, k_most_block> found_input;
      std::array<Real, k_most_block> found_value;
      std::size_t found = 0;
      for (std::size_t group = first; group < end; group += k_group) {
        const auto group_values = values.subspan(row + group, std::min(k_group, end - group));
        if (all_background(group_values, background)) continue;
        for (std::size_t i = 0; i < group_values.size(); ++i) {
          found_input[found] = static_cast<std::uint16_t>(group + i);
          found_value[found] = group_values[i] - background;
          found += group_values[i] != background ? 1 : 0;
        }
      }
      std::copy_n(found_input.begin(), found, input.begin() + static_cast<std::ptrdiff_t>(entry));
      std::copy_n(found_value.begin(), found, value.begin() + static_cast<std::ptrdiff_t>(entry));
      entry += found;
      begin[++segment] = entry;
    }
  }
}

template std::size_t count_entries(std::span<const float>, float);
template std::size_t count_entries(std::span<const double>, double);
template void fill_sparse(std::span<const float>, std::size_t, float, std::span<std::uint64_t>,
                          std::span<std::uint16_t>, std::span<float>);
template void fill_sparse(std::span<const double>, std::size_t, double, std::span<std::uint64_t>,
                          std::span<std::uint16_t>, std::span<double>);

}  // namespace equikoop
