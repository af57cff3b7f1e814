// SPDX-License-Identifier: BSD-3-Clause
// The data set of a configuration, one copy a node: read or made by one rank, shared by all.
#pragma once

#include <cstdint>
#include <span>

#include "equikoop/base/comm.hpp"
#include "equikoop/base/shared_array.hpp"
#include "equikoop/data/search.hpp"
#include "equikoop/data/view.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Owns the windows that a DataView looks into. Move-only; destruction is collective over the node.
template <class Real>
class Dataset {
 public:
  /// Room for `shape`, all zero. Collective over `node`.
  Dataset(const Comm& node, const DataShape& shape);

  /// Valid until the data set is moved from or destroyed.
  DataView<Real> view() const;

  std::span<Real> train() noexcept { return train_.values(); }
  std::span<Real> test() noexcept { return test_.values(); }
  std::span<std::uint8_t> train_labels() noexcept { return train_labels_.values(); }
  std::span<std::uint8_t> test_labels() noexcept { return test_labels_.values(); }
  void set_background(Real value, double density) noexcept;
  /// Makes the sparse forms of train and test where that pays; they add 2 bytes and a Real for each
  /// entry, one copy a node. After the values and the background are there. Collective over `node`.
  void make_sparse(const Comm& node);
  /// After writing, before any rank of the node reads. Collective over the node.
  void sync() const;

 private:
  /// One copy a node of what SparseRows looks into.
  struct SparseArrays {
    SharedArray<std::uint64_t> begin;
    SharedArray<std::uint16_t> input;
    SharedArray<Real> value;
  };
  SparseArrays sparse_form(const Comm& node, std::span<const Real> values) const;
  SparseRows<Real> rows_of(const SparseArrays& arrays) const;

  DataShape shape_;
  SharedArray<Real> train_;
  SharedArray<Real> test_;
  SharedArray<std::uint8_t> train_labels_;
  SharedArray<std::uint8_t> test_labels_;
  SparseArrays sparse_train_;
  SparseArrays sparse_test_;
  Real background_ = 0;
  double density_ = 1.0;
};

/// Reads or makes the data on rank 0, normalises it there and copies it to one rank of each node:
/// all nodes hold the same bits. `comm`: all ranks. Collective; every rank throws the same Error
/// (UsageError's code for options that cannot be and files that are missing).
template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const DataOptions& options, std::uint64_t root_seed,
                           const DataSearch& search);

/// The same with the ranks that share a copy named by the caller: `node` is a part of `comm` whose
/// ranks share memory and keep their order, and rank 0 of `comm` is in one of them.
template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const Comm& node, const DataOptions& options,
                           std::uint64_t root_seed, const DataSearch& search);

/// Bytes that load_dataset holds on rank 0 beside the data set: the values as they are read or made.
double raw_bytes(const DataOptions& options, const DataShape& shape);

/// The shape load_dataset will find, from the headers of the files alone. Not collective.
DataShape describe_dataset(const DataOptions& options, const DataSearch& search);

}  // namespace equikoop
