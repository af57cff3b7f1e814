// SPDX-License-Identifier: BSD-3-Clause
// Choosing a way, taking it, and falling back from it.
#include "equikoop/koopman/factorise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "equikoop/koopman/rank.hpp"
#include "factorise_ways.hpp"

namespace equikoop {

namespace {

/// Most entries of an explicit matrix, or of a Gram matrix, that is chosen without being asked for:
/// 256 MB of doubles.
constexpr double k_most_entries = 32e6;

/// The same for the Gram matrix of snapshots where trajectories are read at every pass, and a pass
/// costs more than their Gram matrix: 2 GB of doubles.
constexpr double k_most_streamed_entries = 256e6;

/// Rates of one core for the comparison of the ways, in operations a second: large products,
/// products with one vector, LAPACK's decompositions. Their ratios matter, not their values.
constexpr double k_rate_product = 40e9;
constexpr double k_rate_vector = 15e9;
constexpr double k_rate_lapack = 6e9;
/// Seconds of latency and solver work a Lanczos step.
constexpr double k_lanczos_step = 1e-4;
/// Bytes a second that a node reads of trajectories that do not fit it.
constexpr double k_rate_read = 1e9;
/// Seconds below which the explicit matrix is taken whatever the others cost: it is the most
/// accurate way.
constexpr double k_free_seconds = 0.01;

struct Costs {
  double dense;
  double features;
  double snapshots;
  double matrix_free;
};

/// Single vectors that the Lanczos way multiplies with Z or its transpose.
double lanczos_products(const DelayShape& shape, const FactoriseRequest& request) {
  const double small = double(std::min(shape.rows(), shape.columns()));
  return 2.0 * std::min(small, 3.0 * double(request.needed) + 10.0);
}

/// Passes over the trajectories: one each for the energy of Z and for the coordinates, beside the
/// way's own.
double passes_of(const DelayShape& shape, const FactoriseRequest& request, Method method) {
  if (method == Method::matrix_free) return lanczos_products(shape, request) + 3.0;
  return method == Method::snapshots ? 4.0 : 3.0;
}

/// Expected seconds of each way.
Costs costs_of(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  const double rows = double(shape.rows()), columns = double(shape.columns());
  const double small = std::min(rows, columns), large = std::max(rows, columns);
  const double snapshots = double(shape.initials * shape.times);
  const double features = double(shape.features), p = ranks;
  const double modes = double(request.modes);
  const double products = lanczos_products(shape, request);
  const auto read = [&](Method method) {
    if (!request.streamed) return 0.0;
    return passes_of(shape, request, method) * sizeof(float) * snapshots * features / k_rate_read;
  };
  const auto gram = [&](double side) {
    const bool whole = request.every_value || modes > side / 8.0 || side < 400.0;
    return whole ? 2.0 * side * side * side / k_rate_lapack
                 : (3.0 * modes + 20.0) * (2.0 * side * side / 2e9 + k_lanczos_step);
  };
  // dense: a triangular factor of the long side, a decomposition of the short one.
  return {
      .dense = (4.0 * large * small * small + 20.0 * small * small * small) / k_rate_lapack +
               read(Method::dense),
      .features = 2.0 * rows * features * snapshots / (k_rate_product * p) + gram(rows) +
                  read(Method::features),
      // Gram matrix; left vectors and coordinates.
      .snapshots = (snapshots + 4.0 * modes * double(shape.blocks)) * snapshots * features /
                       (k_rate_product * p) +
                   gram(columns) + read(Method::snapshots),
      .matrix_free = products * (2.0 * rows * snapshots / (k_rate_vector * p) + k_lanczos_step) +
                     read(Method::matrix_free)};
}

/// Of the matrix that a way forms.
double entries(const DelayShape& shape, Method method) {
  const double rows = double(shape.rows()), columns = double(shape.columns());
  if (method == Method::features) return rows * rows;
  if (method == Method::snapshots) return columns * columns;
  return method == Method::dense ? rows * columns : 0.0;
}

void check_request(const DelayShape& shape, const FactoriseRequest& request) {
  if (request.every_value && request.method == Method::matrix_free)
    throw UsageError(
        "koopman.method = matrix_free gives the leading singular values only, koopman.rank_rule "
        "needs all of them: use method auto, or rank_rule number or energy");
  const double least = std::min({entries(shape, Method::dense), entries(shape, Method::features),
                                 entries(shape, Method::snapshots)});
  if (request.every_value && request.method == Method::automatic && least > k_most_entries)
    throw UsageError(fmt::format(
        "koopman.rank_rule needs all singular values of a {} x {} delay matrix, too large for "
        "that: use rank_rule number or energy, fewer delays or fewer features",
        shape.rows(), shape.columns()));
}

template <class Real>
LeftVectors take_way(const DelayOperator<Real>& z, const FactoriseRequest& request, Method method,
                     double floor) {
  switch (method) {
    case Method::features:
      return features_way(z, request);
    case Method::snapshots:
      return snapshots_way(z, request);
    case Method::matrix_free:
      return matrix_free_way(z, request, floor);
    default:
      return dense_way(z, request);
  }
}

/// Whether the singular values that matter are large enough for a Gram matrix.
bool trusts_gram(const std::vector<double>& sigma, std::size_t needed) {
  return !sigma.empty() && sigma.size() >= needed &&
         sigma[needed - 1] >= k_least_gram_ratio * sigma[0];
}

}  // namespace

MethodChoice choose_method(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  if (request.method != Method::automatic)
    return {request.method, fmt::format("{}: asked for", to_string(request.method))};
  const Costs cost = costs_of(shape, request, ranks);
  // Twice for the Gram ways: where the singular values fall fast they have to be redone.
  struct Candidate {
    Method method;
    double seconds;
    bool allowed;
  };
  const bool whole =
      request.every_value || 2 * request.modes > std::min(shape.rows(), shape.columns());
  const auto fits = [&](Method method) {
    if (request.streamed && method == Method::features &&  // which holds all trajectories
        entries(shape, Method::dense) > k_most_entries)
      return false;
    const bool larger = request.streamed && method == Method::snapshots;
    return entries(shape, method) <= (larger ? k_most_streamed_entries : k_most_entries);
  };
  const std::array candidates{
      Candidate{Method::dense, cost.dense, fits(Method::dense)},
      Candidate{Method::matrix_free, cost.matrix_free, !whole || !fits(Method::dense)},
      Candidate{Method::features, 2.0 * cost.features, fits(Method::features)},
      Candidate{Method::snapshots, 2.0 * cost.snapshots, fits(Method::snapshots)}};
  Candidate best{Method::dense, std::numeric_limits<double>::infinity(), true};
  for (const Candidate& candidate : candidates) {
    if (best.method == Method::dense && best.seconds < k_free_seconds) break;
    if (request.every_value && candidate.method == Method::matrix_free) continue;
    if (candidate.allowed && candidate.seconds < best.seconds) best = candidate;
  }
  return {best.method, fmt::format("{}: cheapest for {} x {} and {} modes ({:.2g} s expected)",
                                   to_string(best.method), shape.rows(), shape.columns(),
                                   request.modes, best.seconds)};
}

double expected_seconds(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  const Costs cost = costs_of(shape, request, ranks);
  switch (choose_method(shape, request, ranks).method) {
    case Method::features:
      return cost.features;
    case Method::snapshots:
      return cost.snapshots;
    case Method::matrix_free:
      return cost.matrix_free;
    default:
      return cost.dense;
  }
}

double factorisation_passes(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  return passes_of(shape, request, choose_method(shape, request, ranks).method);
}

namespace {

/// The way taken in the end and what it found.
struct Outcome {
  LeftVectors left;
  MethodChoice choice;
};

bool is_gram(Method method) {
  return method == Method::features || method == Method::snapshots;
}

/// The accurate way to fall back on.
Method accurate_way(const DelayShape& shape, const FactoriseRequest& request, int ranks) {
  const Costs cost = costs_of(shape, request, ranks);
  const bool fits = entries(shape, Method::dense) <= k_most_entries;
  const bool many = 2 * request.modes > std::min(shape.rows(), shape.columns());
  return fits && (many || cost.dense < cost.matrix_free) ? Method::dense : Method::matrix_free;
}

/// A Gram way, or the accurate way where its singular values are too small to trust. All singular
/// values, where asked for, stay those of the Gram matrix beyond the ones computed accurately.
template <class Real>
Outcome gram_or_accurate(const DelayOperator<Real>& z, const FactoriseRequest& request,
                         MethodChoice choice, double floor) {
  LeftVectors left = take_way(z, request, choice.method, floor);
  if (trusts_gram(left.sigma, request.needed)) return {std::move(left), std::move(choice)};
  FactoriseRequest again = request;
  again.every_value = false;
  const Method method = accurate_way(z.shape(), again, z.group().size());
  choice.why += fmt::format("; then {}: singular value {} is under {} of the largest",
                            to_string(method), request.needed, k_least_gram_ratio);
  choice.method = method;
  LeftVectors accurate = take_way(z, again, method, floor);
  for (std::size_t i = accurate.sigma.size(); request.every_value && i < left.sigma.size(); ++i)
    accurate.sigma.push_back(std::min(left.sigma[i], accurate.sigma.back()));
  return {std::move(accurate), std::move(choice)};
}

/// Lanczos, or LAPACK where it does not converge and the matrix is small enough.
template <class Real>
Outcome lanczos_or_dense(const DelayOperator<Real>& z, const FactoriseRequest& request,
                         MethodChoice choice, double floor) {
  try {
    return {matrix_free_way(z, request, floor), std::move(choice)};
  } catch (const Error& error) {
    if (entries(z.shape(), Method::dense) > k_most_entries) throw;
    choice.why += fmt::format("; then dense: {}", error.what());
  }
  choice.method = Method::dense;
  return {dense_way(z, request), std::move(choice)};
}

template <class Real>
Outcome take_choice(const DelayOperator<Real>& z, const FactoriseRequest& request,
                    MethodChoice choice, double floor) {
  if (is_gram(choice.method)) return gram_or_accurate(z, request, std::move(choice), floor);
  if (choice.method == Method::matrix_free)
    return lanczos_or_dense(z, request, std::move(choice), floor);
  return {dense_way(z, request), std::move(choice)};
}

}  // namespace

template <class Real>
Factorisation factorise(const DelayOperator<Real>& z, const FactoriseRequest& request) {
  const DelayShape& shape = z.shape();
  check_request(shape, request);
  Factorisation result;
  result.shape = shape;
  result.total_energy = z.total_energy();
  if (!std::isfinite(result.total_energy))
    throw Error("trajectories to be factorised hold NaN or infinity, or their squares do");
  result.noise_floor =
      noise_floor(shape, result.total_energy, std::numeric_limits<Real>::epsilon());
  result.every_value = request.every_value;
  FactoriseRequest wanted = request;
  wanted.modes = std::min({request.modes, shape.rows(), shape.columns()});
  wanted.needed = std::min(request.needed, wanted.modes);
  Outcome outcome{{}, choose_method(shape, wanted, z.group().size())};
  if (result.total_energy > 0.0 && wanted.modes > 0) {
    outcome = take_choice(z, wanted, std::move(outcome.choice), result.noise_floor);
  } else {
    outcome.left.basis = Matrix(shape.local_rows(), 0);
    outcome.left.sigma.assign(request.every_value ? std::min(shape.rows(), shape.columns()) : 0,
                              0.0);
  }
  result.method = outcome.choice.method;
  result.why = std::move(outcome.choice.why);
  result.products = outcome.left.products;
  result.sigma = std::move(outcome.left.sigma);
  result.sigma.resize(std::min({result.sigma.size(), shape.rows(), shape.columns()}));
  result.basis = std::move(outcome.left.basis);
  result.coordinates = outcome.left.coordinates.columns > 0 ? std::move(outcome.left.coordinates)
                                                            : z.project(result.basis);
  return result;
}

template Factorisation factorise(const DelayOperator<float>&, const FactoriseRequest&);
template Factorisation factorise(const DelayOperator<double>&, const FactoriseRequest&);

std::string to_string(Method method) {
  switch (method) {
    case Method::automatic:
      return "auto";
    case Method::features:
      return "features";
    case Method::snapshots:
      return "snapshots";
    case Method::matrix_free:
      return "matrix_free";
    case Method::dense:
      return "dense";
  }
  return "?";
}

}  // namespace equikoop
