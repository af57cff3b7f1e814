// SPDX-License-Identifier: BSD-3-Clause
// The command line as plain values. The only place that reads argv.
#pragma once

#include <string>
#include <vector>

#include "equikoop/study/study.hpp"

namespace equikoop {

struct Arguments {
  std::string command;             ///< train, spectra, ..., or empty
  std::string target;              ///< the study file, or the folder of `status`
  std::string out;                 ///< --out; empty: results/NAME
  std::string walltime;            ///< --walltime
  std::vector<std::string> petsc;  ///< words of --petsc
  int ranks = 1;                   ///< --ranks of `plan`
  bool force = false;
  bool quiet = false;
  bool help = false;
  bool help_study = false;
  bool version = false;
  std::vector<Override> overrides;  ///< --section.key=value
  std::string command_line;         ///< as typed, for the record
};

/// Throws UsageError that names the word and what it may have meant.
Arguments parse_arguments(const std::vector<std::string>& words);

/// The page of `equikoop --help`.
std::string help_page();

}  // namespace equikoop
