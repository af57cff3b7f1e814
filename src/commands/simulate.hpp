// SPDX-License-Identifier: BSD-3-Clause
// Pairs of systems whose truth is known, from trajectories to spectra: what `equikoop calibrate`
// judges. One process, no archive; a pure function of (study, scenario, number of the simulation).
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "equikoop/compare/spectrum_set.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// Two linear stochastic systems, or one of the pairs that are equivalent by construction.
enum class Pair {
  identical,   ///< the same system twice
  conjugate,   ///< the same in other linear coordinates
  permuted,    ///< trained networks, and the same with each one's hidden units permuted
  mirror,      ///< mirror descent and gradient descent in u, from equal starts, seen as x: one flow as the step shrinks
  factor,      ///< a system and an extension by two modes
  separated,   ///< every eigenvalue moved by a known distance
};

struct Scenario {
  std::string name;
  Pair pair = Pair::identical;
  int studies = 0;
  int seeds = 0;
  int initials = 0;
  double noise = 0;
  double separation = 0;  ///< W_1 between the true spectra of `separated`
  double step = 0;        ///< learning rate of `mirror`
};

/// The scenarios that a study file asks for, in the order of the table.
std::vector<Scenario> calibration_scenarios(const Study& study);

/// Spectra [2][seed] of simulation `number`. Linear systems are fitted with the rank of their own
/// dimension where rank_rule = number. Throws UsageError for options that cannot be.
SpectrumSet simulate(const Study& study, const Scenario& scenario, std::uint64_t number);

/// W_1 between the true eigenvalues of both systems; NaN where the truth is not a list of them.
double known_distance(const Study& study, const Scenario& scenario);

}  // namespace equikoop
