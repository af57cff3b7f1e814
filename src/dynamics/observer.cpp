// SPDX-License-Identifier: BSD-3-Clause
// Observables: ranges of the canonical order, seeded subsets, Gaussian projections.
#include "observer.hpp"

#include <cmath>
#include <set>
#include <string>

#include "equikoop/base/error.hpp"
#include "equikoop/base/random.hpp"
#include "matrix.hpp"

namespace equikoop {
namespace {

/// Items of the stream observable_subset.
constexpr std::uint64_t k_subset_item = 0;
constexpr std::uint64_t k_projection_item = 1;

/// The largest projection matrix that is held, bytes. Above it a subset serves better: a snapshot
/// would cost more than a step.
constexpr std::size_t k_projection_bytes = std::size_t{1} << 30;

Range canonical_range(Observable observable, const NetworkShape& shape) {
  const std::size_t output = shape.begin(shape.layers() - 1);
  switch (observable) {
    case Observable::output:
      return {output, shape.parameters()};
    case Observable::hidden:
      return {0, output};
    default:
      return {0, shape.parameters()};
  }
}

/// `count` distinct numbers below `total`, ascending (Floyd's algorithm: Bentley & Floyd 1987).
std::set<std::size_t> distinct(const RandomStream& stream, std::size_t count, std::size_t total) {
  std::set<std::size_t> chosen;
  for (std::size_t last = total - count; last < total; ++last) {
    if (!chosen.insert(stream.below(last, last + 1)).second) chosen.insert(last);
  }
  return chosen;
}

}  // namespace

std::size_t observed_features(const RecordOptions& record, const NetworkShape& shape, int states) {
  const auto size = static_cast<std::size_t>(record.size);
  switch (record.observable) {
    case Observable::projection:
      return size;
    case Observable::subset:
      if (size > shape.parameters()) {
        throw UsageError("record.size = " + std::to_string(size) + " exceeds the " +
                         std::to_string(shape.parameters()) +
                         " parameters of the network; lower it or record all");
      }
      return size;
    case Observable::state:
      return shape.parameters() * (1 + static_cast<std::size_t>(states));
    default:
      return canonical_range(record.observable, shape).size();
  }
}

template <class Real>
Observer<Real>::Observer(const RecordOptions& record, const ParameterLayout& layout,
                         std::vector<std::span<const Real>> blocks, std::uint64_t study_seed)
    : kind_(record.observable),
      layout_(layout),
      blocks_(std::move(blocks)),
      features_(observed_features(record, layout.shape(), static_cast<int>(blocks_.size()) - 1)),
      range_(canonical_range(record.observable, layout.shape())),
      reads_first_layer_(range_.begin < layout.shape().begin(1)) {
  if (kind_ != Observable::state) blocks_.resize(1);
  if (kind_ == Observable::subset) draw_subset(study_seed);
  if (kind_ == Observable::projection) draw_projection(study_seed);
}

template <class Real>
void Observer<Real>::draw_subset(std::uint64_t study_seed) {
  const RandomStream stream({study_seed, Stream::observable_subset, 0, 0, k_subset_item});
  const auto chosen = distinct(stream, features_, layout_.shape().parameters());
  positions_.reserve(layout_.initials() * features_);
  for (std::size_t m = 0; m < layout_.initials(); ++m) {
    for (const std::size_t index : chosen) positions_.push_back(layout_.position(m, index));
  }
}

template <class Real>
void Observer<Real>::draw_projection(std::uint64_t study_seed) {
  const std::size_t parameters = layout_.shape().parameters();
  if (features_ * parameters > k_projection_bytes / sizeof(Real)) {
    throw UsageError("record.observable = projection of " + std::to_string(parameters) +
                     " parameters to " + std::to_string(features_) +
                     " features needs a matrix above 1 GiB; use observable = subset, or a record.size "
                     "of at most " + std::to_string(k_projection_bytes / sizeof(Real) / parameters));
  }
  const RandomStream stream({study_seed, Stream::observable_subset, 0, 0, k_projection_item});
  const double scale = 1.0 / std::sqrt(static_cast<double>(features_));
  projection_.resize(features_ * parameters);
  for (std::size_t i = 0; i < projection_.size(); ++i) {
    projection_[i] = static_cast<Real>(scale * stream.normal(i));
  }
  canonical_.resize(parameters);
}

template <class Real>
void Observer<Real>::observe(std::size_t initial, std::span<Real> values) {
  const std::span<const Real> weights = blocks_[0];
  if (kind_ == Observable::subset) {
    const std::size_t* position = positions_.data() + initial * features_;
    for (std::size_t f = 0; f < features_; ++f) values[f] = weights[position[f]];
  } else if (kind_ == Observable::projection) {
    const std::size_t parameters = canonical_.size();
    layout_.gather(weights, initial, range_, std::span(canonical_));
    multiply<Real>(1, {projection_.data(), features_, parameters, parameters}, Form::plain,
                   {canonical_.data(), parameters, 1, 1}, Form::plain, 0,
                   Matrix<Real>{values.data(), features_, 1, 1});
  } else {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      layout_.gather(blocks_[i], initial, range_, values.subspan(i * range_.size(), range_.size()));
    }
  }
}

template class Observer<float>;
template class Observer<double>;

}  // namespace equikoop
