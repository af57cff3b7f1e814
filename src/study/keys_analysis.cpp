// SPDX-License-Identifier: BSD-3-Clause
// The keys of how trajectories are analysed: [koopman], [compare], [calibrate].
#include <algorithm>
#include <numbers>
#include <string>
#include <vector>

#include "key_makers.hpp"
#include "key_sections.hpp"

namespace equikoop::keys {
namespace {

void parse_windows(Draft& draft, const std::string& value) {
  draft.study.koopman.windows.clear();
  for (const auto& word : words_of(value)) {
    const auto ends = split(word, ':');
    if (ends.size() != 2)
      throw UsageError(fmt::format(
          "koopman.windows = {}: give ranges of the trajectory like 0:1 or 0:0.5 0.5:1", value));
    const double begin = parse_number("koopman.windows", ends[0], {0, 1, false});
    draft.study.koopman.windows.push_back(
        {begin, parse_number("koopman.windows", ends[1], {begin, 1, true})});
  }
  if (draft.study.koopman.windows.empty())
    throw UsageError("koopman.windows: give at least one range, like 0:1");
}

void parse_metrics(Draft& draft, const std::string& text) {
  static const std::vector<std::string> words{"w1",       "w2",        "log",       "amplitude",
                                              "residual", "hausdorff", "procrustes"};
  auto& metrics = draft.study.compare.metrics;
  metrics.clear();
  if (text == "none") return;
  for (const auto& word : words_of(text)) {
    const auto metric = static_cast<Metric>(parse_choice("compare.metrics", word, words));
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end())
      throw UsageError(fmt::format("compare.metrics names {} twice", word));
    metrics.push_back(metric);
  }
}

}  // namespace

std::vector<Key> section_koopman() {
  return {
      integer({"koopman.delays", "32", "recorded steps",
               "Delays; with delays_rule = matched: of the configuration with fewest features"},
              0, 1'000'000, EQUIKOOP_STUDY(koopman.delays)),
      choice({"koopman.delays_rule", "matched", "",
              "matched: delays times features held constant over the sweep"},
             {"matched", "fixed"}, EQUIKOOP_STUDY(koopman.delays_rule)),
      choice({"koopman.rank_rule", "number", "", "How many modes are kept"},
             {"number", "energy", "gavish_donoho", "full"}, EQUIKOOP_STUDY(koopman.rank_rule)),
      integer({"koopman.rank", "10", "modes", "Modes kept (rank_rule = number), or the most kept"},
              1, 100'000, EQUIKOOP_STUDY(koopman.rank)),
      number({"koopman.energy", "0.99", "", "rank_rule = energy: share of squared singular values"},
             {0, 1, true}, EQUIKOOP_STUDY(koopman.energy)),
      choice({"koopman.method", "auto", "", "How the delay matrix is factorised"},
             {"auto", "features", "snapshots", "matrix_free", "dense"},
             EQUIKOOP_STUDY(koopman.method)),
      number({"koopman.memory", "0", "MiB",
              "Most of its trajectories that a rank holds: larger shares are read from disk at every "
              "pass over them; 0: what the node has"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(koopman.memory)),
      choice({"koopman.regression", "standard", "", "Regression of the one-step operator"},
             {"standard", "total_least_squares", "forward_backward"},
             EQUIKOOP_STUDY(koopman.regression)),
      choice({"koopman.kernel", "none", "",
              "Inner product of delay vectors: their own (none: the delay matrix is decomposed), "
              "or a kernel's, for eigenfunctions that are not linear"},
             {"none", "linear", "gaussian", "polynomial"}, EQUIKOOP_STUDY(koopman.kernel)),
      number({"koopman.kernel_width", "0", "delay vectors",
              "w of exp(-|z-z'|^2 / 2w^2) or (1 + z.z'/w^2)^degree; 0: the median distance, or the "
              "root mean square of |z|, of each ensemble"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(koopman.kernel_width)),
      integer({"koopman.kernel_degree", "2", "", "kernel = polynomial: its degree"}, 1, 100,
              EQUIKOOP_STUDY(koopman.kernel_degree)),
      number({"koopman.regularisation", "1e-2", "mean diagonal",
              "Added to the diagonal of a kernel's matrix"},
             {0, 1, true}, EQUIKOOP_STUDY(koopman.regularisation)),
      integer({"koopman.folds", "5", "", "Folds over initials of held-out residuals; 0: none"}, 0,
              1'000'000, EQUIKOOP_STUDY(koopman.folds)),
      make({"koopman.windows", "0:1", "",
            "Parts of the trajectory analysed; the first is the main one", Values::text},
           parse_windows),
      numbers({"koopman.grid_delays", "1", "delays",
               "Robustness: multiples of the delays, each a factorisation "
               "of its own; none: no grid"},
              {0, 1e3, true}, EQUIKOOP_STUDY(koopman.grid_delays)),
      numbers({"koopman.grid_ranks", "0.5 1", "modes kept",
               "Robustness: multiples of the rank; one factorisation "
               "serves all"},
              {0, 1e3, true}, EQUIKOOP_STUDY(koopman.grid_ranks)),
      integer({"koopman.pseudospectrum", "0", "points a side",
               "Grid of the pseudospectrum of each configuration's "
               "first seed; 0: none"},
              0, 10'000, EQUIKOOP_STUDY(koopman.pseudospectrum)),
  };
}

std::vector<Key> section_compare() {
  return {
      integer({"compare.order", "1", "", "p of the Wasserstein distance"}, 1, 16,
              EQUIKOOP_STUDY(compare.order)),
      choice({"compare.scaling", "none", "", "log compares logarithms of eigenvalues"},
             {"none", "log"}, EQUIKOOP_STUDY(compare.scaling)),
      choice({"compare.clock", "step", "",
              "scaling = log: rates per step, per sample seen, or per "
              "time (learning rate * step)"},
             {"step", "sample", "time"}, EQUIKOOP_STUDY(compare.clock)),
      choice({"compare.weights", "none", "", "Masses of the eigenvalues"},
             {"none", "amplitude", "residual"}, EQUIKOOP_STUDY(compare.weights)),
      number({"compare.max_residual", "0", "",
              "Leaves out eigenvalues whose residual (held out where there is one) "
              "is larger, and says how many; 0: none"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(compare.max_residual)),
      make({"compare.metrics", "w1 w2 log amplitude residual hausdorff procrustes", "",
            "Distances that every pair is tested with beside the study's own; none: no other",
            Values::text},
           parse_metrics),
      flag({"compare.paired", "on", "", "Equal seeds of two configurations form a pair (on, off)"},
           EQUIKOOP_STUDY(compare.paired)),
      integer({"compare.permutations", "999", "", "Relabelings of the permutation test"}, 1,
              10'000'000, EQUIKOOP_STUDY(compare.permutations)),
      integer({"compare.bootstrap", "999", "", "Resamples of the confidence interval"}, 1,
              10'000'000, EQUIKOOP_STUDY(compare.bootstrap)),
      number({"compare.alpha", "0.05", "", "Level of the tests"}, {0, 1, true},
             EQUIKOOP_STUDY(compare.alpha)),
      choice(
          {"compare.adjust", "benjamini_hochberg", "", "How p-values of many pairs are adjusted"},
          {"benjamini_hochberg", "holm"}, EQUIKOOP_STUDY(compare.adjust)),
      number({"compare.margin", "0.5", "noise floors", "Margin of equivalence"},
             {0, k_infinity, true}, EQUIKOOP_STUDY(compare.margin)),
      number({"compare.margin_absolute", "0", "",
              "Margin of equivalence as a distance; 0: use margin"},
             {0, k_infinity, false}, EQUIKOOP_STUDY(compare.margin_absolute)),
  };
}

std::vector<Key> section_calibrate() {
  return {
      integer({"calibrate.studies", "1000", "", "Simulated studies of each scenario"}, 1,
              10'000'000, EQUIKOOP_STUDY(calibrate.studies)),
      integer({"calibrate.power_studies", "200", "",
               "Simulated studies of each point of the power curves"},
              1, 10'000'000, EQUIKOOP_STUDY(calibrate.power_studies)),
      integer({"calibrate.features", "8", "", "Observed features of the linear systems"}, 1, 10'000,
              EQUIKOOP_STUDY(calibrate.features)),
      numbers({"calibrate.moduli", "0.98 0.9 0.7", "", "Moduli of the linear system's eigenvalues"},
              {0, 2, true}, EQUIKOOP_STUDY(calibrate.moduli)),
      numbers({"calibrate.angles", "0 0.3 1", "radians",
               "Their angles; other than 0: a conjugate pair"},
              {0, std::numbers::pi, false}, EQUIKOOP_STUDY(calibrate.angles)),
      integer({"calibrate.steps", "60", "", "Snapshots of a trajectory"}, 4, k_large,
              EQUIKOOP_STUDY(calibrate.steps)),
      number({"calibrate.jitter", "0.01", "",
              "Deviation of the logarithms of the eigenvalues over seeds"},
             {0, 1, false}, EQUIKOOP_STUDY(calibrate.jitter)),
      number({"calibrate.noise", "0.01", "initial states", "Deviation of the noise of a step"},
             {0, 1e3, false}, EQUIKOOP_STUDY(calibrate.noise)),
      number({"calibrate.measurement", "0", "initial states",
              "Deviation of noise in what is recorded"},
             {0, 1e3, false}, EQUIKOOP_STUDY(calibrate.measurement)),
      numbers({"calibrate.separations", "0.005 0.01 0.02 0.04", "",
               "Known distances of the power curve"},
              {0, 1, true}, EQUIKOOP_STUDY(calibrate.separations)),
      numbers({"calibrate.power_seeds", "none", "", "Further numbers of seeds on the power curve"},
              {2, 1e6, false}, EQUIKOOP_STUDY(calibrate.power_seeds)),
      numbers({"calibrate.power_initials", "none", "",
               "Further numbers of initials on the power curve"},
              {1, 1e6, false}, EQUIKOOP_STUDY(calibrate.power_initials)),
      numbers({"calibrate.power_noise", "none", "initial states",
               "Further noise levels on the power curve"},
              {0, 1e3, false}, EQUIKOOP_STUDY(calibrate.power_noise)),
  };
}

}  // namespace equikoop::keys
