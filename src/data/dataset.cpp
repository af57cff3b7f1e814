// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/dataset.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "equikoop/data/idx_family.hpp"
#include "equikoop/data/normalise.hpp"
#include "equikoop/data/synthetic.hpp"

namespace equikoop {

namespace {

/// Bytes a broadcast: MPI counts are int.
constexpr std::size_t k_most_broadcast = std::size_t{1} << 30;

/// What rank 0 has read or made, and how it is stored.
template <class Real>
struct Source {
  /// Writes normalised values, from number `first` on.
  using Values = std::function<void(std::size_t first, std::span<Real> into)>;

  DataShape shape;
  Background<Real> background;
  std::uint64_t train_entries = 0, test_entries = 0;  ///< other values than the background
  Values train, test;
  std::vector<std::uint8_t> train_labels, test_labels;
};

/// `stored(x)`: a value as it is stored.
template <class Real, class Value, class Stored>
Source<Real> source_of(RawData<Value> raw, Background<Real> background, std::uint64_t train_entries,
                       std::uint64_t test_entries, const Stored& stored) {
  const auto stored_values = [&](std::vector<Value> read) {
    return [values = std::move(read), stored](std::size_t first, std::span<Real> into) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(first);
      std::transform(from, from + std::ssize(into), into.begin(), stored);
    };
  };
  return {raw.shape, background, train_entries, test_entries,
          stored_values(std::move(raw.train)), stored_values(std::move(raw.test)),
          std::move(raw.train_labels), std::move(raw.test_labels)};
}

template <class Real>
Source<Real> normalised(RawData<std::uint8_t> raw, Normalise rule) {
  const Histogram train = histogram(raw.train);
  const auto table = pixel_table<Real>(rule, train);
  const auto [value, density] = background_of(train);
  const Background<Real> background{table[value], density};
  const auto entries = [&](const Histogram& pixels) {
    std::uint64_t sum = 0;
    for (std::size_t p = 0; p < pixels.size(); ++p) sum += table[p] != background.value ? pixels[p] : 0;
    return sum;
  };
  const std::uint64_t test_entries = entries(histogram(raw.test));
  return source_of<Real>(std::move(raw), background, entries(train), test_entries,
                         [table](std::uint8_t pixel) { return table[pixel]; });
}

template <class Real>
Source<Real> normalised(RawData<double> raw, Normalise rule) {
  const auto stored = [used = feature_moments(rule, raw.train)](double x) {
    return static_cast<Real>((x - used.mean) / used.deviation);
  };
  std::vector<Real> train(raw.train.size());
  std::transform(raw.train.begin(), raw.train.end(), train.begin(), stored);
  const auto background = background_of<Real>(train);
  const std::uint64_t train_entries = count_entries<Real>(train, background.value);
  const auto test_entries = static_cast<std::uint64_t>(std::count_if(
      raw.test.begin(), raw.test.end(), [&](double x) { return stored(x) != background.value; }));
  return source_of<Real>(std::move(raw), background, train_entries, test_entries, stored);
}

template <class Real>
Source<Real> read_or_make(const DataOptions& options, std::uint64_t root_seed, const DataSearch& search) {
  const Normalise rule = normalisation_of(options);
  const auto prepared = [&](auto raw) {
    add_label_noise(raw.train_labels, options.label_noise, raw.shape.classes, root_seed);
    return normalised<Real>(std::move(raw), rule);
  };
  if (is_synthetic(options.source)) return prepared(make_synthetic(options, root_seed));
  return prepared(read_idx_family(options, search));
}

/// visit(sample, its values) for all samples.
template <class Real, class Visit>
void each_sample(const typename Source<Real>::Values& values, int samples, int features, const Visit& visit) {
  std::vector<Real> row(static_cast<std::size_t>(features));
  for (std::size_t s = 0; s < static_cast<std::size_t>(samples); ++s) {
    values(s * row.size(), row);
    visit(s, std::span<const Real>(row));
  }
}

template <class Real>
DatasetHeader<Real> header_of(const Source<Real>& source) {
  const DataShape& shape = source.shape;
  const auto [background, density] = source.background;
  const bool sparse = worth_holding_sparse(density, static_cast<std::size_t>(shape.features));
  return {shape, background, density, sparse, source.train_entries, source.test_entries};
}

/// Beginnings of segments in the sparse form of `count` samples.
template <class Real>
std::size_t begins(const DatasetHeader<Real>& header, int count) {
  const auto inputs = static_cast<std::size_t>(header.shape.features);
  const SparseRows<Real> rows{inputs, sparse_block(inputs), {}, {}, {}};
  return header.sparse ? static_cast<std::size_t>(count) * rows.blocks() + 1 : 0;
}

template <class Real>
void fill(typename Dataset<Real>::Samples& samples, const typename Source<Real>::Values& values,
          const std::vector<std::uint8_t>& labels, const DatasetHeader<Real>& header) {
  std::copy(labels.begin(), labels.end(), samples.labels.values().begin());
  if (!header.sparse) return values(0, samples.values.values());
  const auto inputs = static_cast<std::size_t>(header.shape.features);
  const std::size_t blocks = begins(header, 1) - 1;
  each_sample<Real>(values, static_cast<int>(labels.size()), header.shape.features, [&](std::size_t s, auto row) {
    fill_sparse<Real>(row, inputs, header.background, samples.begin.values().subspan(s * blocks, blocks + 1),
                      samples.input.values(), samples.values.values());
  });
}

/// Plain memory of rank 0 to all ranks. Collective.
template <class T>
void broadcast_bytes(const Comm& comm, std::span<T> values) {
  std::span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(values.data()), values.size_bytes());
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), k_most_broadcast));
    comm.broadcast(piece);
    bytes = bytes.subspan(piece.size());
  }
}

/// From rank 0 to the first rank of each node, which holds the node's copy. Collective.
template <class Real>
void copy_to_nodes(const Comm& comm, const Comm& node, Dataset<Real>& data) {
  const Comm firsts = comm.split(node.is_root() ? 0 : 1);
  if (!node.is_root()) return;
  for (auto* samples : {&data.train(), &data.test()}) {
    broadcast_bytes(firsts, samples->values.values());
    broadcast_bytes(firsts, samples->begin.values());
    broadcast_bytes(firsts, samples->input.values());
    broadcast_bytes(firsts, samples->labels.values());
  }
}

}  // namespace

template <class Real>
Dataset<Real>::Samples::Samples(const Comm& node, const DatasetHeader<Real>& header, int count,
                                std::uint64_t entries)
    : values(node, header.sparse ? entries
                                 : static_cast<std::size_t>(count) * static_cast<std::size_t>(header.shape.features)),
      begin(node, begins(header, count)),
      input(node, header.sparse ? entries : 0),
      labels(node, static_cast<std::size_t>(count)) {}

template <class Real>
Dataset<Real>::Dataset(const Comm& node, const DatasetHeader<Real>& header)
    : header_(header),
      train_(node, header, header.shape.train, header.train_entries),
      test_(node, header, header.shape.test, header.test_entries) {}

template <class Real>
DataView<Real> Dataset<Real>::view() const {
  DataView<Real> view{header_.shape, {}, {}, train_.labels.values(), test_.labels.values(),
                      header_.background, header_.density};
  if (header_.sparse) {
    view.sparse_train = rows_of(train_);
    view.sparse_test = rows_of(test_);
  } else {
    view.train = train_.values.values();
    view.test = test_.values.values();
  }
  return view;
}

template <class Real>
SparseRows<Real> Dataset<Real>::rows_of(const Samples& samples) const {
  const auto inputs = static_cast<std::size_t>(header_.shape.features);
  return {inputs, sparse_block(inputs), samples.begin.values(), samples.input.values(), samples.values.values()};
}

template <class Real>
void Dataset<Real>::sync() const {
  for (const Samples* samples : {&train_, &test_}) {
    samples->values.sync();
    samples->begin.sync();
    samples->input.sync();
    samples->labels.sync();
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
  Source<Real> source;
  DatasetHeader<Real> header;
  together(comm, [&] {
    if (!comm.is_root()) return;
    source = read_or_make<Real>(options, root_seed, search);
    header = header_of(source);
  });
  broadcast_bytes(comm, std::span(&header, 1));

  std::optional<Dataset<Real>> data;
  together(comm, [&] { data.emplace(node, header); });
  together(comm, [&] {
    if (!comm.is_root()) return;
    fill<Real>(data->train(), source.train, source.train_labels, header);
    fill<Real>(data->test(), source.test, source.test_labels, header);
    source = {};
  });
  copy_to_nodes(comm, node, *data);
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
