// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numeric>

#include "equikoop/base/error.hpp"
#include "equikoop/data/search.hpp"

namespace equikoop {

namespace {

constexpr int k_white = 255;
/// Times a pixel: eight of it in a row.
constexpr std::uint64_t k_each_byte = 0x0101010101010101;
/// Mean and deviation of the MNIST training pixels as everyone rounds them (PyTorch's example).
constexpr Moments k_mnist{0.1307, 0.3081};

std::uint64_t eight(const std::uint8_t* pixels) {
  std::uint64_t word = 0;
  std::memcpy(&word, pixels, sizeof(word));
  return word;
}

std::uint64_t count(const Histogram& pixels) {
  return std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0});
}

Moments checked(double mean, double variance) {
  if (!(variance > 0.0))
    throw Error(fmt::format(
        "all training values are {}: nothing to standardise; set data.normalise = none", mean));
  return {mean, std::sqrt(variance)};
}

}  // namespace

Histogram histogram(std::span<const std::uint8_t> pixels) {
  // Most pixels are background and lie in runs, counted eight at a time; four counts of the others, so
  // that a pixel does not wait for the one before.
  std::array<Histogram, 4> counts{};
  for (; pixels.size() >= sizeof(std::uint64_t); pixels = pixels.subspan(sizeof(std::uint64_t))) {
    const std::uint64_t word = eight(pixels.data());
    if (word == pixels[0] * k_each_byte) counts[0][pixels[0]] += sizeof(word);
    else
      for (std::size_t i = 0; i < sizeof(word); ++i) ++counts[i % counts.size()][pixels[i]];
  }
  for (const std::uint8_t pixel : pixels) ++counts[0][pixel];
  for (std::size_t other = 1; other < counts.size(); ++other)
    for (std::size_t p = 0; p < counts[0].size(); ++p) counts[0][p] += counts[other][p];
  return counts[0];
}

Normalise normalisation_of(const DataOptions& options) {
  const Normalise rule = options.normalise;
  if (rule == Normalise::automatic)
    return options.source == "mnist" ? Normalise::mnist : Normalise::standard;
  if (is_synthetic(options.source) && (rule == Normalise::mnist || rule == Normalise::unit))
    throw UsageError(fmt::format(
        "data.normalise = {} is for pixels; source {} takes automatic, standard or none",
        rule == Normalise::mnist ? "mnist" : "unit", options.source));
  return rule;
}

Moments moments(const Histogram& pixels) {
  const auto total = static_cast<double>(count(pixels));
  double mean = 0.0;
  for (int p = 0; p <= k_white; ++p)
    mean += static_cast<double>(pixels[static_cast<std::size_t>(p)]) * p / k_white / total;
  double variance = 0.0;
  for (int p = 0; p <= k_white; ++p)
    variance += static_cast<double>(pixels[static_cast<std::size_t>(p)]) *
                std::pow(static_cast<double>(p) / k_white - mean, 2) / total;
  // Of a constant image the rounding of the mean would remain, not zero.
  const bool constant = std::count(pixels.begin(), pixels.end(), 0U) == k_white;
  return checked(mean, constant ? 0.0 : variance);
}

Moments moments(std::span<const double> values) {
  const auto total = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double value : values) mean += value / total;
  double variance = 0.0;
  for (const double value : values) variance += (value - mean) * (value - mean) / total;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return checked(mean, *low == *high ? 0.0 : variance);
}

template <class Real>
std::array<Real, 256> pixel_table(Normalise rule, const Histogram& train) {
  const Moments used = rule == Normalise::mnist      ? k_mnist
                       : rule == Normalise::standard ? moments(train)
                                                     : Moments{};
  const auto mean = static_cast<Real>(used.mean);
  const auto deviation = static_cast<Real>(used.deviation);
  std::array<Real, 256> table{};
  for (int p = 0; p <= k_white; ++p) {
    const auto pixel = static_cast<Real>(p);
    const Real unit = pixel / static_cast<Real>(k_white);
    table[static_cast<std::size_t>(p)] = rule == Normalise::none   ? pixel
                                         : rule == Normalise::unit ? unit
                                                                   : (unit - mean) / deviation;
  }
  return table;
}

template <class Real>
void look_up(std::span<const std::uint8_t> pixels, const std::array<Real, 256>& table, std::uint8_t common,
             std::span<Real> into) {
  constexpr std::size_t k_run = sizeof(std::uint64_t);
  std::size_t i = 0;
  for (; i + k_run <= pixels.size(); i += k_run) {
    if (eight(&pixels[i]) == common * k_each_byte) {
      std::fill_n(&into[i], k_run, table[common]);
    } else {
      for (std::size_t k = i; k < i + k_run; ++k) into[k] = table[pixels[k]];
    }
  }
  for (; i < pixels.size(); ++i) into[i] = table[pixels[i]];
}

Moments feature_moments(Normalise rule, std::span<const double> train) {
  return rule == Normalise::standard ? moments(train) : Moments{};
}

Background<std::uint8_t> background_of(const Histogram& pixels) {
  const auto most = std::max_element(pixels.begin(), pixels.end());
  return {static_cast<std::uint8_t>(most - pixels.begin()),
          1.0 - static_cast<double>(*most) / static_cast<double>(count(pixels))};
}

template <class Real>
Background<Real> background_of(std::span<const Real> values) {
  std::vector<Real> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  Real best = sorted.front();
  std::ptrdiff_t longest = 0;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto end = std::upper_bound(run, sorted.end(), *run);
    if (end - run > longest) {
      longest = end - run;
      best = *run;
    }
    run = end;
  }
  return {best, 1.0 - static_cast<double>(longest) / static_cast<double>(values.size())};
}

template std::array<float, 256> pixel_table<float>(Normalise, const Histogram&);
template std::array<double, 256> pixel_table<double>(Normalise, const Histogram&);
template void look_up(std::span<const std::uint8_t>, const std::array<float, 256>&, std::uint8_t, std::span<float>);
template void look_up(std::span<const std::uint8_t>, const std::array<double, 256>&, std::uint8_t, std::span<double>);
template Background<float> background_of<float>(std::span<const float>);
template Background<double> background_of<double>(std::span<const double>);

}  // namespace equikoop
