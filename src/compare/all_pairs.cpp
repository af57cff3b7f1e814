// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/all_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "equikoop/base/partition.hpp"
#include "equikoop/compare/multiple_testing.hpp"
#include "pair_analysis.hpp"

namespace equikoop {
namespace {

using detail::PreparedStudy;

/// Pairs between two gathers: about a second of work, so that progress is told and memory bounded;
/// 1e-9 s per element of an assignment and 1 ms for the statistics of a pair.
std::size_t batch_size(const PreparedStudy& study, int ranks) {
  const auto seeds = static_cast<double>(study.seeds());
  const double seconds = 1e-3 + 1e-9 * seeds * seeds * std::pow(study.mean_count(), 3);
  const double pairs = std::clamp(ranks / seconds, 1.0, 2048.0);
  return std::max(static_cast<std::size_t>(pairs), static_cast<std::size_t>(ranks));
}

/// (configuration, seed, seed) of `values(c)`, (seed, seed), on every rank; rank r takes each
/// configuration c with c mod ranks = r. Collective.
template <class Values>
std::vector<double> of_each_configuration(const Comm& comm, const PreparedStudy& study, const Values& values) {
  const std::size_t square = study.seeds() * study.seeds();
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<double> all(study.configurations() * square, 0.0);
  const auto part = [&](std::size_t c) { return std::span<double>(all).subspan(c * square, square); };
  together(comm, [&] {
    for (auto c = static_cast<std::size_t>(comm.rank()); c < study.configurations(); c += ranks)
      std::ranges::copy(values(c), part(c).begin());
  });
  for (std::size_t c = 0; c < study.configurations(); ++c) comm.broadcast(part(c), static_cast<int>(c % ranks));
  return all;
}

/// The records of all ranks on rank 0, record i from rank i mod ranks. Collective.
template <class T>
std::vector<T> gather(const Comm& comm, const std::vector<T>& mine, std::size_t total,
                      std::size_t length) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto ranks = static_cast<std::size_t>(comm.size());
  const auto bytes = static_cast<int>(length * sizeof(T));
  std::vector<int> counts(ranks), starts(ranks);
  for (std::size_t r = 0; r < ranks; ++r) {
    counts[r] = static_cast<int>(block(total, ranks, r).size()) * bytes;
    starts[r] = static_cast<int>(block(total, ranks, r).begin) * bytes;
  }
  std::vector<T> all(comm.is_root() ? total * length : 0);
  check_mpi(MPI_Gatherv(mine.data(), static_cast<int>(mine.size() * sizeof(T)), MPI_BYTE,
                        all.data(), counts.data(), starts.data(), MPI_BYTE, 0, comm.raw()),
            "gather the results of pairs");
  return all;
}

/// Pair number p of the study, by first, then second.
struct PairCursor {
  std::size_t first = 0, second = 1, configurations = 0;
  void next() {
    if (++second < configurations) return;
    ++first;
    second = first + 1;
  }
};

/// The bound of the excess is symmetric, so its lower end follows from the upper.
OneSidedEvidence evidence(const OneSidedResult& side) {
  const bool inside = side.excess_high <= side.margin;
  const double low = 2.0 * side.excess - side.excess_high;
  return {inside, side.verdict == Verdict::non_equivalent && low > side.margin};
}

class Run {
 public:
  Run(const Comm& comm, const PreparedStudy& study, const CompareOptions& options,
      std::uint64_t root_seed, const CompareScope& scope)
      : comm_(comm), study_(study), options_(options), root_seed_(root_seed), scope_(scope) {}

  Comparison all() {
    const std::size_t n = study_.configurations();
    const std::size_t square = study_.seeds() * study_.seeds();
    within_ = of_each_configuration(comm_, study_, [&](std::size_t c) { return study_.distances(c, c); });
    if (scope_.containment && study_.by_transport())
      one_sided_ = of_each_configuration(
          comm_, study_, [&](std::size_t c) { return study_.one_sided_within(c, &within_[c * square]); });
    if (comm_.is_root()) start();
    const std::size_t total = n < 2 ? 0 : n * (n - 1) / 2;
    const std::size_t batch = batch_size(study_, comm_.size());
    PairCursor cursor{0, 1, n};
    for (std::size_t begin = 0; begin < total; begin += batch)
      run_batch(cursor, std::min(batch, total - begin), begin, total);
    if (comm_.is_root()) finish();
    return std::move(result_);
  }

 private:
  /// What needs no pair: floors and the diagonals.
  void start() {
    const std::size_t n = study_.configurations();
    const std::size_t square = study_.seeds() * study_.seeds();
    result_.configurations = n;
    result_.seeds = study_.seeds();
    result_.mean_distance.assign(n * n, 0.0);
    result_.standard_error.assign(n * n, 0.0);
    if (scope_.keep_distances) result_.distances.resize(n * n * square);
    for (std::size_t c = 0; c < n; ++c) {
      const auto floor = detail::floor_of(study_, c, within_);
      result_.floor.push_back(floor.mean);
      result_.mean_distance[c * n + c] = floor.mean;
      result_.standard_error[c * n + c] = floor.error;
      if (scope_.keep_distances)
        std::copy_n(&within_[c * square], square, &result_.distances[(c * n + c) * square]);
    }
  }

  void run_batch(PairCursor& cursor, std::size_t count, std::size_t done, std::size_t total) {
    std::vector<PairResult> mine;
    std::vector<double> distances;
    const Range share = block(count, static_cast<std::size_t>(comm_.size()),
                              static_cast<std::size_t>(comm_.rank()));
    together(comm_, [&] {
      for (std::size_t k = 0; k < count; ++k, cursor.next())
        if (k >= share.begin && k < share.end) {
          if (scope_.heartbeat) scope_.heartbeat();
          run_pair(cursor, mine, distances);
        }
    });
    const auto pairs = gather(comm_, mine, count, 1);
    result_.pairs.insert(result_.pairs.end(), pairs.begin(), pairs.end());
    if (scope_.keep_distances) {
      const std::size_t square = study_.seeds() * study_.seeds();
      const auto across = gather(comm_, distances, count, square);
      for (std::size_t k = 0; k < pairs.size(); ++k) place(pairs[k], &across[k * square]);
    }
    if (scope_.progress)
      together(comm_, [&] {
        if (comm_.is_root()) scope_.progress(done + count, total);
      });
  }

  void run_pair(const PairCursor& at, std::vector<PairResult>& mine,
                std::vector<double>& distances) const {
    const auto across = study_.distances(at.first, at.second);
    mine.push_back(detail::analyse_pair(
        {study_, within_, one_sided_, options_, root_seed_, scope_.shuffle_control}, at.first,
        at.second, across));
    if (scope_.keep_distances) distances.insert(distances.end(), across.begin(), across.end());
  }

  /// Both orders of a pair in the tensor of distances.
  void place(const PairResult& pair, const double* across) {
    const std::size_t n = study_.configurations();
    const std::size_t seeds = study_.seeds();
    const auto a = static_cast<std::size_t>(pair.first);
    const auto b = static_cast<std::size_t>(pair.second);
    double* const forth = &result_.distances[(a * n + b) * seeds * seeds];
    double* const back = &result_.distances[(b * n + a) * seeds * seeds];
    for (std::size_t s = 0; s < seeds; ++s)
      for (std::size_t t = 0; t < seeds; ++t)
        forth[s * seeds + t] = back[t * seeds + s] = across[s * seeds + t];
  }

  /// What needs all pairs: adjusted p-values, then verdicts.
  void finish() {
    std::vector<double> p_values;
    for (const auto& pair : result_.pairs) p_values.push_back(pair.p_value);
    const auto adjusted = adjust(p_values);
    judge_containment();
    const std::size_t n = study_.configurations();
    for (std::size_t k = 0; k < result_.pairs.size(); ++k) {
      PairResult& r = result_.pairs[k];
      r.p_adjusted = adjusted[k];
      const auto decision = decide({r.effect_high, r.margin, r.p_adjusted, r.p_smallest,
                                    options_.alpha, r.seeds_first, r.seeds_second});
      r.verdict = decision.verdict;
      r.reason = decision.reason;
      const auto a = static_cast<std::size_t>(r.first);
      const auto b = static_cast<std::size_t>(r.second);
      result_.mean_distance[a * n + b] = result_.mean_distance[b * n + a] = r.mean_distance;
      result_.standard_error[a * n + b] = result_.standard_error[b * n + a] = r.standard_error;
    }
  }

  std::vector<double> adjust(const std::vector<double>& p_values) const {
    return options_.adjust == Adjust::holm ? holm(p_values) : benjamini_hochberg(p_values);
  }

  /// Both directions of all pairs are one family of tests.
  void judge_containment() {
    std::vector<double> p_values;
    for (const auto& pair : result_.pairs)
      for (const auto* side : {&pair.first_in_second, &pair.second_in_first})
        p_values.push_back(side->p_value);
    const auto adjusted = adjust(p_values);
    for (std::size_t k = 0; k < result_.pairs.size(); ++k) {
      PairResult& r = result_.pairs[k];
      std::size_t at = 2 * k;
      for (auto* side : {&r.first_in_second, &r.second_in_first}) {
        side->p_adjusted = adjusted[at++];
        side->verdict = decide({side->excess_high, side->margin, side->p_adjusted, side->p_smallest,
                                options_.alpha, r.seeds_first, r.seeds_second})
                            .verdict;
      }
      r.containment = containment(evidence(r.first_in_second), evidence(r.second_in_first));
    }
  }

  const Comm& comm_;
  const PreparedStudy& study_;
  const CompareOptions& options_;
  std::uint64_t root_seed_;
  const CompareScope& scope_;
  std::vector<double> within_;
  std::vector<double> one_sided_;
  Comparison result_;
};

}  // namespace

Comparison compare_all(const Comm& comm, const SpectrumSet& spectra, const CompareOptions& options,
                       std::uint64_t root_seed, const CompareScope& scope) {
  std::optional<PreparedStudy> study;
  together(comm, [&] { study.emplace(spectra, options.order, scope.ground); });
  return Run(comm, *study, options, root_seed, scope).all();
}

}  // namespace equikoop
