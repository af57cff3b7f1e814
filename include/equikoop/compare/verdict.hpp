// SPDX-License-Identifier: BSD-3-Clause
// From numbers to words: what a study may say about a pair of configurations. Not failing to reject
// is never called equivalence.
#pragma once

#include <cstdint>
#include <string_view>

namespace equikoop {

/// Values are part of the archive format.
enum class Verdict : std::int32_t {
  undecided = 0,
  equivalent = 1,      ///< the effect's interval ends within the margin
  non_equivalent = 2,  ///< adjusted p < α
  negligible = 3,      ///< both: a difference too small to matter
};

/// Why nothing more can be said.
enum class Reason : std::int32_t {
  none = 0,          ///< the numbers themselves leave it open
  no_spectra = 1,    ///< a configuration has no spectrum
  too_few_seeds = 2  ///< no p under α is possible and there is no interval
};

/// What the two directions say together; values are part of the archive format.
enum class Containment : std::int32_t {
  open = 0,
  first_in_second = 1,  ///< contained, and clearly not the other way: a factor's spectrum
  second_in_first = 2,
  mutual = 3,
};

/// What the verdict rests on; NaN where there is no such number.
struct Evidence {
  double effect_high;  ///< upper end of the effect's interval
  double margin;       ///< of equivalence, in units of distance
  double p_adjusted;
  double smallest_p;  ///< the least p that was possible
  double alpha;
  int seeds_first, seeds_second;  ///< spectra of each configuration
};

struct Decision {
  Verdict verdict;
  Reason reason;
};

/// Equivalent where effect_high ≤ margin (equality: spectra that are the same in every seed have
/// effect, interval and floor 0), non-equivalent where p_adjusted < α.
Decision decide(const Evidence& evidence);

/// A fraction of the noise floor (mean of the two floors), or `absolute` where that is above 0.
double equivalence_margin(double floor, double fraction, double absolute);

/// What is known of one direction of containment.
struct OneSidedEvidence {
  bool inside;   ///< the upper bound of the excess is within the margin
  bool outside;  ///< significantly not contained, and the lower bound of the excess beyond the margin
};

/// What both directions say together. A direction that is merely not shown to be contained claims
/// nothing: near the margin one of two equal excesses falls inside and the other does not.
Containment containment(const OneSidedEvidence& first_in_second, const OneSidedEvidence& second_in_first);

/// "equivalent", "undecided: too few seeds", ...; at most 31 bytes.
std::string_view words(Decision decision);

}  // namespace equikoop
