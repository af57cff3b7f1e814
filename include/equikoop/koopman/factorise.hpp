// SPDX-License-Identifier: BSD-3-Clause
// The truncated singular value decomposition of a delay matrix, in four ways that agree. It ends
// with coordinates on the leading left singular vectors; the dynamics are dmd.hpp's business.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "equikoop/koopman/delay_operator.hpp"
#include "equikoop/koopman/matrix.hpp"
#include "equikoop/study/options.hpp"

namespace equikoop {

/// What is wanted of a factorisation.
struct FactoriseRequest {
  std::size_t modes = 10;    ///< leading singular vectors to compute, K
  std::size_t needed = 10;   ///< of them, those whose accuracy matters, k <= K
  bool every_value = false;  ///< all singular values, not the leading ones alone
  Method method = Method::automatic;
  /// Whether the trajectories are read anew at every pass over them.
  bool streamed = false;
  /// Called after every product with Z, so that a caller can answer others meanwhile; on any rank
  /// of the group, hence neither collective over it nor throwing.
  std::function<void()> pulse = {};
};

/// Z ≈ U diag(sigma) Vᵀ and the delay vectors in the coordinates of U.
struct Factorisation {
  DelayShape shape;
  /// Decreasing; all of them where `every_value`, else K. Beyond the `needed` ones the matrix-free
  /// way gives the directions its Krylov space holds: orthonormal, values approximate from below.
  std::vector<double> sigma;
  Matrix basis;        ///< U: (local rows, K), orthonormal over the ranks of the group
  Matrix coordinates;  ///< Y = Uᵀ z_m(t): (M·(T-d), K), time fastest, then trajectory; replicated
  double total_energy = 0.0;  ///< squared Frobenius norm of Z
  double noise_floor = 0.0;   ///< singular values at or below are rounding noise (rank.hpp)
  bool every_value = false;
  Method method = Method::dense;  ///< the way that gave the result
  std::string why;                ///< why this way, and what was fallen back from
  int products = 0;               ///< products with Z or Zᵀ, single vectors

  std::size_t modes() const noexcept { return coordinates.columns; }
};

/// A way and the reason in words.
struct MethodChoice {
  Method method = Method::dense;
  std::string why;
};

/// The Gram ways work on squared singular values: sigma_i comes with the relative error
/// eps·(sigma_1/sigma_i)². Above this ratio it is below 2.5e-10, which an eigenvalue of the
/// reduced operator inherits; below, an accurate way is taken in their place.
inline constexpr double k_least_gram_ratio = 1e-3;

/// The cheapest way by operation counts, among those that give what is requested.
MethodChoice choose_method(const DelayShape& shape, const FactoriseRequest& request, int ranks);

/// Seconds that the way of `request` takes by operation counts, at rates of no particular machine:
/// for comparisons. Reading counts where the trajectories are streamed.
double expected_seconds(const DelayShape& shape, const FactoriseRequest& request, int ranks);

/// Times that factorising passes over all trajectories, about.
double factorisation_passes(const DelayShape& shape, const FactoriseRequest& request, int ranks);

/// Bytes that factorising holds on each of `ranks` ranks at its peak, with `held` of trajectories: all
/// of a rank's, or of a stream a piece, which is held during the passes only.
double factorisation_memory(const DelayShape& shape, const FactoriseRequest& request, int ranks,
                            double held);

/// Factorises Z. A Gram way whose needed singular values lie under k_least_gram_ratio of the
/// largest is replaced by an accurate way, said in `why`. All-zero data: no modes. Throws
/// UsageError where the request contradicts the method, Error where SLEPc does not converge and
/// the matrix is too large for LAPACK. Collective.
template <class Real>
Factorisation factorise(const DelayOperator<Real>& z, const FactoriseRequest& request);

extern template Factorisation factorise(const DelayOperator<float>&, const FactoriseRequest&);
extern template Factorisation factorise(const DelayOperator<double>&, const FactoriseRequest&);

/// The name of a method as in a study file: automatic is "auto".
std::string to_string(Method method);

}  // namespace equikoop
