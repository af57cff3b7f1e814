// SPDX-License-Identifier: BSD-3-Clause
// Trajectories a panel of features at a time: the one place that knows whether they lie in memory
// or are read from a disk. The panels are the same, and so is every sum over them.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "equikoop/koopman/trajectories.hpp"

namespace equikoop {

/// Most features of a panel: few enough that a tile of it keeps enough snapshots for its product
/// not to be bound by reading and writing the other factors.
inline constexpr std::size_t k_most_panel_features = 512;

/// The `features` of all snapshots of a stream, read into `held`.
template <class Real>
TrajectoryView<Real> read_panels(const TrajectoryView<Real>& view, Range features,
                                 std::vector<Real>& held) {
  const std::size_t each = view.times * features.size();
  held.resize(view.initials() * each);
  for (std::size_t m = 0; m < view.initials(); ++m)
    view.stream->read(view.streamed[m], {view.first, view.first + view.times}, features,
                      held.data() + m * each);
  return view_of(std::span<const Real>(held), {view.initials(), view.times, features.size()});
}

/// visit(panel, first) for the panels of this rank's features in turn: a view in memory of those
/// from `first` on, which of a stream is valid until visit returns. Throws what a stream throws.
template <class Real, class Visit>
void for_each_panel(const TrajectoryView<Real>& view, Visit&& visit) {
  const std::size_t panels = (view.features + k_most_panel_features - 1) / k_most_panel_features;
  const std::size_t snapshots = view.initials() * view.times;
  if (snapshots == 0) return;
  std::vector<Real> held;
  TrajectoryView<Real> piece = view;
  Range of_piece{0, view.stream ? 0 : view.features};
  for (std::size_t p = 0; p < panels; ++p) {
    const Range panel = block(view.features, panels, p);
    if (panel.begin == of_piece.end) {
      const std::size_t fitting = view.stream->most_numbers / (snapshots * panel.size());
      const std::size_t last = std::min(panels, p + std::max<std::size_t>(1, fitting)) - 1;
      of_piece = {panel.begin, block(view.features, panels, last).end};
      piece = read_panels(view, of_piece, held);
    }
    visit(piece.panel({panel.begin - of_piece.begin, panel.end - of_piece.begin}), panel.begin);
  }
}

}  // namespace equikoop
