// SPDX-License-Identifier: BSD-3-Clause
#include "program.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"
#include "equikoop/koopman/slepc_session.hpp"
#include "equikoop/study/keys.hpp"
#include "equikoop/study/manifest.hpp"
#include "libraries.hpp"
#include "pages.hpp"

namespace equikoop {
namespace {

bool spectra_are_imported(const Study& study) {
  return study.imported && parse_manifest(study.text, study.file).kind == ImportKind::spectra;
}

/// What cannot be asked of a study whose data comes from other programs.
void check_command(const Job& job) {
  const std::string& command = job.arguments.command;
  if (job.study.imported && (command == "train" || command == "plan"))
    throw UsageError(fmt::format("{} has [import] sections: there is nothing to {}. Use: {}", job.study.file, command,
                                 stage_command(job.arguments, "import")));
}

void stage(Job& job, PhaseTable& phases) {
  const std::string& command = job.arguments.command;
  const bool all = command == "run";
  const bool imported = job.study.imported;
  if (command == "import" || (all && imported)) import_data(job, phases);
  if (command == "train" || (all && !imported)) train(job, phases);
  if (command == "spectra" || (all && !spectra_are_imported(job.study))) spectra(job, phases);
  if (all || command == "distances") {
    distances(job, phases);
    if (job.arguments.json) print_summary(job);
  }
}

std::string next_step(const Job& job) {
  const std::string& command = job.arguments.command;
  if (command == "import")
    return stage_command(job.arguments, spectra_are_imported(job.study) ? "distances" : "spectra");
  if (command == "train") return stage_command(job.arguments, "spectra");
  if (command == "spectra") return stage_command(job.arguments, "distances");
  return "python3 postprocess/report.py " + shell_word(job.out);
}

void work(const Comm& comm, const Arguments& arguments, const std::string& data_environment) {
  if (arguments.command == "status") {
    status(comm, arguments);
    if (arguments.verify) verify(comm, arguments.target, Log(comm.is_root() && !arguments.json));
    return;
  }
  if (arguments.command == "export") return export_data(comm, arguments, Log(comm.is_root() && !arguments.quiet));
  if (arguments.command == "init") return init(comm, arguments);
  if (arguments.command == "selftest") return selftest(comm, arguments);
  Job job = begin_job(comm, arguments, data_environment);
  check_command(job);
  if (!arguments.json) print_header(job);
  if (arguments.command == "plan") return plan(job);
  if (arguments.command == "calibrate") return calibrate(job);
  PhaseTable phases = stage_phases();
  stage(job, phases);
  phases.print(comm, job.log);
  job.log.line("method: Redman et al., arXiv:2302.09160 (equikoop --cite)");
  job.log.line("next: {}", next_step(job));
}

/// Whether a page was asked for, and printed.
bool print_page(const Comm& comm, const Arguments& arguments) {
  std::string page;
  if (arguments.version) page = version_page();
  else if (arguments.cite) page = cite_page();
  else if (arguments.man) page = manual_page();
  else if (!arguments.completion.empty()) page = completion_page(arguments.completion);
  else if (arguments.help_study) page = study_reference();
  else if (arguments.help || arguments.command.empty()) page = help_page();
  if (page.empty()) return false;
  if (comm.is_root()) fmt::print("{}", page);
  return true;
}

}  // namespace

PhaseTable stage_phases() {
  return PhaseTable({"open archives", "read data", "train", "  of it: record", "read trajectories", "factorise",
                     "  of it: read", "compare", "robustness", "archive"});
}

int run_program(const Comm& comm, const std::vector<std::string>& words,
                const std::string& data_environment) {
  try {
    const Arguments arguments = parse_arguments(words);
    if (print_page(comm, arguments)) return static_cast<int>(Exit::done);
    const SlepcSession slepc(comm.raw(), arguments.petsc);
    work(comm, arguments, data_environment);
    return static_cast<int>(Exit::done);
  } catch (const Error& error) {
    // Every error that leaves a command is the same on all ranks (together), so rank 0 speaks.
    if (comm.is_root()) fmt::print(stderr, "equikoop: {}\n", error.what());
    return static_cast<int>(error.code());
  }
}

}  // namespace equikoop
