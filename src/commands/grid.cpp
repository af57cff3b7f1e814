// SPDX-License-Identifier: BSD-3-Clause
#include "grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "spectrum_sets.hpp"

namespace equikoop {
namespace {

/// Core-seconds that Procrustes may take before it is left out.
constexpr double k_most_procrustes_seconds = 60;

/// A metric as options of a comparison.
struct MetricCase {
  CompareOptions options;
  Ground ground = Ground::transport;
};

MetricCase metric_case(const CompareOptions& own, std::optional<Metric> metric) {
  MetricCase result{own, Ground::transport};
  if (!metric) return result;
  CompareOptions& options = result.options;
  switch (*metric) {
    case Metric::w1:
    case Metric::w2:
      options.order = *metric == Metric::w1 ? 1 : 2;
      options.scaling = Scaling::none;
      options.weights = Weights::none;
      break;
    case Metric::log:
      options.scaling = Scaling::log;
      break;
    case Metric::amplitude:
      options.weights = Weights::amplitude;
      break;
    case Metric::residual:
      options.weights = Weights::residual;
      break;
    case Metric::hausdorff:
      result.ground = Ground::sets;
      break;
    case Metric::procrustes:
      result.ground = Ground::operators;
      break;
  }
  return result;
}

bool is_own(const CompareOptions& own, Metric metric) {
  const auto other = metric_case(own, metric);
  return other.ground == Ground::transport && other.options.order == own.order &&
         other.options.scaling == own.scaling && other.options.weights == own.weights;
}

double procrustes_seconds(const SpectraLayout& layout) {
  const auto n = static_cast<double>(layout.configurations.size());
  const auto seeds = static_cast<double>(layout.seeds);
  // Measured on operators with eigenvalues near 1: the Newton steps of small ones, or sweeps alone.
  const auto modes = static_cast<double>(layout.modes);
  const double each = layout.modes <= 20 ? 2e-3 * std::pow(modes / 10, 5.5) : 0.4 * std::pow(modes / 24, 2.7);
  return 0.5 * n * n * seeds * seeds * each;
}

/// Whether every spectrum carries what a metric needs; imported ones may be eigenvalues alone.
bool carried(const SpectraArchive& archive, Metric metric) {
  const auto finite = [](double value) { return std::isfinite(value); };
  for (std::size_t c = 0; c < archive.layout().configurations.size(); ++c)
    for (const auto& row : archive.read_rows(c, 0)) {
      if (metric == Metric::amplitude && !std::all_of(row.amplitudes.begin(), row.amplitudes.end(), finite)) return false;
      if (metric == Metric::residual &&
          !std::all_of(row.residuals_insample.begin(), row.residuals_insample.end(), finite))
        return false;
      if (metric == Metric::procrustes && row.rank > 0 && row.reduced.empty()) return false;
    }
  return true;
}

/// The metrics that are computed, and a line about one that is not.
std::vector<Metric> usable_metrics(const Job& job, const SpectraArchive& archive) {
  const SpectraLayout& layout = archive.layout();
  std::vector<Metric> usable;
  for (const Metric metric : job.study.compare.metrics) {
    if (is_own(job.study.compare, metric)) continue;
    if (metric == Metric::procrustes && layout.modes > k_most_reduced) {
      job.log.line("distances: procrustes is left out: reduced operators of more than {} modes are not kept",
                   k_most_reduced);
      continue;
    }
    if (metric == Metric::procrustes && procrustes_seconds(layout) > k_most_procrustes_seconds) {
      job.log.line("distances: procrustes is left out: it would take about {:.0f} core-seconds",
                   procrustes_seconds(layout));
      continue;
    }
    if (!carried(archive, metric)) {
      job.log.line("distances: {} is left out: the spectra do not carry what it needs", metric_name(metric));
      continue;
    }
    usable.push_back(metric);
  }
  return usable;
}

template <class Member>
std::vector<double> values_of(const std::vector<PairResult>& pairs, Member member) {
  std::vector<double> values;
  values.reserve(pairs.size());
  for (const auto& pair : pairs) values.push_back(static_cast<double>(pair.*member));
  return values;
}

}  // namespace

std::string metric_name(Metric metric) {
  static constexpr std::array names{"w1", "w2", "log", "amplitude", "residual", "hausdorff", "procrustes"};
  return names[static_cast<std::size_t>(metric)];
}

std::vector<GridPoint> grid_points(const Job& job, const SpectraArchive& archive) {
  const auto& layout = archive.layout();
  std::vector<GridPoint> points;
  if (layout.configurations.size() < 2) return points;
  std::vector<Metric> metrics;
  together(job.comm, [&] { metrics = usable_metrics(job, archive); });
  std::size_t analyses = std::numeric_limits<std::size_t>::max();
  for (const auto& shape : layout.configurations) analyses = std::min(analyses, shape.analyses.size());
  for (std::size_t a = 0; a < analyses; ++a) {
    if (a > 0) points.push_back({a, std::nullopt});
    for (const Metric metric : metrics)
      if (a == 0 || metric != Metric::procrustes) points.push_back({a, metric});
  }
  return points;
}

std::vector<GridResult> compare_grid(const Job& job, const SpectraArchive& archive,
                                     const std::vector<GridPoint>& points) {
  std::vector<GridResult> results;
  for (const GridPoint& point : points) {
    const auto how = metric_case(job.study.compare, point.metric);
    SpectrumSet set;
    together(job.comm, [&] { set = read_spectra(archive, how.options, point.analysis); });
    CompareScope scope;
    scope.keep_distances = scope.shuffle_control = scope.containment = false;
    scope.ground = how.ground;
    scope.progress = [&](std::size_t, std::size_t) {
      if (job.stop.requested()) throw Interrupted(fmt::format("distances stopped by {}", job.stop.reason()));
    };
    results.push_back({point, compare_all(job.comm, set, how.options, job.study.root_seed, scope).pairs});
  }
  return results;
}

double agreement(const std::vector<GridResult>& grid, const std::vector<PairResult>& pairs, std::size_t index) {
  if (grid.empty() || pairs[index].reason != Reason::none) return std::numeric_limits<double>::quiet_NaN();
  double same = 0;
  for (const auto& result : grid) same += result.pairs[index].verdict == pairs[index].verdict ? 1 : 0;
  return same / static_cast<double>(grid.size());
}

std::vector<PairColumn> grid_columns(const std::vector<GridResult>& grid, const std::vector<PairResult>& pairs) {
  std::vector<PairColumn> columns;
  std::vector<double> share;
  for (std::size_t k = 0; k < pairs.size(); ++k) share.push_back(agreement(grid, pairs, k));
  columns.push_back({"robustness_share", {"share of the robustness grid with the same verdict", "1",
                                          "delays x ranks x windows x distances; see /robustness; NaN where seeds are "
                                          "too few for a verdict"}, share});
  columns.push_back({"robustness_points", {"points of the robustness grid", "1", ""},
                     std::vector<double>(pairs.size(), static_cast<double>(grid.size())), true});
  for (const auto& result : grid) {
    if (result.point.analysis != 0 || !result.point.metric) continue;
    const std::string name = metric_name(*result.point.metric);
    using P = PairResult;
    const auto add = [&](const char* what, const char* words, auto member, bool integer = false) {
      columns.push_back({fmt::format("{}_{}", what, name), {fmt::format("{} by {}", words, name), "1", ""},
                         values_of(result.pairs, member), integer});
    };
    add("distance", "mean distance", &P::mean_distance);
    add("floor", "noise floor", &P::floor);
    add("effect", "energy statistic", &P::effect);
    add("effect_high", "upper end of the effect's interval", &P::effect_high);
    add("p_adjusted", "adjusted p", &P::p_adjusted);
    add("verdict", "verdict", &P::verdict, true);
  }
  return columns;
}

RobustnessTable robustness_table(const SpectraArchive& archive, const std::vector<GridResult>& grid) {
  RobustnessTable table;
  for (const auto& result : grid) {
    const auto& analysis = archive.layout().configurations.front().analyses[result.point.analysis];
    table.metric.push_back(result.point.metric ? metric_name(*result.point.metric) : "study");
    table.delays.push_back(analysis.delays_factor);
    table.rank.push_back(analysis.rank_factor);
    table.begin.push_back(analysis.window_begin);
    table.end.push_back(analysis.window_end);
    for (const auto& pair : result.pairs) {
      table.verdict.push_back(static_cast<std::int32_t>(pair.verdict));
      table.distance.push_back(pair.mean_distance);
      table.effect.push_back(pair.effect);
      table.margin.push_back(pair.margin);
      table.p_adjusted.push_back(pair.p_adjusted);
    }
  }
  return table;
}

}  // namespace equikoop
