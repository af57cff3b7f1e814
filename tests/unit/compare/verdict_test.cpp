// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/verdict.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace equikoop {
namespace {

constexpr double k_none = std::numeric_limits<double>::quiet_NaN();
// effect_high, margin, p_adjusted, smallest_p, alpha, seeds, seeds
constexpr Evidence k_open{1.0, 0.5, 0.2, 0.001, 0.05, 10, 10};

std::string_view verdict(const Evidence& e) {
  return words(decide(e));
}

TEST(Verdict, SaysEachOfTheFour) {
  Evidence e = k_open;
  EXPECT_EQ(verdict(e), "undecided");
  e.p_adjusted = 0.01;
  EXPECT_EQ(verdict(e), "non-equivalent");
  e.effect_high = 0.4;
  EXPECT_EQ(verdict(e), "different but negligible");
  e.p_adjusted = 0.2;
  EXPECT_EQ(verdict(e), "equivalent");
}

TEST(Verdict, DoesNotTakeAlphaItselfForSignificant) {
  Evidence e = k_open;
  e.p_adjusted = e.alpha;
  EXPECT_EQ(verdict(e), "undecided");
}

TEST(Verdict, CallsSpectraThatNeverDifferEquivalent) {
  Evidence e = k_open;
  e.effect_high = e.margin = 0.0;
  e.p_adjusted = 1.0;
  EXPECT_EQ(verdict(e), "equivalent");
}

TEST(Verdict, GivesAReasonWhereThereIsNoTest) {
  Evidence e{k_none, 0.5, k_none, k_none, 0.05, 1, 1};
  EXPECT_EQ(verdict(e), "undecided: too few seeds");
  e.seeds_second = 0;
  EXPECT_EQ(verdict(e), "undecided: no spectra");
  e = k_open;
  e.p_adjusted = e.smallest_p = 1.0 / 16.0;  // 5 paired seeds
  EXPECT_EQ(verdict(e), "undecided: too few seeds");
}

TEST(Verdict, WordsFitTheArchive) {
  for (const auto v :
       {Verdict::undecided, Verdict::equivalent, Verdict::non_equivalent, Verdict::negligible})
    for (const auto r : {Reason::none, Reason::no_spectra, Reason::too_few_seeds})
      EXPECT_LT(words({v, r}).size(), 32U);
}

TEST(Margin, IsAFractionOfTheFloorUnlessAbsolute) {
  EXPECT_EQ(equivalence_margin(0.2, 0.5, 0.0), 0.1);
  EXPECT_EQ(equivalence_margin(0.2, 0.5, 0.03), 0.03);
}

}  // namespace
}  // namespace equikoop
