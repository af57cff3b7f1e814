// SPDX-License-Identifier: BSD-3-Clause
#include "pair_analysis.hpp"

#include "equikoop/compare/bootstrap.hpp"
#include "equikoop/compare/containment_test.hpp"
#include "equikoop/compare/permutation.hpp"
#include "equikoop/compare/shuffle_control.hpp"
#include "sums.hpp"

namespace equikoop::detail {
namespace {

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

/// The seeds of a and b that take part.
struct Present {
  std::vector<std::size_t> first, second;
};

Present present(const PreparedStudy& study, std::size_t a, std::size_t b, bool paired) {
  Present seeds{present(study, a), present(study, b)};
  if (!paired) return seeds;
  std::erase_if(seeds.first, [&](std::size_t s) { return !study.has(b, s); });
  seeds.second = seeds.first;
  return seeds;
}

/// The distances of a pair, of the seeds that take part. `within` (configuration, seed, seed).
SeedDistances select_seeds(const PreparedStudy& study, std::size_t a, std::size_t b,
                           const std::vector<double>& across, const std::vector<double>& within,
                           bool paired) {
  const auto [rows, columns] = present(study, a, b, paired);
  const std::size_t seeds = study.seeds();
  const std::size_t square = seeds * seeds;
  return {rows.size(),
          columns.size(),
          paired,
          submatrix(across.data(), seeds, rows, columns),
          submatrix(within.data() + a * square, seeds, rows, rows),
          submatrix(within.data() + b * square, seeds, columns, columns)};
}

/// Is a's spectrum contained in b's?   across(s, t): the distance of a_s and b_t
template <class Across>
OneSidedResult contained(const PairContext& context, std::size_t a, std::size_t b,
                         const Across& across, const RandomKey& key) {
  const PreparedStudy& study = context.study;
  const CompareOptions& options = context.options;
  const auto seeds = present(study, a, b, options.paired);
  OneSidedDistances d{seeds.first.size(), seeds.second.size(), options.paired, {}, {}};
  for (std::size_t s : seeds.first)
    for (std::size_t t : seeds.second)
      d.across.push_back(study.one_sided_distance(a, s, b, t, across(s, t)));
  const std::size_t square = study.seeds() * study.seeds();
  d.within = submatrix(context.one_sided.data() + a * square, study.seeds(), seeds.first, seeds.first);
  const auto test = containment_test(d, options.permutations, options.alpha, key);
  return {test.distance, test.excess, test.excess_high, test.p_value, k_none, test.smallest_p,
          equivalence_margin(test.floor, options.margin, options.margin_absolute),
          Verdict::undecided};
}

void fill_containment(const PairContext& context, const std::vector<double>& across, RandomKey key,
                      PairResult& r) {
  constexpr OneSidedResult nothing{k_none, k_none, k_none, k_none, k_none, k_none, k_none,
                                   Verdict::undecided};
  r.first_in_second = r.second_in_first = nothing;
  if (context.one_sided.empty()) return;
  const auto a = static_cast<std::size_t>(r.first);
  const auto b = static_cast<std::size_t>(r.second);
  const std::size_t seeds = context.study.seeds();
  key.stream = Stream::containment_test;
  r.first_in_second = contained(
      context, a, b, [&](std::size_t s, std::size_t t) { return across[s * seeds + t]; }, key);
  key.initial = 1;
  r.second_in_first = contained(
      context, b, a, [&](std::size_t s, std::size_t t) { return across[t * seeds + s]; }, key);
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
    const auto fractions = shuffle_fractions(first, second, study.order(), draws, key);
    alone.add(fractions.alone);
    together.add(fractions.together);
  }
  r.shuffle_fraction = alone.value();
  r.shuffle_fraction_conjugate = together.value();
}

}  // namespace

Estimate floor_of(const PreparedStudy& study, std::size_t c, const std::vector<double>& within) {
  const auto seeds = present(study, c);
  const double* const matrix = within.data() + c * study.seeds() * study.seeds();
  return mean_within(submatrix(matrix, study.seeds(), seeds, seeds), seeds.size());
}

PairResult analyse_pair(const PairContext& context, std::size_t a, std::size_t b,
                        const std::vector<double>& across) {
  const PreparedStudy& study = context.study;
  const CompareOptions& options = context.options;
  PairResult r{};
  r.first = static_cast<std::int32_t>(a);
  r.second = static_cast<std::int32_t>(b);
  r.seeds_first = static_cast<std::int32_t>(present(study, a).size());
  r.seeds_second = static_cast<std::int32_t>(present(study, b).size());
  const RandomKey key{context.root_seed, Stream::permutation_test, 0, 0, std::uint64_t{a} << 32 | b};
  const auto d = select_seeds(study, a, b, across, context.within, options.paired);
  const auto [mean, error] = mean_across(d);
  r.mean_distance = mean;
  r.standard_error = error;
  r.floor = 0.5 * (floor_of(study, a, context.within).mean + floor_of(study, b, context.within).mean);
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
  fill_containment(context, across, key, r);
  r.shuffle_fraction = r.shuffle_fraction_conjugate = k_none;
  if (context.shuffle_control) fill_shuffle(study, options.permutations, key, r);
  return r;
}

}  // namespace equikoop::detail
