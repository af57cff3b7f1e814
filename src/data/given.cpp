// SPDX-License-Identifier: BSD-3-Clause
#include "given.hpp"

#include <algorithm>
#include <utility>

#include "equikoop/data/idx_family.hpp"
#include "equikoop/data/synthetic.hpp"

namespace equikoop {
namespace {

/// What the ranks must know before they make room.
struct Sizes {
  DataShape shape;
  std::size_t train = 0, test = 0;  ///< values, headers included
};

/// Room for the values, all zero. Collective.
template <class Value>
Given<Value> room_for(const Comm& comm, const Comm& node, Sizes sizes, std::size_t header) {
  broadcast_bytes(comm, std::span(&sizes, 1));
  Given<Value> given;
  given.shape = sizes.shape;
  given.header = header;
  together(comm, [&] {
    given.train_memory = SharedArray<Value>(node, sizes.train);
    given.test_memory = SharedArray<Value>(node, sizes.test);
  });
  return given;
}

/// Rank 0's values and labels, for every node. Collective.
template <class Value, class Source>
Given<Value> shared(const Comm& comm, const Comm& node, Given<Value> given, Source& source) {
  given.train_labels = std::move(source.train_labels);
  given.test_labels = std::move(source.test_labels);
  copy_to_nodes(comm, node, given.train_memory.values(), given.test_memory.values());
  given.train_memory.sync();
  given.test_memory.sync();
  return given;
}

}  // namespace

Given<std::uint8_t> read_images(const Comm& comm, const Comm& node, const DataOptions& options, std::uint64_t root_seed,
                                const DataSearch& search) {
  IdxFamily family;
  Sizes sizes;
  together(comm, [&] {
    if (!comm.is_root()) return;
    family = open_idx_family(options, search);
    add_label_noise(family.train_labels, options.label_noise, family.shape.classes, root_seed);
    sizes = {family.shape, k_idx_images_header + family.train_images.bytes(),
             k_idx_images_header + family.test_images.bytes()};
  });
  auto given = room_for<std::uint8_t>(comm, node, sizes, k_idx_images_header);
  together(comm, [&] {
    if (!comm.is_root()) return;
    read_idx_images(family.files.train_images, family.train_images, given.train_memory.values());
    read_idx_images(family.files.test_images, family.test_images, given.test_memory.values());
  });
  return shared(comm, node, std::move(given), family);
}

template <class Real>
Given<Real> make_features(const Comm& comm, const Comm& node, const DataOptions& options, Normalise rule,
                          std::uint64_t root_seed) {
  SyntheticData made;
  Moments used;
  together(comm, [&] {
    if (!comm.is_root()) return;
    made = make_synthetic(options, root_seed);
    add_label_noise(made.train_labels, options.label_noise, made.shape.classes, root_seed);
    used = feature_moments(rule, made.train);
  });
  auto given = room_for<Real>(comm, node, {made.shape, made.train.size(), made.test.size()}, 0);
  const auto normalised = [&](double x) { return static_cast<Real>((x - used.mean) / used.deviation); };
  std::transform(made.train.begin(), made.train.end(), given.train_memory.values().begin(), normalised);
  std::transform(made.test.begin(), made.test.end(), given.test_memory.values().begin(), normalised);
  return shared(comm, node, std::move(given), made);
}

template Given<float> make_features(const Comm&, const Comm&, const DataOptions&, Normalise, std::uint64_t);
template Given<double> make_features(const Comm&, const Comm&, const DataOptions&, Normalise, std::uint64_t);

}  // namespace equikoop
