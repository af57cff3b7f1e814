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
  std::string completion;          ///< --completion: bash or zsh
  int ranks = 1;                   ///< --ranks of `plan`
  std::string format = "npy";      ///< --format of `export`, or "archive" for --archive
  bool force = false;
  bool quiet = false;
  bool verify = false;             ///< --verify of `status`
  bool help = false;
  bool help_study = false;
  bool version = false;
  bool cite = false;
  bool man = false;
  bool json = false;   ///< plan, status, run, distances, calibrate: for scripts
  bool watch = false;  ///< status: again and again
  std::vector<Override> overrides;  ///< --section.key=value
  std::string command_line;         ///< as typed, for the record
};

/// Throws UsageError that names the word and what it may have meant.
Arguments parse_arguments(const std::vector<std::string>& words);

/// `word` as it must stand on a shell's command line: in quotes if it has blanks or other signs.
std::string shell_word(const std::string& word);

/// The command that does `stage` of the same study, with the same folder and overrides: what an error
/// tells the user to type next.
std::string stage_command(const Arguments& arguments, const std::string& stage);

/// The page of `equikoop --help`.
std::string help_page();

/// Words of the command line: for the shells' completion.
std::vector<std::string> command_names();
std::vector<std::string> option_names();

}  // namespace equikoop
