// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/compare/verdict.hpp"

namespace equikoop {

Decision decide(const Evidence& e) {
  if (e.seeds_first == 0 || e.seeds_second == 0) return {Verdict::undecided, Reason::no_spectra};
  const bool differs = e.p_adjusted < e.alpha;  // false where NaN
  const bool within = e.effect_high <= e.margin;
  if (differs && within) return {Verdict::negligible, Reason::none};
  if (differs) return {Verdict::non_equivalent, Reason::none};
  if (within) return {Verdict::equivalent, Reason::none};
  const bool testable = e.smallest_p < e.alpha;
  return {Verdict::undecided, testable ? Reason::none : Reason::too_few_seeds};
}

double equivalence_margin(double floor, double fraction, double absolute) {
  return absolute > 0.0 ? absolute : fraction * floor;
}

Containment containment(const OneSidedEvidence& first_in_second,
                        const OneSidedEvidence& second_in_first) {
  if (first_in_second.inside && second_in_first.inside) return Containment::mutual;
  if (first_in_second.inside && second_in_first.outside) return Containment::first_in_second;
  if (second_in_first.inside && first_in_second.outside) return Containment::second_in_first;
  return Containment::open;
}

std::string_view words(Decision decision) {
  switch (decision.verdict) {
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::non_equivalent:
      return "non-equivalent";
    case Verdict::negligible:
      return "different but negligible";
    case Verdict::undecided:
      break;
  }
  switch (decision.reason) {
    case Reason::no_spectra:
      return "undecided: no spectra";
    case Reason::too_few_seeds:
      return "undecided: too few seeds";
    case Reason::none:
      break;
  }
  return "undecided";
}

}  // namespace equikoop
