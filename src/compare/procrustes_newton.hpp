// SPDX-License-Identifier: BSD-3-Clause
// The last steps to a maximum of ⟨A, C B Cᵀ⟩ over orthogonal C: Newton's, in the coordinates of the
// Lie algebra, where rotations of one plane after another converge slowly.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace equikoop::detail {

/// Above this side the n(n−1)/2 unknowns of a step cost more than the sweeps that they save.
inline constexpr std::size_t k_most_newton_side = 20;

/// One A and the work space of its steps, for any number of starts.
///
/// With M = C B Cᵀ and C → exp(Ω) C, Ωᵀ = −Ω:
///   ⟨A, M⟩ → ⟨A, M⟩ + ⟨M Aᵀ − Mᵀ A, Ωᵀ⟩ − ½ ⟨[Ω, A], [Ω, M]⟩ + O(Ω³)
/// Indefinite quadratic forms are shifted until they are positive (Levenberg), steps that lead down
/// are refused, and Ω is applied by Cayley's transform: orthogonal, and equal to exp(Ω) to O(Ω³).
class NewtonAscent {
 public:
  /// a (n, n) row-major, kept by reference.
  NewtonAscent(std::span<const double> a, std::size_t n);

  /// Moves C and M = C B Cᵀ, (n, n) row-major, to a maximum: until a step promises less than
  /// 1e-15·‖A‖‖M‖, the rounding of the product itself.
  void ascend(std::vector<double>& c, std::vector<double>& m);

 private:
  void expand(const std::vector<double>& m);
  bool factor(double shift);
  void solve();
  void transform();
  void apply(const std::vector<double>& c, const std::vector<double>& m);
  double value(const std::vector<double>& m) const;

  std::span<const double> a_;
  std::size_t n_, planes_;
  std::vector<double> a_transposed_, m_transposed_;  // (n, n)
  std::vector<double> along_, across_;               // M Aᵀ and Mᵀ A, (n, n)
  std::vector<double> gradient_, step_;              // by plane (p, q), p < q
  std::vector<double> form_, factor_;                // (planes, planes): the upper triangles
  std::vector<double> cayley_, left_, work_;         // (n, n)
  std::vector<double> c_, m_;                        // where the step leads
};

}  // namespace equikoop::detail
