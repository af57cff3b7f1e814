// SPDX-License-Identifier: BSD-3-Clause
// equikoop calibrate: how often the tests err, measured on simulated studies whose truth is known.
// The simulations are shared among ranks; the table is the same at any number of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include "commands.hpp"
#include "equikoop/base/random.hpp"
#include "equikoop/compare/all_pairs.hpp"
#include "equikoop/compare/binomial.hpp"
#include "json.hpp"
#include "simulate.hpp"
#include "work_loop.hpp"

namespace equikoop {
namespace {

/// What one simulated study came to; plain numbers, so that ranks can add them.
struct Outcome {
  double verdict, p_value, effect, effect_low, effect_high, margin, distance, floor;
  double containment, p_first_in_second, verdict_first_in_second, verdict_second_in_first;
};
constexpr std::size_t k_numbers = sizeof(Outcome) / sizeof(double);

struct Unit {
  std::size_t scenario = 0;
  std::uint64_t number = 0;
};

Outcome judge(const Study& study, const Scenario& scenario, const Unit& unit) {
  const Comm self(MPI_COMM_SELF);
  CompareScope scope;
  scope.keep_distances = scope.shuffle_control = false;
  // Every scenario has numbers of its own.
  const std::uint64_t number = (std::uint64_t{unit.scenario} << 32) | unit.number;
  const auto spectra = simulate(study, scenario, number);
  const auto seed = RandomStream({study.root_seed, Stream::calibration, 0, 0, ~number}).bits(0);
  const PairResult pair = compare_all(self, spectra, study.compare, seed, scope).pairs.front();
  return {static_cast<double>(pair.verdict), pair.p_value, pair.effect, pair.effect_low, pair.effect_high,
          pair.margin, pair.mean_distance, pair.floor, static_cast<double>(pair.containment),
          pair.first_in_second.p_value, static_cast<double>(pair.first_in_second.verdict),
          static_cast<double>(pair.second_in_first.verdict)};
}

/// The outcomes of all units on every rank: each was made by one rank and is 0 on the others.
std::vector<Outcome> simulate_all(const Job& job, const std::vector<Scenario>& scenarios,
                                  const std::vector<Unit>& units) {
  std::vector<Outcome> outcomes(units.size(), Outcome{});
  WorkCounter counter(job.comm, static_cast<std::int64_t>(units.size()));
  Progress progress(job.log, "calibrate", static_cast<double>(units.size()), "studies");
  Heartbeat heartbeat(counter, progress, job.stop);
  together(job.comm, [&] {
    work_through(counter, [&](std::int64_t index) {
      const auto at = static_cast<std::size_t>(index);
      heartbeat.beat(0);
      outcomes[at] = judge(job.study, scenarios[units[at].scenario], units[at]);
    });
  });
  progress.finish();
  static_assert(k_numbers * sizeof(double) == sizeof(Outcome));
  auto* const numbers = reinterpret_cast<double*>(outcomes.data());
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, numbers, static_cast<int>(outcomes.size() * k_numbers), MPI_DOUBLE, MPI_SUM,
                          job.comm.raw()),
            "gather the simulated studies");
  return outcomes;
}

/// One line of the table.
struct Row {
  const Scenario* scenario;
  double known;            ///< W_1 between the true spectra
  double distance, floor;  ///< means over studies
  double effect;           ///< mean over studies: E is unbiased, so this is its truth
  Rate significant;        ///< p < alpha: false positives where nothing differs, else power
  std::array<Rate, 4> verdicts;
  Rate bound_fails;   ///< upper end under the true effect: the equivalence test's error at its margin
  Rate not_contained; ///< p of "first in second" under alpha
  Rate contained;     ///< verdict: first's spectrum contained in second's and not the reverse
};

template <class Holds>
Rate rate_of(std::span<const Outcome> outcomes, Holds holds) {
  return binomial_rate(std::count_if(outcomes.begin(), outcomes.end(), holds),
                       static_cast<std::int64_t>(outcomes.size()));
}

double mean_of(std::span<const Outcome> outcomes, double Outcome::* member) {
  double total = 0;
  for (const auto& outcome : outcomes) total += outcome.*member;
  return total / static_cast<double>(outcomes.size());
}

Row summarise(const Study& study, const Scenario& scenario, std::span<const Outcome> outcomes) {
  const double alpha = study.compare.alpha;
  Row row{&scenario, known_distance(study, scenario), mean_of(outcomes, &Outcome::distance),
          mean_of(outcomes, &Outcome::floor), mean_of(outcomes, &Outcome::effect), {}, {}, {}, {}, {}};
  // Where both sides are one system in distribution the effect is 0 by symmetry.
  const double truth = scenario.pair == Pair::identical ? 0 : row.effect;
  row.significant = rate_of(outcomes, [&](const Outcome& o) { return o.p_value < alpha; });
  for (std::size_t v = 0; v < row.verdicts.size(); ++v)
    row.verdicts[v] = rate_of(outcomes, [&](const Outcome& o) { return o.verdict == static_cast<double>(v); });
  row.bound_fails = rate_of(outcomes, [&](const Outcome& o) { return o.effect_high < truth; });
  row.not_contained = rate_of(outcomes, [&](const Outcome& o) { return o.p_first_in_second < alpha; });
  row.contained = rate_of(outcomes, [](const Outcome& o) {
    return o.containment == static_cast<double>(Containment::first_in_second);
  });
  return row;
}

std::string percent(const Rate& rate) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", 100 * rate.share, 100 * rate.low, 100 * rate.high);
}

void print_table(const Log& log, const std::vector<Row>& rows, double alpha) {
  log.line("rates in percent of the simulated studies [95 % interval]; alpha = {}", alpha);
  for (const Row& row : rows) {
    const Scenario& s = *row.scenario;
    log.line("  {}: {} studies of {} seeds x {} initials, noise {}, known distance {:.4g}", s.name, s.studies, s.seeds,
             s.initials, s.noise, row.known);
    log.line("    distance {:.4g}, floor {:.4g}, effect {:.4g}", row.distance, row.floor, row.effect);
    log.line("    p < alpha {} | equivalent {}, non-equivalent {}, negligible {}, undecided {}",
             percent(row.significant), percent(row.verdicts[1]), percent(row.verdicts[2]), percent(row.verdicts[3]),
             percent(row.verdicts[0]));
    log.line("    upper end of the effect too low {} | first not in second {}, contained one way {}",
             percent(row.bound_fails), percent(row.not_contained), percent(row.contained));
  }
}

/// The rates of a row by the names that files and scripts know.
std::array<std::pair<const char*, const Rate*>, 8> rates(const Row& row) {
  return {{{"significant", &row.significant}, {"undecided", &row.verdicts[0]}, {"equivalent", &row.verdicts[1]},
           {"non_equivalent", &row.verdicts[2]}, {"negligible", &row.verdicts[3]}, {"bound_fails", &row.bound_fails},
           {"not_contained", &row.not_contained}, {"contained_one_way", &row.contained}}};
}

void write_csv(const std::string& path, const std::vector<Row>& rows) {
  std::ofstream file(path);
  file << "scenario,studies,seeds,initials,noise,separation,known_distance,distance,floor,effect";
  for (const auto& [name, rate] : rates(rows.front())) file << fmt::format(",{0},{0}_low,{0}_high", name);
  file << '\n';
  for (const Row& row : rows) {
    const Scenario& s = *row.scenario;
    file << fmt::format("\"{}\",{},{},{},{},{},{},{},{},{}", s.name, s.studies, s.seeds, s.initials, s.noise,
                        s.separation, row.known, row.distance, row.floor, row.effect);
    for (const auto& [name, rate] : rates(row)) file << fmt::format(",{},{},{}", rate->share, rate->low, rate->high);
    file << '\n';
  }
  file.close();
  if (!file) throw Error(fmt::format("cannot write {}: is the disk full?", path));
}

void print_json(const Job& job, const std::vector<Row>& rows, const std::string& path) {
  std::vector<std::string> objects;
  for (const Row& row : rows) {
    const Scenario& s = *row.scenario;
    std::string object = fmt::format(
        "{{\"name\": {}, \"studies\": {}, \"seeds\": {}, \"initials\": {}, \"noise\": {}, \"separation\": {}, "
        "\"known_distance\": {}, \"distance\": {}, \"floor\": {}, \"effect\": {}",
        json_text(s.name), s.studies, s.seeds, s.initials, json_number(s.noise), json_number(s.separation),
        json_number(row.known), json_number(row.distance), json_number(row.floor), json_number(row.effect));
    for (const auto& [name, rate] : rates(row))
      object += fmt::format(", \"{}\": [{}, {}, {}]", name, rate->share, rate->low, rate->high);
    objects.push_back(object + "}");
  }
  fmt::print("{{\"study\": {}, \"file\": {}, \"alpha\": {}, \"scenarios\": [{}]}}\n", json_text(job.study.name),
             json_text(path), job.study.compare.alpha, fmt::join(objects, ", "));
}

}  // namespace

void calibrate(Job& job) {
  std::vector<Scenario> scenarios;
  together(job.comm, [&] { scenarios = calibration_scenarios(job.study); });
  std::vector<Unit> units;
  for (std::size_t i = 0; i < scenarios.size(); ++i)
    for (int n = 0; n < scenarios[i].studies; ++n) units.push_back({i, static_cast<std::uint64_t>(n)});
  const auto outcomes = simulate_all(job, scenarios, units);
  std::vector<Row> rows;
  std::size_t begin = 0;
  for (const Scenario& scenario : scenarios) {
    const auto count = static_cast<std::size_t>(scenario.studies);
    rows.push_back(summarise(job.study, scenario, std::span(outcomes).subspan(begin, count)));
    begin += count;
  }
  print_table(job.log, rows, job.study.compare.alpha);
  const std::string path = job.path("calibration.csv");
  together(job.comm, [&] {
    if (job.comm.is_root()) write_csv(path, rows);
    if (job.comm.is_root() && job.arguments.json) print_json(job, rows, path);
  });
  job.log.line("calibrate: {} simulated studies; the table is {}", units.size(), path);
  job.log.line("next: python3 postprocess/calibration.py {}", path);
}

}  // namespace equikoop
