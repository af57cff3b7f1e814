// SPDX-License-Identifier: BSD-3-Clause
// Samples as what differs from the background: x = background + entries. Most pixels of images are
// background, and kernels that skip them do a fraction of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equikoop {

/// Sparse rows whose inputs are cut into blocks of equal length, so that a kernel can finish all it
/// has to do with a few weights before it goes on. Entries of sample s in block k are
/// begin[s·blocks + k] .. begin[s·blocks + k + 1] - 1, inputs ascending. A view.
template <class Real>
struct SparseRows {
  std::size_t inputs = 0;
  std::size_t block = 0;                   ///< inputs of a block; the last may have fewer
  std::span<const std::uint64_t> begin;    ///< (samples·blocks + 1)
  std::span<const std::uint16_t> input;    ///< (entries)
  std::span<const Real> value;             ///< (entries) x − background, rounded once

  bool empty() const { return begin.empty(); }
  std::size_t blocks() const { return (inputs + block - 1) / block; }
  /// Asks for the entries of a sample ahead of their use. Changes nothing.
  void prefetch(std::size_t sample) const {
    constexpr std::size_t k_line = 64;  // bytes
    const std::size_t first = begin[sample * blocks()];
    const std::size_t last = begin[(sample + 1) * blocks()];
    for (std::size_t e = first; e < last; e += k_line / sizeof(Real)) __builtin_prefetch(&value[e]);
    for (std::size_t e = first; e < last; e += k_line / sizeof(input[0])) __builtin_prefetch(&input[e]);
  }
};

/// Inputs of a block: at most 112, whose weights (64 columns in float) fill the first-level cache of
/// 32 KiB; in equal parts.
std::size_t sparse_block(std::size_t inputs);

/// Whether to hold the sparse form: up to 40 % of other values. That bound is an estimate, not a
/// measured crossover: at MNIST's 19 % a sparse step costs 0.4 to 0.6 of a dense one, so the two should
/// meet above it. Inputs beyond 65536 have no place in 16 bits.
bool worth_holding_sparse(double density, std::size_t inputs);

/// Values that differ from `background`, a NaN among them.
template <class Real>
std::size_t count_entries(std::span<const Real> values, Real background);

/// Writes the sparse form of values (samples, inputs). `begin` (samples·blocks + 1), of which the first
/// says where in `input` and `value` to go on: 0, or what an earlier call has left there.
template <class Real>
void fill_sparse(std::span<const Real> values, std::size_t inputs, Real background,
                 std::span<std::uint64_t> begin, std::span<std::uint16_t> input,
                 std::span<Real> value);

/// A sparse form in the memory of this process; rows() is valid while it lives and does not move.
template <class Real>
class SparseMatrix {
 public:
  /// values (samples, inputs)
  SparseMatrix(std::span<const Real> values, std::size_t inputs, Real background)
      : inputs_(inputs),
        input_(count_entries(values, background)),
        value_(input_.size()) {
    begin_.resize(values.size() / inputs * SparseRows<Real>{inputs, sparse_block(inputs), {}, {}, {}}.blocks() + 1);
    fill_sparse<Real>(values, inputs, background, begin_, input_, value_);
  }
  SparseRows<Real> rows() const { return {inputs_, sparse_block(inputs_), begin_, input_, value_}; }

 private:
  std::size_t inputs_;
  std::vector<std::uint64_t> begin_;
  std::vector<std::uint16_t> input_;
  std::vector<Real> value_;
};

}  // namespace equikoop
