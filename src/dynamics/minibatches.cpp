// SPDX-License-Identifier: BSD-3-Clause
// The order of samples. Batches that lie together in the data set are used where they are.
#include "minibatches.hpp"

#include <algorithm>
#include <string>

#include "equikoop/base/error.hpp"

namespace equikoop {

template <class Real>
Minibatches<Real>::Minibatches(const DataView<Real>& data, Order order, std::size_t batch_size,
                               RandomKey key)
    : data_(data),
      order_(order),
      batch_size_(batch_size),
      train_(static_cast<std::size_t>(data.shape.train)),
      key_(key) {
  if (batch_size == 0 || batch_size > train_) {
    throw UsageError("training.batch_size = " + std::to_string(batch_size) +
                     " must be between 1 and the number of training samples, " +
                     std::to_string(train_));
  }
  steps_per_epoch_ = train_ / batch_size;
  const bool gathers_values = data.sparse_train.empty() && !always_contiguous();
  const auto features = static_cast<std::size_t>(data.shape.features);
  for (Gathered& g : gathered_) {
    g.values.resize(gathers_values ? batch_size * features : 0);
    g.rows.resize(batch_size);
    g.labels.resize(batch_size);
  }
}

template <class Real>
std::size_t Minibatches<Real>::sample(std::size_t step, std::size_t i) {
  if (order_ == Order::fixed) return (step * batch_size_ + i) % train_;
  const std::uint64_t epoch = step / steps_per_epoch_;
  if (epoch != epoch_) {
    key_.item = epoch;
    permutation_ = RandomStream(key_).permutation(static_cast<std::uint32_t>(train_));
    epoch_ = epoch;
  }
  return permutation_[step % steps_per_epoch_ * batch_size_ + i];
}

template <class Real>
Batch<Real> Minibatches<Real>::contiguous(std::size_t first) const {
  const auto features = static_cast<std::size_t>(data_.shape.features);
  return {{data_.train.data() + first * features, batch_size_, features, features},
          data_.train_labels.subspan(first, batch_size_)};
}

template <class Real>
Batch<Real> Minibatches<Real>::rows(std::size_t step) {
  const auto features = static_cast<std::size_t>(data_.shape.features);
  Gathered& g = gathered_[step % 2];
  for (std::size_t i = 0; i < batch_size_; ++i) {
    g.rows[i] = static_cast<std::uint32_t>(sample(step, i));
    g.labels[i] = data_.train_labels[g.rows[i]];
  }
  // The data set does not fit the caches; the next batch comes from memory while this one is used.
  const bool more = order_ == Order::fixed || (step + 1) % steps_per_epoch_ != 0;
  for (std::size_t i = 0; more && i < batch_size_; ++i) data_.sparse_train.prefetch(sample(step + 1, i));
  return {{nullptr, batch_size_, features, features}, std::span(g.labels), &data_.sparse_train,
          std::span(g.rows)};
}

template <class Real>
Batch<Real> Minibatches<Real>::at(std::size_t step) {
  if (!data_.sparse_train.empty()) return rows(step);
  const auto features = static_cast<std::size_t>(data_.shape.features);
  const std::size_t first = sample(step, 0);
  if (order_ == Order::fixed && first + batch_size_ <= train_) return contiguous(first);
  Gathered& g = gathered_[step % 2];
  for (std::size_t i = 0; i < batch_size_; ++i) {
    const std::size_t from = sample(step, i);
    std::copy_n(data_.train.data() + from * features, features, g.values.data() + i * features);
    g.labels[i] = data_.train_labels[from];
  }
  return {{g.values.data(), batch_size_, features, features}, std::span(g.labels)};
}

template class Minibatches<float>;
template class Minibatches<double>;

}  // namespace equikoop
