// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/dataset.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "equikoop/data/idx_family.hpp"
#include "equikoop/data/normalise.hpp"
#include "equikoop/data/synthetic.hpp"

namespace equikoop {

namespace {

/// Values a broadcast: MPI counts are int.
constexpr std::size_t k_most_broadcast = std::size_t{1} << 28;

using AnyRaw = std::variant<RawData<std::uint8_t>, RawData<double>>;

AnyRaw read_or_make(const DataOptions& options, std::uint64_t root_seed, const DataSearch& search) {
  AnyRaw raw;
  if (is_synthetic(options.source))
    raw = make_synthetic(options, root_seed);
  else
    raw = read_idx_family(options, search);
  std::visit(
      [&](auto& data) {
        add_label_noise(data.train_labels, options.label_noise, data.shape.classes, root_seed);
      },
      raw);
  return raw;
}

template <class Real>
void fill_values(Dataset<Real>& data, const RawData<std::uint8_t>& raw, Normalise rule) {
  const auto table = pixel_table<Real>(rule, raw.train);
  const auto stored = [&](std::uint8_t pixel) { return table[pixel]; };
  std::transform(raw.train.begin(), raw.train.end(), data.train().begin(), stored);
  std::transform(raw.test.begin(), raw.test.end(), data.test().begin(), stored);
  const auto background = background_of(std::span(raw.train));
  data.set_background(table[background.value], background.density);
}

template <class Real>
void fill_values(Dataset<Real>& data, const RawData<double>& raw, Normalise rule) {
  const Moments used = feature_moments(rule, raw.train);
  const auto stored = [&](double x) { return static_cast<Real>((x - used.mean) / used.deviation); };
  std::transform(raw.train.begin(), raw.train.end(), data.train().begin(), stored);
  std::transform(raw.test.begin(), raw.test.end(), data.test().begin(), stored);
  const auto background = background_of<Real>(data.train());
  data.set_background(background.value, background.density);
}

template <class Real>
void fill(Dataset<Real>& data, const AnyRaw& any, Normalise rule) {
  std::visit(
      [&](const auto& raw) {
        fill_values(data, raw, rule);
        std::copy(raw.train_labels.begin(), raw.train_labels.end(), data.train_labels().begin());
        std::copy(raw.test_labels.begin(), raw.test_labels.end(), data.test_labels().begin());
      },
      any);
}

DataShape broadcast_shape(const Comm& comm, const DataShape& shape) {
  std::array numbers{shape.features, shape.classes, shape.train, shape.test};
  comm.broadcast(std::span<int>(numbers));
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

template <class T>
void broadcast_in_chunks(const Comm& comm, std::span<T> values) {
  while (!values.empty()) {
    const auto chunk = values.first(std::min(values.size(), k_most_broadcast));
    comm.broadcast(chunk);
    values = values.subspan(chunk.size());
  }
}

/// From rank 0 to the first rank of each node, which holds the node's copy. Collective.
template <class Real>
void copy_to_nodes(const Comm& comm, const Comm& node, Dataset<Real>& data) {
  const Comm firsts = comm.split(node.is_root() ? 0 : 1);
  if (!node.is_root()) return;
  broadcast_in_chunks(firsts, data.train());
  broadcast_in_chunks(firsts, data.test());
  broadcast_in_chunks(firsts, data.train_labels());
  broadcast_in_chunks(firsts, data.test_labels());
}

template <class Real>
void broadcast_background(const Comm& comm, Dataset<Real>& data) {
  Real value = data.view().background;
  double density = data.view().density;
  comm.broadcast(std::span(&value, 1));
  comm.broadcast(std::span(&density, 1));
  data.set_background(value, density);
}

}  // namespace

template <class Real>
Dataset<Real>::Dataset(const Comm& node, const DataShape& shape)
    : shape_(shape),
      train_(node,
             static_cast<std::size_t>(shape.train) * static_cast<std::size_t>(shape.features)),
      test_(node, static_cast<std::size_t>(shape.test) * static_cast<std::size_t>(shape.features)),
      train_labels_(node, static_cast<std::size_t>(shape.train)),
      test_labels_(node, static_cast<std::size_t>(shape.test)) {}

template <class Real>
DataView<Real> Dataset<Real>::view() const {
  return {
      shape_,      train_.values(), test_.values(), train_labels_.values(), test_labels_.values(),
      background_, density_,      rows_of(sparse_train_), rows_of(sparse_test_)};
}

template <class Real>
SparseRows<Real> Dataset<Real>::rows_of(const SparseArrays& arrays) const {
  const auto inputs = static_cast<std::size_t>(shape_.features);
  if (arrays.begin.values().empty()) return {};
  return {inputs, sparse_block(inputs), arrays.begin.values(), arrays.input.values(),
          arrays.value.values()};
}

template <class Real>
typename Dataset<Real>::SparseArrays Dataset<Real>::sparse_form(
    const Comm& node, std::span<const Real> values) const {
  const auto inputs = static_cast<std::size_t>(shape_.features);
  const std::size_t block = sparse_block(inputs);
  const std::size_t segments = values.size() / inputs * ((inputs + block - 1) / block);
  std::uint64_t entries = node.is_root() ? count_entries<Real>(values, background_) : 0;
  node.broadcast(std::span(&entries, 1));
  SparseArrays made{{node, segments + 1}, {node, entries}, {node, entries}};
  if (node.is_root()) {
    fill_sparse<Real>(values, inputs, background_, made.begin.values(), made.input.values(),
                      made.value.values());
  }
  return made;
}

template <class Real>
void Dataset<Real>::make_sparse(const Comm& node) {
  if (!worth_holding_sparse(density_, static_cast<std::size_t>(shape_.features))) return;
  sparse_train_ = sparse_form(node, std::as_const(train_).values());
  sparse_test_ = sparse_form(node, std::as_const(test_).values());
}

template <class Real>
void Dataset<Real>::set_background(Real value, double density) noexcept {
  background_ = value;
  density_ = density;
}

template <class Real>
void Dataset<Real>::sync() const {
  train_.sync();
  test_.sync();
  train_labels_.sync();
  test_labels_.sync();
  if (sparse_train_.begin.values().empty()) return;
  for (const SparseArrays* arrays : {&sparse_train_, &sparse_test_}) {
    arrays->begin.sync();
    arrays->input.sync();
    arrays->value.sync();
  }
}

template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const DataOptions& options, std::uint64_t root_seed,
                           const DataSearch& search) {
  return load_dataset<Real>(comm, comm.split_node(), options, root_seed, search);
}

template <class Real>
Dataset<Real> load_dataset(const Comm& comm, const Comm& node, const DataOptions& options,
                           std::uint64_t root_seed, const DataSearch& search) {
  AnyRaw raw;
  DataShape shape;
  Normalise rule = Normalise::none;
  together(comm, [&] {
    if (!comm.is_root()) return;
    rule = normalisation_of(options);
    raw = read_or_make(options, root_seed, search);
    shape = std::visit([](const auto& data) { return data.shape; }, raw);
  });
  shape = broadcast_shape(comm, shape);

  std::optional<Dataset<Real>> data;
  together(comm, [&] { data.emplace(node, shape); });
  together(comm, [&] {
    if (comm.is_root()) fill(*data, raw, rule);
    raw = AnyRaw{};  // before the sparse form takes its place
  });
  copy_to_nodes(comm, node, *data);
  broadcast_background(comm, *data);
  together(comm, [&] { data->make_sparse(node); });
  data->sync();
  return std::move(*data);
}

double raw_bytes(const DataOptions& options, const DataShape& shape) {
  const double each = is_synthetic(options.source) ? sizeof(double) : sizeof(std::uint8_t);
  return each * (double(shape.train) + double(shape.test)) * double(shape.features);
}

DataShape describe_dataset(const DataOptions& options, const DataSearch& search) {
  return is_synthetic(options.source) ? describe_synthetic(options)
                                      : describe_idx_family(options, search);
}

template class Dataset<float>;
template class Dataset<double>;
template Dataset<float> load_dataset<float>(const Comm&, const DataOptions&, std::uint64_t,
                                            const DataSearch&);
template Dataset<double> load_dataset<double>(const Comm&, const DataOptions&, std::uint64_t,
                                              const DataSearch&);
template Dataset<float> load_dataset<float>(const Comm&, const Comm&, const DataOptions&,
                                            std::uint64_t, const DataSearch&);
template Dataset<double> load_dataset<double>(const Comm&, const Comm&, const DataOptions&,
                                              std::uint64_t, const DataSearch&);

}  // namespace equikoop
