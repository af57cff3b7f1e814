// SPDX-License-Identifier: BSD-3-Clause
// The buffer between the steps and whoever stores them.
#include "recorder.hpp"

#include <algorithm>

namespace equikoop {
namespace {

/// Whether all values are finite: x·0 is 0 for them and NaN for the others.
template <class Real>
bool all_finite(std::span<const Real> values) {
  constexpr std::size_t k_lanes = 16;  // independent sums, so that the compiler may vectorise
  Real sums[k_lanes] = {};
  std::size_t i = 0;
  for (; i + k_lanes <= values.size(); i += k_lanes) {
    for (std::size_t lane = 0; lane < k_lanes; ++lane) sums[lane] += values[i + lane] * Real(0);
  }
  for (; i < values.size(); ++i) sums[0] += values[i] * Real(0);
  return std::all_of(sums, sums + k_lanes, [](Real sum) { return sum == Real(0); });
}

}  // namespace

template <class Real>
Recorder<Real>::Recorder(Observer<Real> observer, std::size_t initials, std::size_t snapshots,
                         const SnapshotSink<Real>& sink)
    : observer_(std::move(observer)),
      initials_(initials),
      snapshots_(snapshots),
      sink_(sink),
      first_bad_(initials, -1) {
  capacity_ = recorder_capacity(initials * observer_.features() * sizeof(Real), snapshots);
  buffer_.resize(initials * capacity_ * observer_.features());
}

/// The last chunk may be shorter; it is stored without gaps all the same.
template <class Real>
std::size_t Recorder<Real>::chunk_size() const {
  return std::min(capacity_, snapshots_ - first_);
}

template <class Real>
void Recorder<Real>::record() {
  const std::size_t features = observer_.features();
  for (std::size_t m = 0; m < initials_; ++m) {
    const std::size_t begin = (m * chunk_size() + held_) * features;
    observer_.observe(m, std::span(buffer_).subspan(begin, features));
  }
  if (++held_ == chunk_size()) hand_on();
}

template <class Real>
void Recorder<Real>::hand_on() {
  const std::size_t block = chunk_size() * observer_.features();
  const std::span<const Real> values(buffer_.data(), initials_ * block);
  for (std::size_t m = 0; m < initials_; ++m) inspect(m, values.subspan(m * block, block));
  sink_(first_, chunk_size(), values);
  first_ += held_;
  held_ = 0;
}

template <class Real>
void Recorder<Real>::finish() {
  if (held_ > 0) hand_on();
}

/// values (chunk, feature) of one initial
template <class Real>
void Recorder<Real>::inspect(std::size_t initial, std::span<const Real> values) {
  if (first_bad_[initial] >= 0 || all_finite(values)) return;
  const std::size_t features = observer_.features();
  std::size_t bad = 0;
  while (all_finite(values.subspan(bad * features, features))) ++bad;
  first_bad_[initial] = static_cast<std::int64_t>(first_ + bad);
}

template class Recorder<float>;
template class Recorder<double>;

}  // namespace equikoop
