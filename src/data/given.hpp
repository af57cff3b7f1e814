// SPDX-License-Identifier: BSD-3-Clause
// A data set as it was read or made, one copy a node, before it gets the form in which it is trained on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "equikoop/base/comm.hpp"
#include "equikoop/base/shared_array.hpp"
#include "equikoop/data/normalise.hpp"
#include "equikoop/data/search.hpp"
#include "equikoop/data/view.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// `Value`: std::uint8_t for pixels as they are stored, Real for features that are normalised already.
template <class Value>
struct Given {
  DataShape shape;
  SharedArray<Value> train_memory, test_memory;  ///< of the node: a header, if there is one, then values
  std::size_t header = 0;                        ///< values before the first
  std::vector<std::uint8_t> train_labels, test_labels;  ///< on rank 0

  std::span<const Value> train() const { return part(train_memory, shape.train); }  ///< (train, features)
  std::span<const Value> test() const { return part(test_memory, shape.test); }     ///< (test, features)

 private:
  std::span<const Value> part(const SharedArray<Value>& memory, int count) const {
    return memory.values().subspan(header, static_cast<std::size_t>(count) * static_cast<std::size_t>(shape.features));
  }
};

/// Rank 0 of `comm` reads the files, or makes the features and normalises them; every node gets a copy.
/// `node`: the ranks of `comm` that share it. Collective; every rank throws the same Error.
Given<std::uint8_t> read_images(const Comm& comm, const Comm& node, const DataOptions& options, std::uint64_t root_seed,
                                const DataSearch& search);
template <class Real>
Given<Real> make_features(const Comm& comm, const Comm& node, const DataOptions& options, Normalise rule,
                          std::uint64_t root_seed);

/// Plain memory of rank 0 to all ranks. Collective.
template <class T>
void broadcast_bytes(const Comm& comm, std::span<T> values) {
  constexpr std::size_t k_most = std::size_t{1} << 30;  // bytes a broadcast: MPI counts are int
  std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(values.data()), values.size_bytes());
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), k_most));
    comm.broadcast(piece);
    bytes = bytes.subspan(piece.size());
  }
}

/// From rank 0 to the first rank of each node, which holds the node's copy. Collective.
template <class... T>
void copy_to_nodes(const Comm& comm, const Comm& node, std::span<T>... values) {
  const Comm firsts = comm.split(node.is_root() ? 0 : 1);
  if (node.is_root()) (broadcast_bytes(firsts, values), ...);
}

}  // namespace equikoop
