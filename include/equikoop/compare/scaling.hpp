// SPDX-License-Identifier: BSD-3-Clause
// Eigenvalues of a step as rates of a flow, so that the same flow sampled at other speeds compares.
#pragma once

#include "equikoop/compare/spectrum_set.hpp"

namespace equikoop {

/// The least modulus whose logarithm is taken: a mode below it falls under the rounding of a
/// stored float32 within one step, and how far below is not observable. 2⁻²⁴.
inline constexpr double k_least_modulus = 0x1p-24;

/// μ = log λ / duration, principal branch (−π, π], a real negative λ at +π; |λ| is raised to
/// k_least_modulus where below it, and λ = 0 counts as positive. `duration` is that of the step of
/// λ in the chosen clock (optimiser steps, samples seen, or lr·steps). The plane is the ground of
/// distances also then: rates just under and just over the branch cut are far apart. Weights and
/// amplitudes stay. Throws Error unless 0 < duration < ∞.
WeightedSpectrum log_scaled(const WeightedSpectrum& spectrum, double duration);

}  // namespace equikoop
