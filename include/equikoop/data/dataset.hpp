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

/// What a data set is before there is room for it.
template <class Real>
struct DatasetHeader {
  DataShape shape;
  Real background = 0;
  double density = 1;
  bool sparse = false;  ///< held as what differs from the background
  std::uint64_t train_entries = 0, test_entries = 0;  ///< values other than the background
};

/// Owns the windows that a DataView looks into. Move-only; destruction is collective over the node.
template <class Real>
class Dataset {
 public:
  /// Samples and their labels, one copy a node. Dense: all values. Sparse: what SparseRows looks into.
  struct Samples {
    Samples(const Comm& node, const DatasetHeader<Real>& header, int count, std::uint64_t entries);

    SharedArray<Real> values;            ///< (count, features), or of the entries
    SharedArray<std::uint64_t> begin;    ///< of the sparse form, else empty; so is `input`
    SharedArray<std::uint16_t> input;
    SharedArray<std::uint8_t> labels;    ///< (count)
  };

  /// Room for what `header` says, all zero. Collective over `node`.
  Dataset(const Comm& node, const DatasetHeader<Real>& header);

  /// Valid until the data set is moved from or destroyed.
  DataView<Real> view() const;

  Samples& train() noexcept { return train_; }
  Samples& test() noexcept { return test_; }
  /// After writing, before any rank of the node reads. Collective over the node.
  void sync() const;

 private:
  SparseRows<Real> rows_of(const Samples& samples) const;

  DatasetHeader<Real> header_;
  Samples train_;
  Samples test_;
};

/// Reads or makes the data on rank 0 and copies it to every node, whose ranks store it together: normalised,
/// in the sparse form alone where that pays. All nodes hold the same bits, however many ranks they have.
/// `comm`: all ranks. Collective; every rank throws the same Error (UsageError's code for options that
/// cannot be and files that are missing).
template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const DataOptions& options, std::uint64_t root_seed,
                           const DataSearch& search);

/// The same with the ranks that share a copy named by the caller: `node` is a part of `comm` whose
/// ranks share memory and keep their order, and rank 0 of `comm` is in one of them.
template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const Comm& node, const DataOptions& options,
                           std::uint64_t root_seed, const DataSearch& search);

/// Bytes that rank 0 holds beyond those of the whole data set, `data`, while it is read or made. Features: the
/// values as they are made. Images: the pixels, but of the data set only what this one of `ranks` on its node
/// has stored itself; 0 or more.
double reading_bytes(const DataOptions& options, const DataShape& shape, double data, int ranks);

/// The shape load_dataset will find, from the headers of the files alone. Not collective.
DataShape describe_dataset(const DataOptions& options, const DataSearch& search);

}  // namespace equikoop
