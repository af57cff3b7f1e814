// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/dataset.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "equikoop/base/partition.hpp"
#include "equikoop/data/idx_family.hpp"
#include "equikoop/data/normalise.hpp"
#include "equikoop/data/synthetic.hpp"
#include "given.hpp"

namespace equikoop {

namespace {

/// A part of the samples, as every rank of a node has one.
Range own_samples(const Comm& node, int count) {
  return block(static_cast<std::size_t>(count), static_cast<std::size_t>(node.size()),
               static_cast<std::size_t>(node.rank()));
}

template <class T>
std::span<T> rows(std::span<T> values, Range samples, std::size_t features) {
  return values.subspan(samples.begin * features, samples.size() * features);
}

template <class Value>
std::span<const Value> own_train(const Comm& node, const Given<Value>& given) {
  return rows(given.train(), own_samples(node, given.shape.train), static_cast<std::size_t>(given.shape.features));
}

/// How pixels are stored.
template <class Real>
struct PixelForm {
  std::array<Real, 256> table;
  Background<std::uint8_t> pixels;

  Background<Real> background() const { return {table[pixels.value], pixels.density}; }
  std::uint64_t entries(std::span<const std::uint8_t> values) const { return entries(histogram(values)); }
  std::uint64_t entries(const Histogram& counts) const {
    std::uint64_t sum = 0;
    for (std::size_t p = 0; p < counts.size(); ++p) sum += table[p] != background().value ? counts[p] : 0;
    return sum;
  }
  void store(std::span<const std::uint8_t> values, std::span<Real> into) const {
    look_up<Real>(values, table, pixels.value, into);
  }
};

/// From what each rank of a node counted; rank 0 of `comm` decides, so that all nodes hold the same bits.
/// Collective.
template <class Real>
PixelForm<Real> form_of(const Comm& comm, const Comm& node, Histogram counts, Normalise rule) {
  node.sum_each(std::span<std::uint64_t>(counts));
  PixelForm<Real> form{};
  together(comm, [&] {
    if (comm.is_root()) form = {pixel_table<Real>(rule, counts), background_of(counts)};
  });
  broadcast_bytes(comm, std::span(&form, 1));
  return form;
}

/// How features are stored that are normalised already.
template <class Real>
struct FeatureForm {
  Background<Real> common;

  Background<Real> background() const { return common; }
  std::uint64_t entries(std::span<const Real> values) const { return count_entries<Real>(values, common.value); }
  void store(std::span<const Real> values, std::span<Real> into) const {
    std::copy(values.begin(), values.end(), into.begin());
  }
};

template <class Real>
FeatureForm<Real> form_of(const Comm& comm, const Given<Real>& given) {
  FeatureForm<Real> form{};
  together(comm, [&] {
    if (comm.is_root()) form.common = background_of<Real>(given.train());
  });
  broadcast_bytes(comm, std::span(&form, 1));
  return form;
}

/// Segments of a sample in the sparse form; none in the dense.
template <class Real>
std::size_t segments(const DatasetHeader<Real>& header) {
  const auto inputs = static_cast<std::size_t>(header.shape.features);
  return header.sparse ? SparseRows<Real>{inputs, sparse_block(inputs), {}, {}, {}}.blocks() : 0;
}

/// This rank's samples. `entry`: where the first of them begins, of the sparse form.
template <class Real, class Value, class Form>
void fill(typename Dataset<Real>::Samples& samples, std::span<const Value> given, Range own, std::uint64_t entry,
          const DatasetHeader<Real>& header, const Form& form) {
  const auto features = static_cast<std::size_t>(header.shape.features);
  if (!header.sparse)
    return form.store(rows(given, own, features), rows(samples.values.values(), own, features));
  std::vector<Real> row(features);
  const std::size_t each = segments(header);
  samples.begin.values()[own.begin * each] = entry;  // the rank before ends with the same number
  for (std::size_t s = own.begin; s < own.end; ++s) {
    form.store(given.subspan(s * features, features), row);
    fill_sparse<Real>(row, features, header.background, samples.begin.values().subspan(s * each, each + 1),
                      samples.input.values(), samples.values.values());
  }
}

/// All ranks of a node share the work. `train_entries`: values other than the background in this rank's part
/// of the training samples. Collective.
template <class Real, class Value, class Form>
Dataset<Real> stored(const Comm& comm, const Comm& node, const Given<Value>& given, const Form& form,
                     std::uint64_t train_entries) {
  const auto features = static_cast<std::size_t>(given.shape.features);
  const Range train = own_samples(node, given.shape.train), test = own_samples(node, given.shape.test);
  const std::uint64_t test_entries = form.entries(rows(given.test(), test, features));
  const std::uint64_t train_first = node.sum_before(train_entries), test_first = node.sum_before(test_entries);
  const auto [background, density] = form.background();
  const DatasetHeader<Real> header{given.shape, background, density, worth_holding_sparse(density, features),
                                   node.sum(train_entries), node.sum(test_entries)};

  std::optional<Dataset<Real>> data;
  together(comm, [&] { data.emplace(node, header); });
  together(comm, [&] {
    fill<Real>(data->train(), given.train(), train, train_first, header, form);
    fill<Real>(data->test(), given.test(), test, test_first, header, form);
  });
  const auto train_labels = data->train().labels.values(), test_labels = data->test().labels.values();
  std::copy(given.train_labels.begin(), given.train_labels.end(), train_labels.begin());
  std::copy(given.test_labels.begin(), given.test_labels.end(), test_labels.begin());
  copy_to_nodes(comm, node, train_labels, test_labels);
  data->sync();
  return std::move(*data);
}

/// Beginnings of segments in the sparse form of `count` samples.
template <class Real>
std::size_t begins(const DatasetHeader<Real>& header, int count) {
  return header.sparse ? static_cast<std::size_t>(count) * segments(header) + 1 : 0;
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
  const Normalise rule = normalisation_of(options);
  if (is_synthetic(options.source)) {
    const auto given = make_features<Real>(comm, node, options, rule, root_seed);
    const auto form = form_of(comm, given);
    return stored<Real>(comm, node, given, form, form.entries(own_train(node, given)));
  }
  const auto given = read_images(comm, node, options, root_seed, search);
  const Histogram counts = histogram(own_train(node, given));
  const auto form = form_of<Real>(comm, node, counts, rule);
  return stored<Real>(comm, node, given, form, form.entries(counts));
}

double reading_bytes(const DataOptions& options, const DataShape& shape, double data, int ranks) {
  const double values = (double(shape.train) + double(shape.test)) * double(shape.features);
  if (is_synthetic(options.source)) return sizeof(double) * values;
  return std::max(0.0, values - data * (1 - 1.0 / ranks));
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
