// SPDX-License-Identifier: BSD-3-Clause
// Prints ensembles of descent problems for descent_reference.py: a line of JSON that says what was
// run, then a line of numbers a trajectory (its snapshots, then its losses). No checks here.
#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "equikoop/dynamics/descent.hpp"

namespace {

using namespace equikoop;

struct Case {
  std::string name, method, loss, regulariser;
  ModelOptions model;
  int initials = 25;
  Observable observable = Observable::output;
};

/// The published problem with one thing changed a case.
std::vector<Case> cases() {
  ModelOptions plain;
  plain.kind = ModelKind::descent;
  std::vector<Case> all;
  const auto add = [&](Case c, DescentMethod method, DescentLoss loss, Regulariser regulariser) {
    c.model.kind = ModelKind::descent;
    c.model.method = method;
    c.model.loss = loss;
    c.model.regulariser = regulariser;
    c.name = c.method + "-" + c.loss + "-" + c.regulariser + c.name;
    all.push_back(c);
  };
  const std::vector<std::pair<std::string, DescentLoss>> losses{{"tan", DescentLoss::tan},
                                                                {"square", DescentLoss::square},
                                                                {"quartic", DescentLoss::quartic}};
  for (const auto& [loss_name, loss] : losses) {
    add({"", "omd", loss_name, "log_barrier", plain}, DescentMethod::omd, loss,
        Regulariser::log_barrier);
    add({"", "ogd", loss_name, "log_barrier", plain}, DescentMethod::ogd, loss,
        Regulariser::log_barrier);
    add({"", "omd", loss_name, "entropy", plain}, DescentMethod::omd, loss, Regulariser::entropy);
    add({"", "ogd", loss_name, "entropy", plain}, DescentMethod::ogd, loss, Regulariser::entropy);
    add({"", "gd", loss_name, "log_barrier", plain}, DescentMethod::gd, loss,
        Regulariser::log_barrier);
    add({"", "momentum", loss_name, "log_barrier", plain, 25, Observable::state},
        DescentMethod::momentum, loss, Regulariser::log_barrier);
  }
  ModelOptions hold = plain;
  hold.on_root = OnRoot::hold;
  add({"", "bisection", "tan", "log_barrier", plain}, DescentMethod::bisection, DescentLoss::tan,
      Regulariser::log_barrier);
  add({"-hold", "bisection", "tan", "log_barrier", hold}, DescentMethod::bisection,
      DescentLoss::tan, Regulariser::log_barrier);
  ModelOptions bowl = plain;
  bowl.dimension = 3;
  bowl.hessian = {20.0, 7.0, 1.0};
  bowl.rotation = 0.4;
  const Case bowl_case{"", "", "quadratic", "log_barrier", bowl, 27};
  for (const auto& [method_name, method] :
       std::vector<std::pair<std::string, DescentMethod>>{{"gd", DescentMethod::gd},
                                                          {"momentum", DescentMethod::momentum},
                                                          {"omd", DescentMethod::omd},
                                                          {"ogd", DescentMethod::ogd}}) {
    Case c = bowl_case;
    c.method = method_name;
    add(c, method, DescentLoss::quadratic, Regulariser::log_barrier);
  }
  return all;
}

void print_numbers(std::span<const double> values, const char* end) {
  for (const double value : values) fmt::print("{:.17g} ", value);
  fmt::print("{}", end);
}

void dump(const Case& c) {
  Study study;
  study.precision = Precision::float64;
  study.initials = c.initials;
  Configuration configuration;
  configuration.name = c.name;
  configuration.model = c.model;
  configuration.record.observable = c.observable;
  configuration.training.learning_rate = 0.01;
  configuration.training.steps = 100;
  configuration.training.momentum = 0.9;

  fmt::print(R"({{"name": "{}", "method": "{}", "loss": "{}", "regulariser": "{}", "hold": {}, )",
             c.name, c.method, c.loss, c.regulariser, c.model.on_root == OnRoot::hold);
  fmt::print(R"("dimension": {}, "hessian": [{}], "rotation": {}, "initials": {}, )",
             c.model.dimension, fmt::join(c.model.hessian, ", "), c.model.rotation, c.initials);
  fmt::print("\"steps\": 100, \"rate\": 0.01, \"momentum\": 0.9, \"state\": {}}}\n",
             c.observable == Observable::state);
  std::vector<double> values;
  const auto outcome = descend_ensemble(
      study, configuration, 0,
      [&](std::size_t, std::size_t, std::span<const double> block) {
        values.assign(block.begin(), block.end());  // 100 snapshots come in one block
      },
      {});
  const std::size_t length = values.size() / static_cast<std::size_t>(c.initials);
  for (std::size_t m = 0; m < static_cast<std::size_t>(c.initials); ++m) {
    print_numbers(std::span(values).subspan(m * length, length), "");
    print_numbers(std::span(outcome.losses).subspan(m * 100, 100), "\n");
  }
}

}  // namespace

int main() {
  for (const Case& c : cases()) dump(c);
}
