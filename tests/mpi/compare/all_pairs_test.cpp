// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/all_pairs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "equikoop/compare/set_distances.hpp"
#include "unit/compare/random_spectra.hpp"

namespace equikoop {
namespace {

using test::noisy_seeds;

/// Five configurations of 8 seeds: two alike, one shifted, one with other counts and a missing
/// spectrum, one without any.
SpectrumSet study() {
  SpectrumSet all;
  all.push_back(noisy_seeds(8, 5, 0.02, 0.0, 1));
  all.push_back(noisy_seeds(8, 5, 0.02, 0.0, 2));
  all.push_back(noisy_seeds(8, 5, 0.02, 0.5, 3));
  all.push_back(noisy_seeds(8, 4, 0.02, 0.0, 4));
  all[3][2].values.clear();
  all.emplace_back(8);
  return all;
}

CompareOptions options(bool paired) {
  CompareOptions o;
  o.paired = paired;
  o.permutations = 99;
  o.bootstrap = 99;
  o.margin = 1.0;
  return o;
}

const PairResult& pair(const Comparison& c, int first, int second) {
  for (const auto& p : c.pairs)
    if (p.first == first && p.second == second) return p;
  throw Error("no such pair");
}

std::string verdict(const Comparison& c, int first, int second) {
  const auto& p = pair(c, first, second);
  return std::string(words({p.verdict, p.reason}));
}

template <class... Numbers>
std::string joined(const Numbers&... numbers) {
  std::string all;
  (all.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
  return all;
}

/// Member by member, and all of them: the bytes between members are nobody's.
std::string bytes(const OneSidedResult& r) {
  const auto& [distance, excess, high, p, adjusted, smallest, margin, verdict] = r;
  return joined(distance, excess, high, p, adjusted, smallest, margin, verdict);
}

std::string bytes(const PairResult& r) {
  const auto& [first, second, distance, error, floor, effect, low, high, p, adjusted, smallest,
               margin, shuffle, conjugate, there, back, seeds_first, seeds_second, verdict, reason,
               containment] = r;
  return joined(first, second, distance, error, floor, effect, low, high, p, adjusted, smallest,
                margin, shuffle, conjugate, seeds_first, seeds_second, verdict, reason,
                containment) +
         bytes(there) + bytes(back);
}

/// Every number of a comparison.
std::string bytes(const Comparison& c) {
  std::string all;
  for (const auto* const numbers : {&c.distances, &c.mean_distance, &c.standard_error, &c.floor})
    for (const double number : *numbers) all += joined(number);
  for (const PairResult& pair : c.pairs) all += bytes(pair);
  return all;
}

TEST(AllPairs, AreTheSameToTheLastBitAtAnyNumberOfRanks) {
  const Comm world(MPI_COMM_WORLD);
  const Comm alone(MPI_COMM_SELF);
  for (const bool paired : {true, false}) {
    const auto together = compare_all(world, study(), options(paired), 3);
    const auto single = compare_all(alone, study(), options(paired), 3);
    EXPECT_EQ(single.pairs.size(), 10U);
    if (world.is_root())
      EXPECT_EQ(bytes(together), bytes(single));
    else
      EXPECT_TRUE(together.pairs.empty());
  }
}

TEST(AllPairs, GiveTheVerdictsThatWereBuiltIn) {
  const Comm world(MPI_COMM_WORLD);
  for (const bool paired : {true, false}) {
    const auto c = compare_all(world, study(), options(paired), 3);
    if (!world.is_root()) continue;
    EXPECT_EQ(verdict(c, 0, 1), "equivalent");
    EXPECT_EQ(verdict(c, 0, 2), "non-equivalent");
    EXPECT_EQ(verdict(c, 1, 2), "non-equivalent");
    EXPECT_EQ(verdict(c, 0, 4), "undecided: no spectra");
  }
}

TEST(AllPairs, MeansAndFloorsAreThoseOfTheDistances) {
  const Comm world(MPI_COMM_WORLD);
  const auto spectra = study();
  const auto c = compare_all(world, spectra, options(true), 3);
  if (!world.is_root()) return;
  double across = 0.0;
  double within = 0.0;
  for (std::size_t s = 0; s < 8; ++s) {
    across += wasserstein(spectra[0][s], spectra[2][s]) / 8.0;
    for (std::size_t t = 0; t < 8; ++t)
      if (s != t) within += wasserstein(spectra[0][s], spectra[0][t]) / 56.0;
    EXPECT_EQ(c.distances[((2 * 5 + 0) * 8 + s) * 8 + 3],
              c.distances[((0 * 5 + 2) * 8 + 3) * 8 + s]);
  }
  EXPECT_NEAR(c.mean_distance[0 * 5 + 2], across, 1e-14);
  EXPECT_EQ(c.mean_distance[0 * 5 + 2], c.mean_distance[2 * 5 + 0]);
  EXPECT_NEAR(c.floor[0], within, 1e-14);
  EXPECT_EQ(c.mean_distance[0], c.floor[0]);
  EXPECT_NEAR(pair(c, 0, 2).mean_distance, 0.5, 0.05);
}

TEST(AllPairs, CountsWhatIsMissingInsteadOfInventingIt) {
  const Comm world(MPI_COMM_WORLD);
  const auto c = compare_all(world, study(), options(true), 3);
  if (!world.is_root()) return;
  const auto& p = pair(c, 0, 3);
  EXPECT_EQ(p.seeds_first, 8);
  EXPECT_EQ(p.seeds_second, 7);
  EXPECT_TRUE(std::isfinite(p.mean_distance));
  EXPECT_TRUE(std::isnan(p.shuffle_fraction));  // counts differ
  EXPECT_GT(p.second_in_first.distance, 0.0);
  EXPECT_LT(p.second_in_first.distance, p.first_in_second.distance);
  EXPECT_TRUE(std::isnan(c.distances[((0 * 5 + 3) * 8 + 1) * 8 + 2]));
  const auto& none = pair(c, 0, 4);
  EXPECT_EQ(none.seeds_second, 0);
  for (const double value : {none.mean_distance, none.floor, none.effect, none.p_value,
                             none.p_adjusted, none.effect_high, none.shuffle_fraction})
    EXPECT_TRUE(std::isnan(value));
}

TEST(AllPairs, SaysWhichSpectrumIsContainedInWhich) {
  const Comm world(MPI_COMM_WORLD);
  SpectrumSet set;
  set.push_back(noisy_seeds(12, 4, 0.01, 0.0, 1));  // a factor: 0, 0.1, 0.2, 0.3
  set.push_back(noisy_seeds(12, 6, 0.01, 0.0, 2));  // its extension: 0.4 and 0.5 too
  set.push_back(noisy_seeds(12, 4, 0.01, 0.05, 3));
  for (const bool paired : {true, false}) {
    const auto c = compare_all(world, set, options(paired), 3);
    if (!world.is_root()) continue;
    EXPECT_EQ(pair(c, 0, 1).containment, Containment::first_in_second);
    EXPECT_EQ(pair(c, 0, 2).containment, Containment::open);
    EXPECT_EQ(pair(c, 0, 2).first_in_second.verdict, Verdict::non_equivalent);
  }
}

TEST(AllPairs, HolmIsNeverBelowBenjaminiHochberg) {
  const Comm world(MPI_COMM_WORLD);
  auto strict = options(true);
  strict.adjust = Adjust::holm;
  const auto loose = compare_all(world, study(), options(true), 3);
  const auto c = compare_all(world, study(), strict, 3);
  bool above = false;
  for (std::size_t k = 0; k < c.pairs.size(); ++k) {
    if (std::isnan(c.pairs[k].p_adjusted)) continue;
    EXPECT_GE(c.pairs[k].p_adjusted, loose.pairs[k].p_adjusted);
    above = above || c.pairs[k].p_adjusted > loose.pairs[k].p_adjusted;
  }
  EXPECT_TRUE(above || !world.is_root());
}

TEST(AllPairs, OtherGroundsAreTheirOwnDistances) {
  const Comm world(MPI_COMM_WORLD);
  auto set = study();
  set.resize(2);
  for (auto& configuration : set)
    for (auto& spectrum : configuration) {
      spectrum.reduced.assign(25, 0.0);  // diagonal: symmetric, so Procrustes is W_2
      for (std::size_t i = 0; i < 5; ++i) {
        spectrum.values[i] = spectrum.values[i].real();
        spectrum.reduced[i * 6] = spectrum.values[i].real();
      }
    }
  CompareScope sets, operators;
  sets.ground = Ground::sets;
  operators.ground = Ground::operators;
  const auto h = compare_all(world, set, options(true), 3, sets);
  const auto p = compare_all(world, set, options(true), 3, operators);
  if (!world.is_root()) return;
  for (std::size_t s = 0; s < 8; ++s) {
    const std::size_t at = ((0 * 2 + 1) * 8 + s) * 8 + 2;
    EXPECT_EQ(h.distances[at], hausdorff(set[0][s], set[1][2]));
    EXPECT_NEAR(p.distances[at], wasserstein(set[0][s], set[1][2], 2), 1e-8);
  }
  EXPECT_TRUE(std::isnan(h.pairs[0].first_in_second.distance));
}

TEST(AllPairs, OneSeedDecidesNothing) {
  const Comm world(MPI_COMM_WORLD);
  SpectrumSet spectra{noisy_seeds(1, 5, 0.02, 0.0, 1), noisy_seeds(1, 5, 0.02, 0.5, 2)};
  const auto c = compare_all(world, spectra, options(true), 3);
  if (!world.is_root()) return;
  EXPECT_EQ(verdict(c, 0, 1), "undecided: too few seeds");
  EXPECT_TRUE(std::isfinite(pair(c, 0, 1).mean_distance));
}

TEST(AllPairs, TwoSeedsHaveAnEffectButDecideNothing) {
  const Comm world(MPI_COMM_WORLD);
  SpectrumSet spectra{noisy_seeds(2, 5, 0.02, 0.0, 1), noisy_seeds(2, 5, 0.02, 0.5, 2)};
  for (const bool paired : {true, false}) {
    const auto c = compare_all(world, spectra, options(paired), 3);
    if (!world.is_root()) continue;
    const auto& p = pair(c, 0, 1);
    EXPECT_EQ(verdict(c, 0, 1), "undecided: too few seeds");
    EXPECT_NEAR(p.effect, 1.0, 0.1);                           // twice the shift, less the floors
    EXPECT_DOUBLE_EQ(p.p_smallest, paired ? 0.5 : 1.0 / 3.0);  // labels of one seed, or C(4, 2)/2
    EXPECT_EQ(p.p_value, p.p_smallest);
    EXPECT_TRUE(std::isfinite(p.standard_error));
    for (const double value : {p.effect_low, p.effect_high, p.first_in_second.p_value})
      EXPECT_TRUE(std::isnan(value));
    EXPECT_EQ(p.containment, Containment::open);
  }
}

TEST(AllPairs, AStudyOfOneConfigurationHasAFloorAndNoPairs) {
  const Comm world(MPI_COMM_WORLD);
  const auto c = compare_all(world, {noisy_seeds(4, 5, 0.02, 0.0, 1)}, options(true), 3);
  const auto empty = compare_all(world, {}, options(true), 3);
  EXPECT_TRUE(empty.pairs.empty());
  if (!world.is_root()) return;
  EXPECT_TRUE(c.pairs.empty());
  EXPECT_GT(c.floor.at(0), 0.0);
}

TEST(AllPairs, IdenticalConfigurationsAreNotCalledDifferent) {
  const Comm world(MPI_COMM_WORLD);
  SpectrumSet spectra;
  for (std::uint64_t c = 0; c < 12; ++c) spectra.push_back(noisy_seeds(8, 4, 0.05, 0.0, c));
  const auto c = compare_all(world, spectra, options(false), 3);
  if (!world.is_root()) return;
  int different = 0;
  for (const auto& p : c.pairs) different += p.verdict == Verdict::non_equivalent ? 1 : 0;
  // Benjamini-Hochberg at 5 % lets any of the 66 through in at most one study of twenty.
  EXPECT_EQ(different, 0);
}

TEST(AllPairs, TellsProgressOnRankZeroToTheEnd) {
  const Comm world(MPI_COMM_WORLD);
  std::size_t last = 0;
  CompareScope scope;
  scope.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 10U);
    EXPECT_GT(done, last);
    last = done;
  };
  compare_all(world, study(), options(true), 3, scope);
  EXPECT_EQ(last, world.is_root() ? 10U : 0U);
}

TEST(AllPairs, UnequalCountsAndMassesAreTransported) {
  const Comm world(MPI_COMM_WORLD);
  SpectrumSet spectra{noisy_seeds(3, 5, 0.02, 0.0, 1), noisy_seeds(3, 7, 0.02, 0.1, 2),
                      noisy_seeds(3, 5, 0.02, 0.2, 3)};
  for (auto& spectrum : spectra[2]) spectrum.weights = {1.0, 2.0, 3.0, 4.0, 0.0};
  const auto c = compare_all(world, spectra, options(true), 3);
  if (!world.is_root()) return;
  for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {1, 2}, {2, 2}})
    for (std::size_t s = 0; s < 3; ++s)
      for (std::size_t t = 0; t < 3; ++t) {
        const auto i = static_cast<std::size_t>(a), j = static_cast<std::size_t>(b);
        EXPECT_EQ(c.distances[((i * 3 + j) * 3 + s) * 3 + t],
                  i == j && s < t ? wasserstein(spectra[j][t], spectra[i][s])
                                  : wasserstein(spectra[i][s], spectra[j][t]));
      }
}

TEST(AllPairs, FailTogetherOnABadSpectrum) {
  const Comm world(MPI_COMM_WORLD);
  auto spectra = study();
  spectra[1][3].values[0] = std::nan("");
  EXPECT_THROW(compare_all(world, spectra, options(true), 3), Error);
  spectra = study();
  spectra[1].pop_back();
  EXPECT_THROW(compare_all(world, spectra, options(true), 3), Error);
}

TEST(AllPairs, StopTogetherWhenTheProgressHookThrows) {
  const Comm world(MPI_COMM_WORLD);
  CompareScope scope;
  scope.progress = [](std::size_t, std::size_t) { throw Interrupted("stopped"); };
  EXPECT_THROW(compare_all(world, study(), options(true), 3, scope), Error);
}

}  // namespace
}  // namespace equikoop
