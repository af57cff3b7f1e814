// SPDX-License-Identifier: BSD-3-Clause
#include "pair_analysis.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "equikoop/base/error.hpp"
#include "equikoop/compare/bootstrap.hpp"
#include "equikoop/compare/permutation.hpp"
#include "equikoop/compare/set_distances.hpp"
#include "equikoop/compare/shuffle_control.hpp"
#include "ground.hpp"

namespace equikoop::detail {
namespace {

constexpr double k_none = std::numeric_limits<double>::quiet_NaN();

/// A mean that is NaN of nothing.
class Mean {
 public:
  void add(double value) {
    total_ += value;
    ++count_;
  }
  double value() const { return count_ == 0 ? k_none : total_ / static_cast<double>(count_); }

 private:
  double total_ = 0.0;
  std::size_t count_ = 0;
};

std::vector<std::size_t> present(const PreparedStudy& study, std::size_t c) {
  std::vector<std::size_t> seeds;
  for (std::size_t s = 0; s < study.seeds(); ++s)
    if (study.has(c, s)) seeds.push_back(s);
  return seeds;
}

/// Rows and columns of a (seeds, seeds) matrix that starts at `matrix`.
std::vector<double> submatrix(const double* matrix, std::size_t seeds,
                              const std::vector<std::size_t>& rows,
                              const std::vector<std::size_t>& columns) {
  std::vector<double> part;
  part.reserve(rows.size() * columns.size());
  for (std::size_t r : rows)
    for (std::size_t c : columns) part.push_back(matrix[r * seeds + c]);
  return part;
}

/// Without amplitudes and with equal counts a containment is the distance itself.
double contained(const PreparedStudy& study, std::size_t a, std::size_t s, std::size_t b,
                 std::size_t t, double distance) {
  const auto& from = study.spectrum(a, s);
  if (from.amplitudes.empty() && study.matches(a, s, b, t)) return distance;
  return containment(from, study.spectrum(b, t), study.order());
}

void fill_containment(const PreparedStudy& study, const std::vector<double>& across, bool paired,
                      PairResult& r) {
  const auto a = static_cast<std::size_t>(r.first);
  const auto b = static_cast<std::size_t>(r.second);
  Mean forth, back;
  for (std::size_t s = 0; s < study.seeds(); ++s)
    for (std::size_t t = 0; t < study.seeds(); ++t) {
      if ((paired && s != t) || !study.has(a, s) || !study.has(b, t)) continue;
      const double distance = across[s * study.seeds() + t];
      forth.add(contained(study, a, s, b, t, distance));
      back.add(contained(study, b, t, a, s, distance));
    }
  r.contained_first_in_second = forth.value();
  r.contained_second_in_first = back.value();
}

void fill_shuffle(const PreparedStudy& study, int draws, RandomKey key, PairResult& r) {
  const auto a = static_cast<std::size_t>(r.first);
  const auto b = static_cast<std::size_t>(r.second);
  Mean alone, together;
  for (std::size_t s = 0; s < study.seeds(); ++s) {
    const auto& first = study.spectrum(a, s);
    const auto& second = study.spectrum(b, s);
    if (first.empty() || first.values.size() != second.values.size()) continue;
    key.seed = s;
    key.initial = 1;
    alone.add(shuffle_fraction(first, second, ShuffleUnit::eigenvalue, study.order(), draws, key));
    key.initial = 2;
    together.add(
        shuffle_fraction(first, second, ShuffleUnit::conjugate_pair, study.order(), draws, key));
  }
  r.shuffle_fraction = alone.value();
  r.shuffle_fraction_conjugate = together.value();
}

}  // namespace

PreparedStudy::PreparedStudy(const SpectrumSet& spectra, int order)
    : spectra_(spectra), order_(order), seeds_(spectra.empty() ? 0 : spectra.front().size()) {
  if (order < 1)
    throw Error("comparison: the order of the distance must be 1 or more, not " +
                std::to_string(order));
  for (std::size_t c = 0; c < spectra.size(); ++c) {
    if (spectra[c].size() != seeds_)
      throw Error("comparison: configuration " + std::to_string(c) + " has " +
                  std::to_string(spectra[c].size()) + " seeds where the first has " +
                  std::to_string(seeds_));
    for (std::size_t s = 0; s < seeds_; ++s) {
      const std::string what =
          "spectrum of configuration " + std::to_string(c) + ", seed " + std::to_string(s);
      check_spectrum(spectra[c][s], what.c_str());
      points_.emplace_back(spectra[c][s].values);
      uniform_.push_back(uniform(spectra[c][s]));
    }
  }
}

bool PreparedStudy::matches(std::size_t a, std::size_t s, std::size_t b, std::size_t t) const {
  const std::size_t i = a * seeds_ + s;
  const std::size_t j = b * seeds_ + t;
  return points_[i].size() == points_[j].size() && uniform_[i] && uniform_[j];
}

double PreparedStudy::distance(std::size_t a, std::size_t s, std::size_t b, std::size_t t) const {
  if (!has(a, s) || !has(b, t)) return k_none;
  if (!matches(a, s, b, t)) return transported(spectrum(a, s), spectrum(b, t), order_);
  const PointSet& from = points_[a * seeds_ + s];
  const double total = matched_cost(from, points_[b * seeds_ + t], order_);
  return root(total / from.size(), order_);
}

std::vector<double> PreparedStudy::distances(std::size_t a, std::size_t b) const {
  std::vector<double> d(seeds_ * seeds_, 0.0);
  for (std::size_t s = 0; s < seeds_; ++s)
    for (std::size_t t = 0; t < (a == b ? s : seeds_); ++t) {
      d[s * seeds_ + t] = distance(a, s, b, t);
      if (a == b) d[t * seeds_ + s] = d[s * seeds_ + t];
    }
  for (std::size_t s = 0; a == b && s < seeds_; ++s)
    if (!has(a, s)) d[s * seeds_ + s] = k_none;
  return d;
}

double PreparedStudy::mean_count() const {
  Mean mean;
  for (const auto& points : points_) mean.add(points.size());
  return mean.value();
}

SeedDistances select_seeds(const PreparedStudy& study, std::size_t a, std::size_t b,
                           const std::vector<double>& across, const std::vector<double>& within,
                           bool paired) {
  auto rows = present(study, a);
  auto columns = present(study, b);
  if (paired) {
    std::erase_if(rows, [&](std::size_t s) { return !study.has(b, s); });
    columns = rows;
  }
  const std::size_t seeds = study.seeds();
  const std::size_t square = seeds * seeds;
  return {rows.size(),
          columns.size(),
          paired,
          submatrix(across.data(), seeds, rows, columns),
          submatrix(within.data() + a * square, seeds, rows, rows),
          submatrix(within.data() + b * square, seeds, columns, columns)};
}

Estimate floor_of(const PreparedStudy& study, std::size_t c, const std::vector<double>& within) {
  const auto seeds = present(study, c);
  const double* const matrix = within.data() + c * study.seeds() * study.seeds();
  return mean_within(submatrix(matrix, study.seeds(), seeds, seeds), seeds.size());
}

PairResult analyse_pair(const PreparedStudy& study, std::size_t a, std::size_t b,
                        const std::vector<double>& across, const std::vector<double>& within,
                        const CompareOptions& options, std::uint64_t root_seed,
                        bool shuffle_control) {
  PairResult r{};
  r.first = static_cast<std::int32_t>(a);
  r.second = static_cast<std::int32_t>(b);
  r.seeds_first = static_cast<std::int32_t>(present(study, a).size());
  r.seeds_second = static_cast<std::int32_t>(present(study, b).size());
  const RandomKey key{root_seed, Stream::permutation_test, 0, 0, std::uint64_t{a} << 32 | b};
  const auto d = select_seeds(study, a, b, across, within, options.paired);
  const auto [mean, error] = mean_across(d);
  r.mean_distance = mean;
  r.standard_error = error;
  r.floor = 0.5 * (floor_of(study, a, within).mean + floor_of(study, b, within).mean);
  r.margin = equivalence_margin(r.floor, options.margin, options.margin_absolute);
  const auto test = permutation_test(d, options.permutations, key);
  r.effect = test.statistic;
  r.p_value = test.p_value;
  r.p_smallest = test.smallest_p;
  RandomKey resampling = key;
  resampling.stream = Stream::bootstrap;
  const auto interval =
      effect_interval(d, options.bootstrap, 1.0 - 2.0 * options.alpha, resampling);
  r.effect_low = interval.low;
  r.effect_high = interval.high;
  fill_containment(study, across, options.paired, r);
  r.shuffle_fraction = r.shuffle_fraction_conjugate = k_none;
  if (shuffle_control) fill_shuffle(study, options.permutations, key, r);
  return r;
}

}  // namespace equikoop::detail
